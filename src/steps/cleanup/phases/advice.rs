//! Phase 10: what would keep the disk from filling again. From facts only, each with its evidence.

use super::Phase;
use crate::human::{bytes, count};
use crate::record::{DockerFacts, Finding, HostName};
use crate::steps::cleanup::Survey;

/// The row in the table.
pub(in crate::steps::cleanup) const PHASE: Phase =
    Phase::looking(10, "advice", "say what would keep the disk from filling again");

/// A build cache within this is fine.
const CACHE_TARGET: u64 = 5_000_000_000;

/// Container logs of more than this are not rotated, or not enough.
const MANY_LOGS: u64 = 1_000_000_000;

/// A file system, or its inodes, with less than this part free is tight.
const TIGHT: u64 = 10;

/// The advice that a survey and the facts of a host give.
pub(in crate::steps::cleanup) fn advice(
    survey: &Survey,
    docker: &DockerFacts,
    host: &HostName,
) -> Vec<Finding> {
    let found = |name: &str, text: String, hint: String| Finding {
        name: name.to_owned(),
        text,
        hint: Some(hint),
    };
    let mut advice = Vec::new();
    let cache: Option<u64> = survey.df.as_ref().map(crate::docker::Df::cache_bytes);
    if let Some(cache) = cache.filter(|bytes| *bytes > CACHE_TARGET) {
        let gc = match docker.builder_gc {
            Some(false) => ", and the builder's garbage collection is off",
            _ => "",
        };
        advice.push(found(
            "build-cache",
            format!("{} of build cache{gc}", bytes(cache)),
            format!("fleet cleanup --hosts {host} --max-cache 5GB"),
        ));
    }
    if let Some(logs) = survey.disk.logs_bytes.filter(|bytes| *bytes > MANY_LOGS) {
        advice.push(found(
            "logs",
            format!("{} of container logs, which cleanup never touches", bytes(logs)),
            "set \"log-opts\": {\"max-size\": \"50m\", \"max-file\": \"3\"} in daemon.json".into(),
        ));
    }
    if let Some(disk) = survey.disk.disk {
        let tight = |free: u64, all: u64| all > 0 && free.saturating_mul(100) / all < TIGHT;
        if tight(disk.free_inodes, disk.inodes) {
            let left = disk.free_inodes.saturating_mul(100) / disk.inodes;
            advice.push(found(
                "inodes",
                format!("only {left} % of the inodes are free"),
                "many small files: look for old build cache and images with --aggressive --check"
                    .into(),
            ));
        }
    }
    advice.extend(builders(survey).map(|(names, n)| {
        found(
            "stopped-builders",
            format!(
                "{} of buildx, whose cache cannot be asked for: {names}",
                count(n, "stopped builder")
            ),
            "start it to have it cleaned up, or remove it: docker buildx rm".into(),
        )
    }));
    advice
}

/// Builders of buildx that do not run.
fn builders(survey: &Survey) -> Option<(String, usize)> {
    let stopped: Vec<&str> = survey
        .containers
        .iter()
        .filter(|c| c.name.starts_with("buildx_buildkit_") && c.is_stopped())
        .map(|c| c.name.as_str())
        .collect();
    let names = crate::human::fold_names(stopped.iter().copied());
    (!stopped.is_empty()).then_some((names, stopped.len()))
}
