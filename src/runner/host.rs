//! One host: reach it, preflight, plan, apply, and settle what was lost.

use super::Shared;
use super::spine::{HostJournal, Spine};
use crate::docker::Probe;
use crate::door::{Door, Stop, StopLevel};
use crate::plan::PlannedHost;
use crate::record::{Action, Decision, Finding, HostName, Outcome, Problem, Verdict, What};
use crate::ssh::{Connection, Lease, LeaseError, ShellError};
use crate::steps::{Done, Needs, Reached, Tell};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Pauses before the attempts to reach a host again whose answers were lost.
const SETTLE_PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(10),
    Duration::from_secs(20),
];

/// How often a busy lock is tried while waiting for it.
const LOCK_PAUSE: Duration = Duration::from_secs(2);

/// A host that was reached and has its plan.
pub(super) struct Ready {
    pub(super) planned: PlannedHost,
    pub(super) reached: Reached,
    pub(super) decisions: Vec<Decision>,
}

impl Ready {
    /// Whether the plan changes anything.
    pub(super) fn has_work(&self) -> bool {
        self.decisions.iter().any(|d| d.decision == Verdict::Go)
    }
}

/// Ends a host: its one outcome and its one line.
pub(super) fn end(spine: &Spine, host: &HostName, ended: Result<Done, Problem>) -> Outcome {
    let (outcome, problem, exit_status) = match ended {
        Ok(Done { exit_status: Some(status @ 1..), .. }) => {
            let problem = Problem::new(Outcome::Failed, format!("the command ended with {status}"));
            (Outcome::Failed, Some(problem), Some(status))
        }
        Ok(Done { changed: true, exit_status }) => (Outcome::Changed, None, exit_status),
        Ok(Done { changed: false, exit_status }) => (Outcome::Ok, None, exit_status),
        Err(problem) => (problem.outcome, Some(problem), None),
    };
    spine.emit(Some(host), What::HostEnded { outcome, problem, exit_status });
    outcome
}

/// Reaches a host and makes its plan.
pub(super) async fn prepare(shared: &Shared, planned: PlannedHost) -> Result<Ready, Problem> {
    let mut detach = shared.stop.clone();
    if detach.level() > StopLevel::Go {
        return Err(Problem::new(Outcome::Skipped, "stopped by the user"));
    }
    let work = async {
        let reached = reach(shared, &planned).await?;
        let step = What::StepStarted { step: shared.step.clone() };
        shared.spine.emit(Some(&planned.name), step);
        let decisions = tokio::time::timeout(shared.options.timeout, planned.step.plan(&reached))
            .await
            .map_err(|_| late(shared.options.timeout, Outcome::Failed))??;
        let told = What::Decided { decisions: decisions.clone() };
        if shared.options.tell_decisions {
            shared.spine.emit(Some(&planned.name), told);
        }
        Ok((reached, decisions))
    };
    let (reached, decisions) = tokio::select! {
        done = work => done?,
        () = detach.reached(StopLevel::Detach) => {
            return Err(Problem::new(Outcome::Interrupted, "let go by the user"));
        }
    };
    Ok(Ready { planned, reached, decisions })
}

fn late(limit: Duration, outcome: Outcome) -> Problem {
    let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Problem::new(outcome, format!("not done within {}", crate::human::duration(limit)))
        .hint("give it more time with --timeout")
}

async fn reach(shared: &Shared, planned: &PlannedHost) -> Result<Reached, Problem> {
    let spine = &shared.spine;
    let name = &planned.name;
    spine.emit(Some(name), What::HostStarted);
    let (connection, new_keys) = shared
        .dialer
        .connect(&planned.route)
        .await
        .map_err(|error| error.problem(name.as_str()))?;
    let milliseconds = u64::try_from(connection.connected_in.as_millis()).unwrap_or(u64::MAX);
    spine.emit(Some(name), What::Connected { milliseconds });
    for key in &new_keys {
        if let Err(reason) = tokio::task::block_in_place(|| (shared.options.remember_key)(key)) {
            let text = format!("the new host key could not be recorded: {reason}");
            let finding = Finding { name: "key-not-recorded".into(), text, hint: None };
            spine.emit(Some(name), What::Found { finding });
        }
    }
    examine(shared, planned, Arc::new(connection)).await
}

