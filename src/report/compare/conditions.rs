//! What the builds of both sides met, and how they lie in time.

use super::{Condition, Order, Pair, Reason};
use crate::record::{Build, Conditions};
use crate::stats;

/// Medians of the load per processor that lie further apart than this are different
/// conditions: half a processor more or less that something else keeps busy.
const LOAD_PER_PROCESSOR: f64 = 0.5;

type Read = fn(&Conditions) -> Option<String>;

/// Conditions that have to be one and the same for all builds of both sides.
const EQUAL: &[(Condition, Read)] = &[
    (Condition::Builder, |met| Some(met.builder.clone())),
    (Condition::Engine, |met| Some(met.engine.clone())),
    (Condition::Buildx, |met| Some(met.buildx.clone().unwrap_or_else(|| "none".into()))),
    (Condition::Store, |met| Some(met.store.clone())),
    (Condition::Processors, |met| (met.processors > 0).then(|| met.processors.to_string())),
];

/// The conditions that differ between the sides, or within one of them.
pub(super) fn reasons(before: &[&Build], after: &[&Build]) -> Vec<Reason> {
    let differs = |(condition, read): &(Condition, Read)| {
        let values = Pair { before: distinct(before, *read), after: distinct(after, *read) };
        let alike = values.before.is_empty()
            || values.after.is_empty()
            || (values.before.len() == 1 && values.before == values.after);
        (!alike).then_some(Reason { condition: *condition, values })
    };
    // Of builds in turns the load says only what the builds before them were: whatever else ran
    // fell on both sides alike.
    let apart = order(before, after) == Order::Sequential;
    let load = if apart { load(before, after) } else { None };
    EQUAL.iter().filter_map(differs).chain(load).collect()
}

/// The values that builds of a side met, in order of first appearance.
fn distinct(builds: &[&Build], read: Read) -> Vec<String> {
    let mut values = Vec::new();
    for value in builds.iter().filter_map(|build| read(&build.conditions)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

fn load(before: &[&Build], after: &[&Build]) -> Option<Reason> {
    let (before, after) = (load_per_processor(before)?, load_per_processor(after)?);
    let told = |load: f64| vec![format!("{load:.2}")];
    let values = Pair { before: told(before), after: told(after) };
    ((before - after).abs() > LOAD_PER_PROCESSOR)
        .then_some(Reason { condition: Condition::Load, values })
}

/// The median over the builds that know it.
fn load_per_processor(builds: &[&Build]) -> Option<f64> {
    let met = builds.iter().map(|build| &build.conditions).filter(|met| met.processors > 0);
    let loads = met.filter_map(|met| Some(met.load? / f64::from(met.processors)));
    stats::median(&loads.collect::<Vec<_>>())
}

/// Builds are interleaved when the side changes at least as often as the smaller side has
/// builds, and more than once.
pub(super) fn order(before: &[&Build], after: &[&Build]) -> Order {
    let mut all: Vec<_> = before.iter().map(|build| (build.started, false)).collect();
    all.extend(after.iter().map(|build| (build.started, true)));
    all.sort();
    let changes = all.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    let enough = before.len().min(after.len()).max(2);
    if changes >= enough { Order::Interleaved } else { Order::Sequential }
}
