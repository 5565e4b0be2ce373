//! Phase 7: volumes. They are listed; one goes only when the engine or the user says that it may.

use super::{Carry, Phase};
use crate::docker::Volume;
use crate::human::escape;
use crate::record::Decision;
use crate::steps::cleanup::judge::{Judged, by_age, go, labelled, object, stay};
use crate::steps::cleanup::{Parameters, Survey};
use std::collections::{BTreeMap, HashMap};

/// The row in the table.
pub(super) const PHASE: Phase = Phase::removing(
    7,
    "volumes",
    "list unused volumes; remove those that --volumes or --anonymous-volumes mean",
    decide,
    Carry::One(|docker, action, permit| Box::pin(docker.remove_volume(&action.object.id, permit))),
)
.backing_up();

/// One verdict per volume.
fn decide(survey: &Survey, parameters: &Parameters) -> Vec<Decision> {
    let mut users: HashMap<&str, &str> = HashMap::new();
    for container in &survey.containers {
        for volume in &container.volumes {
            users.entry(volume).or_insert(&container.name);
        }
    }
    survey
        .volumes
        .iter()
        .map(|volume| {
            let since = volume.changed.max(volume.created());
            let object =
                object(survey, "volume", &volume.name, [&volume.name], volume.bytes, since);
            judge(survey, parameters, &users, volume).of(PHASE.name, object)
        })
        .collect()
}

fn judge(
    survey: &Survey,
    parameters: &Parameters,
    users: &HashMap<&str, &str>,
    volume: &Volume,
) -> Judged {
    if let Some(container) = users.get(volume.name.as_str()) {
        return stay("in-use", format!("container {} mounts it", escape(container)));
    }
    let none = BTreeMap::new();
    let labels = volume.labels.as_ref().unwrap_or(&none);
    if let Some(judged) = labelled(labels) {
        return judged;
    }
    if parameters.volumes.contains(&volume.name) {
        return go("named", "named by --volumes, and no container mounts it");
    }
    if let Some(judged) = builder_state(survey, parameters, volume) {
        return judged;
    }
    let since = volume.changed.max(volume.created());
    match (volume.is_anonymous(), parameters.anonymous_volumes) {
        (true, true) => {
            by_age(survey, since, parameters.keep, "anonymous", "anonymous, and nothing mounts it")
        }
        (true, false) => stay("anonymous", "anonymous and unused; goes with --anonymous-volumes"),
        (false, _) if volume.looks_anonymous() => {
            let text = format!(
                "looks anonymous, but the engine does not say so; goes only by --volumes {}",
                volume.name
            );
            stay("unmarked", text)
        }
        (false, _) => {
            stay("named", format!("unused; goes only by --volumes {}", escape(&volume.name)))
        }
    }
}

/// The state volume of a buildx builder holds nothing but build cache.
fn builder_state(survey: &Survey, parameters: &Parameters, volume: &Volume) -> Option<Judged> {
    let builder = volume.name.strip_suffix("_state")?;
    builder.strip_prefix("buildx_buildkit_")?;
    if survey.containers.iter().any(|c| c.name == builder) {
        return Some(stay("builder", "the cache of a builder of buildx"));
    }
    if !parameters.aggressive {
        return Some(stay(
            "orphaned",
            "the cache of a builder that is gone; goes with --aggressive",
        ));
    }
    let since = volume.changed.max(volume.created());
    let went = "the cache of a builder that is gone";
    Some(by_age(survey, since, parameters.keep_cache, "orphaned", went))
}
