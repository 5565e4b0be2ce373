//! One build as a band of time: at every moment the kind of work that the build waited for.

use super::scale::Scale;
use super::shapes::{Class, Shapes};
use crate::record::{Build, BuildStep, BuildStepKind};

/// Kinds of work, those first that a moment is counted for: the critical path before what runs
/// beside it, changes of owner before other instructions, and these before moving of bytes.
const RANKS: usize = 6;

fn rank(step: &BuildStep) -> usize {
    let kind = match step.kind {
        _ if step.ownership => 0,
        BuildStepKind::Instruction => 1,
        _ => 2,
    };
    if step.critical { kind } else { kind + RANKS / 2 }
}

const fn class(rank: usize) -> Class {
    match rank % (RANKS / 2) {
        0 => Class::Own,
        1 => Class::Run,
        _ => Class::Io,
    }
}

/// Spans of one class, in order of time.
fn spans(build: &Build) -> Vec<(Class, u64, u64)> {
    let mut turns: Vec<(u64, usize, isize)> = Vec::new();
    for step in &build.steps {
        for interval in &step.intervals {
            turns.push((interval.start, rank(step), 1));
            turns.push((interval.end.max(interval.start), rank(step), -1));
        }
    }
    turns.sort_unstable();
    let mut at_work = [0_isize; RANKS];
    let mut spans: Vec<(Class, u64, u64)> = Vec::new();
    for (at, turn) in turns.iter().enumerate() {
        at_work[turn.1] += turn.2;
        let end = turns.get(at + 1).map_or(turn.0, |next| next.0);
        if let Some(rank) = at_work.iter().position(|n| *n > 0)
            && end > turn.0
        {
            match spans.last_mut() {
                Some((last, _, until)) if *last == class(rank) && *until == turn.0 => *until = end,
                _ => spans.push((class(rank), turn.0, end)),
            }
        }
    }
    spans
}

/// Height of a band, and of what moves bytes in it: less work, a lower bar.
pub(super) const HEIGHT: u64 = 12;

/// The band of a build; changes of owner are higher than the rest.
pub(super) fn band(shapes: &mut Shapes, build: &Build, scale: Scale) {
    for (class, from, to) in spans(build) {
        let inset = match class {
            Class::Own => 0,
            Class::Run => 2,
            _ => 4,
        };
        shapes.bar(class, scale.x(from), scale.x(to), inset, HEIGHT - 2 * inset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::bench_runs;

    #[test]
    fn a_band_covers_each_moment_once() {
        let run = bench_runs::before();
        for build in run.hosts.iter().flat_map(|h| &h.builds) {
            let spans = spans(build);
            assert!(spans.iter().all(|(_, from, to)| from < to));
            assert!(spans.windows(2).all(|pair| pair[0].2 <= pair[1].1));
            let owners: u64 = spans.iter().filter(|s| s.0 == Class::Own).map(|s| s.2 - s.1).sum();
            let steps: u64 =
                build.steps.iter().filter(|s| s.ownership).map(BuildStep::milliseconds).sum();
            assert_eq!(owners, steps, "nothing runs beside changes of owner in these builds");
        }
    }
}
