//! Steps of both sides, matched by stage and instruction.

use super::instruction::normal;
use super::measure::{float, measure};
use super::{Measure, Pair, StepRow, Verdict};
use crate::record::{Build, BuildStep, BuildStepResult};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// Normal names of instructions: the same few come up in every build.
#[derive(Default)]
pub(super) struct Names<'r>(HashMap<&'r str, Rc<str>>);

impl<'r> Names<'r> {
    fn of(&mut self, name: &'r str) -> Rc<str> {
        self.0.entry(name).or_insert_with(|| normal(name).into()).clone()
    }
}

/// Stage, normal name, and how many steps with both came before it in its build.
type Key<'r> = (Option<&'r str>, Rc<str>, usize);

/// The steps of one side, in the order in which they were first seen.
#[derive(Default)]
struct Steps<'r> {
    keys: Vec<Key<'r>>,
    seen: HashMap<Key<'r>, Seen<'r>>,
}

/// A step in the builds of one side.
struct Seen<'r> {
    first: &'r BuildStep,
    milliseconds: Vec<f64>,
    cached: usize,
    critical: usize,
}

impl<'r> Steps<'r> {
    fn of(builds: &[&'r Build], names: &mut Names<'r>) -> Self {
        let mut steps = Self::default();
        for build in builds {
            let mut times: HashMap<(Option<&str>, Rc<str>), usize> = HashMap::new();
            for step in &build.steps {
                let (stage, name) = (step.stage.as_deref(), names.of(&step.name));
                let nth = times.entry((stage, name.clone())).or_default();
                *nth += 1;
                steps.take((stage, name, *nth), step);
            }
        }
        steps
    }

    fn take(&mut self, key: Key<'r>, step: &'r BuildStep) {
        let cached = match step.result {
            BuildStepResult::Ran => false,
            BuildStepResult::Cached => true,
            BuildStepResult::Failed { .. } | BuildStepResult::Cut => return,
        };
        let seen = match self.seen.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                self.keys.push(new.key().clone());
                new.insert(Seen { first: step, milliseconds: Vec::new(), cached: 0, critical: 0 })
            }
        };
        seen.milliseconds.push(float(step.milliseconds()));
        seen.cached += usize::from(cached);
        seen.critical += usize::from(step.critical);
    }
}

/// The steps of both sides: in the order of the after side, those that are gone behind the step
/// that they followed.
pub(super) fn rows<'r>(
    before: &[&'r Build],
    after: &[&'r Build],
    names: &mut Names<'r>,
) -> Vec<StepRow> {
    let mut before = Steps::of(before, names);
    let mut after = Steps::of(after, names);
    let mut rows = Vec::new();
    for key in in_order(&before, &after) {
        rows.extend(row(before.seen.remove(&key), after.seen.remove(&key)));
    }
    rows
}

fn in_order<'r>(before: &Steps<'r>, after: &Steps<'r>) -> Vec<Key<'r>> {
    // Gone steps by the last step before them that is still there.
    let mut gone: HashMap<Option<&Key<'r>>, Vec<&Key<'r>>> = HashMap::new();
    let mut last = None;
    for key in &before.keys {
        if after.seen.contains_key(key) {
            last = Some(key);
        } else {
            gone.entry(last).or_default().push(key);
        }
    }
    let mut order = gone.remove(&None).unwrap_or_default();
    for key in &after.keys {
        order.push(key);
        order.extend(gone.remove(&Some(key)).unwrap_or_default());
    }
    order.into_iter().cloned().collect()
}

fn row(before: Option<Seen<'_>>, after: Option<Seen<'_>>) -> Option<StepRow> {
    let first = after.as_ref().or(before.as_ref())?.first;
    let verdict = match (&before, &after) {
        (Some(_), None) => Verdict::Gone,
        (None, Some(_)) => Verdict::New,
        // Until the tests are done.
        _ => Verdict::NotShown,
    };
    let count = |seen: &Option<Seen<'_>>, of: fn(&Seen<'_>) -> usize| seen.as_ref().map_or(0, of);
    let pair = |of| Pair { before: count(&before, of), after: count(&after, of) };
    Some(StepRow {
        stage: first.stage.clone(),
        name: first.name.clone(),
        kind: first.kind,
        ownership: first.ownership,
        critical: pair(|seen| seen.critical),
        cached: pair(|seen| seen.cached),
        time: time(before, after),
        verdict,
    })
}

fn time(before: Option<Seen<'_>>, after: Option<Seen<'_>>) -> Measure {
    let values = |seen: Option<Seen<'_>>| seen.map(|seen| seen.milliseconds).unwrap_or_default();
    measure(values(before), values(after))
}
