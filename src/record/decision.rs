//! What a step decided about each object, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something on a host that a step decides about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What it is: `image`, `container`, `command`, …
    pub kind: String,
    /// The engine's own full ID, or the text that names it.
    pub id: String,
    /// Names people know it by (tags, container names); may be empty.
    pub names: Vec<String>,
    /// Bytes that are freed when it goes; `None` where the engine did not say.
    pub bytes: Option<u64>,
    /// When it was made, by the host's clock.
    pub created: Option<Timestamp>,
    /// Its age at the time of the decision, by the host's clock, in seconds.
    pub age_seconds: Option<u64>,
}

/// Whether an object goes or stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It will be removed (or run, for a command).
    Go,
    /// It stays.
    Stay,
}

/// A verdict about one object with the rule that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The phase that decided.
    pub phase: String,
    /// What it is about.
    pub object: Object,
    /// Go or stay.
    pub decision: Verdict,
    /// The rule's short name, stable, for grouping.
    pub rule: String,
    /// The rule applied to this object, for people.
    pub reason: String,
}

/// The rule of a decision that starts a container again which an earlier run stopped.
pub const RESTART: &str = "restart";

impl Decision {
    /// What tells the object of a decision apart from every other one: its phase and its ID,
    /// and for a volume, whose ID is only a name, when it was made or last changed.
    #[must_use]
    pub fn identity(&self) -> (String, String, Option<Timestamp>) {
        let since = self.object.created.filter(|_| self.object.kind == "volume");
        (self.phase.clone(), self.object.id.clone(), since)
    }
}

/// One change to a host: the unit that is journalled before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its number within the host's step, from 0.
    pub number: u32,
    /// The phase it belongs to.
    pub phase: String,
    /// What is done: `remove`, `run`, …
    pub verb: String,
    /// To what.
    pub object: Object,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum ActionResult {
    /// Done.
    Done,
    /// The object was no longer there.
    AlreadyGone,
    /// The engine refused because the object is in use, so it stays.
    KeptInUse {
        /// The engine's words, escaped.
        reason: String,
    },
    /// It was not done.
    Failed {
        /// Why, escaped.
        reason: String,
    },
    /// The answer was lost: it may have been done.
    Unknown {
        /// What cut it off.
        reason: String,
    },
    /// Its turn never came.
    NotBegun,
    /// Not done because only a check was asked for.
    Would,
}

/// A copy that was taken to this machine before its object was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The object's kind.
    pub kind: String,
    /// The object's ID.
    pub id: String,
    /// The file on this machine.
    pub file: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its SHA-256, in hex.
    pub sha256: String,
}

/// An action and, once there is one, its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// What was intended.
    pub action: Action,
    /// What became of it; `None` while the intent stands alone.
    pub result: Option<ActionResult>,
}
