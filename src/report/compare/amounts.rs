//! What builds leave behind, beside their time.

use super::measure::{change_percent, float, signed};
use super::{Amount, Pair};
use crate::record::{Build, BuildStep, BuiltImage, Unit};
use crate::stats;

type Read = fn(&Build) -> Option<f64>;

/// Every amount: its name, its unit, and how it is read from a build.
const AMOUNTS: &[(&str, Unit, Read)] = &[
    ("image.bytes", Unit::Bytes, |build| image(build).map(|image| float(image.bytes))),
    ("image.layers", Unit::Count, |build| image(build).map(|i| float(i.layer_count()))),
    ("image.wasted", Unit::Bytes, |build| image(build)?.wasted_bytes.map(float)),
    ("cache.growth", Unit::Bytes, |build| build.cache_growth_bytes.map(signed)),
    ("disk.growth", Unit::Bytes, |build| build.disk_growth_bytes.map(signed)),
    ("steps.ownership", Unit::Milliseconds, |build| Some(ownership(build))),
];

fn image(build: &Build) -> Option<&BuiltImage> {
    build.image.as_ref()
}

/// Milliseconds in steps that change owners or modes.
fn ownership(build: &Build) -> f64 {
    let steps = build.steps.iter().filter(|step| step.ownership);
    float(steps.map(BuildStep::milliseconds).sum())
}

/// The amounts that both sides measured, as medians over these builds.
pub(super) fn amounts(before: &[&Build], after: &[&Build]) -> Vec<Amount> {
    let of = |(name, unit, read): &(&'static str, Unit, Read)| {
        let median = |builds: &[&Build]| {
            stats::median(&builds.iter().filter_map(|build| read(build)).collect::<Vec<_>>())
        };
        let median = Pair { before: median(before)?, after: median(after)? };
        let change_percent = change_percent(median.before, median.after);
        Some(Amount { name, unit: *unit, median, change_percent })
    };
    AMOUNTS.iter().filter_map(of).collect()
}
