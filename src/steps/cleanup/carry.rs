//! Carries a plan out: phase by phase through the door, and at the end, whatever happened,
//! the containers started again that it stopped.

use super::backup::back_up;
use super::phases::{Carry, PHASES, Phase};
use super::{Cleanup, Reached};
use crate::docker::Docker;
use crate::door::{Announced, Door, Permit, Shut};
use crate::record::{Action, ActionResult, Outcome, Problem};
use crate::steps::shut;

/// The verb of an action that starts a container again.
pub(super) const START: &str = "start";

type Broken = (Vec<ActionResult>, Problem);

impl Cleanup {
    /// Carries actions out in the order of the phases. The containers to start again are
    /// announced before the first one is stopped, so that nobody can forget them.
    pub(super) async fn carry_out(
        &self,
        on: &Reached,
        door: &Door,
        actions: Vec<Action>,
    ) -> Result<Vec<ActionResult>, Broken> {
        let (starts, mut actions): (Vec<_>, Vec<_>) =
            actions.into_iter().partition(|action| action.verb == START);
        let starts = door.announce(starts).await.map_err(|closed| (Vec::new(), shut(&closed)))?;
        let mut results = Vec::new();
        let mut broken = None;
        for phase in PHASES {
            let of_phase: Vec<_> = actions.extract_if(.., |a| a.phase == phase.name).collect();
            if of_phase.is_empty() {
                continue;
            }
            if let Err(problem) = self.phase_out(on, door, phase, of_phase, &mut results).await {
                broken = Some(problem);
                break;
            }
        }
        let started = start_again(on, door, starts, &mut results).await;
        match broken.or(started.err()) {
            Some(problem) => Err((results, problem)),
            None => Ok(results),
        }
    }

    async fn phase_out(
        &self,
        on: &Reached,
        door: &Door,
        phase: &Phase,
        actions: Vec<Action>,
        results: &mut Vec<ActionResult>,
    ) -> Result<(), Problem> {
        let docker = on.docker()?;
        let announced = door.announce(actions).await.map_err(|closed| shut(&closed))?;
        let mut announced = announced.into_iter();
        loop {
            let new = match &phase.carry {
                Carry::Nothing => return Ok(()),
                Carry::One(carry) => {
                    let Some(item) = announced.next() else { return Ok(()) };
                    let action = item.action().clone();
                    let copied = self.copied(on, door, phase, &action).await;
                    let write = |permit| async {
                        match copied {
                            Ok(()) => until_let_go(door, carry(docker, &action, permit)).await,
                            Err(reason) => ActionResult::Failed { reason },
                        }
                    };
                    door.carry_out(item, write).await.map(|result| vec![result])
                }
                Carry::Many(at_once, carry) => {
                    let items: Vec<_> = announced.by_ref().take(*at_once).collect();
                    if items.is_empty() {
                        return Ok(());
                    }
                    let actions: Vec<_> = items.iter().map(|item| item.action().clone()).collect();
                    let write = |permit: Permit| async {
                        tokio::select! {
                            results = carry(docker, &actions, permit) => results,
                            () = door.let_go() => vec![let_go(); actions.len()],
                        }
                    };
                    door.carry_out_together(items, write).await
                }
            };
            let problem = match new {
                Err(closed) => Some(shut(&closed)),
                Ok(new) => {
                    let problem = new.iter().find_map(|result| stops(on, result));
                    results.extend(new);
                    problem
                }
            };
            if let Some(problem) = problem {
                door.give_up(announced);
                return Err(problem);
            }
        }
    }

    /// Copies an object here first, where that was asked for.
    async fn copied(
        &self,
        on: &Reached,
        door: &Door,
        phase: &Phase,
        action: &Action,
    ) -> Result<(), String> {
        let Some(folder) = self.parameters.backup.as_ref().filter(|_| phase.backs_up) else {
            return Ok(());
        };
        if door.is_check() {
            return Ok(());
        }
        tokio::select! {
            copied = back_up(on, folder, action) => copied,
            () = door.let_go() => Err("let go by the user before its backup was whole".into()),
        }
    }
}

/// Starts what was announced, each in its turn and none left out because of another.
async fn start_again(
    on: &Reached,
    door: &Door,
    starts: Vec<Announced>,
    results: &mut Vec<ActionResult>,
) -> Result<(), Problem> {
    let mut problem = None;
    let docker = if starts.is_empty() { return Ok(()) } else { on.docker()? };
    // A stop without an answer, which the engine may still be at.
    let stopping = results.iter().any(|result| matches!(result, ActionResult::Unknown { .. }));
    for start in starts {
        match start_one(docker, door, start, stopping).await {
            Ok(result) => {
                problem = problem.or_else(|| lost(&result));
                results.push(result);
            }
            Err(closed) => problem = problem.or_else(|| Some(shut(&closed))),
        }
    }
    problem.map_or(Ok(()), Err)
}

pub(super) async fn start_one(
    docker: &Docker,
    door: &Door,
    start: Announced,
    stopping: bool,
) -> Result<ActionResult, Shut> {
    let id = start.action().object.id.clone();
    let write = |permit| async move {
        match docker.start_container(&id, stopping, permit).await {
            ActionResult::Failed { reason } => {
                ActionResult::Failed { reason: format!("it does not start again: {reason}") }
            }
            result => result,
        }
    };
    door.put_back(start, write).await
}

fn let_go() -> ActionResult {
    ActionResult::Unknown { reason: "let go by the user".into() }
}

async fn until_let_go(door: &Door, write: impl Future<Output = ActionResult>) -> ActionResult {
    tokio::select! {
        result = write => result,
        () = door.let_go() => let_go(),
    }
}

/// What keeps the rest of a phase from being carried out.
fn stops(on: &Reached, result: &ActionResult) -> Option<Problem> {
    lost(result).or_else(|| match result {
        // The engine did something that nobody had planned.
        ActionResult::Failed { reason } if reason.contains("was not asked for") => {
            let text = format!("stopped on {}: {reason}", on.name);
            Some(Problem::new(Outcome::Failed, text).hint("please report it with the output of -v"))
        }
        _ => None,
    })
}

/// What a lost answer means; `None` where there was one.
fn lost(result: &ActionResult) -> Option<Problem> {
    match result {
        ActionResult::Unknown { reason } => {
            Some(Problem::new(Outcome::Unknown, format!("an answer was lost: {reason}")))
        }
        _ => None,
    }
}
