//! Cleans a host's Docker up: measures, decides phase by phase, removes by ID, measures again.

mod parameters;
mod phases;
mod survey;

pub use parameters::Parameters;
pub use phases::Decide;
pub use phases::{PHASES, Phase};
pub use survey::Survey;

use super::{Done, Kind, Needs, Reached, Settled, Step, shut};
use crate::door::{Announced, Door};
use crate::record::{Action, ActionResult, Decision, Moment, Outcome, Problem, Verdict, What};
use futures::future::BoxFuture;
use std::collections::HashSet;

/// The row in the table of kinds.
pub(super) const KIND: Kind = Kind {
    name: "cleanup",
    summary: "remove what Docker no longer needs, by ID, after showing it",
    example: "name = \"clean up\"\nkind = \"cleanup\"\nwith = { keep = \"24h\" }\n",
    parameters: &["keep", "only", "skip", "protect"],
    build: |with| Ok(Box::new(Cleanup { parameters: Parameters::from_table(with)? })),
};

/// The step.
#[derive(Clone, Debug)]
pub struct Cleanup {
    /// What was asked for.
    pub parameters: Parameters,
}

impl Cleanup {
    /// Every phase's decisions about one survey, phases in order, each seeing what earlier
    /// ones plan to remove. Pure.
    #[must_use]
    pub fn decide(&self, survey: &Survey) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for phase in PHASES.iter().filter(|phase| self.parameters.runs(phase.name)) {
            if let Some(decide) = phase.decide {
                let new = decide(survey, &self.parameters, &decisions);
                decisions.extend(new);
            }
        }
        decisions
    }

    /// What was planned and still qualifies, as numbered actions in the plan's order.
    async fn still_due(&self, on: &Reached, plan: &[Decision]) -> Result<Vec<Action>, Problem> {
        let now = self.decide(&Survey::take_lists(on).await?);
        let due: HashSet<_> = going(&now).map(|d| (&d.phase, &d.object.id)).collect();
        let gone: Vec<_> =
            going(plan).filter(|d| !due.contains(&(&d.phase, &d.object.id))).collect();
        if !gone.is_empty() {
            (on.tell)(What::Found {
                finding: crate::record::Finding {
                    name: "plan-shrunk".into(),
                    text: format!(
                        "{} no longer qualify since the plan was made and were left alone",
                        crate::human::count(gone.len(), "planned object")
                    ),
                    hint: None,
                },
            });
        }
        Ok(actions(going(plan).filter(|d| due.contains(&(&d.phase, &d.object.id)))))
    }

    async fn carry_out(
        &self,
        on: &Reached,
        door: &Door,
        actions: Vec<Action>,
    ) -> Result<Vec<ActionResult>, (Vec<ActionResult>, Problem)> {
        let mut results = Vec::new();
        for phase in PHASES {
            let of_phase: Vec<_> =
                actions.iter().filter(|a| a.phase == phase.name).cloned().collect();
            if of_phase.is_empty() {
                continue;
            }
            let announced = match door.announce(of_phase).await {
                Ok(announced) => announced,
                Err(closed) => return Err((results, shut(&closed))),
            };
            let mut announced = announced.into_iter();
            while let Some(item) = announced.next() {
                let problem = match self.one(on, door, item).await {
                    Ok(result) => {
                        let problem = lost(&result);
                        results.push(result);
                        problem
                    }
                    Err(problem) => Some(problem),
                };
                if let Some(problem) = problem {
                    door.give_up(announced);
                    return Err((results, problem));
                }
            }
        }
        Ok(results)
    }

    async fn one(
        &self,
        on: &Reached,
        door: &Door,
        item: Announced,
    ) -> Result<ActionResult, Problem> {
        let docker = on.docker()?;
        let id = item.action().object.id.clone();
        let write = |permit| async move {
            tokio::select! {
                result = docker.remove_image(&id, permit) => result,
                () = door.let_go() => ActionResult::Unknown { reason: "let go by the user".into() },
            }
        };
        door.carry_out(item, write).await.map_err(|closed| shut(&closed))
    }
}

fn going(decisions: &[Decision]) -> impl Iterator<Item = &Decision> {
    decisions.iter().filter(|d| d.decision == Verdict::Go)
}

fn actions<'d>(decisions: impl Iterator<Item = &'d Decision>) -> Vec<Action> {
    (0..)
        .zip(decisions)
        .map(|(number, decision)| Action {
            number,
            phase: decision.phase.clone(),
            verb: "remove".into(),
            object: decision.object.clone(),
        })
        .collect()
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

/// What the results of all actions mean for the host.
fn judge(results: &[ActionResult]) -> Result<Done, Problem> {
    let failed: Vec<_> = results
        .iter()
        .filter_map(|result| match result {
            ActionResult::Failed { reason } => Some(reason),
            _ => None,
        })
        .collect();
    match failed.first() {
        None => Ok(Done { changed: results.contains(&ActionResult::Done), exit_status: None }),
        Some(first) => Err(Problem::new(
            Outcome::Failed,
            format!("{} of {} removals failed: {first}", failed.len(), results.len()),
        )
        .hint("run it again: what was removed stays removed")),
    }
}

impl Step for Cleanup {
    fn needs(&self) -> Needs {
        Needs { docker: true, root: true, lock: true, approval: true, ..Needs::default() }
    }

    fn plan<'a>(&'a self, on: &'a Reached) -> BoxFuture<'a, Result<Vec<Decision>, Problem>> {
        Box::pin(async move {
            let survey = Survey::take(on).await?;
            for metric in phases::measure::metrics(&survey, Moment::Before) {
                (on.tell)(What::Measured { metric });
            }
            Ok(self.decide(&survey))
        })
    }

    fn apply<'a>(
        &'a self,
        on: &'a Reached,
        plan: &'a [Decision],
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Done, Problem>> {
        Box::pin(async move {
            if door.is_check() {
                let all = actions(going(plan));
                return self
                    .carry_out(on, door, all)
                    .await
                    .map_or_else(|(_, problem)| Err(problem), |_| Ok(Done::default()));
            }
            let due = self.still_due(on, plan).await?;
            let (results, broken) = match self.carry_out(on, door, due).await {
                Ok(results) => (results, None),
                Err((results, problem)) => (results, Some(problem)),
            };
            let lost = broken.as_ref().is_some_and(|p| p.outcome == Outcome::Unknown);
            if !lost && self.parameters.runs(phases::report::PHASE.name) {
                phases::report::measure_again(on, &results).await;
            }
            match broken {
                Some(problem) => Err(problem),
                None => judge(&results),
            }
        })
    }

    fn settle<'a>(
        &'a self,
        on: &'a Reached,
        open: &'a [Action],
    ) -> BoxFuture<'a, Result<Option<Settled>, Problem>> {
        Box::pin(async move {
            let images = on.docker()?.images().await.map_err(|e| survey::silent(&e))?;
            let there: HashSet<_> = images.iter().map(|i| i.id.as_str()).collect();
            Ok(Some(open.iter().map(|a| (a.number, settled(a, &there))).collect()))
        })
    }
}

/// What became of an action whose answer was lost: ID gone and intent there means done.
fn settled(action: &Action, there: &HashSet<&str>) -> ActionResult {
    if there.contains(action.object.id.as_str()) {
        ActionResult::Failed { reason: "the connection was lost before it was removed".into() }
    } else {
        ActionResult::Done
    }
}
