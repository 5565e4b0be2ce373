//! The numbers of a cleanup, per host and for the fleet, before any layout.

use super::phases;
use crate::human;
use crate::record::{ActionResult, Decision, HostRun, Moment, RESTART, Verdict};
use std::ops::Neg as _;

/// A file system with less free room is nearly full.
const TIGHT_PERCENT: u64 = 10;

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

    /// The number and, where sizes say anything, the bytes.
    pub(super) fn cell(self, sized: bool) -> String {
        if self.objects == 0 || !sized {
            self.objects.to_string()
        } else {
            format!("{}  {}", self.objects, self.size())
        }
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |a, b| Self {
            objects: a.objects + b.objects,
            bytes: a.bytes.saturating_add(b.bytes),
            unsized_objects: a.unsized_objects + b.unsized_objects,
        })
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

/// The rules under which objects of a phase stay, the most important first.
pub(super) fn staying_rules<'h>(hosts: &[&'h HostRun], phase: &str) -> Vec<&'h str> {
    let mut seen = Vec::new();
    for decision in hosts.iter().flat_map(|h| staying(h, phase)) {
        if !seen.contains(&decision.rule.as_str()) {
            seen.push(decision.rule.as_str());
        }
    }
    seen.sort_by_key(|rule| phases::rank(phase, rule));
    seen
}

fn of_phase<'h>(host: &'h HostRun, phase: &str) -> impl Iterator<Item = &'h Decision> {
    host.decisions.iter().filter(move |d| d.phase == phase)
}

/// Whether a phase found anything on a host that it is about.
pub(super) fn found(host: &HostRun, phase: &str) -> bool {
    of_phase(host, phase).any(|d| phases::beside(&d.rule).is_none())
}

fn staying<'h>(host: &'h HostRun, phase: &str) -> impl Iterator<Item = &'h Decision> {
    of_phase(host, phase).filter(|d| d.decision == Verdict::Stay && d.rule != "tagged")
}

/// Those that stay under one rule.
pub(super) fn staying_by<'h>(
    host: &'h HostRun,
    phase: &str,
    rule: &str,
) -> impl Iterator<Item = &'h Decision> {
    staying(host, phase).filter(move |d| d.rule == rule)
}

/// A phase's objects that go, or are stopped.
pub(super) fn going<'h>(host: &'h HostRun, phase: &str) -> impl Iterator<Item = &'h Decision> {
    of_phase(host, phase).filter(|d| d.decision == Verdict::Go && d.rule != RESTART)
}

/// Everything that a host's plan removes.
pub(super) fn removing(host: &HostRun) -> impl Iterator<Item = &Decision> {
    host.going().filter(|d| d.phase != phases::STOP)
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

/// Free bytes of the file system, before or after.
pub(super) fn free(host: &HostRun, after: bool) -> Option<u64> {
    if after { metric(host, "disk.free", Moment::After) } else { disk(host).1 }
}

/// Percent of the file system that is free, before or after.
pub(super) fn free_percent(host: &HostRun, after: bool) -> Option<u64> {
    let (size, _) = disk(host);
    let percent = u128::from(free(host, after)?) * 100 / u128::from(size.filter(|s| *s > 0)?);
    u64::try_from(percent).ok()
}

/// Whether the file system has little free room.
pub(super) fn is_tight(host: &HostRun, after: bool) -> bool {
    free_percent(host, after).is_some_and(|percent| percent < TIGHT_PERCENT)
}

/// Bytes that were counted, perhaps without those of some objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) bytes: i128,
    /// Removed objects whose size is not known.
    pub(super) unsized_objects: usize,
}

/// What the engine says was reclaimed: all layers before less all layers after where the
/// removed objects lie in them, and the sizes of everything else that was removed. `None`
/// where nothing was tried, an answer is missing, or the layers were not measured.
pub(super) fn by_engine(host: &HostRun) -> Option<Counted> {
    let tried = host.actions.iter().any(|a| a.result != Some(ActionResult::Would));
    if !tried || host.unsettled().next().is_some() {
        return None;
    }
    let done = host.actions.iter().filter(|a| a.result == Some(ActionResult::Done));
    let removed = done.map(|a| &a.action).filter(|a| a.phase != phases::STOP);
    let containerd = has_containerd_store(host);
    let (layers, others): (Vec<_>, Vec<_>) =
        removed.partition(|a| lies_in_layers(&a.object.kind, containerd));
    let layers = if layers.is_empty() { 0 } else { change(host, "engine.layers")?.neg() };
    let others: Amount = others.iter().map(|a| a.object.bytes).collect();
    Some(Counted {
        bytes: layers + i128::from(others.bytes),
        unsized_objects: others.unsized_objects,
    })
}

/// The engine's layers are those of its images. With the containerd store they are all
/// snapshots: those of containers and of the build cache too.
fn lies_in_layers(kind: &str, containerd: bool) -> bool {
    kind == "image" || (containerd && matches!(kind, "container" | "cache-record"))
}

pub(super) fn has_containerd_store(host: &HostRun) -> bool {
    let docker = host.facts.as_ref().and_then(|f| f.docker.as_ref());
    docker.is_some_and(|d| d.containerd_store)
}

/// What this run reclaimed by the engine's count. Where it did nothing that is nothing,
/// whatever else freed meanwhile.
pub(super) fn reclaimed(host: &HostRun) -> Option<Counted> {
    if host.actions.is_empty() { Some(Counted::default()) } else { by_engine(host) }
}

/// What the file system says was reclaimed: free after less free before.
pub(super) fn by_file_system(host: &HostRun) -> Option<Counted> {
    change(host, "disk.free").map(Counted::from)
}

/// How much smaller the engine's store became, where the whole of it was measured.
pub(super) fn by_store(host: &HostRun) -> Option<Counted> {
    change(host, "store.bytes").map(|bytes| bytes.neg().into())
}

/// A metric after less the same before.
pub(super) fn change(host: &HostRun, name: &str) -> Option<i128> {
    let at = |moment| metric(host, name, moment).map(i128::from);
    Some(at(Moment::After)? - at(Moment::Before)?)
}

impl From<i128> for Counted {
    fn from(bytes: i128) -> Self {
        Self { bytes, unsized_objects: 0 }
    }
}

/// A sum over hosts that did something, with how many of them have no number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) bytes: i128,
    pub(super) known: usize,
    pub(super) unknown: usize,
    pub(super) unsized_objects: usize,
}

impl Sum {
    /// The bytes, marked where something is missing from them.
    pub(super) fn size(self) -> String {
        match (self.known, self.unknown + self.unsized_objects) {
            (0, _) => "unknown".to_owned(),
            (_, 0) => signed(self.bytes),
            _ => format!("≥ {}", signed(self.bytes)),
        }
    }
}

pub(super) fn sum(values: impl IntoIterator<Item = Option<Counted>>) -> Sum {
    values.into_iter().fold(Sum::default(), |sum, value| match value {
        Some(counted) => Sum {
            bytes: sum.bytes + counted.bytes,
            known: sum.known + 1,
            unsized_objects: sum.unsized_objects + counted.unsized_objects,
            ..sum
        },
        None => Sum { unknown: sum.unknown + 1, ..sum },
    })
}

/// Bytes that may be negative.
pub(super) fn signed(bytes: i128) -> String {
    let size = human::bytes(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX));
    if bytes < 0 { format!("−{size}") } else { size }
}
