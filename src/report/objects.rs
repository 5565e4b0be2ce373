//! Every object of a cleanup, for those who want to see it all.

use super::cleanup::Stage;
use super::document::{Block, Table, Tone};
use super::summary::{FATES, Fates};
use crate::human;
use crate::record::{Decision, HostRun, Verdict};

pub(super) fn list(hosts: &[&HostRun], stage: Stage) -> Vec<Block> {
    let mut blocks = Vec::new();
    for host in hosts.iter().filter(|h| !h.decisions.is_empty()) {
        blocks.push(Block::Gap);
        blocks.push(Block::Title(host.host.to_string()));
        let mut table = Table::new(["object", "size", "age", "", "reason"]);
        table.left = vec![3, 4];
        let fates = Fates::of(host);
        for decision in &host.decisions {
            table.row(tone(decision), row(&fates, decision, stage));
        }
        blocks.push(Block::Table(table));
    }
    blocks
}

const fn tone(decision: &Decision) -> Tone {
    match decision.decision {
        Verdict::Go => Tone::Plain,
        Verdict::Stay => Tone::Dim,
    }
}

fn row(fates: &Fates<'_>, decision: &Decision, stage: Stage) -> [String; 5] {
    let object = &decision.object;
    let unknown = || "unknown".to_owned();
    let name = std::iter::once(short(&object.id)).chain(object.names.iter().map(String::as_str));
    let becomes = match (decision.decision, stage) {
        (Verdict::Stay, _) => "stays",
        (Verdict::Go, Stage::Plan) => "goes",
        (Verdict::Go, Stage::Result) => FATES[fates.get(decision)],
    };
    [
        name.collect::<Vec<_>>().join(" "),
        object.bytes.map_or_else(unknown, human::bytes),
        object.age_seconds.map_or_else(unknown, human::age),
        becomes.to_owned(),
        decision.reason.clone(),
    ]
}

/// Twelve hex digits, as Docker's own lists show them; other names stay whole.
pub(super) fn short(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    match hex.get(..12) {
        Some(begin) if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => begin,
        _ => id,
    }
}
