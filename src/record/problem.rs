//! Why something did not go as asked, and what to do about it.

use super::Outcome;
use serde::{Deserialize, Serialize};

/// A reason with the outcome it leads to and the next thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The state it puts the host in.
    pub outcome: Outcome,
    /// What happened, as a lower-case fragment. Bytes of a peer in it are escaped.
    pub reason: String,
    /// The next thing to do, as a command or a short sentence.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into(), hint: None }
    }

    /// The same problem with the next thing to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}
