//! The `key=value` lines that our programs answer with.

use crate::record::{Outcome, Problem};
use crate::ssh::{Connection, Program, ShellError};
use std::time::Duration;

/// Bytes of an answer that are read.
const ANSWER: usize = 64 << 10;

/// An answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(String);

impl Answer {
    /// Runs a program to its end.
    pub(super) async fn of(
        connection: &Connection,
        program: &Program<'_>,
        patience: Duration,
    ) -> Result<Self, ShellError> {
        let done = connection.run(program, patience, ANSWER).await?;
        Ok(Self(String::from_utf8_lossy(&done.stdout).into_owned()))
    }

    #[cfg(test)]
    pub(super) fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The first value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }
}

/// What it means that a program of ours gave no answer.
pub(super) fn problem(error: &ShellError, doing: &str) -> Problem {
    if let Some(refusal) = error.sudo_refusal() {
        return refusal;
    }
    Problem::new(Outcome::Failed, format!("{doing}: {error}"))
}
