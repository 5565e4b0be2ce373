//! A cleanup of many hosts as rows: hosts with like results in one, outliers in rows of their own.

use super::cleanup::{Stage, add, docker};
use super::document::{Table, Tone};
use super::fleet;
use super::summary::{self, Amount, Fates};
use crate::human;
use crate::record::{Decision, HostRun, Verdict};

/// Hosts whose bytes are within this factor of each other are alike.
const ALIKE: u64 = 3;
/// Less than this is little, whatever the factor.
const LITTLE: u64 = 100_000_000;
/// A file system with less free room is never folded into others.
const TIGHT_PERCENT: u64 = 10;

pub(super) fn table(hosts: &[&HostRun], stage: Stage) -> Table {
    let [third, fourth] = match stage {
        Stage::Plan => ["to remove", "reclaims"],
        Stage::Result => ["removed", "reclaimed"],
    };
    let loss = stage == Stage::Result && hosts.iter().any(|h| undone(h) > 0);
    let mut head = vec!["hosts", "Docker", "free", "found", "stay", third];
    head.extend(loss.then_some("not done"));
    head.push(fourth);
    let mut table = Table::new(head);
    table.left = vec![1];
    for group in groups(hosts, stage) {
        let cells = cells(&group, stage, loss);
        table.row(Tone::Plain, cells);
    }
    if hosts.len() > 1 {
        table.row(Tone::Bold, totals(hosts, stage, loss));
    }
    table
}

/// The sums over all hosts, where a column has one.
fn totals(hosts: &[&HostRun], stage: Stage, loss: bool) -> Vec<String> {
    let sum = |of: fn(&HostRun) -> usize| hosts.iter().map(|h| of(h)).sum::<usize>().to_string();
    let mut cells = vec![human::count(hosts.len(), "host"), String::new(), String::new()];
    cells.extend([sum(|h| found(h).count()), sum(stay), sum(third(stage))]);
    cells.extend(loss.then(|| sum(undone)));
    cells.push(total_bytes(hosts, stage));
    cells
}

fn cells(group: &[&HostRun], stage: Stage, loss: bool) -> Vec<String> {
    let count =
        |of: fn(&HostRun) -> usize| range(group.iter().map(|h| Some(of(h) as u64)), u64::to_string);
    let mut cells = vec![
        fleet::fold(group.iter().copied()),
        docker(group[0]),
        free_cell(group, stage),
        count(|h| found(h).count()),
        count(stay),
        count(third(stage)),
    ];
    cells.extend(loss.then(|| count(undone)));
    cells.push(match group {
        [one] if stage == Stage::Plan => Amount::of(one.going()).size(),
        _ => range(group.iter().map(|h| weight(h, stage)), |n| human::bytes(*n)),
    });
    cells
}

fn free_cell(group: &[&HostRun], stage: Stage) -> String {
    let percent =
        |h: &&HostRun| summary::free_percent(h, stage == Stage::Result && !h.actions.is_empty());
    let range = range(group.iter().map(percent), u64::to_string);
    if range == "unknown" { range } else { format!("{range} %") }
}

fn found(host: &HostRun) -> impl Iterator<Item = &Decision> {
    host.decisions.iter().filter(|d| !super::phases::is_beside(&d.rule))
}

fn stay(host: &HostRun) -> usize {
    found(host).filter(|d| d.decision == Verdict::Stay).count()
}

/// The column after those that stay: what would go, or what went.
fn third(stage: Stage) -> fn(&HostRun) -> usize {
    match stage {
        Stage::Plan => |h| h.going().count(),
        Stage::Result => done,
    }
}

fn done(host: &HostRun) -> usize {
    let fates = Fates::of(host);
    host.going().filter(|d| fates.get(d) == 0).count()
}

/// Planned objects that are still there as far as is known.
fn undone(host: &HostRun) -> usize {
    let fates = Fates::of(host);
    host.going().filter(|d| matches!(fates.get(d), 2 | 3 | 4 | 6)).count()
}

/// The bytes that hosts are compared by.
fn weight(host: &HostRun, stage: Stage) -> Option<u64> {
    match stage {
        Stage::Plan => {
            let planned = Amount::of(host.going());
            (planned.objects == 0 || planned.objects > planned.unsized_objects)
                .then_some(planned.bytes)
        }
        Stage::Result => summary::reclaimed(host).map(|n| u64::try_from(n).unwrap_or(0)),
    }
}

/// The sum over all hosts, marked where it is only a part of it.
pub(super) fn total_bytes(hosts: &[&HostRun], stage: Stage) -> String {
    match stage {
        Stage::Plan => {
            hosts.iter().map(|h| Amount::of(h.going())).fold(Amount::default(), add).size()
        }
        Stage::Result => {
            let sum = summary::sum(hosts.iter().map(|h| summary::reclaimed(h)));
            match (sum.known, sum.unknown) {
                (0, _) => "unknown".to_owned(),
                (_, 0) => summary::signed(sum.bytes),
                _ => format!("≥ {}", summary::signed(sum.bytes)),
            }
        }
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
type Class = (String, Option<crate::record::Outcome>, bool, bool);

fn class(host: &HostRun, stage: Stage) -> Class {
    let tight = summary::free_percent(host, false).is_some_and(|p| p < TIGHT_PERCENT);
    (docker(host), host.outcome, tight, stage == Stage::Result && undone(host) > 0)
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
