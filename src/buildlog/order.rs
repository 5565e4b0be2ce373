//! From what a reader noted to the steps of a build: their order, their lines in the
//! Dockerfile, what each waited for.
//!
//! Where a log does not say what a step waited for, this is assumed. Of plain logs: a layer
//! waits for the one before it in its stage, the first of a stage for the last of the stage
//! that it begins with, `COPY --from` and `RUN --mount` for the last of the stage that they
//! take files from, and whatever takes files from the context for the context. Of all logs: a
//! step that waits for nothing else waits for the preparations that were over when it began,
//! because the Dockerfile is read before it is carried out, and writing the image out waits
//! for every step that nothing else waits for.

use super::critical;
use super::name::Name;
use super::noted::{Noted, one_line, union};
use super::plan::Plan;
use crate::record::{BuildStep, BuildStepKind};
use std::collections::BTreeSet;

/// A noted step with its instruction.
struct Tied {
    noted: Noted,
    kind: BuildStepKind,
    instruction: Option<usize>,
    stage: Option<usize>,
}

/// Puts the steps of a BuildKit log in order.
pub(super) fn steps(plan: &Plan, noted: Vec<Noted>, total: u64) -> Vec<BuildStep> {
    let tied = sorted(plan, noted, total);
    let mut after: Vec<BTreeSet<usize>> = tied.iter().map(|step| said(plan, &tied, step)).collect();
    assume(&tied, &mut after);
    let mut steps: Vec<BuildStep> =
        tied.into_iter().zip(after).map(|(step, after)| record(plan, step, after)).collect();
    critical::mark(&mut steps);
    steps
}

/// Leaves out steps without a name, which only stood among others' inputs; whoever waited for
/// them waited for nothing that took time.
pub(super) fn without_nameless(noted: Vec<Noted>) -> Vec<Noted> {
    let mut place = Vec::with_capacity(noted.len());
    let mut kept = 0;
    for step in &noted {
        place.push((!step.title.is_empty()).then_some(kept));
        kept += usize::from(!step.title.is_empty());
    }
    let mut named: Vec<Noted> = noted.into_iter().filter(|s| !s.title.is_empty()).collect();
    for inputs in named.iter_mut().filter_map(|step| step.inputs.as_mut()) {
        let known = inputs.iter().filter_map(|input| place.get(*input).copied().flatten());
        *inputs = known.collect();
    }
    named
}

/// By their first start, those that never began last; inputs follow their steps.
fn sorted(plan: &Plan, noted: Vec<Noted>, total: u64) -> Vec<Tied> {
    let mut all: Vec<(usize, Noted)> = noted.into_iter().enumerate().collect();
    for (_, step) in &mut all {
        step.intervals = union(std::mem::take(&mut step.intervals), total);
    }
    all.sort_by_key(|(at, step)| (step.intervals.first().map_or(u64::MAX, |i| i.start), *at));
    let mut place = vec![0; all.len()];
    all.iter().enumerate().for_each(|(to, (from, _))| place[*from] = to);
    let tie = |(_, mut noted): (usize, Noted)| {
        let inputs = noted.inputs.iter_mut().flatten();
        inputs.for_each(|input| *input = place.get(*input).copied().unwrap_or(usize::MAX));
        let name = Name::of(&noted.title);
        let (kind, instruction) = (name.kind(), plan.instruction(&name));
        let stage = plan.stage_of(&name);
        Tied { kind, instruction, stage, noted }
    };
    all.into_iter().map(tie).collect()
}

/// What a step waited for, as its log or else the Dockerfile says.
fn said(plan: &Plan, tied: &[Tied], step: &Tied) -> BTreeSet<usize> {
    if let Some(inputs) = &step.noted.inputs {
        return inputs.iter().copied().filter(|input| *input < tied.len()).collect();
    }
    let Some(at) = step.instruction else { return BTreeSet::new() };
    let planned = &plan.all[at];
    let Some(stage) = planned.stage.map(|stage| &plan.stages[stage]) else {
        return BTreeSet::new();
    };
    let position = stage.layers.iter().position(|layer| *layer == at).unwrap_or(0);
    let before = last_of(tied, &stage.layers[..position])
        .or_else(|| stage.parent.and_then(|parent| end_of(plan, tied, parent)));
    let from = planned.from.iter().filter_map(|stage| end_of(plan, tied, *stage));
    let is_context = |at: &usize| tied[*at].kind == BuildStepKind::Context;
    let context = (0..tied.len()).filter(is_context).filter(|_| planned.context);
    before.into_iter().chain(from).chain(context).collect()
}

/// The last step of a stage, or of the stage that it begins with.
fn end_of(plan: &Plan, tied: &[Tied], stage: usize) -> Option<usize> {
    let mut next = Some(stage);
    while let Some(at) = next {
        let found = last_of(tied, &plan.stages[at].layers);
        if found.is_some() {
            return found;
        }
        next = plan.stages[at].parent;
    }
    None
}

/// The step of the last of these instructions that has one.
fn last_of(tied: &[Tied], layers: &[usize]) -> Option<usize> {
    let step = |layer: &usize| tied.iter().rposition(|step| step.instruction == Some(*layer));
    layers.iter().rev().find_map(step)
}

/// Adds what no log says.
fn assume(tied: &[Tied], after: &mut [BTreeSet<usize>]) {
    let needed: BTreeSet<usize> = after.iter().flatten().copied().collect();
    let of = |kind: BuildStepKind| (0..tied.len()).filter(move |at| tied[*at].kind == kind);
    let ends: Vec<usize> =
        (0..tied.len()).filter(|at| !needed.contains(at) && is_work(tied[*at].kind)).collect();
    for at in of(BuildStepKind::Export) {
        after[at].extend(ends.iter().filter(|end| began(&tied[**end]) <= began(&tied[at])));
    }
    let first: Vec<usize> = (0..tied.len()).filter(|at| after[*at].is_empty()).collect();
    for at in first {
        let over = |step: &usize| ended(&tied[*step]).is_some_and(|e| Some(e) <= began(&tied[at]));
        after[at].extend(of(BuildStepKind::Preparation).filter(|step| *step < at).filter(over));
    }
}

fn is_work(kind: BuildStepKind) -> bool {
    matches!(kind, BuildStepKind::Instruction | BuildStepKind::Pull | BuildStepKind::Context)
}

fn began(step: &Tied) -> Option<u64> {
    step.noted.intervals.first().map(|interval| interval.start)
}

fn ended(step: &Tied) -> Option<u64> {
    step.noted.intervals.last().map(|interval| interval.end)
}

fn record(plan: &Plan, step: Tied, after: BTreeSet<usize>) -> BuildStep {
    let planned = step.instruction.map(|at| &plan.all[at]);
    let name = Name::of(&step.noted.title);
    let name = planned.map_or(name.text, |planned| planned.text.as_str());
    BuildStep {
        kind: step.kind,
        stage: step.stage.map(|stage| one_line(&plan.stages[stage].name)),
        name: one_line(name),
        line: planned.map(|planned| planned.line),
        result: step.noted.fate.result(),
        intervals: step.noted.intervals,
        after: after.into_iter().filter_map(|at| u32::try_from(at).ok()).collect(),
        critical: false,
        ownership: planned.is_some_and(|planned| planned.ownership),
    }
}
