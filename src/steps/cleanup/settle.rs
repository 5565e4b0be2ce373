//! After a lost answer: asks the engine what became of every open intent, and starts the
//! containers again that were stopped.

use super::carry::{START, start_one};
use super::{Reached, Survey};
use crate::door::Door;
use crate::record::{Action, ActionResult, Problem};
use crate::steps::{Settled, shut};
use std::collections::{HashMap, HashSet};

pub(super) async fn settle(on: &Reached, open: &[Action], door: &Door) -> Result<Settled, Problem> {
    let survey = Survey::take_lists(on).await?;
    let (starts, rest): (Vec<_>, Vec<_>) = open.iter().partition(|a| a.verb == START);
    let there = There::new(&survey);
    let mut settled: Settled = Vec::new();
    // A stop whose answer was lost may be under way still, so that what runs now is down in a
    // moment: it is done once the container was made to run again.
    let open_stops: HashSet<&str> =
        rest.iter().filter(|a| a.verb == "stop").map(|a| a.object.id.as_str()).collect();
    for action in starts {
        let id = action.object.id.as_str();
        let stopping = open_stops.contains(id);
        let result = if there.runs(id) == Some(true) && !stopping {
            ActionResult::Done
        } else {
            start_one(on.docker()?, door, door.take_up(action.clone()), stopping)
                .await
                .map_err(|closed| shut(&closed))?
        };
        let again = result == ActionResult::Done;
        settled.push((action.number, result));
        let stop = rest.iter().find(|a| a.verb == "stop" && a.object.id == id);
        settled.extend(stop.filter(|_| again).map(|stop| (stop.number, ActionResult::Done)));
    }
    let known: HashSet<u32> = settled.iter().map(|(number, _)| *number).collect();
    let others = rest.iter().filter(|a| !known.contains(&a.number));
    settled.extend(others.map(|a| (a.number, there.became_of(a))));
    Ok(settled)
}

/// What is still there, by kind and ID.
struct There<'s> {
    ids: HashSet<(&'static str, &'s str)>,
    states: HashMap<&'s str, &'s str>,
    cache_is_known: bool,
}

impl<'s> There<'s> {
    fn new(survey: &'s Survey) -> Self {
        let images = survey.images.iter().map(|i| ("image", i.id.as_str()));
        let containers = survey.containers.iter().map(|c| ("container", c.id.as_str()));
        let volumes = survey.volumes.iter().map(|v| ("volume", v.name.as_str()));
        let networks = survey.networks.iter().map(|n| ("network", n.id.as_str()));
        let records = survey.cache().iter().map(|r| ("cache-record", r.id.as_str()));
        let ids = images.chain(containers).chain(volumes).chain(networks).chain(records).collect();
        let states = survey.containers.iter().map(|c| (c.id.as_str(), c.state.as_str())).collect();
        Self { ids, states, cache_is_known: survey.df.is_some() }
    }

    fn runs(&self, id: &str) -> Option<bool> {
        self.states.get(id).map(|state| *state == "running")
    }

    /// ID gone and intent there means done.
    fn became_of(&self, action: &Action) -> ActionResult {
        let Action { verb, object, .. } = action;
        if verb == "stop" {
            return match self.runs(&object.id) {
                Some(true) => cut("stopped"),
                Some(false) => ActionResult::Done,
                None => ActionResult::AlreadyGone,
            };
        }
        if object.kind == "cache-record" && !self.cache_is_known {
            return ActionResult::Unknown { reason: "the engine did not list its cache".into() };
        }
        let there = self.ids.iter().any(|(kind, id)| *kind == object.kind && *id == object.id);
        if there { cut("removed") } else { ActionResult::Done }
    }
}

fn cut(what: &str) -> ActionResult {
    ActionResult::Failed { reason: format!("the connection was lost before it was {what}") }
}
