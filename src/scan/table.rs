//! A scan as a table of the inventory, and as JSON.

use super::Scan;
use super::found::{Fact, Open, Place, shown};
use serde_json::json;
use toml::Value;

/// The widest column of values that comments are moved behind.
const WIDEST: usize = 44;

/// The most servers that a comment names.
const NAMED: usize = 5;

/// A line: what is set, and the comment behind it.
struct Line {
    code: String,
    comment: String,
}

/// The app's table for `inventory/apps.toml`, with the place of each value behind it. What is
/// to be decided stands in comments.
#[must_use]
pub fn table(scan: &Scan, name: &str, repo: &str, template: &str) -> String {
    let key = key(name);
    let origin = if name == scan.name.0 { scan.name.1.to_string() } else { String::new() };
    let mut lines = vec![
        line(format!("[apps.{key}]"), origin),
        line(assign("template", &template.into()), ""),
        line(assign("hosts", &"all".into()), hosts(scan)),
        line(
            commented("path", &format!("/srv/{name}").into()),
            "decide: its checkout on those hosts",
        ),
        line(assign("repo", &repo.into()), "where it was scanned"),
        line(String::new(), ""),
        line(format!("[apps.{key}.vars]"), ""),
    ];
    lines.extend(scan.facts.iter().map(fact));
    let open = scan.open.iter().map(open);
    let broken = scan.problems.iter().map(|problem| note(&format!("not read: {problem}")));
    let rest: Vec<_> = open.chain(broken).collect();
    if !rest.is_empty() {
        lines.push(line(String::new(), ""));
        lines.push(note("To decide, or to look at:"));
        lines.extend(rest);
    }
    aligned(&lines)
}

/// The same as a JSON document.
#[must_use]
pub fn json(scan: &Scan, name: &str, repo: &str, template: &str) -> String {
    let vars: serde_json::Map<String, serde_json::Value> =
        scan.facts.iter().map(|fact| (fact.variable.to_owned(), json!(fact.value))).collect();
    let open = scan.open.iter().map(|open| {
        let (variable, value) = open.suggestion.clone().unzip();
        json!({ "variable": variable, "value": value, "text": open.text, "from": open.from })
    });
    let document = json!({
        "schema": "fleet.app-scan/1",
        "name": name,
        "template": template,
        "repo": repo,
        "vars": vars,
        "facts": scan.facts,
        "open": open.collect::<Vec<_>>(),
        "servers": scan.servers.as_ref().map(|(servers, _)| servers.iter().map(|s| shown(s)).collect::<Vec<_>>()),
        "problems": scan.problems,
    });
    format!("{document:#}\n")
}

fn line(code: String, comment: impl Into<String>) -> Line {
    Line { code, comment: comment.into() }
}

fn note(text: &str) -> Line {
    line(format!("# {text}"), "")
}

fn assign(name: &str, value: &Value) -> String {
    format!("{name} = {value}")
}

fn commented(name: &str, value: &Value) -> String {
    format!("# {}", assign(name, value))
}

/// A name as a key of TOML's.
fn key(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if is_bare { name.to_owned() } else { format!("\"{name}\"") }
}

fn hosts(scan: &Scan) -> String {
    let decide = "decide: the hosts that build it";
    let Some((servers, place)) = &scan.servers else { return decide.into() };
    let named: Vec<_> = servers.iter().take(NAMED).map(|server| shown(server)).collect();
    let more = match servers.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{decide}; {place}: it runs on {}{more}", named.join(", "))
}

fn fact(fact: &Fact) -> Line {
    let from: Vec<_> = fact.from.iter().map(Place::to_string).collect();
    line(assign(fact.variable, &fact.value), from.join(", "))
}

fn open(open: &Open) -> Line {
    let from = open.from.as_ref().map_or_else(String::new, |place| format!("{place}: "));
    let text = format!("{from}{}", open.text);
    match &open.suggestion {
        Some((variable, value)) => line(commented(variable, value), text),
        None => note(&text),
    }
}

/// The lines with their comments one below the other.
fn aligned(lines: &[Line]) -> String {
    let width = |line: &Line| line.code.chars().count();
    let commented = lines.iter().filter(|line| !line.comment.is_empty()).map(width);
    let column = commented.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut text = String::new();
    for Line { code, comment } in lines {
        text.push_str(code);
        if !comment.is_empty() {
            let gap = column.saturating_sub(code.chars().count());
            text.extend(std::iter::repeat_n(' ', gap + 2));
            text.push_str("# ");
            text.push_str(comment);
        }
        text.push('\n');
    }
    text
}
