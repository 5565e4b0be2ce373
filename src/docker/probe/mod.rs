//! The probe: what a host is and what its engine can do, in as few round trips as possible.
//!
//! One program asks the machine; only when it saw a live engine is the socket touched,
//! because touching it would start an engine that systemd listens for.

mod answers;
mod builds;
mod engine;

pub(super) use answers::{disk, values};

use super::Docker;
use crate::record::{DockerFacts, Facts, Outcome, Problem};
use crate::ssh::{Connection, Finished, Program, ShellError};
use answers::Answers;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How long the whole probe may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a probe found.
pub struct Probe {
    /// The facts, with those of the engine where it answered.
    pub facts: Facts,
    /// The engine, where it answers and may be used.
    pub docker: Option<Docker>,
    /// Why the engine cannot be used, or why we are not root.
    pub problem: Option<Problem>,
}

/// Why there are no facts at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProbeError {
    /// The program that asks the machine gave no answer.
    #[error(transparent)]
    Shell(#[from] ShellError),
}

impl Probe {
    /// Asks the host. `user` is the login; `sudo` says whether root is reached through sudo.
    ///
    /// # Errors
    /// When the login shell does not start our program or the connection is lost.
    pub async fn run(
        connection: &Arc<Connection>,
        user: &str,
        wants_root: bool,
    ) -> Result<Self, ProbeError> {
        let sudo = wants_root && user != "root";
        let sent = Timestamp::now();
        let (done, refusal) = ask(connection, sudo).await?;
        let came = Timestamp::now();
        let answers = Answers::read(&done.stdout);
        let mut facts = answers.facts(user, middle(sent, came));
        if let Some(problem) = refusal.or_else(|| answers.obstacle(user)) {
            return Ok(Self { facts, docker: None, problem: Some(problem) });
        }
        let sudo = sudo && facts.root;
        match engine::reach(connection, sudo, &answers).await {
            Ok((docker, mut about)) => {
                let look = builds::look_at_cache(&docker, &mut about);
                // Where it takes too long, the rest of the evidence has to do.
                let _ = tokio::time::timeout(PATIENCE, look).await;
                facts.docker = Some(about);
                let problem = facts.docker.as_ref().and_then(unusable);
                Ok(Self { facts, docker: Some(docker), problem })
            }
            Err(problem) => Ok(Self { facts, docker: None, problem: Some(problem) }),
        }
    }
}

fn middle(a: Timestamp, b: Timestamp) -> Timestamp {
    Timestamp::from_nanosecond(i128::midpoint(a.as_nanosecond(), b.as_nanosecond())).unwrap_or(b)
}

/// Runs the program as root, and where sudo says no, as the login user, with sudo's reason.
async fn ask(
    connection: &Connection,
    sudo: bool,
) -> Result<(Finished, Option<Problem>), ShellError> {
    let program =
        |root| Program { body: include_str!("../programs/probe.sh"), variables: &[], root };
    match connection.run(&program(sudo), PATIENCE, 128 << 10).await {
        Ok(done) => Ok((done, None)),
        Err(error) => match error.sudo_refusal().filter(|_| sudo) {
            Some(problem) => {
                let done = connection.run(&program(false), PATIENCE, 128 << 10).await?;
                Ok((done, Some(problem)))
            }
            None => Err(error),
        },
    }
}

/// An engine that answers and still must not be touched.
fn unusable(docker: &DockerFacts) -> Option<Problem> {
    if docker.podman {
        return Some(
            Problem::new(Outcome::Refused, "podman answers on Docker's socket")
                .hint("fleet works with the Docker Engine only; leave this host out"),
        );
    }
    docker.rootless.then(|| {
        Problem::new(Outcome::Refused, "the engine is rootless")
            .hint("rootless engines are not supported yet; leave this host out")
    })
}
