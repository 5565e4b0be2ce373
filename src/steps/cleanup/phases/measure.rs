//! Phase 1: what is there before anything is touched.

use super::Phase;
use crate::record::{Metric, Moment, Unit};
use crate::steps::cleanup::Survey;

/// The row in the table.
pub(in crate::steps::cleanup) const PHASE: Phase =
    Phase::looking(1, "measure", "read disk, images, containers, volumes, build cache and logs");

/// A survey's numbers. What was asked for and did not come has no value.
pub(in crate::steps::cleanup) fn metrics(survey: &Survey, moment: Moment) -> Vec<Metric> {
    let metric = |name: &str, value: Option<u64>, unit| Metric {
        name: name.to_owned(),
        moment,
        value,
        unit,
    };
    let disk = survey.disk.disk;
    let df = survey.df.as_ref();
    let tagged = survey.images.iter().filter(|i| !i.tags.is_empty()).count() as u64;
    let running = survey.containers.iter().filter(|c| c.state == "running").count() as u64;
    let containers = survey.containers.len() as u64;
    vec![
        metric("disk.size", disk.map(|d| d.size_bytes), Unit::Bytes),
        metric("disk.free", disk.map(|d| d.free_bytes), Unit::Bytes),
        metric("disk.inodes", disk.map(|d| d.inodes), Unit::Count),
        metric("disk.inodes_free", disk.map(|d| d.free_inodes), Unit::Count),
        metric("engine.layers", df.and_then(|d| d.layers_size), Unit::Bytes),
        metric("images.count", Some(survey.images.len() as u64), Unit::Count),
        metric("images.tagged", Some(tagged), Unit::Count),
        metric("containers.count", Some(containers), Unit::Count),
        metric("containers.stopped", Some(containers - running), Unit::Count),
        metric("cache.records", df.map(|d| d.build_cache.len() as u64), Unit::Count),
        metric("cache.bytes", df.map(crate::docker::Df::cache_bytes), Unit::Bytes),
        metric("volumes.bytes", volume_bytes(survey), Unit::Bytes),
        metric("logs.bytes", survey.disk.logs_bytes, Unit::Bytes),
        metric("store.bytes", survey.disk.store_bytes, Unit::Bytes),
    ]
}

/// Bytes of all volumes that were counted; none where none was.
fn volume_bytes(survey: &Survey) -> Option<u64> {
    let counted: Vec<u64> = survey.volumes.iter().filter_map(|v| v.bytes).collect();
    (survey.volumes.is_empty() || !counted.is_empty()).then(|| counted.iter().sum())
}
