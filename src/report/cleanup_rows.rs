//! A cleanup of many hosts as rows: hosts with like results in one, outliers in rows of their own.

use super::cleanup::{Shown, Stage, docker, total_bytes};
use super::cleanup_phases::{self, PhaseRow};
use super::document::{Block, Table, Tone};
use super::fates::{Fate, Fates};
use super::fleet;
use super::summary::{self, Amount};
use crate::human;
use crate::record::{HostRun, Outcome};

/// Hosts whose bytes are within this factor of each other are alike.
const ALIKE: u64 = 3;
/// Less than this is little, whatever the factor.
const LITTLE: u64 = 100_000_000;
/// Names of hosts that are longer than this are a number.
const LONGEST_NAMES: usize = 24;

/// The hosts, then all of them phase by phase.
pub(super) fn tables(shown: &Shown<'_>) -> Vec<Block> {
    let phases = cleanup_phases::rows(shown);
    let mut blocks = vec![Block::Table(hosts(shown))];
    if phases.iter().any(|row| row.total().objects > 0) {
        blocks.push(Block::Table(by_phase(shown, &phases)));
    }
    blocks
}

fn hosts(shown: &Shown<'_>) -> Table {
    let stage = shown.stage;
    let last = match stage {
        Stage::Plan => ["to remove", "reclaims"],
        Stage::Result => ["removed", "reclaimed"],
    };
    let groups = groups(shown.hosts, stage);
    let remarks: Vec<_> = groups.iter().map(|group| remark(group, stage)).collect();
    let remarked = remarks.iter().any(|(_, remark)| !remark.is_empty());
    let mut table = Table::new(["hosts", "Docker", "free"].into_iter().chain(last));
    table.left = vec![1];
    if remarked {
        table.head.push(String::new());
        table.left.push(5);
    }
    for (group, (tone, remark)) in groups.iter().zip(remarks) {
        table.row(tone, cells(group, stage).into_iter().chain(remarked.then_some(remark)));
    }
    if shown.hosts.len() > 1 {
        let removed: usize = shown.hosts.iter().map(|h| removed(h, stage)).sum();
        let total = [
            human::count(shown.hosts.len(), "host"),
            String::new(),
            String::new(),
            removed.to_string(),
            total_bytes(shown),
        ];
        table.row(Tone::Bold, total.into_iter().chain(remarked.then(String::new)));
    }
    table
}

fn cells(group: &[&HostRun], stage: Stage) -> [String; 5] {
    let reclaims = match group {
        [one] if stage == Stage::Plan => Amount::of(summary::removing(one)).size(),
        _ => range(group.iter().map(|h| weight(h, stage)), |n| human::bytes(*n)),
    };
    [
        fleet::fold(group.iter().copied()),
        docker(group[0]),
        free_cell(group, stage),
        range(group.iter().map(|h| Some(removed(h, stage) as u64)), u64::to_string),
        reclaims,
    ]
}

/// What is special about a group, in a few words.
fn remark(group: &[&HostRun], stage: Stage) -> (Tone, String) {
    let mut words = Vec::new();
    let state = group[0].outcome.filter(|outcome| !outcome.is_good());
    let mut tone = state.map_or(Tone::Plain, fleet::tone);
    words.extend(state.map(|outcome| outcome.as_str().to_owned()));
    let undone: usize = group.iter().map(|h| undone(h, stage)).sum();
    if undone > 0 {
        tone = if tone == Tone::Plain { Tone::Warn } else { tone };
        words.push(format!("{undone} not done"));
    }
    if summary::is_tight(group[0], acted(group[0], stage)) {
        tone = Tone::Bad;
        words.push("almost full".to_owned());
    }
    if group.iter().all(|h| h.going().next().is_none()) {
        words.push("nothing to do".to_owned());
    }
    (tone, words.join(", "))
}

/// What goes or went in each phase, and where. The last column names hosts that are few.
fn by_phase(shown: &Shown<'_>, phases: &[PhaseRow]) -> Table {
    let mut table = Table::new(["", "objects", "size", "hosts"]);
    table.left = vec![3];
    for row in phases {
        let total = row.total();
        let on = shown.hosts.iter().zip(&row.amounts).filter(|(_, amount)| amount.objects > 0);
        let on: Vec<&HostRun> = on.map(|(host, _)| *host).collect();
        let names = fleet::fold(on.iter().copied());
        let on = if names.len() > LONGEST_NAMES { human::count(on.len(), "host") } else { names };
        let size = if row.sized { total.size() } else { String::new() };
        let size = if total.objects == 0 { String::new() } else { size };
        table.row(row.tone, [row.title.clone(), total.objects.to_string(), size, on]);
    }
    table
}

