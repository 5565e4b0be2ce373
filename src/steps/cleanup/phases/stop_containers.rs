//! Phase 2: stops the containers that the user named, until the cleanup is over.

use super::{Carry, Phase};
use crate::record::Decision;
use crate::steps::cleanup::judge::{go, object, stay};
use crate::steps::cleanup::{Parameters, Survey};

/// The row in the table.
pub(in crate::steps::cleanup) const PHASE: Phase = Phase {
    number: 2,
    name: "stop-containers",
    summary: "stop containers that --stop names, and start them again at the end",
    decide: Some(decide),
    carry: Carry::One(|docker, action, permit| {
        Box::pin(docker.stop_container(&action.object.id, permit))
    }),
    verb: "stop",
    backs_up: false,
};

/// One verdict per container that was named.
fn decide(survey: &Survey, parameters: &Parameters) -> Vec<Decision> {
    survey
        .containers
        .iter()
        .filter(|container| parameters.stop.iter().any(|wanted| wanted.names(container)))
        .map(|container| {
            let judged = if container.labels.contains_key("com.docker.swarm.task.id") {
                stay("swarm", "a task of the swarm, which would only start another")
            } else if container.state == "running" {
                let after = if parameters.leave_stopped {
                    "stays down"
                } else {
                    "started again at the end"
                };
                go("named", format!("named by --stop; {after}"))
            } else {
                stay("not-running", format!("is not running but {}", container.state))
            };
            let object = object(
                survey,
                "container",
                &container.id,
                [&container.name],
                Some(0),
                container.created,
            );
            judged.of(PHASE.name, object)
        })
        .collect()
}
