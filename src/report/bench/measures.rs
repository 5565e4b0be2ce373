//! Numbers of one build.

use crate::record::{Build, BuildStepKind, HostRun, Layer, Moment, Sample};
use crate::report::summary;

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Milliseconds of all steps that change owners or modes.
#[expect(clippy::unnecessary_wraps, reason = "of one type with the numbers that may be missing")]
pub(in crate::report) fn ownership(build: &Build) -> Option<i64> {
    Some(signed(
        build
            .steps
            .iter()
            .filter(|s| s.ownership)
            .map(crate::record::BuildStep::milliseconds)
            .sum(),
    ))
}

/// Milliseconds of all steps of a kind; `None` where there is none.
fn of_kind(build: &Build, kind: BuildStepKind) -> Option<i64> {
    let mut steps = build.steps.iter().filter(|s| s.kind == kind).peekable();
    steps.peek()?;
    Some(signed(steps.map(crate::record::BuildStep::milliseconds).sum()))
}

pub(in crate::report) fn pull(build: &Build) -> Option<i64> {
    of_kind(build, BuildStepKind::Pull)
}

pub(in crate::report) fn context(build: &Build) -> Option<i64> {
    of_kind(build, BuildStepKind::Context)
}

pub(in crate::report) fn export(build: &Build) -> Option<i64> {
    of_kind(build, BuildStepKind::Export)
}

pub(in crate::report) fn image_bytes(build: &Build) -> Option<i64> {
    build.image.as_ref().map(|image| signed(image.bytes))
}

pub(in crate::report) fn layers(build: &Build) -> Option<i64> {
    build.image.as_ref().map(|image| signed(image.layer_count()))
}

pub(in crate::report) fn largest_layer(build: &Build) -> Option<&Layer> {
    build.image.as_ref()?.layers.iter().max_by_key(|layer| layer.bytes)
}

pub(in crate::report) fn wasted(build: &Build) -> Option<i64> {
    build.image.as_ref()?.wasted_bytes.map(signed)
}

/// Thousandths of the build's time in which some task waited for I/O.
pub(in crate::report) fn stalled(build: &Build) -> Option<i64> {
    over_time(build, |sample| sample.io_some)
}

/// Thousandths of the build's time in which every task that had work waited for I/O.
pub(in crate::report) fn stalled_fully(build: &Build) -> Option<i64> {
    over_time(build, |sample| sample.io_full)
}

/// The mean of a share, each sample weighted by the time since the one before.
fn over_time(build: &Build, share: impl Fn(&Sample) -> Option<u32>) -> Option<i64> {
    let (mut before, mut sum, mut time) = (0, 0_u128, 0_u128);
    for sample in &build.samples {
        let span = u128::from(sample.at.saturating_sub(before));
        before = sample.at;
        if let Some(share) = share(sample) {
            sum += span * u128::from(share);
            time += span;
        }
    }
    i64::try_from(sum.checked_div(time)?).ok()
}

/// Bytes of the engine's build cache after the builds.
pub(in crate::report) fn cache(host: &HostRun) -> Option<i64> {
    let newest = summary::metric(host, "cache.bytes", Moment::After);
    newest.or_else(|| summary::metric(host, "cache.bytes", Moment::Before)).map(signed)
}
