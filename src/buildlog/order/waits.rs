//! What a step of BuildKit waited for.
//!
//! Where a log does not say it, this is assumed. Of plain logs: a layer waits for the one before
//! it in its stage, the first of a stage for the last of the stage that it begins with,
//! `COPY --from` and `RUN --mount` for the last of the stage that they take files from, and
//! whatever takes files from the context for the context. Of all logs: a step that waits for
//! nothing else waits for the preparation that was over last when it began, because the
//! Dockerfile is read before it is carried out, and writing the image out waits for every step
//! that nothing else waits for.

use super::{After, Tied};
use crate::buildlog::critical;
use crate::buildlog::noted::Fate;
use crate::buildlog::plan::Plan;
use crate::record::BuildStepKind;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most steps that write an image out; a build has one or two.
const MOST_EXPORTS: usize = 10;

/// What each step waited for, as its log or else the Dockerfile says.
pub(super) fn said(plan: &Plan, tied: &[Tied]) -> After {
    let mut layers: HashMap<usize, BTreeMap<usize, usize>> = HashMap::new();
    for (at, step) in tied.iter().enumerate() {
        if let (Some(stage), Some(number)) = (step.stage, step.number) {
            layers.entry(stage).or_default().insert(number, at);
        }
    }
    let said = Said { plan, tied, layers };
    tied.iter().map(|step| said.of(step)).collect()
}

struct Said<'s> {
    plan: &'s Plan,
    tied: &'s [Tied],
    /// The steps of each stage by their numbers.
    layers: HashMap<usize, BTreeMap<usize, usize>>,
}

impl Said<'_> {
    fn of(&self, step: &Tied) -> BTreeSet<usize> {
        if let Some(inputs) = &step.noted.inputs {
            return inputs.iter().copied().filter(|input| *input < self.tied.len()).collect();
        }
        let before = step.stage.zip(step.number).and_then(|(stage, at)| self.before(stage, at));
        let planned = step.instruction.map(|at| &self.plan.all[at]);
        let from = planned.into_iter().flat_map(|planned| &planned.from);
        let from = from.filter_map(|stage| self.end(*stage));
        let takes = planned.is_some_and(|planned| planned.context);
        let context = of_kind(self.tied, BuildStepKind::Context).filter(|_| takes);
        before.into_iter().chain(from).chain(context).collect()
    }

    /// The step before a layer.
    fn before(&self, stage: usize, number: usize) -> Option<usize> {
        let own = self.layers.get(&stage).and_then(|own| own.range(..number).next_back());
        let parent = || self.plan.stages[stage].parent.and_then(|parent| self.end(parent));
        // Stages with the same base share one step for it.
        let base = || self.only_pull().filter(|_| number > 1);
        own.map(|(_, step)| *step).or_else(parent).or_else(base)
    }

    /// The last step of a stage, or of the stage that it begins with.
    fn end(&self, stage: usize) -> Option<usize> {
        let mut next = Some(stage);
        while let Some(at) = next {
            let own = self.layers.get(&at).and_then(|own| own.values().next_back());
            if own.is_some() {
                return own.copied();
            }
            next = self.plan.stages[at].parent;
        }
        None
    }

    fn only_pull(&self) -> Option<usize> {
        let mut all = of_kind(self.tied, BuildStepKind::Pull);
        all.next().filter(|_| all.next().is_none())
    }
}

/// Adds what no log says.
pub(super) fn assume(tied: &[Tied], after: &mut After) {
    let needed: BTreeSet<usize> = after.iter().flatten().copied().collect();
    let is_end = |at: &usize| !needed.contains(at) && is_work(tied[*at].kind);
    let ends: Vec<usize> = (0..tied.len()).filter(is_end).collect();
    for at in of_kind(tied, BuildStepKind::Export).take(MOST_EXPORTS) {
        after[at].extend(ends.iter().filter(|end| came_before(tied, **end, at)));
    }
    for at in (0..tied.len()).filter(|at| after[*at].is_empty()).collect::<Vec<_>>() {
        let prepared = of_kind(tied, BuildStepKind::Preparation);
        let before = prepared.filter(|step| *step != at && came_before(tied, *step, at));
        after[at].extend(before.max_by_key(|step| (tied[*step].ended(), *step)));
    }
}

/// Whether a step was over when another began. A plain log tells of ends late, but in order.
fn came_before(tied: &[Tied], step: usize, other: usize) -> bool {
    if tied[other].noted.inputs.is_none() {
        return step < other;
    }
    let (ended, began) = (tied[step].ended(), tied[other].began());
    ended.is_some_and(|ended| began.is_some_and(|began| ended <= began && step < other))
}

/// Sets the times of a plain log right, which tells of an end up to some tenths of a second
/// after it came, and of a step that says nothing only when it is over. No step began before
/// those ended that it waited for: they are moved back so far. A step that failed or was cut
/// off without a word began when those had ended: BuildKit waits for nothing else.
pub(super) fn settle(tied: &mut [Tied], after: &After) {
    let order = critical::sorted(
        &after.iter().map(|set| set.iter().copied().collect()).collect::<Vec<_>>(),
    );
    let is_exact = |step: &Tied| step.noted.inputs.is_some();
    for at in order.iter().rev().filter(|at| !is_exact(&tied[**at])).copied().collect::<Vec<_>>() {
        let Some(began) = tied[at].began() else { continue };
        after[at].iter().for_each(|from| tied[*from].move_back(began));
    }
    for at in order.into_iter().filter(|at| !after[*at].is_empty()) {
        let ready = after[at].iter().filter_map(|from| tied[*from].ended()).max();
        let step = &mut tied[at].noted;
        let is_told = matches!(step.fate, Fate::Ran | Fate::Cached) || step.inputs.is_some();
        if let (Some(ready), [interval], false) = (ready, step.intervals.as_mut_slice(), is_told) {
            interval.start = interval.start.min(ready);
        }
    }
}

fn of_kind(tied: &[Tied], kind: BuildStepKind) -> impl Iterator<Item = usize> {
    (0..tied.len()).filter(move |at| tied[*at].kind == kind)
}

fn is_work(kind: BuildStepKind) -> bool {
    matches!(kind, BuildStepKind::Instruction | BuildStepKind::Pull | BuildStepKind::Context)
}
