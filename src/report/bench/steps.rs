//! Steps of like builds on many hosts, matched by their line in the Dockerfile.

use super::series::{Series, median};
use crate::record::{Build, BuildStep, BuildStepKind, BuildStepResult};
use std::collections::HashMap;

/// One step with a number for each series.
pub(in crate::report) struct StepLine<'r> {
    pub(in crate::report) step: &'r BuildStep,
    /// Median milliseconds; `None` where no build of the series has it.
    pub(in crate::report) milliseconds: Vec<Option<i64>>,
    /// Whether it was in the cache in every build of the series.
    pub(in crate::report) cached: Vec<bool>,
}

impl StepLine<'_> {
    /// The longest median over the series.
    pub(in crate::report) fn longest(&self) -> i64 {
        self.milliseconds.iter().flatten().copied().max().unwrap_or(0)
    }
}

/// A step's line tells it apart; without one its name does.
type Key<'r> = (BuildStepKind, Option<u32>, &'r str);

fn key(step: &BuildStep) -> Key<'_> {
    (step.kind, step.line, if step.line.is_some() { "" } else { &step.name })
}

/// The steps of all series in order of their first appearance.
pub(in crate::report) fn of<'r>(series: &[&Series<'r>]) -> Vec<StepLine<'r>> {
    let mut places: HashMap<Key<'r>, usize> = HashMap::new();
    let mut lines: Vec<StepLine<'r>> = Vec::new();
    for (column, one) in series.iter().enumerate() {
        let mut times: HashMap<usize, (Vec<i64>, bool)> = HashMap::new();
        for step in one.built().flat_map(|build: &Build| &build.steps) {
            let place = *places.entry(key(step)).or_insert_with(|| {
                lines.push(StepLine { step, milliseconds: Vec::new(), cached: Vec::new() });
                lines.len() - 1
            });
            let (times, cached) = times.entry(place).or_insert((Vec::new(), true));
            times.push(i64::try_from(step.milliseconds()).unwrap_or(i64::MAX));
            *cached &= step.result == BuildStepResult::Cached;
        }
        for (place, (times, cached)) in times {
            let line = &mut lines[place];
            line.milliseconds.resize(column, None);
            line.cached.resize(column, false);
            line.milliseconds.push(median(times));
            line.cached.push(cached);
        }
    }
    for line in &mut lines {
        line.milliseconds.resize(series.len(), None);
        line.cached.resize(series.len(), false);
    }
    lines
}
