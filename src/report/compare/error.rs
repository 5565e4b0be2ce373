//! Why two sides cannot be compared.

use super::Pair;
use crate::record::{Run, RunId};

/// Two sides cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// A side has no run.
    #[error("nothing to compare: a side has no run")]
    NoRun,
    /// A run stands on both sides.
    #[error("run {run} is on both sides")]
    SameRun {
        /// The run.
        run: RunId,
    },
    /// The runs are of different verbs.
    #[error("run {first} is a {verb} and run {second} is a {other}")]
    OtherVerb {
        /// The first run.
        first: RunId,
        /// Its verb.
        verb: String,
        /// The first run of another verb.
        second: RunId,
        /// Its verb.
        other: String,
    },
    /// No build and no metric is on both sides.
    #[error("the sides have nothing in common: before there is {}; after there is {}", sides.before, sides.after)]
    NothingInCommon {
        /// What each side has.
        sides: Pair<String>,
    },
}

impl CompareError {
    /// The next thing to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoRun | Self::SameRun { .. } => {
                "name different runs, or different Dockerfiles of one as RUN:DOCKERFILE; see: fleet history"
            }
            Self::OtherVerb { .. } => {
                "name runs of one verb with --before and --after; see: fleet history"
            }
            Self::NothingInCommon { .. } => {
                "name runs that measured the same apps or hosts; see: fleet history"
            }
        }
    }
}

/// Whether two parts of one run are of different builds, each of Dockerfiles of its own.
fn differs(one: &Run, other: &Run) -> bool {
    let (one, other) = (one.dockerfiles(), other.dockerfiles());
    !one.is_empty() && !other.is_empty() && one.is_disjoint(&other)
}

/// The verb of all runs, which stand on one side each.
pub(super) fn one_verb(before: &[Run], after: &[Run]) -> Result<String, CompareError> {
    let (Some(first), Some(_)) = (before.first(), after.first()) else {
        return Err(CompareError::NoRun);
    };
    let overlaps = |b: &&Run| after.iter().any(|a| a.start.run == b.start.run && !differs(a, b));
    if let Some(same) = before.iter().find(overlaps) {
        return Err(CompareError::SameRun { run: same.start.run.clone() });
    }
    match before.iter().chain(after).find(|run| run.start.verb != first.start.verb) {
        None => Ok(first.start.verb.clone()),
        Some(second) => Err(CompareError::OtherVerb {
            first: first.start.run.clone(),
            verb: first.start.verb.clone(),
            second: second.start.run.clone(),
            other: second.start.verb.clone(),
        }),
    }
}
