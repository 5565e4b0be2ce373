//! For people: the lines that are meant, why it matters, and how they would look mended.

use super::{Linted, Look};
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::fix::{self, Hunk};
use crate::dockerfile::secrets;
use crate::dockerfile::text::Span;
use crate::human;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The most lines of one change that are shown.
const LINES: usize = 14;

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

/// A line of the file with what is marked in it.
struct Marked {
    line: usize,
    span: Span,
    label: String,
    is_main: bool,
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

    fn snippet(&self, out: &mut String, finding: &Finding, color: &str) {
        let text = &self.linted.file.text;
        let mut marks: Vec<Marked> = finding
            .also
            .iter()
            .map(|(span, label)| (span, label, false))
            .chain([(&finding.span, &finding.label, true)])
            .map(|(span, label, is_main)| Marked {
                line: text.line(span.start),
                span: span.clone(),
                label: label.clone(),
                is_main,
            })
            .collect();
        marks.sort_by_key(|mark| (mark.line, mark.span.start));
        let mut last = 0;
        for mark in &marks {
            if mark.line != last {
                if last != 0 && mark.line > last + 1 {
                    let _ = writeln!(out, "{} ⋮", " ".repeat(self.gutter()));
                }
                self.line(out, mark);
                last = mark.line;
            }
            self.mark(out, mark, if mark.is_main { color } else { "34" });
        }
    }

    /// The line's characters that fit, with the number of the first of them.
    fn window(&self, mark: &Marked) -> (Vec<char>, usize) {
        let text = &self.linted.file.text;
        let line = text.line_span(mark.line);
        let room = self.look.width.saturating_sub(self.gutter() + 4).max(20);
        // Of a line of megabytes only what is near the mark is looked at.
        let near = mark.span.start.saturating_sub(4 * room).max(line.start);
        let far = line.end.min(mark.span.start.max(line.start) + 8 * room);
        let mut bytes = text.bytes.get(near..far).unwrap_or_default().to_vec();
        for hidden in self.hidden.iter().filter(|h| h.start < far && h.end > near) {
            bytes[hidden.start.max(near) - near..hidden.end.min(far) - near].fill(b'*');
        }
        let head = String::from_utf8_lossy(&bytes[..mark.span.start.clamp(near, far) - near]);
        let before = head.chars().count();
        let chars: Vec<char> = String::from_utf8_lossy(&bytes).chars().map(shown).collect();
        let cut = near > line.start || chars.len() > room;
        let from = if cut { before.saturating_sub(room / 3) } else { 0 };
        let mut part: Vec<char> = chars.iter().copied().skip(from).take(room).collect();
        if (far < line.end || chars.len() > from + room) && !part.is_empty() {
            part.truncate(room - 1);
            part.push('…');
        }
        if from > 0 || near > line.start {
            part.first_mut().into_iter().for_each(|c| *c = '…');
        }
        (part, before - from)
    }

    fn line(&self, out: &mut String, mark: &Marked) {
        let (shown, _) = self.window(mark);
        let line: String = shown.into_iter().collect();
        let width = self.gutter();
        let _ = writeln!(out, "{} │ {}", self.paint("2", &format!("{:>width$}", mark.line)), line.trim_end());
    }

    fn mark(&self, out: &mut String, mark: &Marked, color: &str) {
        let text = &self.linted.file.text;
        let (shown, from) = self.window(mark);
        let end = mark.span.end.min(text.line_span(mark.line).end).max(mark.span.start);
        let end = end.min(mark.span.start + 4 * self.look.width);
        let length = text.show(mark.span.start..end).chars().count();
        let length = length.clamp(1, shown.len().saturating_sub(from).max(1));
        let middle = (length - 1) / 2;
        let line: String = (0..length).map(|at| if at == middle { '┬' } else { '─' }).collect();
        let gutter = " ".repeat(self.gutter());
        let blank = " ".repeat(from);
        let _ = writeln!(out, "{gutter} · {blank}{}", self.paint(color, &line));
        let indent = from + middle;
        let room = self.look.width.saturating_sub(self.gutter() + 3 + indent + 4);
        let (indent, room) = if room < 24 {
            // No room to the right of the mark: the label stands below it, further left.
            let left = indent.saturating_sub(24 - room);
            (left, room + (indent - left))
        } else {
            (indent, room)
        };
        for (number, line) in wrap(&mark.label, room.max(16)).iter().enumerate() {
            let hook = if number == 0 { "╰── " } else { "    " };
            let _ = writeln!(out, "{gutter} · {}{}", " ".repeat(indent), self.paint(color, &format!("{hook}{line}")));
        }
    }

