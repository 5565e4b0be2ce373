//! What to do about slow builds, from facts alone.

use super::series::{Series, Subject, wall};
use super::{measures, targets};
use crate::record::{Finding, HostRun, Scenario};
use std::collections::{HashMap, HashSet};

/// A context takes too long from here on, in milliseconds.
const CONTEXT: i64 = 10_000;
/// Percent of an image that may be wasted, of a cold build that another scenario may take.
const WASTED: i64 = 10;
const CACHED: i64 = 50;

/// Advice for each host it is about.
pub(in crate::report) fn of<'r>(
    all: &[Series<'r>],
    subjects: &[Subject<'_, 'r>],
) -> Vec<(&'r HostRun, Finding)> {
    let mut advice = Vec::new();
    for series in subjects.iter().flat_map(|s| &s.series) {
        advice.extend(of_series(series).into_iter().map(|finding| (series.host, finding)));
    }
    advice.extend(unused_cache(all));
    let mut seen = HashSet::new();
    for series in all.iter().filter(|s| seen.insert(s.host.host.clone())) {
        advice.extend(of_host(series).into_iter().map(|finding| (series.host, finding)));
    }
    advice
}

fn finding(name: &str, text: String, hint: &str) -> Finding {
    Finding { name: name.to_owned(), text, hint: Some(hint.to_owned()) }
}

fn percent(part: i64, whole: i64) -> i64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}

fn of_series(series: &Series<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let (app, scenario) = (series.app, series.scenario);
    let owners = series.median(measures::ownership).unwrap_or(0);
    let whole = series.median(wall).unwrap_or(0);
    if owners >= targets::CRITICAL_STEP {
        let text = format!(
            "{app}: chown and chmod take {} % of a {scenario} build",
            percent(owners, whole)
        );
        found.push(finding("bench.critical-step", text, &format!("fleet lint {app} --fix")));
    }
    if series.median(measures::context).unwrap_or(0) >= CONTEXT {
        let text = format!("{app}: the context is large and takes long to send");
        found.push(finding("bench.context", text, "keep more out of it in .dockerignore"));
    }
    let image = series.median(measures::image_bytes).unwrap_or(0);
    let wasted = percent(series.median(measures::wasted).unwrap_or(0), image);
    if wasted >= WASTED {
        let text =
            format!("{app}: {wasted} % of the image lies in files that later layers replace");
        found.push(finding(
            "bench.wasted",
            text,
            "set owner and mode where files are copied: COPY --chown, --chmod",
        ));
    }
    if series.median(measures::layers).unwrap_or(0) >= targets::LAYERS {
        let text = format!("{app}: {} layers", series.median(measures::layers).unwrap_or(0));
        found.push(finding("bench.layers", text, "join RUN lines that belong together"));
    }
    found
}

/// Apps of which a warm or edited build takes most of a cold one.
fn unused_cache<'r>(all: &[Series<'r>]) -> Vec<(&'r HostRun, Finding)> {
    let key = |s: &Series<'r>| (s.app, s.dockerfile, s.sha256, s.host.host.as_str());
    let cold: HashMap<_, _> =
        all.iter().filter(|s| s.scenario == Scenario::Cold).map(|s| (key(s), s)).collect();
    let found = all.iter().filter(|s| s.scenario != Scenario::Cold).filter_map(|series| {
        let cold = cold.get(&key(series))?;
        let share = percent(series.median(wall)?, cold.median(wall)?);
        let (app, text) = (
            series.app,
            if series.scenario == Scenario::Warm { "with nothing" } else { "with one file" },
        );
        let text = format!("{app}: a build {text} changed takes {share} % of a cold one");
        (share >= CACHED).then(|| {
            let hint = "copy what changes rarely first, and only then the application";
            (series.host, finding("bench.cache-unused", text, hint))
        })
    });
    found.collect()
}

fn of_host(series: &Series<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let host = &series.host.host;
    let conditions = series.builds.first().map(|b| &b.conditions);
    if conditions.is_some_and(|c| c.builder == "legacy") {
        let text = "the legacy builder builds one step after the other".to_owned();
        found.push(finding("bench.legacy", text, &format!("fleet buildkit enable --hosts {host}")));
    }
    if measures::cache(series.host).is_some_and(|bytes| bytes >= targets::CACHE) {
        let text = "the build cache is over its target".to_owned();
        found.push(finding(
            "bench.cache",
            text,
            &format!("fleet cleanup --hosts {host} --max-cache 5GB"),
        ));
    }
    if series.builds.iter().flat_map(|b| &b.samples).any(|sample| !sample.raid.is_empty()) {
        let text = "a RAID array was at work on itself: these times are too long".to_owned();
        found.push(finding("bench.raid", text, "measure again when it is done"));
    }
    if conditions.is_some_and(|c| c.load.is_some_and(|load| load > f64::from(c.processors))) {
        let text = "the host was busy when builds began: these times are too long".to_owned();
        found.push(finding("bench.busy", text, "measure again when it is idle"));
    }
    found
}
