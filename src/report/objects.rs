//! Every object of a cleanup, for those who want to see it all.

use super::cleanup::{Shown, Stage};
use super::document::{Block, Table, Tone};
use super::fates::{Fate, Fates};
use super::{fleet, phases, summary};
use crate::human;
use crate::record::{Decision, HostRun, Verdict};
use std::collections::HashSet;

/// A table per host with a heading per phase.
pub(super) fn list(shown: &Shown<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for host in shown.hosts.iter().filter(|h| !h.decisions.is_empty()) {
        blocks.push(Block::Gap);
        blocks.push(Block::Title(host.host.to_string()));
        blocks.push(Block::Table(table(host, shown.stage)));
    }
    blocks
}

fn table(host: &HostRun, stage: Stage) -> Table {
    let mut table = Table::new(["object", "size", "age", "", "reason"]);
    table.left = vec![3, 4];
    table.cut = vec![(0, 24), (4, 12)];
    let fates = Fates::of(host);
    for ((phase, beside), mut decisions) in groups(host) {
        // The heading says what the ages below it are counted from.
        let (title, since) = match beside {
            Some(title) => (title.to_owned(), ""),
            None => (phases::title(phase), phases::since(phase)),
        };
        table.row(Tone::Bold, [title.as_str(), "", since, "", ""]);
        decisions.sort_by_key(|d| order(d));
        for decision in decisions {
            table.row(tone(decision), row(&fates, decision, stage));
        }
    }
    table
}

type Heading<'h> = (&'h str, Option<&'static str>);

/// Decisions by phase; what a phase looks at without being about it comes after it, unless
/// another phase decides about it.
fn groups(host: &HostRun) -> Vec<(Heading<'_>, Vec<&Decision>)> {
    let own = |d: &&Decision| phases::beside(&d.rule).is_none();
    let decided: HashSet<_> = host.decisions.iter().filter(own).map(|d| &d.object.id).collect();
    let shown = host.decisions.iter().filter(|d| own(d) || !decided.contains(&d.object.id));
    let mut groups = fleet::group(shown, |d| (d.phase.as_str(), phases::beside(&d.rule)));
    let place = |phase: &str| summary::phases_of(&[host]).iter().position(|p| *p == phase);
    groups.sort_by_key(|((phase, beside), _)| (place(phase), beside.is_some()));
    groups
}

/// What goes first, the largest of it; then what stays by the weight of the reason.
fn order(decision: &Decision) -> (Option<usize>, std::cmp::Reverse<Option<u64>>) {
    let rank = match decision.decision {
        Verdict::Go => None,
        Verdict::Stay => Some(phases::rank(&decision.phase, &decision.rule)),
    };
    (rank, std::cmp::Reverse(decision.object.bytes))
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
    let size = if phases::is_sized(&decision.phase) {
        object.bytes.map_or_else(unknown, human::bytes)
    } else {
        String::new()
    };
    [
        format!("  {}", name(decision)),
        size,
        object.age_seconds.map_or_else(unknown, human::age),
        becomes(fates, decision, stage),
        decision.reason.clone(),
    ]
}

/// What happens or happened to it, in a word or two.
fn becomes(fates: &Fates<'_>, decision: &Decision, stage: Stage) -> String {
    let stops = decision.phase == phases::STOP;
    let word = match (decision.decision, stage) {
        (Verdict::Stay, _) => "stays",
        (Verdict::Go, Stage::Plan) if stops => "stops",
        (Verdict::Go, Stage::Plan) => "goes",
        (Verdict::Go, Stage::Result) => match (fates.start(decision), fates.get(decision)) {
            (Some(Fate::Done), _) => "started again",
            (Some(_), _) => "NOT started again",
            (None, Fate::Done) if stops => "stopped",
            (None, fate) => fate.words(),
        },
    };
    word.to_owned()
}

/// The name that people know it by, else its ID. A digest names nothing that its
/// repository and the ID do not.
fn name(decision: &Decision) -> String {
    let object = &decision.object;
    let id = short(&object.id);
    let Some(first) = object.names.first() else { return id.to_owned() };
    let more = match object.names.len() {
        1 => String::new(),
        n => format!(" +{}", n - 1),
    };
    match first.split_once("@sha256:") {
        Some((repository, _)) => format!("{id} {repository}{more}"),
        None => format!("{}{more}", short(first)),
    }
}

/// Twelve hex digits, as Docker's own lists show them; other names stay whole.
pub(super) fn short(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    match hex.get(..12) {
        Some(begin) if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => begin,
        _ => id,
    }
}
