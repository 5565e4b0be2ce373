//! What became of planned objects.

use super::phases;
use crate::record::{Action, ActionResult, Decision, HostRun, RESTART};
use std::collections::HashMap;

/// What became of one planned change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    Done,
    AlreadyGone,
    Kept,
    Failed,
    Unknown,
    Would,
    NotBegun,
    /// It did not qualify any more when its turn came.
    LeftAlone,
}

impl Fate {
    /// Every fate but the good one, in the order in which reports list them.
    pub(super) const OTHERS: [Self; 7] = [
        Self::Failed,
        Self::Unknown,
        Self::Kept,
        Self::AlreadyGone,
        Self::LeftAlone,
        Self::NotBegun,
        Self::Would,
    ];

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Done => "removed",
            Self::AlreadyGone => "already gone",
            Self::Kept => "kept, now in use",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Would => "would be removed",
            Self::NotBegun => "not begun",
            Self::LeftAlone => "left alone, changed since the plan",
        }
    }

    /// Whether the object is still there as far as is known, though it should not be.
    pub(super) const fn is_undone(self) -> bool {
        matches!(self, Self::Kept | Self::Failed | Self::Unknown | Self::NotBegun)
    }
}

/// What became of each planned object of a host.
pub(super) struct Fates<'h> {
    removed_or_stopped: HashMap<(&'h str, &'h str), Option<&'h ActionResult>>,
    started: HashMap<&'h str, Option<&'h ActionResult>>,
    /// What an object without an action met.
    missing: Fate,
}

impl<'h> Fates<'h> {
    pub(super) fn of(host: &'h HostRun) -> Self {
        let (mut removed_or_stopped, mut started) = (HashMap::new(), HashMap::new());
        for record in &host.actions {
            let Action { phase, verb, object, .. } = &record.action;
            if verb == "start" {
                started.insert(object.id.as_str(), record.result.as_ref());
            } else {
                removed_or_stopped
                    .insert((phase.as_str(), object.id.as_str()), record.result.as_ref());
            }
        }
        let shrunk = host.findings.iter().any(|f| f.name == "plan-shrunk");
        let missing =
            if shrunk && host.state().is_good() { Fate::LeftAlone } else { Fate::NotBegun };
        Self { removed_or_stopped, started, missing }
    }

    /// What became of its removal, or of stopping it.
    pub(super) fn get(&self, decision: &Decision) -> Fate {
        let key = (decision.phase.as_str(), decision.object.id.as_str());
        self.removed_or_stopped.get(&key).map_or(self.missing, |result| fate(*result))
    }

    /// What became of starting it again; `None` where that was not asked for, or where it
    /// was not stopped.
    pub(super) fn start(&self, decision: &Decision) -> Option<Fate> {
        if decision.phase != phases::STOP {
            return None;
        }
        let result = self.started.get(decision.object.id.as_str());
        if decision.rule == RESTART {
            return Some(result.map_or(Fate::NotBegun, |result| fate(*result)));
        }
        let may_be_stopped = matches!(self.get(decision), Fate::Done | Fate::Unknown);
        result.filter(|_| may_be_stopped).map(|result| fate(*result))
    }

    /// Why it was not started again, in the engine's words.
    pub(super) fn start_trouble(&self, decision: &Decision) -> Option<&'h str> {
        match self.started.get(decision.object.id.as_str())? {
            Some(
                ActionResult::KeptInUse { reason }
                | ActionResult::Failed { reason }
                | ActionResult::Unknown { reason },
            ) => Some(reason),
            Some(ActionResult::AlreadyGone) => Some("it is gone"),
            _ => None,
        }
    }
}

const fn fate(result: Option<&ActionResult>) -> Fate {
    match result {
        Some(ActionResult::Done) => Fate::Done,
        Some(ActionResult::AlreadyGone) => Fate::AlreadyGone,
        Some(ActionResult::KeptInUse { .. }) => Fate::Kept,
        Some(ActionResult::Failed { .. }) => Fate::Failed,
        Some(ActionResult::Unknown { .. }) | None => Fate::Unknown,
        Some(ActionResult::Would) => Fate::Would,
        Some(ActionResult::NotBegun) => Fate::NotBegun,
    }
}
