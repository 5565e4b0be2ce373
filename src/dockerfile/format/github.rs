//! Workflow commands that GitHub shows beside the lines.

use super::{Linted, Look};
use crate::dockerfile::finding::Severity;
use std::fmt::Write as _;

pub(super) fn render(all: &[Linted], _: &Look) -> String {
    let mut out = String::new();
    for linted in all {
        let text = &linted.file.text;
        for finding in &linted.findings {
            let level = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            let message = [finding.message.as_str(), finding.rule.why, finding.advice.as_str()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("\n");
            let _ = writeln!(
                out,
                "::{level} file={},line={},col={},endLine={},title={}::{}",
                property(&text.name),
                text.line(finding.span.start),
                text.column(finding.span.start),
                text.line(finding.span.end.saturating_sub(1).max(finding.span.start)),
                property(finding.rule.name),
                data(&message),
            );
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
