//! `fleet resume`: finishes the plan of a run that was cut off.

use super::args::{Global, Touch};
use super::carry_out::{Wish, carry_out};
use super::cleanup;
use super::fault::Fault;
use super::project::Project;
use crate::human::count;
use crate::record::{ActionResult, Decision, ExitCode, HostRun, Object, Outcome, RESTART, Run};
use crate::runner::{Approved, Going};

#[derive(Debug, clap::Args)]
pub(super) struct Resume {
    /// The run's name or its beginning, `last`, or `last~1`
    run: String,

    #[command(flatten)]
    touch: Touch,
}

impl Resume {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let reader = project.history()?;
        let id = reader
            .find(&self.run)
            .map_err(|e| Fault::usage(e.to_string()).hint("see: fleet history"))?;
        let run = reader.load(&id).map_err(Fault::history)?;
        refuse(&run)?;
        let left: Vec<&HostRun> = run.hosts.iter().filter(|host| is_left(host)).collect();
        if left.is_empty() {
            super::out::result(&format!("run {id} has nothing left to do\n"));
            return Ok(ExitCode::OK);
        }
        let hosts: Vec<_> = left.iter().map(|host| host.host.as_str()).collect();
        let hosts = hosts.join(",");
        let with: toml::Table = serde_json::from_value(run.start.with.clone())
            .map_err(|e| Fault::usage(format!("run {id}: its parameters cannot be read: {e}")))?;
        let approved = left.iter().map(|host| (host.host.clone(), approved(host))).collect();
        if !global.quiet {
            let n = count(left.len(), "host");
            super::out::notice(&format!("resuming run {id} on {n}\n"));
        }
        let wish = Wish { approved, resumes: Some(id), ..cleanup::wish(with, &hosts) };
        carry_out(global, &self.touch, wish).await
    }
}

fn refuse(run: &Run) -> Result<(), Fault> {
    let id = &run.start.run;
    let again = "run its command again";
    if run.start.verb != "cleanup" {
        let text = format!("run {id} was a {}, which has no plan to finish", run.start.verb);
        return Err(Fault::usage(text).hint(again));
    }
    if run.start.check {
        return Err(Fault::usage(format!("run {id} was a check")).hint(again));
    }
    if run.ended.is_none() && run.start.process.as_ref().is_some_and(super::process::is_alive) {
        return Err(Fault::refused(format!("run {id} is still under way")));
    }
    match &run.answer {
        Some((true, _)) => Ok(()),
        Some((false, _)) => Err(Fault::usage(format!("the plan of run {id} was not approved"))),
        None => {
            Err(Fault::usage(format!("run {id} ended before its plan was approved")).hint(again))
        }
    }
}

/// Whether a host has not come to the end of its plan, or a container still waits to be
/// started again.
pub(super) fn is_left(host: &HostRun) -> bool {
    let ended = matches!(host.outcome, Some(Outcome::Ok | Outcome::Changed));
    (host.going().next().is_some() && !ended) || !restarts(host).is_empty()
}

/// Containers that may have been stopped and were not started again.
fn restarts(host: &HostRun) -> Vec<(String, Object)> {
    let stopped = |id: &str| {
        host.actions.iter().any(|a| {
            let may_be = !matches!(
                a.result,
                Some(
                    ActionResult::NotBegun
                        | ActionResult::KeptInUse { .. }
                        | ActionResult::Failed { .. }
                        | ActionResult::AlreadyGone
                )
            );
            a.action.verb == "stop" && a.action.object.id == id && may_be
        })
    };
    let started = |id: &str| {
        host.actions.iter().any(|a| {
            a.action.verb == "start"
                && a.action.object.id == id
                && a.result == Some(ActionResult::Done)
        })
    };
    // A run that resumed another one was to start what that one had stopped.
    let owed = host.going().filter(|d| d.rule == RESTART);
    let owed = owed.map(|d| (d.phase.clone(), d.object.clone()));
    host.actions
        .iter()
        .filter(|a| a.action.verb == "start" && stopped(&a.action.object.id))
        .map(|a| (a.action.phase.clone(), a.action.object.clone()))
        .chain(owed)
        .filter(|(_, object)| !started(&object.id))
        .collect()
}

/// What is left of the plan. What is gone is not in it: something new may have the old name.
fn going(host: &HostRun) -> Going {
    let gone = |d: &Decision| {
        host.actions.iter().any(|a| {
            a.action.phase == d.phase
                && a.action.object.id == d.object.id
                && matches!(a.result, Some(ActionResult::Done | ActionResult::AlreadyGone))
        })
    };
    Going::of(host.going().filter(|d| d.rule != RESTART && !gone(d)))
}

fn approved(host: &HostRun) -> Approved {
    let facts = host.facts.as_deref();
    let docker = facts.and_then(|f| f.docker.as_ref());
    Approved {
        machine_id: facts.map(|f| f.machine_id.clone()).unwrap_or_default(),
        engine_id: docker.map(|d| d.engine_id.clone()).unwrap_or_default(),
        going: going(host),
        restarts: restarts(host),
    }
}