    fn paragraph(&self, out: &mut String, name: &str, words: &str) {
        if words.is_empty() {
            return;
        }
        let indent = name.len() + 4;
        for (number, line) in wrap(words, self.look.width.saturating_sub(indent)).iter().enumerate() {
            let _ = if number == 0 {
                writeln!(out, "  {}: {line}", self.paint("36", name))
            } else {
                writeln!(out, "{}{line}", " ".repeat(indent))
            };
        }
    }

    fn fix(&self, out: &mut String, finding: &Finding) {
        let Some(fix) = &finding.fix else { return };
        let text = &self.linted.file.text;
        let what = match fix.safety {
            Safety::Same if text.branches => "not written into a template with tags; by hand",
            Safety::Same => "written by --fix; paths, owners and modes stay the same",
            Safety::Modes if text.branches => "not written into a template with tags; by hand",
            Safety::Modes => "written by --fix=modes only, because modes change",
            Safety::Proposal => "a proposal, for you to judge",
        };
        self.paragraph(out, "mended", what);
        for hunk in fix::hunks(text, fix) {
            self.hunk(out, &hunk);
        }
    }

    fn hunk(&self, out: &mut String, hunk: &Hunk) {
        let secret = |line: &str| self.mask(line);
        for (sign, color, lines) in [('-', "31", &hunk.old), ('+', "32", &hunk.new)] {
            for (number, line) in lines.iter().enumerate() {
                if number == LINES {
                    let gutter = " ".repeat(self.gutter());
                    let _ = writeln!(out, "{gutter} {sign} … {} more lines", lines.len() - LINES);
                    break;
                }
                self.changed(out, (sign, color), hunk.line + number, &secret(line));
            }
        }
    }

    /// A line of a change; what does not fit goes on below.
    fn changed(&self, out: &mut String, (sign, color): (char, &str), number: usize, line: &str) {
        let width = self.gutter();
        let room = self.look.width.saturating_sub(width + 3).max(20);
        let chars: Vec<char> = line.chars().map(shown).collect();
        let most = room * 4;
        let cut = if chars.len() > most { &chars[..most] } else { &chars[..] };
        let mut pieces = pieces(cut, room).into_iter();
        let first = pieces.next().unwrap_or_default();
        let numbered = format!("{number:>width$}");
        let _ = writeln!(out, "{} {}", self.paint("2", &numbered), self.paint(color, &format!("{sign} {first}")));
        for piece in pieces {
            let _ = writeln!(out, "{} {}", " ".repeat(width), self.paint(color, &format!("      {piece}")));
        }
    }

    /// A line of a change without the secrets that the file holds.
    fn mask(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for hidden in self.hidden {
            let value = self.linted.file.text.show(hidden.clone());
            if !value.is_empty() && line.contains(&*value) {
                line = line.replace(&*value, &"*".repeat(value.chars().count().min(12)));
            }
        }
        line
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

/// A line in pieces that fit, cut at blanks where there are some; all but the first have four
/// columns less.
fn pieces(line: &[char], room: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = line;
    loop {
        let room = if pieces.is_empty() { room } else { room - 4 };
        if rest.len() <= room {
            pieces.push(rest.iter().collect());
            return pieces;
        }
        let blank = rest[..=room].iter().rposition(|c| *c == ' ').filter(|at| *at > room / 2);
        let cut = blank.unwrap_or(room);
        pieces.push(rest[..cut].iter().collect());
        rest = &rest[cut + usize::from(blank.is_some())..];
    }
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
        let _ = writeln!(out, "{}{hint}", if number == 0 { paint(look, "36", lead) } else { lead.into() });
    }
    out
}
