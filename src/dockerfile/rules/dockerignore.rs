//! What a `COPY .` brings along because `.dockerignore` does not name it.

use super::ignore_file::IgnoreFile;
use crate::dockerfile::finding::{Finding, Severity};
use crate::dockerfile::ground::Kind;
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "dockerignore-missing",
    codes: &[],
    severity: Severity::Warning,
    summary: "files that every build sends and copies because .dockerignore does not name them",
    why: "COPY . takes all that the build context holds: the repository's history, logs, packages of \
          another system, keys. All of it is sent to the builder, makes the layer larger, and every change \
          in it makes the layer and all below it again.",
    before: "COPY . .",
    after: "# .dockerignore\n.git\nlog\ntmp\nnode_modules\n.env*\nconfig/*.key",
    check,
};

/// What no image needs, where the context holds it.
const UNWANTED: [(&str, &str); 16] = [
    (".git", "the history of the repository; every commit makes the layer anew"),
    ("node_modules", "packages built for another machine"),
    ("log/development.log", "logs"),
    ("log/test.log", "logs"),
    ("tmp/cache", "caches of this machine"),
    ("vendor/bundle", "gems built for another machine"),
    (".bundle", "settings of this machine"),
    (".env", "secrets"),
    (".env.local", "secrets"),
    (".env.production", "secrets"),
    ("config/master.key", "the key to all secrets"),
    ("storage/development.sqlite3", "a database of this machine"),
    ("coverage", "reports of tests"),
    ("__pycache__", "caches of this machine"),
    (".venv", "packages of this machine"),
    (".pytest_cache", "caches of this machine"),
];

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    if !case.context.is_known() {
        return Vec::new();
    }
    let whole = case.grounds.iter().flat_map(|ground| &ground.deeds).find(|deed| {
        matches!(&deed.kind, Kind::Copied { source, from: None, .. }
            if matches!(source.as_str(), "." | "./" | "*" | "./*" | "/"))
    });
    let Some(whole) = whole else { return Vec::new() };
    let file = case.context.ignored();
    let ignored = IgnoreFile::read(file.as_deref().unwrap_or_default());
    let missing: Vec<(&str, &str)> = UNWANTED
        .into_iter()
        .filter(|(path, _)| case.context.holds(path) && !ignored.covers(path))
        .collect();
    let Some((worst, reason)) = missing.first().copied() else { return Vec::new() };
    let lines: Vec<&str> = missing.iter().map(|(path, _)| *path).collect();
    let secret = missing.iter().any(|(_, reason)| reason.contains("secrets"));
    let message = match missing.len() {
        1 => format!("this brings {worst} into the image"),
        more => format!("this brings {worst} and {} more into the image", more - 1),
    };
    let verb = if file.is_some() { "add to" } else { "there is no .dockerignore: make one with" };
    let finding = Finding::new(rule, whole.span.clone(), message)
        .label(reason)
        .severity(if secret { Severity::Error } else { rule.severity })
        .advice(format!(
            "{verb}{} the line{} {}",
            if file.is_some() { " .dockerignore" } else { "" },
            if lines.len() == 1 { "" } else { "s" },
            lines.join(", ")
        ));
    vec![finding]
}
