//! The kinds of step. Each asks a host, decides by a pure function, and does exactly what it decided.
//!
//! A new kind is one file or folder and its row in [`KINDS`].

mod bench;
mod cleanup;
mod exec;
mod files;
mod ping;

pub use bench::Bench;
pub use cleanup::{
    Carry, CarryMany, CarryOne, Cleanup, Decide, PHASES, Parameters, Phase, Survey, Wanted,
};
pub use exec::Exec;
pub use files::{Pull, Push};
pub use ping::Ping;

use crate::docker::Docker;
use crate::door::Door;
use crate::record::{Action, ActionResult, Decision, Facts, HostName, Problem, What};
use crate::ssh::Connection;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Tells the run what happened on one host.
pub type Tell = Arc<dyn Fn(What) + Send + Sync>;

/// Ends once whoever shows events can take more of them.
pub type Ready = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// A host that was reached.
pub struct Reached {
    /// Its name in the inventory.
    pub name: HostName,
    /// The open connection.
    pub connection: Arc<Connection>,
    /// What the probe learnt; empty where the step needs no probe.
    pub facts: Facts,
    /// Its engine, where it may be used.
    pub docker: Option<Docker>,
    /// Whether root is reached through sudo.
    pub sudo: bool,
    /// Where events go.
    pub tell: Tell,
    /// Holds back whoever tells more than can be shown.
    pub ready: Ready,
}

impl Reached {
    /// The engine, for steps that need one.
    ///
    /// # Errors
    /// When the probe found none.
    pub fn docker(&self) -> Result<&Docker, Problem> {
        self.docker
            .as_ref()
            .ok_or_else(|| Problem::new(crate::record::Outcome::Refused, "no Docker daemon"))
    }
}

/// What a kind of step needs before it may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent needs, each read once by name")]
pub struct Needs {
    /// The facts of the host and its engine.
    pub docker: bool,
    /// Root.
    pub root: bool,
    /// The host's lock.
    pub lock: bool,
    /// Asking the host what became of actions whose answers were lost, also without its lock.
    pub settles: bool,
    /// The user's approval of the plan, on all hosts before the first change on any.
    pub approval: bool,
}

/// How a step ended that did not fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Whether anything on the host changed.
    pub changed: bool,
    /// A command's own exit status.
    pub exit_status: Option<u32>,
}

/// What became of actions, by their numbers.
pub type Settled = Vec<(u32, ActionResult)>;

/// One step on one host.
pub trait Step: Send + Sync {
    /// What it needs.
    fn needs(&self) -> Needs;

    /// Asks the host and decides. Changes nothing.
    ///
    /// # Errors
    /// When the host does not answer what is asked.
    fn plan<'a>(&'a self, on: &'a Reached) -> BoxFuture<'a, Result<Vec<Decision>, Problem>>;

    /// Carries out, through the door, what was decided and still holds.
    ///
    /// # Errors
    /// When something failed, or its answer was lost.
    fn apply<'a>(
        &'a self,
        on: &'a Reached,
        plan: &'a [Decision],
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Done, Problem>>;

    /// After a lost connection: asks the host what became of actions without an answer, and
    /// carries out those that put the host back as it was. `None` where that cannot be told.
    ///
    /// # Errors
    /// When the host does not answer.
    fn settle<'a>(
        &'a self,
        _on: &'a Reached,
        _open: &'a [Action],
        _door: &'a Door,
    ) -> BoxFuture<'a, Result<Option<Settled>, Problem>> {
        Box::pin(async { Ok(None) })
    }
}

/// What a shut door means for the host.
fn shut(shut: &crate::door::Shut) -> Problem {
    use crate::door::Shut;
    use crate::record::Outcome;
    match shut {
        Shut::Stopped => Problem::new(Outcome::Interrupted, "stopped by the user"),
        Shut::LeaseLost => Problem::new(Outcome::Failed, shut.to_string())
            .hint("run it again: what was done stays done"),
        Shut::Journal(_) => {
            Problem::new(Outcome::Skipped, format!("the history cannot be written: {shut}"))
        }
    }
}

/// A kind of step, as playbooks name it.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// One line of help.
    pub summary: &'static str,
    /// A playbook step of this kind that works.
    pub example: &'static str,
    /// Names of its parameters.
    pub parameters: &'static [&'static str],
    /// Makes a step from its parameters. The error names the parameter.
    pub build: fn(&toml::Table) -> Result<Box<dyn Step>, ParameterError>,
}

/// A parameter that a step cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {reason}")]
pub struct ParameterError {
    /// The parameter.
    pub parameter: String,
    /// What is wrong with its value.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl ParameterError {
    fn new(parameter: &str, reason: impl Into<String>) -> Self {
        Self { parameter: parameter.to_owned(), reason: reason.into(), hint: None }
    }
}

/// Every kind of step.
pub const KINDS: &[Kind] =
    &[bench::KIND, cleanup::KIND, exec::KIND, ping::KIND, files::PULL, files::PUSH];

/// The kind of this name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn every_example_builds_its_kind() {
        for kind in KINDS {
            let table: toml::Table = kind.example.parse().unwrap();
            let with = table.get("with").and_then(|w| w.as_table()).cloned().unwrap_or_default();
            assert_eq!(table["kind"].as_str(), Some(kind.name));
            assert!((kind.build)(&with).is_ok(), "{}", kind.name);
            assert!(with.keys().all(|key| kind.parameters.contains(&key.as_str())));
        }
    }
}
