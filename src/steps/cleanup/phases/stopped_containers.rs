//! Phase 3: containers whose processes ended long ago.

use super::{Carry, Phase};
use crate::docker::Container;
use crate::human::{bytes, escape};
use crate::record::Decision;
use crate::steps::cleanup::judge::{Judged, by_age, labelled, object, stay};
use crate::steps::cleanup::survey::STOPPED_BY_US;
use crate::steps::cleanup::{Parameters, Survey};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// The row in the table.
pub(super) const PHASE: Phase = Phase::removing(
    3,
    "stopped-containers",
    "remove containers that ended long ago and that nobody rolls back to",
    decide,
    Carry::One(|docker, action, permit| {
        Box::pin(docker.remove_container(&action.object.id, permit))
    }),
);

/// Stopped containers of one service that Kamal keeps to roll back to
/// (`retain_containers`, lib/kamal/configuration.rs).
const KAMAL_KEEPS: usize = 5;

/// A writable layer of more than this may be all that is left of somebody's work.
const MUCH_WRITTEN: u64 = 64_000_000;

/// One verdict per container.
fn decide(survey: &Survey, parameters: &Parameters) -> Vec<Decision> {
    let retained = retained(&survey.containers);
    survey
        .containers
        .iter()
        .map(|container| {
            let since = container.finished.or(container.created);
            let object = object(
                survey,
                "container",
                &container.id,
                [&container.name],
                container.written_bytes,
                since,
            );
            judge(survey, parameters, &retained, container).of(PHASE.name, object)
        })
        .collect()
}

fn judge(
    survey: &Survey,
    parameters: &Parameters,
    retained: &HashSet<&str>,
    container: &Container,
) -> Judged {
    if container.state == STOPPED_BY_US {
        return stay("stopped-by-us", "stopped by this plan, and started again at its end");
    }
    if !container.is_stopped() {
        return stay("running", format!("is {}", escape(&container.state)));
    }
    if let Some(judged) = labelled(&container.labels) {
        return judged;
    }
    if retained.contains(container.id.as_str()) {
        return stay("kamal", "one of the newest 5 that Kamal rolls back to");
    }
    if let Some(judged) = owned(container) {
        return judged;
    }
    if let Some(judged) = holds_data(survey, container) {
        return judged;
    }
    if let Some(judged) = much_written(parameters, container) {
        return judged;
    }
    let (since, went) = match container.finished {
        Some(finished) => (Some(finished), "stopped"),
        None if container.state == "created" => (container.created, "never started"),
        // It ran, and its end is not known.
        None => (None, "stopped"),
    };
    by_age(survey, since, parameters.keep, "stopped", went)
}

/// The newest stopped containers of each service, role and destination of Kamal's.
fn retained(containers: &[Container]) -> HashSet<&str> {
    let mut services: HashMap<[&str; 3], Vec<&Container>> = HashMap::new();
    for container in containers.iter().filter(|c| c.is_stopped()) {
        let label = |name: &str| container.labels.get(name).map_or("", String::as_str);
        let key = ["service", "role", "destination"].map(label);
        if !key[0].is_empty() {
            services.entry(key).or_default().push(container);
        }
    }
    let mut newest = HashSet::new();
    for mut of_service in services.into_values() {
        of_service.sort_by_key(|c| Reverse(c.created));
        newest.extend(of_service.iter().take(KAMAL_KEEPS).map(|c| c.id.as_str()));
    }
    newest
}

/// Whoever made it starts it again.
fn owned(container: &Container) -> Option<Judged> {
    let label = |name: &str| container.labels.get(name);
    if label("com.docker.swarm.task.id").is_some() {
        return Some(stay("swarm", "a task of the swarm"));
    }
    let one_off = label("com.docker.compose.oneoff").is_some_and(|v| v == "True");
    if let Some(project) = label("com.docker.compose.project").filter(|_| !one_off) {
        return Some(stay("compose", format!("a service of Compose project {}", escape(project))));
    }
    container.name.starts_with("buildx_buildkit_").then(|| stay("builder", "a builder of buildx"))
}

/// An anonymous volume is found only through its container.
fn holds_data(survey: &Survey, container: &Container) -> Option<Judged> {
    let full = survey.volumes.iter().any(|v| {
        container.volumes.contains(&v.name)
            && (v.is_anonymous() || v.looks_anonymous())
            && v.holds_data != Some(false)
    });
    full.then(|| stay("volume", "its anonymous volume holds data"))
}

fn much_written(parameters: &Parameters, container: &Container) -> Option<Judged> {
    if parameters.containers.contains(&container.name) {
        return None;
    }
    match container.written_bytes {
        None => Some(stay("unmeasured", "what it wrote could not be measured")),
        Some(written) if written > MUCH_WRITTEN => {
            let name = escape(&container.name);
            let text = format!("wrote {}; goes only by --containers {name}", bytes(written));
            Some(stay("much-written", text))
        }
        Some(_) => None,
    }
}