/// Probes and runs the preflight.
async fn examine(
    shared: &Shared,
    planned: &PlannedHost,
    connection: Arc<Connection>,
) -> Result<Reached, Problem> {
    let needs = planned.step.needs();
    let user = &planned.route.host.user;
    let tell: Tell = {
        let (spine, name) = (Arc::clone(&shared.spine), planned.name.clone());
        Arc::new(move |what| spine.emit(Some(&name), what))
    };
    let ready: crate::steps::Ready = {
        let spine = Arc::clone(&shared.spine);
        Arc::new(move || spine.ready())
    };
    let mut reached = Reached {
        name: planned.name.clone(),
        connection: Arc::clone(&connection),
        facts: crate::record::Facts::default(),
        docker: None,
        sudo: user != "root",
        tell,
        ready,
    };
    if !needs.docker {
        return Ok(reached);
    }
    let probe = Probe::run(&connection, user, planned.r#become)
        .await
        .map_err(|crate::docker::ProbeError::Shell(error)| no_probe(&error))?;
    let facts = Box::new(probe.facts.clone());
    shared.spine.emit(Some(&planned.name), What::Probed { facts });
    reached.sudo = planned.r#become && user != "root";
    reached.facts = probe.facts;
    reached.docker = probe.docker;
    match probe.problem.or_else(|| preflight(needs, &reached)) {
        Some(problem) => Err(problem),
        None => Ok(reached),
    }
}

fn no_probe(error: &ShellError) -> Problem {
    let problem = Problem::new(Outcome::Failed, error.to_string());
    match error {
        ShellError::NotStarted { .. } => problem.hint(
            "the login's start-up files must not exit or replace the shell of a command without a terminal",
        ),
        _ => problem,
    }
}

/// What must hold before anything is changed anywhere.
fn preflight(needs: Needs, on: &Reached) -> Option<Problem> {
    let refused = |reason: String| Problem::new(Outcome::Refused, reason);
    if needs.root && !on.facts.root {
        return Some(
            refused(format!("needs root, and {} is not", on.facts.user))
                .hint("set become = true for the host, and allow sudo without a password"),
        );
    }
    if needs.lock
        && let Some(lock) = on.facts.foreign_locks.first()
    {
        return Some(
            refused(format!("a Kamal deploy holds {lock}"))
                .hint("wait for it to end, or release it: kamal lock release"),
        );
    }
    None
}

/// Carries a plan out, under the lock where the step needs it.
pub(super) async fn apply(shared: &Shared, ready: Ready) -> Result<Done, Problem> {
    let Ready { planned, reached, decisions } = ready;
    let options = &shared.options;
    let lease = if planned.step.needs().lock && !options.check {
        Some(lock(shared, &reached).await?)
    } else {
        None
    };
    let journal = HostJournal { spine: Arc::clone(&shared.spine), host: planned.name.clone() };
    let view = lease.as_ref().map(|l| l.view() as Arc<dyn crate::door::Lease>);
    let door = Door::new(options.check, Arc::new(journal), view, shared.stop.clone());
    let work = planned.step.apply(&reached, &decisions, &door);
    let margin = Duration::from_secs(30);
    let applied = tokio::time::timeout(options.timeout + margin, work)
        .await
        .unwrap_or_else(|_| Err(late(options.timeout, Outcome::Unknown)));
    if let Some(lease) = lease {
        lease.release().await;
    }
    match applied {
        Err(problem) if problem.outcome == Outcome::Unknown => {
            Err(settle(shared, &planned, problem).await)
        }
        done => done,
    }
}

async fn lock(shared: &Shared, on: &Reached) -> Result<Lease, Problem> {
    let deadline = Instant::now() + shared.options.wait;
    loop {
        match Lease::take(&on.connection, on.sudo, &shared.options.lock_body).await {
            Ok(lease) => return Ok(lease),
            Err(LeaseError::Busy(_))
                if Instant::now() < deadline && shared.stop.level() == StopLevel::Go =>
            {
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Err(error @ LeaseError::Busy(_)) => {
                return Err(Problem::new(Outcome::Refused, error.to_string())
                    .hint("wait for it with --wait 10m"));
            }
            Err(error @ LeaseError::Unsafe(_)) => {
                return Err(Problem::new(Outcome::Refused, error.to_string())
                    .hint("look at it on the host: it must be a folder of root's with mode 0700"));
            }
            Err(LeaseError::Shell(error)) => {
                return Err(Problem::new(Outcome::Failed, format!("no lock: {error}")));
            }
        }
    }
}

/// After a lost answer: reaches the host again and asks what became of every open intent.
async fn settle(shared: &Shared, planned: &PlannedHost, lost: Problem) -> Problem {
    let open: Vec<Action> = shared.spine.look(|run| {
        let host = run.hosts.iter().find(|h| h.host == planned.name);
        host.into_iter()
            .flat_map(crate::record::HostRun::unsettled)
            .map(|r| r.action.clone())
            .collect()
    });
    let mut stop: Stop = shared.stop.clone();
    for pause in SETTLE_PAUSES {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.reached(StopLevel::Detach) => return lost,
        }
        let again = async {
            let (connection, _) = shared
                .dialer
                .connect(&planned.route)
                .await
                .map_err(|error| error.problem(planned.name.as_str()))?;
            let reached = examine(shared, planned, Arc::new(connection)).await?;
            planned.step.settle(&reached, &open).await
        };
        match tokio::time::timeout(shared.options.timeout, again).await {
            Ok(Ok(Some(results))) => return settled(shared, planned, &lost, results),
            Ok(Ok(None)) => return lost,
            Ok(Err(_)) | Err(_) => {}
        }
    }
    let run = shared.spine.look(|run| run.start.run.clone());
    lost.hint(format!("it could not be reached again; see: fleet history show {run}"))
}

fn settled(
    shared: &Shared,
    planned: &PlannedHost,
    lost: &Problem,
    results: Vec<(u32, crate::record::ActionResult)>,
) -> Problem {
    let done = results.iter().filter(|(_, r)| *r == crate::record::ActionResult::Done).count();
    let text = format!(
        "{}; reached again: {done} of {} open removals had been done, the rest was not begun",
        lost.reason,
        results.len()
    );
    for (action, result) in results {
        shared.spine.emit(Some(&planned.name), What::Settled { action, result });
    }
    Problem::new(Outcome::Failed, text).hint("run it again for the rest")
}
