//! What cannot be understood.

use super::words;
use crate::dockerfile::finding::{Finding, Severity};
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "syntax",
    codes: &["DL1000"],
    severity: Severity::Error,
    summary: "an instruction that cannot be understood",
    why: "The build stops here. The other instructions are looked at as if this one were not there.",
    before: "FORM ruby:3.4",
    after: "FROM ruby:3.4",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let text = &case.file.text;
    case.file
        .mistakes
        .iter()
        .map(|(span, reason)| {
            let line = text.line_span(text.line(span.start));
            let end = span.end.min(line.end).max(span.start);
            let finding = Finding::new(rule, span.start..end, words::shown(reason, 160));
            let word = text.show(span.start..end.min(span.start + 40)).into_owned();
            let word = word.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            let near = crate::dockerfile::scan::KEYWORDS
                .into_iter()
                .filter(|keyword| reason.contains("unknown") && is_near(keyword, &word))
                .map(|keyword| format!("did you mean {keyword}?"));
            let hint = near.collect::<Vec<_>>().pop().unwrap_or_default();
            finding.label("not understood").advice(hint)
        })
        .collect()
}

/// Whether two words have the same letters but one, or two swapped.
fn is_near(one: &str, other: &str) -> bool {
    let (a, b) = (one.as_bytes(), other.as_bytes());
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let most = a.len().max(b.len());
    let swapped = a.len() == b.len()
        && same + 1 < a.len()
        && a[same] == b[same + 1]
        && a[same + 1] == b[same]
        && a[same + 2..] == b[same + 2..];
    one != other && most.abs_diff(a.len().min(b.len())) <= 1 && (same + tail + 1 >= most || swapped)
}
