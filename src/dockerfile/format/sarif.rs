//! SARIF 2.1.0, which code hosts and editors read.

use super::{Linted, Look};
use crate::dockerfile::finding::{Finding, Safety};
use crate::dockerfile::rules::RULES;
use crate::dockerfile::tree::Dockerfile;
use serde_json::{Value, json};

pub(super) fn render(all: &[Linted], _: &Look) -> String {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name,
                "shortDescription": { "text": rule.summary },
                "fullDescription": { "text": rule.why },
                "defaultConfiguration": { "level": rule.severity.as_str() },
                "properties": { "tags": rule.codes },
            })
        })
        .collect();
    let results: Vec<Value> = all
        .iter()
        .flat_map(|linted| linted.findings.iter().map(|f| result(&linted.file, f)))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "fleet",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn region(file: &Dockerfile, span: &std::ops::Range<usize>) -> Value {
    let text = &file.text;
    json!({
        "startLine": text.line(span.start),
        "startColumn": text.column(span.start),
        "endLine": text.line(span.end),
        "endColumn": text.column(span.end),
    })
}

fn location(file: &Dockerfile, span: &std::ops::Range<usize>) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&file.text.name) },
        "region": region(file, span),
    } })
}

fn result(file: &Dockerfile, finding: &Finding) -> Value {
    let message = if finding.advice.is_empty() {
        finding.message.clone()
    } else {
        format!("{}. {}", finding.message, finding.advice)
    };
    let related: Vec<Value> = finding
        .also
        .iter()
        .map(|(span, message)| {
            let mut at = location(file, span);
            at["message"] = json!({ "text": message });
            at
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.rule.name,
        "level": finding.severity.as_str(),
        "message": { "text": message },
        "locations": [location(file, &finding.span)],
        "relatedLocations": related,
    });
    if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safety == Safety::Same) {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                json!({
                    "deletedRegion": region(file, &edit.span),
                    "insertedContent": { "text": edit.text },
                })
            })
            .collect();
        result["fixes"] = json!([{
            "description": { "text": "the files of the image stay as they are" },
            "artifactChanges": [{
                "artifactLocation": { "uri": uri(&file.text.name) },
                "replacements": replacements,
            }],
        }]);
    }
    result
}

/// A path as part of an address.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}
