//! Base images without a version.

use super::words;
use crate::dockerfile::finding::{Finding, Severity};
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "latest-tag",
    codes: &["DL3007", "DL3006"],
    severity: Severity::Warning,
    summary: "a base image without a version, or of version latest",
    why: "What latest is changes without a trace. When it does, every layer is built anew, on some hosts \
          sooner than on others, and yesterday's build cannot be had again.",
    before: "FROM ruby:latest",
    after: "FROM ruby:3.4-slim-bookworm",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stage in case.file.stages.iter().filter(|stage| stage.parent.is_none()) {
        let image = stage.base.value.as_str();
        if image == "scratch" || image.contains('@') || stage.base.is_dynamic() || image.is_empty()
        {
            continue;
        }
        let name = image.rsplit('/').next().unwrap_or(image);
        let shown = words::shown(image, 50);
        let message = match name.split_once(':') {
            Some((_, "latest")) => format!("{shown} is another image every few weeks"),
            Some(_) => continue,
            None => format!("{shown} without a tag means latest"),
        };
        let finding = Finding::new(rule, stage.base.span.clone(), message).label("which version?");
        found.push(finding.advice("name the version that you test with"));
    }
    found
}
