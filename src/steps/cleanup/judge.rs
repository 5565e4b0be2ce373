//! What phases share: verdicts with their rules, and ages by the host's own clock.

use super::Survey;
use crate::human::{age, escape};
use crate::record::{Decision, Object, Verdict};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// The label by which an owner says that an object stays.
const KEEP_LABEL: &str = "fleet.keep";

/// Beyond this the host's idea of an age is not believed.
const SKEW_LIMIT: i64 = 300;

/// Docker's first public day. A date before it is none: reproducible builds are dated 1970.
const FIRST_DATE: i64 = 1_363_737_600;

/// A verdict with the rule that led to it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    verdict: Verdict,
    rule: &'static str,
    reason: String,
}

pub(super) fn go(rule: &'static str, reason: impl Into<String>) -> Judged {
    Judged { verdict: Verdict::Go, rule, reason: reason.into() }
}

/// A verdict to stay. It and what wraps it track their caller, so that each use of a rule
/// can be switched off by itself to see that a test notices (`make mutate`).
#[track_caller]
pub(super) fn stay(rule: &'static str, reason: impl Into<String>) -> Judged {
    #[cfg(feature = "mutate")]
    if is_off(rule, std::panic::Location::caller()) {
        return go(rule, reason);
    }
    Judged { verdict: Verdict::Stay, rule, reason: reason.into() }
}

/// Whether `FLEET_MUTATE` names this use of a rule, as `file.rs:line:rule`.
#[cfg(feature = "mutate")]
fn is_off(rule: &str, at: &std::panic::Location<'_>) -> bool {
    let Ok(off) = std::env::var("FLEET_MUTATE") else { return false };
    let file = at.file().rsplit('/').next().unwrap_or_default();
    off == format!("{file}:{}:{rule}", at.line())
}

impl Judged {
    pub(super) fn goes(&self) -> bool {
        self.verdict == Verdict::Go
    }

    pub(super) fn of(self, phase: &str, object: Object) -> Decision {
        Decision {
            phase: phase.to_owned(),
            object,
            decision: self.verdict,
            rule: self.rule.to_owned(),
            reason: self.reason,
        }
    }
}

/// A label that asks to be left alone.
#[track_caller]
pub(super) fn labelled(labels: &BTreeMap<String, String>) -> Option<Judged> {
    if !labels.contains_key(KEEP_LABEL) {
        return None;
    }
    Some(stay("label", format!("has the label {KEEP_LABEL}")))
}

/// A date that an engine can have meant.
pub(super) fn dated(at: Option<Timestamp>) -> Option<Timestamp> {
    at.filter(|t| t.as_second() >= FIRST_DATE)
}

/// Seconds since then, by the host's clock; 0 for a date to come.
pub(super) fn seconds_since(survey: &Survey, at: Option<Timestamp>) -> Option<u64> {
    let since = survey.now.duration_since(dated(at)?).as_secs();
    Some(u64::try_from(since).unwrap_or(0))
}

/// Whether something goes by its age. `went` says what is true of it but its age, for
/// example "untagged and unused"; `since` is when that began.
#[track_caller]
pub(super) fn by_age(
    survey: &Survey,
    since: Option<Timestamp>,
    keep: Duration,
    rule: &'static str,
    went: &str,
) -> Judged {
    let keep = keep.as_secs();
    if keep == 0 {
        return go(rule, went);
    }
    let limit = age(keep);
    if survey.skew_seconds.abs() > SKEW_LIMIT {
        let off = age(survey.skew_seconds.unsigned_abs());
        return stay(
            "clock",
            format!("the host's clock is off by {off}, so its age is not believed"),
        );
    }
    match seconds_since(survey, since) {
        None => stay("undated", format!("has no date, so it may be younger than {limit}")),
        Some(seconds) if seconds < keep => stay("young", format!("younger than {limit}")),
        Some(_) => go(rule, format!("{went}, for longer than {limit}")),
    }
}

/// An object as reports show it.
pub(super) fn object(
    survey: &Survey,
    kind: &str,
    id: &str,
    name: impl IntoIterator<Item = impl AsRef<str>>,
    bytes: Option<u64>,
    since: Option<Timestamp>,
) -> Object {
    Object {
        kind: kind.to_owned(),
        id: id.to_owned(),
        names: name.into_iter().map(|n| escape(n.as_ref()).into_owned()).collect(),
        bytes,
        created: dated(since),
        age_seconds: seconds_since(survey, since),
    }
}
