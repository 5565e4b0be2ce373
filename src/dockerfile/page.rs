//! The rules' own texts, for the terminal and for `docs/lint.md`.

use super::format::wrap;
use super::rule::Rule;
use super::rules::RULES;
use std::fmt::Write as _;

/// Every rule with its summary.
#[must_use]
pub fn list(width: usize) -> String {
    let longest = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in RULES {
        let codes = if rule.codes.is_empty() {
            String::new()
        } else {
            format!(" ({})", rule.codes.join(", "))
        };
        let words = format!("{}{codes}", rule.summary);
        let lines = wrap(&words, width.saturating_sub(longest + 11).max(20));
        for (number, line) in lines.iter().enumerate() {
            let (name, severity) =
                if number == 0 { (rule.name, rule.severity.as_str()) } else { ("", "") };
            let _ = writeln!(out, "{name:longest$}  {severity:7}  {line}");
        }
    }
    out
}

/// All that is to be said about one rule.
#[must_use]
pub fn explain(rule: &Rule, width: usize) -> String {
    let mut out = format!("{}: {}\n", rule.name, rule.summary);
    if !rule.codes.is_empty() {
        let _ = writeln!(out, "hadolint: {}", rule.codes.join(", "));
    }
    out.push('\n');
    for line in wrap(rule.why, width) {
        let _ = writeln!(out, "{line}");
    }
    for (title, text) in [("Instead of", rule.before), ("write", rule.after)] {
        let _ = write!(out, "\n{title}\n\n");
        for line in text.lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    let _ = write!(
        out,
        "\nTo keep it, with the reason:\n\n    # fleet ignore={} # reason\n",
        rule.name
    );
    out
}

/// `docs/lint.md`, made from the same texts.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(include_str!("page.md"));
    out.push_str("| rule | severity | hadolint | what it finds |\n|---|---|---|---|\n");
    for rule in RULES {
        let name = rule.name;
        let (codes, severity) = (rule.codes.join(", "), rule.severity.as_str());
        let _ = writeln!(out, "| [`{name}`](#{name}) | {severity} | {codes} | {} |", rule.summary);
    }
    for rule in RULES {
        let _ = write!(out, "\n### {}\n\n{}.\n\n", rule.name, capital(rule.summary));
        for line in wrap(rule.why, 120) {
            let _ = writeln!(out, "{line}");
        }
        for (title, text) in [("Instead of", rule.before), ("write", rule.after)] {
            let _ = write!(out, "\n{title}\n\n```dockerfile\n{text}\n```\n");
        }
    }
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
