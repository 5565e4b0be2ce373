//! Phase 8: networks that nothing refers to.

use super::{Carry, Phase};
use crate::docker::Network;
use crate::human::escape;
use crate::record::Decision;
use crate::steps::cleanup::judge::{Judged, by_age, labelled, object, stay};
use crate::steps::cleanup::{Parameters, Survey};
use std::collections::{BTreeMap, HashMap};

/// The row in the table.
pub(super) const PHASE: Phase = Phase::removing(
    8,
    "networks",
    "remove networks that no container refers to and nobody declared",
    decide,
    Carry::One(|docker, action, permit| {
        Box::pin(docker.remove_network(&action.object.id, &action.object.names, permit))
    }),
);

/// The networks that an engine makes for itself.
const PREDEFINED: [&str; 4] = ["bridge", "host", "none", "docker_gwbridge"];

/// One verdict per network.
fn decide(survey: &Survey, parameters: &Parameters) -> Vec<Decision> {
    let mut users: HashMap<&str, &str> = HashMap::new();
    for container in &survey.containers {
        for network in &container.networks {
            users.entry(network).or_insert(&container.name);
        }
    }
    survey
        .networks
        .iter()
        .filter(|network| !PREDEFINED.contains(&network.name.as_str()))
        .map(|network| {
            let created = network.created();
            let object = object(survey, "network", &network.id, [&network.name], Some(0), created);
            judge(survey, parameters, &users, network).of(PHASE.name, object)
        })
        .collect()
}

fn judge(
    survey: &Survey,
    parameters: &Parameters,
    users: &HashMap<&str, &str>,
    network: &Network,
) -> Judged {
    if let Some(judged) = declared(network) {
        return judged;
    }
    let user = users.get(network.id.as_str()).or_else(|| users.get(network.name.as_str()));
    if let Some(container) = user {
        return stay("in-use", format!("container {} refers to it", escape(container)));
    }
    by_age(survey, network.created(), parameters.keep, "unused", "no container refers to it")
}

/// Whoever declared it expects it to be there, idle or not.
fn declared(network: &Network) -> Option<Judged> {
    let none = BTreeMap::new();
    let labels = network.labels.as_ref().unwrap_or(&none);
    if let Some(judged) = labelled(labels) {
        return Some(judged);
    }
    if network.scope == "swarm"
        || network.ingress
        || labels.contains_key("com.docker.stack.namespace")
    {
        return Some(stay("swarm", "belongs to the swarm"));
    }
    if network.config_only {
        return Some(stay("pattern", "other networks are made after it"));
    }
    if let Some(project) = labels.get("com.docker.compose.project") {
        let project = escape(project);
        return Some(stay("declared", format!("declared by Compose project {project}")));
    }
    (network.name == "kamal").then(|| stay("declared", "the network of Kamal"))
}
