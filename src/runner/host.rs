//! One host: reach it, preflight, plan, apply, and settle what was lost.

use super::Shared;
use super::spine::{HostJournal, Spine};
use crate::docker::Probe;
use crate::door::{Door, Stop, StopLevel};
use crate::plan::PlannedHost;
use crate::record::{Action, ActionResult, Decision, HostName, Outcome, Problem, Verdict, What};
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

/// How long settling waits for the lock of the session that was lost. The host's side lets
/// it go after a minute of silence.
const SETTLE_LOCK: Duration = Duration::from_secs(75);

/// How long a step has, after the user let go, to end what it began on the host.
const LET_GO: Duration = Duration::from_secs(9);

/// How long what the preflight saw of a host is believed.
const STALE: Duration = Duration::from_secs(60);

/// How often a busy lock is tried while waiting for it.
const LOCK_PAUSE: Duration = Duration::from_secs(2);

/// A host that was reached and has its plan.
pub(super) struct Ready {
    pub(super) planned: PlannedHost,
    pub(super) reached: Reached,
    pub(super) decisions: Vec<Decision>,
    planned_at: Instant,
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
        match first_look(shared, &planned).await {
            // Nothing but reading was cut off: once more, on a new connection.
            Err((_, true)) => first_look(shared, &planned).await,
            done => done,
        }
        .map_err(|(problem, _)| problem)
    };
    let (reached, decisions) = tokio::select! {
        done = work => done?,
        () = detach.reached(StopLevel::Detach) => {
            return Err(Problem::new(Outcome::Interrupted, "let go by the user"));
        }
    };
    Ok(Ready { planned, reached, decisions, planned_at: Instant::now() })
}

/// Reaches a host and makes its plan; an error says whether the connection was lost.
async fn first_look(
    shared: &Shared,
    planned: &PlannedHost,
) -> Result<(Reached, Vec<Decision>), (Problem, bool)> {
    let reached = reach(shared, planned).await?;
    let step = What::StepStarted { step: shared.step.clone() };
    shared.spine.emit(Some(&planned.name), step);
    let limit = shared.options.timeout;
    let decisions = tokio::time::timeout(limit, planned.step.plan(&reached))
        .await
        .unwrap_or_else(|_| Err(late(limit, Outcome::Failed)))
        .map_err(|problem| (problem, reached.connection.is_closed()))?;
    let decisions = match shared.options.approved.get(&planned.name) {
        Some(approved) => approved.limit(decisions, &reached.tell),
        None => decisions,
    };
    if shared.options.tell_decisions {
        let told = What::Decided { decisions: decisions.clone() };
        shared.spine.emit(Some(&planned.name), told);
    }
    Ok((reached, decisions))
}

fn late(limit: Duration, outcome: Outcome) -> Problem {
    let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Problem::new(outcome, format!("not done within {}", crate::human::duration(limit)))
        .hint("give it more time with --timeout")
}

