//! From what a reader noted to the steps of a build: their order, their lines in the
//! Dockerfile, what each waited for.

mod waits;

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
    /// Its number among the stage's layers.
    number: Option<usize>,
}

impl Tied {
    fn of(plan: &Plan, mut noted: Noted, total: u64) -> Self {
        noted.intervals = union(std::mem::take(&mut noted.intervals), total);
        let name = Name::of(&noted.title);
        let (kind, instruction) = (name.kind(), plan.instruction(&name));
        let (stage, number) = (plan.stage_of(&name), name.place.map(|(number, _)| number));
        Self { noted, kind, instruction, stage, number }
    }

    fn began(&self) -> Option<u64> {
        self.noted.intervals.first().map(|interval| interval.start)
    }

    fn ended(&self) -> Option<u64> {
        self.noted.intervals.last().map(|interval| interval.end)
    }

    /// Moves what is too late so that the step ends by a time.
    fn move_back(&mut self, end: u64) {
        let mut limit = end;
        for interval in self.noted.intervals.iter_mut().rev() {
            let late = interval.end.saturating_sub(limit);
            interval.start = interval.start.saturating_sub(late);
            interval.end -= late;
            limit = interval.start;
        }
        self.noted.intervals = union(std::mem::take(&mut self.noted.intervals), end);
    }
}

/// What each step waited for.
type After = Vec<BTreeSet<usize>>;

/// Puts the steps of a BuildKit log in order.
pub(super) fn steps(plan: &Plan, noted: Vec<Noted>, total: u64) -> Vec<BuildStep> {
    let mut tied: Vec<Tied> = noted.into_iter().map(|n| Tied::of(plan, n, total)).collect();
    let mut after = waits::said(plan, &tied);
    waits::assume(&tied, &mut after);
    waits::settle(&mut tied, &after);
    let (tied, after) = sorted(tied, &after);
    let mut steps: Vec<BuildStep> =
        tied.into_iter().zip(after).map(|(step, after)| record(plan, step, after)).collect();
    critical::mark(&mut steps);
    steps
}

/// Puts the steps of a builder in order that takes one instruction after the other; `lead`
/// steps come before the first.
pub(super) fn in_a_row(plan: &Plan, noted: Vec<Noted>, lead: usize, total: u64) -> Vec<BuildStep> {
    let tie = |(at, mut noted): (usize, Noted)| {
        noted.intervals = union(std::mem::take(&mut noted.intervals), total);
        let instruction = at.checked_sub(lead);
        let planned = instruction.map(|at| &plan.all[at]);
        let kind = match planned {
            Some(planned) if planned.keyword == "FROM" => BuildStepKind::Pull,
            Some(_) => BuildStepKind::Instruction,
            None => BuildStepKind::Context,
        };
        let before = at.checked_sub(1).into_iter().collect();
        let stage = planned.and_then(|planned| planned.stage);
        record(plan, Tied { noted, kind, instruction, stage, number: None }, before)
    };
    let mut steps: Vec<BuildStep> = noted.into_iter().enumerate().map(tie).collect();
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

/// By their first start, those that never began last.
fn sorted(tied: Vec<Tied>, after: &After) -> (Vec<Tied>, After) {
    let mut all: Vec<(usize, Tied)> = tied.into_iter().enumerate().collect();
    all.sort_by_key(|(at, step)| {
        let rank = match step.kind {
            BuildStepKind::Preparation => 0,
            BuildStepKind::Context => 1,
            BuildStepKind::Pull | BuildStepKind::Instruction => 2,
            BuildStepKind::Export => 3,
        };
        (step.began().unwrap_or(u64::MAX), rank, step.instruction.unwrap_or(usize::MAX), *at)
    });
    let mut place = vec![0; all.len()];
    all.iter().enumerate().for_each(|(to, (from, _))| place[*from] = to);
    let moved = |set: &BTreeSet<usize>| set.iter().map(|step| place[*step]).collect();
    let after = all.iter().map(|(from, _)| moved(&after[*from])).collect();
    (all.into_iter().map(|(_, step)| step).collect(), after)
}

fn record(plan: &Plan, step: Tied, after: BTreeSet<usize>) -> BuildStep {
    let planned = step.instruction.map(|at| &plan.all[at]);
    let name = Name::of(&step.noted.title);
    // What stands in a here-document, the builder says alone.
    let text = planned.filter(|planned| !planned.heredocs).map(|planned| planned.text.as_str());
    BuildStep {
        kind: step.kind,
        stage: step.stage.map(|stage| one_line(&plan.stages[stage].name)),
        name: one_line(text.unwrap_or(name.text)),
        line: planned.map(|planned| planned.line),
        result: step.noted.fate.result(),
        intervals: step.noted.intervals,
        after: after.into_iter().filter_map(|at| u32::try_from(at).ok()).collect(),
        critical: false,
        ownership: planned.is_some_and(|planned| planned.ownership),
    }
}
