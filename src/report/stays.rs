//! Why objects stay, over all hosts and phase by phase.

use super::document::{Block, Table, Text, Tone};
use super::phases;
use super::summary::{self, Amount};
use crate::human;
use crate::record::{Decision, HostRun};

/// Objects that hold less than this together are told without their size.
const LARGE: u64 = 100_000_000;

/// A row per phase; none where nothing stays.
pub(super) fn table(hosts: &[&HostRun]) -> Option<Block> {
    let mut table = Table::new(["stays", ""]);
    table.left = vec![1];
    for phase in summary::phases_of(hosts) {
        let reasons = reasons(hosts, phase);
        if !reasons.is_empty() {
            table.row(Tone::Plain, [phases::title(phase), reasons.join(" · ")]);
        }
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

/// `15 for Kamal's rollback`, the most important first.
fn reasons(hosts: &[&HostRun], phase: &str) -> Vec<String> {
    let rules = summary::staying_rules(hosts, phase);
    rules
        .into_iter()
        .map(|rule| {
            let all: Vec<&Decision> =
                hosts.iter().flat_map(|h| summary::staying_by(h, phase, rule)).collect();
            let words = phases::words(phase, rule, all.iter().map(|d| d.reason.as_str()));
            let amount = Amount::of(all);
            let size = if phases::is_sized(phase) && amount.bytes >= LARGE {
                format!(", {}", amount.size())
            } else {
                String::new()
            };
            format!("{} {words}{size}", amount.objects)
        })
        .collect()
}

/// Says plainly that there is nothing to do.
pub(super) fn nothing(hosts: &[&HostRun]) -> Option<Block> {
    if hosts.iter().any(|h| h.going().next().is_some()) {
        return None;
    }
    let found = hosts.iter().any(|h| !h.decisions.is_empty());
    let why = if found {
        ": all that was found stays"
    } else {
        ": no phase that removes anything was chosen, or it found nothing"
    };
    let text = Text::default().add(Tone::Bold, "nothing to remove");
    Some(Block::Line(text.add(Tone::Plain, why)))
}

/// Hosts whose file system is nearly full, so that nobody has to look for them.
pub(super) fn almost_full(hosts: &[&HostRun], after: bool) -> Option<Block> {
    let full = hosts.iter().filter(|h| summary::is_tight(h, after));
    let told: Vec<String> = full
        .map(|h| {
            let free = summary::free(h, after).map_or_else(String::new, human::bytes);
            let percent = summary::free_percent(h, after).unwrap_or(0);
            format!("{} has {free} free ({percent} %)", h.host)
        })
        .collect();
    if told.is_empty() {
        return None;
    }
    let more = match told.len().checked_sub(MOST_FULL) {
        None | Some(0) => String::new(),
        Some(n) => format!(" and {n} more"),
    };
    let told = told.into_iter().take(MOST_FULL).collect::<Vec<_>>().join(", ");
    let text = Text::default().add(Tone::Bad, "almost full:");
    Some(Block::Line(text.add(Tone::Plain, format!(" {told}{more}"))))
}

/// Nearly full hosts that are named.
const MOST_FULL: usize = 5;
