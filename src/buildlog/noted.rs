//! A step as a reader notes it, before the steps are put in order.

use crate::record::{BuildStepResult, Interval};

/// The most steps of one build; real ones have fewer than a hundred.
pub(super) const MOST_STEPS: usize = 2_000;
/// The most intervals of one step.
pub(super) const MOST_INTERVALS: usize = 100;
/// The most bytes of a step's name that are held.
pub(super) const LONGEST_NAME: usize = 4 << 10;
/// The most bytes of a step's name that are kept.
const SHOWN: usize = 400;

/// What is known of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    /// As the builder calls it, with its place in its stage. Not escaped.
    pub(super) title: String,
    /// When it was at work; in any order, perhaps overlapping.
    pub(super) intervals: Vec<Interval>,
    /// What became of it.
    pub(super) fate: Fate,
    /// Steps that it had to wait for, where the log says so.
    pub(super) inputs: Option<Vec<usize>>,
}

/// What became of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its end was not seen.
    #[default]
    Open,
    Ran,
    Cached,
    Canceled,
    /// The builder's reason.
    Failed(String),
}

impl Fate {
    pub(super) fn result(self) -> BuildStepResult {
        match self {
            Self::Open | Self::Canceled => BuildStepResult::Cut,
            Self::Ran => BuildStepResult::Ran,
            Self::Cached => BuildStepResult::Cached,
            Self::Failed(reason) => BuildStepResult::Failed { reason: one_line(&reason) },
        }
    }
}

/// A peer's text on one line: escaped, blanks folded, bounded.
pub(super) fn one_line(text: &str) -> String {
    let cut = cut(text, 8 * SHOWN);
    let line = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::human::excerpt(line.as_bytes(), SHOWN)
}

/// The beginning of a text, at most so many bytes.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Intervals sorted, within the build, and joined where they touch.
pub(super) fn union(mut intervals: Vec<Interval>, total: u64) -> Vec<Interval> {
    for interval in &mut intervals {
        interval.end = interval.end.clamp(interval.start, total.max(interval.start)).min(total);
        interval.start = interval.start.min(interval.end);
    }
    intervals.sort_by_key(|interval| (interval.start, interval.end));
    let mut joined: Vec<Interval> = Vec::with_capacity(intervals.len());
    for interval in intervals {
        match joined.last_mut() {
            Some(last) if interval.start <= last.end => last.end = last.end.max(interval.end),
            _ => joined.push(interval),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_become_a_union_within_the_build() {
        let of = |pairs: &[(u64, u64)]| {
            let all = pairs.iter().map(|(start, end)| Interval { start: *start, end: *end });
            all.collect::<Vec<_>>()
        };
        for (given, joined) in [
            (of(&[]), of(&[])),
            (of(&[(5, 9), (1, 3)]), of(&[(1, 3), (5, 9)])),
            (of(&[(1, 6), (3, 4), (6, 8)]), of(&[(1, 8)])),
            (of(&[(9, 2)]), of(&[(9, 9)])),
            (of(&[(50, 900), (800, 900)]), of(&[(50, 100)])),
            (of(&[(300, 200)]), of(&[(100, 100)])),
        ] {
            assert_eq!(union(given.clone(), 100), joined, "{given:?}");
        }
    }
}
