//! The numbers of a cleanup, per host and for the fleet, before any layout.

use super::phases;
use crate::human;
use crate::record::{ActionResult, Decision, HostRun, Moment, Verdict};
use std::collections::HashMap;

/// A number of objects and their bytes, as far as the engine said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) objects: usize,
    pub(super) bytes: u64,
    /// Objects whose size is not known.
    pub(super) unsized_objects: usize,
}

impl Amount {
    pub(super) fn of<'d>(decisions: impl IntoIterator<Item = &'d Decision>) -> Self {
        decisions.into_iter().map(|d| d.object.bytes).collect()
    }

    /// The bytes, `unknown` when none is known, `~` when some are not. Shared content makes
    /// even a whole sum an estimate in both directions.
    pub(super) fn size(self) -> String {
        match (self.objects, self.unsized_objects) {
            (n, missing) if n > 0 && n == missing => "unknown".to_owned(),
            (_, 0) => human::bytes(self.bytes),
            _ => format!("~ {}", human::bytes(self.bytes)),
        }
    }

    pub(super) fn cell(self) -> String {
        if self.objects == 0 {
            "0".to_owned()
        } else {
            format!("{}  {}", self.objects, self.size())
        }
    }
}

impl FromIterator<Option<u64>> for Amount {
    fn from_iter<I: IntoIterator<Item = Option<u64>>>(sizes: I) -> Self {
        let mut amount = Self::default();
        for size in sizes {
            amount.objects += 1;
            match size {
                Some(bytes) => amount.bytes = amount.bytes.saturating_add(bytes),
                None => amount.unsized_objects += 1,
            }
        }
        amount
    }
}

/// The phases in which something was decided on any host, in order of appearance.
pub(super) fn phases_of<'h>(hosts: &[&'h HostRun]) -> Vec<&'h str> {
    let mut seen = Vec::new();
    for decision in hosts.iter().flat_map(|h| &h.decisions) {
        if !seen.contains(&decision.phase.as_str()) {
            seen.push(decision.phase.as_str());
        }
    }
    seen
}

/// The rules under which objects of a phase stay, in order of appearance.
pub(super) fn staying_rules<'h>(hosts: &[&'h HostRun], phase: &str) -> Vec<&'h str> {
    let mut seen = Vec::new();
    for decision in hosts.iter().flat_map(|h| staying(h, phase)) {
        if !seen.contains(&decision.rule.as_str()) {
            seen.push(decision.rule.as_str());
        }
    }
    seen
}

/// A phase's own objects on a host.
pub(super) fn found<'h>(host: &'h HostRun, phase: &str) -> impl Iterator<Item = &'h Decision> {
    host.decisions.iter().filter(move |d| d.phase == phase && !phases::is_beside(&d.rule))
}

pub(super) fn staying<'h>(host: &'h HostRun, phase: &str) -> impl Iterator<Item = &'h Decision> {
    found(host, phase).filter(|d| d.decision == Verdict::Stay)
}

/// Those that stay under one rule.
pub(super) fn staying_by<'h>(
    host: &'h HostRun,
    phase: &str,
    rule: &str,
) -> impl Iterator<Item = &'h Decision> {
    staying(host, phase).filter(move |d| d.rule == rule)
}

pub(super) fn going<'h>(host: &'h HostRun, phase: &str) -> impl Iterator<Item = &'h Decision> {
    found(host, phase).filter(|d| d.decision == Verdict::Go)
}

/// The newest value of a metric; `None` when it did not come.
pub(super) fn metric(host: &HostRun, name: &str, moment: Moment) -> Option<u64> {
    host.metrics.iter().rev().find(|m| m.name == name && m.moment == moment)?.value
}

/// Size and free bytes of the data root's file system before the change.
pub(super) fn disk(host: &HostRun) -> (Option<u64>, Option<u64>) {
    let probed = host.facts.as_ref().and_then(|f| f.docker.as_ref()).and_then(|d| d.disk);
    let size = metric(host, "disk.size", Moment::Before).or(probed.map(|d| d.size_bytes));
    let free = metric(host, "disk.free", Moment::Before).or(probed.map(|d| d.free_bytes));
    (size, free)
}

/// Percent of the file system that is free, before or after.
pub(super) fn free_percent(host: &HostRun, after: bool) -> Option<u64> {
    let (size, before) = disk(host);
    let free = if after { metric(host, "disk.free", Moment::After) } else { before };
    let percent = u128::from(free?) * 100 / u128::from(size.filter(|s| *s > 0)?);
    u64::try_from(percent).ok()
}

/// What the engine says was reclaimed: all layers before less all layers after.
pub(super) fn by_engine(host: &HostRun) -> Option<i128> {
    let layers = |moment| metric(host, "engine.layers", moment).map(i128::from);
    Some(layers(Moment::Before)? - layers(Moment::After)?)
}

/// What this run reclaimed by the engine's count. Where it did nothing that is nothing,
/// whatever else freed meanwhile.
pub(super) fn reclaimed(host: &HostRun) -> Option<i128> {
    if host.actions.is_empty() { Some(0) } else { by_engine(host) }
}

/// What the file system says was reclaimed: free after less free before.
pub(super) fn by_file_system(host: &HostRun) -> Option<i128> {
    let free = |moment| metric(host, "disk.free", moment).map(i128::from);
    Some(free(Moment::After)? - free(Moment::Before)?)
}

/// A sum over hosts that did something, with how many of them have no number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) bytes: i128,
    pub(super) known: usize,
    pub(super) unknown: usize,
}

pub(super) fn sum(values: impl IntoIterator<Item = Option<i128>>) -> Sum {
    values.into_iter().fold(Sum::default(), |sum, value| match value {
        Some(bytes) => Sum { bytes: sum.bytes + bytes, known: sum.known + 1, ..sum },
        None => Sum { unknown: sum.unknown + 1, ..sum },
    })
}

/// Bytes that may be negative.
pub(super) fn signed(bytes: i128) -> String {
    let size = human::bytes(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX));
    if bytes < 0 { format!("−{size}") } else { size }
}

/// What became of planned objects, in the order in which reports list it.
pub(super) const FATES: [&str; 7] = [
    "removed",
    "already gone",
    "kept, now in use",
    "failed",
    "unknown",
    "would be removed",
    "not begun",
];

/// What became of each planned object of a host.
pub(super) struct Fates<'h>(HashMap<(&'h str, &'h str), usize>);

impl<'h> Fates<'h> {
    pub(super) fn of(host: &'h HostRun) -> Self {
        let known = host.actions.iter().map(|record| {
            let action = &record.action;
            ((action.phase.as_str(), action.object.id.as_str()), fate(record.result.as_ref()))
        });
        Self(known.collect())
    }

    /// An index into [`FATES`].
    pub(super) fn get(&self, decision: &Decision) -> usize {
        let key = (decision.phase.as_str(), decision.object.id.as_str());
        self.0.get(&key).copied().unwrap_or(FATES.len() - 1)
    }
}

const fn fate(result: Option<&ActionResult>) -> usize {
    match result {
        Some(ActionResult::Done) => 0,
        Some(ActionResult::AlreadyGone) => 1,
        Some(ActionResult::KeptInUse { .. }) => 2,
        Some(ActionResult::Failed { .. }) => 3,
        Some(ActionResult::Unknown { .. }) | None => 4,
        Some(ActionResult::Would) => 5,
        Some(ActionResult::NotBegun) => FATES.len() - 1,
    }
}