fn acted(host: &HostRun, stage: Stage) -> bool {
    stage == Stage::Result && !host.actions.is_empty()
}

fn free_cell(group: &[&HostRun], stage: Stage) -> String {
    let percent = |h: &&HostRun| summary::free_percent(h, acted(h, stage));
    let range = range(group.iter().map(percent), u64::to_string);
    if range == "unknown" { range } else { format!("{range} %") }
}

/// The objects that would go, or went.
fn removed(host: &HostRun, stage: Stage) -> usize {
    let fates = Fates::of(host);
    let is_in = |fate: Fate| stage == Stage::Plan || fate == Fate::Done;
    summary::removing(host).filter(|d| is_in(fates.get(d))).count()
}

/// Planned objects that are still there as far as is known.
fn undone(host: &HostRun, stage: Stage) -> usize {
    let fates = Fates::of(host);
    match stage {
        Stage::Plan => 0,
        Stage::Result => host.going().filter(|d| fates.get(d).is_undone()).count(),
    }
}

/// The bytes that hosts are compared by.
fn weight(host: &HostRun, stage: Stage) -> Option<u64> {
    match stage {
        Stage::Plan => {
            let planned = Amount::of(summary::removing(host));
            (planned.objects == 0 || planned.objects > planned.unsized_objects)
                .then_some(planned.bytes)
        }
        Stage::Result => summary::reclaimed(host).map(|n| u64::try_from(n.bytes).unwrap_or(0)),
    }
}

/// Hosts that differ in nothing but a little in their numbers; most bytes first.
fn groups<'h>(hosts: &[&'h HostRun], stage: Stage) -> Vec<Vec<&'h HostRun>> {
    let mut sorted = hosts.to_vec();
    sorted.sort_by_key(|h| std::cmp::Reverse(weight(h, stage)));
    let mut groups: Vec<(Class, Vec<&HostRun>)> = Vec::new();
    for host in sorted {
        let class = class(host, stage);
        let fits = |(other, members): &&mut (Class, Vec<&HostRun>)| {
            *other == class && alike(weight(members[0], stage), weight(host, stage))
        };
        match groups.iter_mut().find(fits) {
            Some((_, members)) => members.push(host),
            None => groups.push((class, vec![host])),
        }
    }
    groups.into_iter().map(|(_, members)| in_order(hosts, members)).collect()
}

/// Members in inventory order again, as names fold by it.
fn in_order<'h>(hosts: &[&'h HostRun], members: Vec<&'h HostRun>) -> Vec<&'h HostRun> {
    if members.len() == 1 {
        return members;
    }
    let names: std::collections::HashSet<_> = members.iter().map(|h| &h.host).collect();
    hosts.iter().filter(|h| names.contains(&h.host)).copied().collect()
}

/// What must be the same for two hosts to share a row.
type Class = (String, Option<Outcome>, bool, bool);

fn class(host: &HostRun, stage: Stage) -> Class {
    let tight = summary::is_tight(host, acted(host, stage));
    (docker(host), host.outcome, tight, undone(host, stage) > 0)
}

fn alike(most: Option<u64>, bytes: Option<u64>) -> bool {
    match (most, bytes) {
        (None, None) => true,
        (Some(most), Some(bytes)) => {
            (most == 0) == (bytes == 0) && (most < LITTLE || bytes.saturating_mul(ALIKE) >= most)
        }
        _ => false,
    }
}

/// `12` or `9–14`; `unknown` when no number is known.
pub(super) fn range(
    values: impl IntoIterator<Item = Option<u64>>,
    show: impl Fn(&u64) -> String,
) -> String {
    let known: Vec<u64> = values.into_iter().flatten().collect();
    let (Some(low), Some(high)) = (known.iter().min(), known.iter().max()) else {
        return "unknown".to_owned();
    };
    let (low, high) = (show(low), show(high));
    if low == high {
        return low;
    }
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((n, a)), Some((_, b))) if a == b => format!("{n}–{high}"),
        _ => format!("{low}–{high}"),
    }
}
