//! Containers that a cleanup stopped and that do not run again: nobody may miss this.

use super::document::{Block, Text, Tone};
use super::fates::{Fate, Fates};
use super::objects::short;
use crate::record::{Decision, HostRun};

/// One line per host with a container that was not started again.
pub(super) fn missing(hosts: &[&HostRun]) -> Vec<Block> {
    hosts.iter().filter_map(|host| line(host)).collect()
}

fn line(host: &HostRun) -> Option<Block> {
    let fates = Fates::of(host);
    let stopped = |d: &&Decision| fates.start(d).is_some_and(|fate| fate != Fate::Done);
    let missing: Vec<&Decision> = host.going().filter(stopped).collect();
    if missing.is_empty() {
        return None;
    }
    let told = missing.iter().map(|d| {
        let why = fates.start_trouble(d).map_or_else(String::new, |why| format!(": {why}"));
        format!("{}{why}", name(d))
    });
    let text = Text::default()
        .add(Tone::Bold, host.host.as_str())
        .add(Tone::Plain, " ")
        .add(Tone::Bad, "NOT STARTED AGAIN")
        .add(Tone::Plain, format!(" {}", told.collect::<Vec<_>>().join("; ")));
    Some(Block::Line(text.add(Tone::Plain, hint(host, &missing))))
}

fn name(decision: &Decision) -> &str {
    decision.object.names.first().map_or_else(|| short(&decision.object.id), String::as_str)
}

/// A command that can be copied; none where a name is not one that an engine gives.
fn hint(host: &HostRun, missing: &[&Decision]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let names: Vec<&str> = missing.iter().map(|d| name(d)).collect();
    if names.iter().any(|name| name.starts_with('-') || !name.chars().all(plain)) {
        return String::new();
    }
    format!(" (fleet exec --hosts {} -- sudo docker start {})", host.host, names.join(" "))
}
