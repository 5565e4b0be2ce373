//! The chain of steps that a whole build waited for.
//!
//! The critical path of Kelley and Walker ("Critical-Path Planning and Scheduling", 1959): of
//! all chains of steps, each of which has to wait for the one before it, that end with the step
//! that ended last, the one whose times at work add up to the most; where two add up to the
//! same, the one that ended later. Making a step outside of it faster saves nothing. Of a build
//! that failed it ends with the step that failed, because the others were only cut off then.

use crate::record::{BuildStep, BuildStepResult};

/// Marks the steps of the chain.
pub(super) fn mark(steps: &mut [BuildStep]) {
    let mut longest: Vec<Option<u64>> = vec![None; steps.len()];
    let mut before = vec![None; steps.len()];
    let waits = |step: &BuildStep| step.after.iter().map(|from| *from as usize).collect();
    let waits: Vec<Vec<usize>> = steps.iter().map(waits).collect();
    for at in sorted(&waits) {
        let known = waits[at].iter().copied();
        let known = known.filter_map(|from| Some((longest.get(from).copied()??, from)));
        let best = known.max_by_key(|(sum, from)| (*sum, ended(&steps[*from]), *from));
        before[at] = best.map(|(_, from)| from);
        longest[at] = Some(steps[at].milliseconds() + best.map_or(0, |(sum, _)| sum));
    }
    let ran = (0..steps.len()).filter(|at| !steps[*at].intervals.is_empty());
    let failed = |at: usize| matches!(steps[at].result, BuildStepResult::Failed { .. });
    let mut next = ran.max_by_key(|at| (failed(*at), ended(&steps[*at]), longest[*at], *at));
    while let Some(at) = next {
        steps[at].critical = true;
        next = before[at];
    }
}

/// When a step was over.
fn ended(step: &BuildStep) -> u64 {
    step.intervals.last().map_or(0, |interval| interval.end)
}

/// Steps, each behind those that it waits for (Kahn, 1962). Those of a circle, which no builder
/// makes, are left out.
pub(super) fn sorted(waits: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = waits.iter().map(Vec::len).collect();
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); waits.len()];
    for (at, after) in waits.iter().enumerate() {
        for from in after {
            if let Some(list) = behind.get_mut(*from) {
                list.push(at);
            }
        }
    }
    let mut order: Vec<usize> = (0..waits.len()).filter(|at| waiting[*at] == 0).collect();
    let mut next = 0;
    while let Some(at) = order.get(next).copied() {
        next += 1;
        for later in &behind[at] {
            waiting[*later] -= 1;
            if waiting[*later] == 0 {
                order.push(*later);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BuildStepKind, Interval};

    fn step(start: u64, end: u64, after: &[u32]) -> BuildStep {
        BuildStep {
            kind: BuildStepKind::Instruction,
            stage: None,
            name: String::new(),
            line: None,
            result: BuildStepResult::Ran,
            intervals: if start == end { vec![] } else { vec![Interval { start, end }] },
            after: after.to_vec(),
            critical: false,
            ownership: false,
        }
    }

    fn critical(mut steps: Vec<BuildStep>) -> Vec<usize> {
        mark(&mut steps);
        (0..steps.len()).filter(|at| steps[*at].critical).collect()
    }

    #[test]
    fn the_longest_chain_to_the_last_step_is_marked() {
        assert_eq!(critical(vec![]), [0_usize; 0]);
        assert_eq!(critical(vec![step(0, 0, &[])]), [0_usize; 0]);
        let diamond =
            vec![step(0, 2, &[]), step(2, 9, &[0]), step(2, 5, &[0]), step(9, 10, &[1, 2])];
        assert_eq!(critical(diamond), [0, 1, 3]);
        // A long step that nothing waited for is not on the chain.
        assert_eq!(critical(vec![step(0, 8, &[]), step(0, 3, &[]), step(3, 9, &[1])]), [1, 2]);
        // A failure ends the build, whatever was cut off after it.
        let mut cut = vec![step(0, 5, &[]), step(0, 6, &[])];
        cut[0].result = BuildStepResult::Failed { reason: String::new() };
        assert_eq!(critical(cut), [0]);
        // The sum of a chain counts, not its last link.
        let long = vec![step(0, 5, &[]), step(5, 7, &[0]), step(1, 5, &[]), step(7, 8, &[1, 2])];
        assert_eq!(critical(long), [0, 1, 3]);
    }

    #[test]
    fn circles_and_wrong_positions_do_no_harm() {
        assert_eq!(critical(vec![step(0, 5, &[1]), step(1, 6, &[0])]), [1]);
        assert_eq!(critical(vec![step(0, 5, &[0, 7])]), [0]);
    }
}
