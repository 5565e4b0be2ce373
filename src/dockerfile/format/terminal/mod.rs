//! For people: the lines that are meant, why it matters, and how they would look mended.

mod changes;
mod snippet;

use super::{Linted, Look};
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::secrets;
use crate::dockerfile::text::Span;
use crate::human;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The most errors that the summary repeats.
const WORST: usize = 10;

pub(super) fn render(all: &[Linted], look: &Look) -> String {
    let mut out = String::new();
    let mut explained = HashSet::new();
    for linted in all {
        let hidden = secrets::hidden(&linted.file);
        for finding in &linted.findings {
            let first = explained.insert(finding.rule.name) || look.verbose;
            let page = Page { linted, look, hidden: &hidden };
            page.finding(&mut out, finding, first && !look.brief);
        }
    }
    out.push_str(&summary(all, look));
    out
}

struct Page<'p> {
    linted: &'p Linted,
    look: &'p Look,
    hidden: &'p [Span],
}

impl Page<'_> {
    fn finding(&self, out: &mut String, finding: &Finding, first: bool) {
        let text = &self.linted.file.text;
        let (sign, color) = match finding.severity {
            Severity::Error => ("×", "31"),
            Severity::Warning => ("⚠", "33"),
            Severity::Note => ("i", "36"),
        };
        let head = format!("{}: {}", finding.rule.name, finding.message);
        let lines = wrap(&head, self.look.width.saturating_sub(4));
        for (number, line) in lines.iter().enumerate() {
            let sign = if number == 0 { self.paint(color, sign) } else { " ".into() };
            let _ = writeln!(out, "  {sign} {line}");
        }
        let at = finding.span.start;
        let name = human::escape(&text.name);
        let gutter = " ".repeat(self.gutter());
        let place = format!("╭─[{name}:{}:{}]", text.line(at), text.column(at));
        let _ = writeln!(out, "{gutter} {place}");
        self.snippet(out, finding, color);
        let _ = writeln!(out, "{gutter} ╰────");
        if let Some(cost) = &finding.cost {
            self.paragraph(out, "cost", &cost_text(cost));
        }
        if first {
            self.paragraph(out, "why", finding.rule.why);
        }
        if !self.look.brief {
            self.paragraph(out, "help", &finding.advice);
            self.fix(out, finding);
        }
        out.push('\n');
    }

    fn gutter(&self) -> usize {
        self.linted.file.text.count().to_string().len().max(2) + 1
    }

    fn paragraph(&self, out: &mut String, name: &str, words: &str) {
        if words.is_empty() {
            return;
        }
        let indent = name.len() + 4;
        for (number, line) in wrap(words, self.look.width.saturating_sub(indent)).iter().enumerate()
        {
            let _ = if number == 0 {
                writeln!(out, "  {}: {line}", self.paint("36", name))
            } else {
                writeln!(out, "{}{line}", " ".repeat(indent))
            };
        }
    }

    fn paint(&self, color: &str, text: &str) -> String {
        paint(self.look, color, text)
    }
}

fn paint(look: &Look, color: &str, text: &str) -> String {
    if look.color { format!("\u{1b}[{color}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// A character as a terminal may have it: one column, harmless.
fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() || human::escape(c.encode_utf8(&mut [0; 4])).len() > 4 => '\u{fffd}',
        c => c,
    }
}

fn cost_text(cost: &crate::dockerfile::Cost) -> String {
    let time = cost.milliseconds.map(human::duration);
    let bytes = cost.bytes.map(|bytes| format!("{} in the image", human::bytes(bytes)));
    let parts: Vec<String> = time.into_iter().chain(bytes).collect();
    format!("measured: {}", parts.join(", "))
}

/// Words in lines of at most `width` characters.
pub(in crate::dockerfile) fn wrap(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

/// The lines that cost the most, once more in one place.
fn costly(all: &[Linted], look: &Look) -> String {
    let mut out = String::new();
    let worst = all.iter().flat_map(|linted| linted.findings.iter().map(move |f| (linted, f)));
    let worst = worst.filter(|(_, finding)| finding.severity == Severity::Error);
    for (linted, finding) in worst.clone().take(WORST) {
        let text = &linted.file.text;
        let place = format!("{}:{}", human::escape(&text.name), text.line(finding.span.start));
        let words = format!("{place} {}", finding.message);
        for (number, line) in wrap(&words, look.width.saturating_sub(6)).iter().enumerate() {
            let lead = if number == 0 { paint(look, "31", "×") } else { " ".into() };
            let _ = writeln!(out, "  {lead} {line}");
        }
    }
    let rest = worst.count().saturating_sub(WORST);
    if rest > 0 {
        let _ = writeln!(out, "    and {rest} more errors");
    }
    out
}

fn summary(all: &[Linted], look: &Look) -> String {
    let files = all.len();
    let files = format!("{files} file{}", if files == 1 { "" } else { "s" });
    let mut out = String::new();
    for linted in all {
        for (rule, line) in &linted.applied {
            let _ = writeln!(out, "mended {}:{line} {rule}", human::escape(&linted.file.text.name));
        }
    }
    let parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (severity, all.iter().map(|l| l.count(severity)).sum::<usize>()))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| {
            format!("{count} {}{}", severity.as_str(), if count == 1 { "" } else { "s" })
        })
        .collect();
    if parts.is_empty() {
        let _ = writeln!(out, "{files}, nothing found");
        return out;
    }
    let _ = writeln!(out, "{files}: {}", parts.join(", "));
    out.push_str(&costly(all, look));
    let fixes = |safety: Safety| {
        let all = all.iter().filter(|l| !l.file.text.branches).flat_map(|l| &l.findings);
        all.filter(|f| f.fix.as_ref().is_some_and(|fix| fix.safety == safety)).count()
    };
    let (same, modes) = (fixes(Safety::Same), fixes(Safety::Modes));
    let mut hints = Vec::new();
    if same > 0 {
        hints.push(format!("--fix mends {same} of them and leaves the image's files as they are"));
    }
    if modes > 0 {
        hints.push(format!("--fix=modes mends {modes} more and changes modes"));
    }
    hints.push("fleet lint --explain RULE tells more".to_owned());
    for (number, hint) in hints.iter().enumerate() {
        let lead = if number == 0 { "hint: " } else { "      " };
        let _ = writeln!(
            out,
            "{}{hint}",
            if number == 0 { paint(look, "36", lead) } else { lead.into() }
        );
    }
    out
}