/// Connects and examines; an error says whether a connection that stood was lost.
async fn reach(shared: &Shared, planned: &PlannedHost) -> Result<Reached, (Problem, bool)> {
    let spine = &shared.spine;
    let name = &planned.name;
    spine.emit(Some(name), What::HostStarted);
    let (connection, new_keys) = shared
        .dialer
        .connect(&planned.route)
        .await
        .map_err(|error| (error.problem(name.as_str()), false))?;
    let milliseconds = u64::try_from(connection.connected_in.as_millis()).unwrap_or(u64::MAX);
    spine.emit(Some(name), What::Connected { milliseconds });
    for key in &new_keys {
        tokio::task::block_in_place(|| (shared.options.remember_key)(key)).map_err(|reason| {
            let reason = format!("the new host key could not be recorded: {reason}");
            (Problem::new(Outcome::Identity, reason), false)
        })?;
    }
    let connection = Arc::new(connection);
    examine(shared, planned, Arc::clone(&connection)).await.map_err(|problem| {
        if connection.is_closed() {
            let text = format!("the connection was lost: {}", problem.reason);
            (Problem::new(Outcome::Unreachable, text), true)
        } else {
            (problem, false)
        }
    })
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
    if needs.lock
        && let Some(problem) = stranger(shared, planned, &probe.facts.machine_id)
    {
        // Not told as a probe: the history would take it for the host's machine next time.
        return Err(problem);
    }
    if let Some(approved) = shared.options.approved.get(&planned.name)
        && let Some(problem) = approved.other_machine(&probe.facts)
    {
        return Err(problem);
    }
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

/// Another machine than the one that last answered under this name.
fn stranger(shared: &Shared, planned: &PlannedHost, machine: &str) -> Option<Problem> {
    let known = shared.options.known_machines.get(&planned.name)?;
    if machine.is_empty() || known == machine {
        return None;
    }
    let name = &planned.name;
    let text = format!("another machine than last time answers as {name} (machine-id {machine})");
    Some(
        Problem::new(Outcome::Refused, text).hint(format!(
            "if it was replaced or reinstalled, let fleet know it: fleet ping {name}"
        )),
    )
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
    let Ready { planned, mut reached, decisions, planned_at } = ready;
    let mut again = true;
    loop {
        if reached.connection.is_closed() {
            // Lost while others made their plans, or the user thought.
            reached = reach(shared, &planned).await.map_err(|(problem, _)| problem)?;
        } else if planned.step.needs().lock && !shared.options.check && planned_at.elapsed() > STALE
        {
            // A deploy or a build may have begun while the user thought or others had their turn.
            reached = examine(shared, &planned, Arc::clone(&reached.connection)).await?;
        }
        let applied = attempt(shared, &planned, &reached, &decisions).await;
        let lost = applied.is_err() && reached.connection.is_closed();
        // Before anything was intended, a lost connection costs nothing but a new one.
        if !(again && lost && intends_nothing(shared, &planned.name)) {
            return match applied {
                Err(problem) => unsettled(shared, &planned, lost, problem).await,
                done => done,
            };
        }
        again = false;
    }
}

async fn attempt(
    shared: &Shared,
    planned: &PlannedHost,
    reached: &Reached,
    decisions: &[Decision],
) -> Result<Done, Problem> {
    let mut detach = shared.stop.clone();
    let let_go = async {
        detach.reached(StopLevel::Detach).await;
        tokio::time::sleep(LET_GO).await;
    };
    let margin = Duration::from_secs(30);
    let work = under_lock(shared, planned, reached, decisions);
    tokio::select! {
        applied = tokio::time::timeout(shared.options.timeout + margin, work) => {
            applied.unwrap_or_else(|_| Err(late(shared.options.timeout, Outcome::Unknown)))
        }
        () = let_go => Err(Problem::new(Outcome::Unknown, "let go by the user")),
    }
}

/// What a failed attempt means once open intents are looked at.
async fn unsettled(
    shared: &Shared,
    planned: &PlannedHost,
    lost: bool,
    problem: Problem,
) -> Result<Done, Problem> {
    let open = open_actions(shared, &planned.name);
    let needs = planned.step.needs();
    match (problem.outcome, open.is_empty()) {
        // Nothing was under way, so nothing is unknown.
        (Outcome::Unknown, true) => Err(Problem { outcome: Outcome::Interrupted, ..problem }),
        // While the connection stands the engine may still be at it; but what was stopped
        // must not stay down because a deadline passed.
        (_, false)
            if (needs.lock || needs.settles)
                && (lost || open.iter().any(|action| action.verb == "start")) =>
        {
            settle(shared, planned, problem, &open).await
        }
        _ => Err(problem),
    }
}

fn intends_nothing(shared: &Shared, name: &HostName) -> bool {
    shared
        .spine
        .look(|run| run.hosts.iter().find(|h| h.host == *name).is_none_or(|h| h.actions.is_empty()))
}

async fn under_lock(
    shared: &Shared,
    planned: &PlannedHost,
    reached: &Reached,
    decisions: &[Decision],
) -> Result<Done, Problem> {
    let options = &shared.options;
    let lease = if planned.step.needs().lock && !options.check {
        Some(lock(shared, reached, options.wait, StopLevel::Finish).await?)
    } else {
        None
    };
    let door = door(shared, &planned.name, lease.as_ref());
    let applied = planned.step.apply(reached, decisions, &door).await;
    if let Some(lease) = lease {
        lease.release().await;
    }
    applied
}

fn door(shared: &Shared, host: &HostName, lease: Option<&Lease>) -> Door {
    let journal = HostJournal { spine: Arc::clone(&shared.spine), host: host.clone() };
    let view = lease.map(|l| l.view() as Arc<dyn crate::door::Lease>);
    Door::new(shared.options.check, Arc::new(journal), view, shared.stop.clone())
}

/// Actions whose intent stands without an answer.
fn open_actions(shared: &Shared, name: &HostName) -> Vec<Action> {
    shared.spine.look(|run| {
        let host = run.hosts.iter().find(|h| h.host == *name);
        let open = host.into_iter().flat_map(crate::record::HostRun::unsettled);
        open.map(|r| r.action.clone()).collect()
    })
}

/// Takes the host's lock; waits for a busy one until the user's wish to stop reaches `until`.
async fn lock(
    shared: &Shared,
    on: &Reached,
    wait: Duration,
    until: StopLevel,
) -> Result<Lease, Problem> {
    let deadline = Instant::now() + wait;
    loop {
        match Lease::take(&on.connection, on.sudo, &shared.options.lock_body).await {
            Ok(lease) => return Ok(lease),
            Err(LeaseError::Busy(_))
                if Instant::now() < deadline && shared.stop.level() < until =>
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
async fn settle(
    shared: &Shared,
    planned: &PlannedHost,
    lost: Problem,
    open: &[Action],
) -> Result<Done, Problem> {
    let mut stop: Stop = shared.stop.clone();
    for pause in SETTLE_PAUSES {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.reached(StopLevel::Detach) => return Err(lost),
        }
        let again = async {
            let reached = reach(shared, planned).await.map_err(|(problem, _)| problem)?;
            // The old session lets the lock go when it is gone: what it had asked for has
            // then been done, or never will be.
            let lease = if planned.step.needs().lock {
                Some(lock(shared, &reached, SETTLE_LOCK, StopLevel::Detach).await?)
            } else {
                None
            };
            let door = door(shared, &planned.name, lease.as_ref());
            let results = planned.step.settle(&reached, open, &door).await;
            if let Some(lease) = lease {
                lease.release().await;
            }
            results
        };
        match tokio::time::timeout(shared.options.timeout, again).await {
            Ok(Ok(Some(results))) => return settled(shared, planned, &lost, results),
            Ok(Ok(None)) => return Err(lost),
            Ok(Err(_)) | Err(_) => {}
        }
    }
    let run = shared.spine.look(|run| run.start.run.clone());
    Err(lost.hint(format!("it could not be reached again; see: fleet history show {run}")))
}

/// Whether every planned object met its end, and no action failed or never had its turn.
fn is_whole(host: &crate::record::HostRun) -> bool {
    let bad = |result: &Option<ActionResult>| {
        matches!(result, Some(ActionResult::Failed { .. } | ActionResult::NotBegun))
    };
    let intended: std::collections::HashSet<_> =
        host.actions.iter().map(|a| (&a.action.phase, &a.action.object.id)).collect();
    host.going().all(|d| intended.contains(&(&d.phase, &d.object.id)))
        && !host.actions.iter().any(|a| bad(&a.result))
}

fn settled(
    shared: &Shared,
    planned: &PlannedHost,
    lost: &Problem,
    results: crate::steps::Settled,
) -> Result<Done, Problem> {
    let done = results.iter().filter(|(_, r)| *r == ActionResult::Done).count();
    let all = results.len();
    for (action, result) in results {
        shared.spine.emit(Some(&planned.name), What::Settled { action, result });
    }
    let whole = shared.spine.look(|run| {
        let host = run.hosts.iter().find(|h| h.host == planned.name);
        host.is_some_and(|host| !planned.step.needs().approval || is_whole(host))
    });
    if done == all && whole {
        return Ok(Done { changed: true, exit_status: None });
    }
    let text = format!(
        "{}; reached again: {done} of {all} open changes had been made, the rest was not begun",
        lost.reason
    );
    Err(Problem::new(Outcome::Failed, text).hint("run it again for the rest"))
}
