//! One JSON document.

use super::{Linted, Look};
use crate::dockerfile::finding::{Finding, Safety};
use crate::dockerfile::fix;
use crate::dockerfile::text::Span;
use crate::dockerfile::tree::Dockerfile;
use serde_json::{Value, json};

pub(super) fn render(all: &[Linted], _: &Look) -> String {
    let files: Vec<Value> = all
        .iter()
        .map(|linted| {
            let findings: Vec<Value> =
                linted.findings.iter().map(|f| finding(&linted.file, f)).collect();
            let mended: Vec<Value> = linted
                .applied
                .iter()
                .map(|(rule, line)| json!({ "rule": rule, "line": line }))
                .collect();
            json!({ "file": linted.file.text.name, "findings": findings, "mended": mended })
        })
        .collect();
    format!("{:#}\n", json!({ "schema": "fleet.lint/1", "files": files }))
}

fn finding(file: &Dockerfile, finding: &Finding) -> Value {
    let text = &file.text;
    let also: Vec<Value> = finding
        .also
        .iter()
        .map(|(span, message)| {
            let mut at = place(file, span);
            at["message"] = json!(message);
            at
        })
        .collect();
    let fix = finding.fix.as_ref().map(|fix| {
        let changes: Vec<Value> = fix::hunks(text, fix)
            .into_iter()
            .map(|hunk| json!({ "line": hunk.line, "before": hunk.old, "after": hunk.new }))
            .collect();
        json!({ "safety": safety(fix.safety), "changes": changes })
    });
    let mut value = json!({
        "rule": finding.rule.name,
        "codes": finding.rule.codes,
        "severity": finding.severity.as_str(),
        "message": finding.message,
        "why": finding.rule.why,
        "advice": finding.advice,
        "also": also,
        "fix": fix,
        "cost": finding.cost.map(|cost| json!({
            "milliseconds": cost.milliseconds,
            "bytes": cost.bytes,
        })),
    });
    value["at"] = place(file, &finding.span);
    value
}

fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Same => "same",
        Safety::Modes => "modes",
        Safety::Proposal => "proposal",
    }
}

fn place(file: &Dockerfile, span: &Span) -> Value {
    let text = &file.text;
    let end = span.end.max(span.start);
    json!({
        "line": text.line(span.start),
        "column": text.column(span.start),
        "end_line": text.line(end.saturating_sub(1).max(span.start)),
        "end_column": text.column(end),
    })
}
