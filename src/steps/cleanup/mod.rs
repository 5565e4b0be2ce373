//! Cleans a host's Docker up: measures, decides phase by phase, removes by ID, measures again.

mod backup;
mod carry;
mod judge;
mod parameters;
mod phases;
mod settle;
mod survey;

pub use parameters::{Parameters, Wanted};
pub use phases::{Carry, CarryMany, CarryOne, Decide, PHASES, Phase};
pub use survey::Survey;

use super::{Done, Kind, Needs, Reached, Settled, Step};
use crate::door::Door;
use crate::record::{
    Action, ActionResult, Decision, Finding, Moment, Outcome, Problem, RESTART, Verdict, What,
};
use futures::future::BoxFuture;
use std::collections::HashSet;

/// The row in the table of kinds.
pub(super) const KIND: Kind = Kind {
    name: "cleanup",
    summary: "remove what Docker no longer needs, by ID, after showing it",
    example: "name = \"clean up\"\nkind = \"cleanup\"\nwith = { keep = \"24h\" }\n",
    parameters: parameters::NAMES,
    build: |with| Ok(Box::new(Cleanup { parameters: Parameters::from_table(with)? })),
};

/// The step.
#[derive(Clone, Debug)]
pub struct Cleanup {
    /// What was asked for.
    pub parameters: Parameters,
}

impl Cleanup {
    /// Every phase's decisions about one survey, phases in order, each about what the ones
    /// before it leave. Pure.
    #[must_use]
    pub fn decide(&self, mut survey: Survey) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for phase in PHASES.iter().filter(|phase| self.parameters.runs(phase.name)) {
            if let Some(decide) = phase.decide {
                let new = decide(&survey, &self.parameters);
                survey.carry_out(&new);
                decisions.extend(new);
            }
        }
        decisions
    }

    /// What was planned and still qualifies, as numbered actions in the plan's order.
    async fn still_due(&self, on: &Reached, plan: &[Decision]) -> Result<Vec<Action>, Problem> {
        let now = self.decide(Survey::take_lists(on).await?);
        let due: HashSet<_> = going(&now).map(Decision::identity).collect();
        let is_due = |d: &&Decision| d.rule == RESTART || due.contains(&d.identity());
        let gone = going(plan).filter(|d| !is_due(d)).count();
        if gone > 0 {
            let what = crate::human::count(gone, "planned object");
            let text =
                format!("{what} no longer qualify since the plan was made and were left alone");
            let finding = Finding { name: "plan-shrunk".into(), text, hint: None };
            (on.tell)(What::Found { finding });
        }
        Ok(self.actions(going(plan).filter(is_due)))
    }

    /// Decisions as numbered actions: what is to be stopped, then all removals, then what is
    /// to be started again.
    fn actions<'d>(&self, decisions: impl Iterator<Item = &'d Decision>) -> Vec<Action> {
        let verb = |phase: &str| {
            PHASES.iter().find(|p| p.name == phase).map_or("remove", |phase| phase.verb)
        };
        let action = |verb: &str, decision: &Decision| Action {
            number: 0,
            phase: decision.phase.clone(),
            verb: verb.to_owned(),
            object: decision.object.clone(),
        };
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for decision in decisions {
            if decision.rule == RESTART {
                last.push(action(carry::START, decision));
                continue;
            }
            let verb = verb(&decision.phase);
            first.push(action(verb, decision));
            if verb == "stop" && !self.parameters.leave_stopped {
                last.push(action(carry::START, decision));
            }
        }
        let mut all: Vec<Action> = first.into_iter().chain(last).collect();
        (0..).zip(&mut all).for_each(|(number, action)| action.number = number);
        all
    }

    fn tell_advice(&self, on: &Reached, survey: &Survey) {
        if let Some(docker) = on.facts.docker.as_ref()
            && self.parameters.runs(phases::advice::PHASE.name)
        {
            for finding in phases::advice::advice(survey, docker, &on.name) {
                (on.tell)(What::Found { finding });
            }
        }
    }
}

fn going(decisions: &[Decision]) -> impl Iterator<Item = &Decision> {
    decisions.iter().filter(|d| d.decision == Verdict::Go)
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
            format!("{} of {} actions failed: {first}", failed.len(), results.len()),
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
            let survey = Survey::take(on, self.parameters.deep).await?;
            for metric in phases::measure::metrics(&survey, Moment::Before) {
                (on.tell)(What::Measured { metric });
            }
            self.tell_advice(on, &survey);
            Ok(self.decide(survey))
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
                let all = self.actions(going(plan));
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
                phases::report::measure_again(on, &results, self.parameters.deep).await;
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
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Option<Settled>, Problem>> {
        Box::pin(async move { settle::settle(on, open, door).await.map(Some) })
    }
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
