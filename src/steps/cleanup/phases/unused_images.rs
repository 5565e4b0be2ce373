//! Phase 6: tagged images that no container uses. Only when asked for, and only what can be had again.

use super::dangling_images::{View, short};
use super::{Carry, Phase};
use crate::docker::Image;
use crate::human::escape;
use crate::record::Decision;
use crate::steps::cleanup::judge::{Judged, by_age, go, stay};
use crate::steps::cleanup::{Parameters, Survey};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// The row in the table.
pub(super) const PHASE: Phase = Phase::removing(
    6,
    "unused-images",
    "with --aggressive or --images: remove tagged images that no container uses",
    decide,
    Carry::One(|docker, action, permit| {
        Box::pin(docker.remove_tagged_image(&action.object.id, &action.object.names, permit))
    }),
)
.backing_up();

/// Versions of one service that Kamal can roll back to (`retain_containers`).
const KAMAL_KEEPS: usize = 5;

/// One verdict per tagged image that is meant, children before parents. An untagged one goes
/// along once all that was built on it goes; the engine refuses any that something lies on.
fn decide(survey: &Survey, parameters: &Parameters) -> Vec<Decision> {
    if !parameters.aggressive && parameters.images.is_empty() {
        return Vec::new();
    }
    let view = View::new(survey, parameters);
    let kept = Kept::new(survey, parameters);
    let mut staying_child: HashMap<&str, &str> = HashMap::new();
    let mut bereft: HashSet<&str> = HashSet::new();
    let mut decisions = Vec::new();
    for image in Image::children_first(&survey.images) {
        let child = staying_child.get(image.id.as_str());
        let is_tagged = !image.tags.is_empty();
        let judged = if !is_tagged {
            bereft.contains(image.id.as_str()).then(|| view.judge(image, child))
        } else if parameters.aggressive || is_named(parameters, image) {
            let judged = view.needed(image).or_else(|| kept.needed(image));
            Some(judged.unwrap_or_else(|| unneeded(survey, parameters, image, child)))
        } else {
            None
        };
        let goes = judged.as_ref().is_some_and(Judged::goes);
        if let Some(parent) = image.parent.as_deref() {
            if goes {
                bereft.insert(parent);
            } else {
                staying_child.insert(parent, &image.id);
            }
        }
        if let Some(judged) = judged.filter(|_| is_tagged || goes) {
            let mut object = view.object(image);
            // Removal goes by these names, so that none of them may be a digest.
            object.names.clone_from(&image.tags);
            decisions.push(judged.of(PHASE.name, object));
        }
    }
    decisions
}

/// Nothing needs it; it goes when it can be had again, or when the user named it.
fn unneeded(
    survey: &Survey,
    parameters: &Parameters,
    image: &Image,
    staying_child: Option<&&str>,
) -> Judged {
    if let Some(child) = staying_child {
        return stay("parent", format!("image {} is built on it", short(child)));
    }
    if is_named(parameters, image) {
        return go("named", "named by --images, and no container uses it");
    }
    if survey.swarm {
        return stay("swarm", "the swarm may start a task from it");
    }
    if !can_be_pulled(survey, image) {
        let name = image.tags.first().map(|tag| escape(tag)).unwrap_or_default();
        return stay(
            "built-here",
            format!("nothing shows that it can be pulled again; goes only by --images {name}"),
        );
    }
    by_age(survey, image.created, parameters.keep, "unused", "unused, and can be pulled again")
}

fn is_named(parameters: &Parameters, image: &Image) -> bool {
    let id = image.id.strip_prefix("sha256:").unwrap_or(&image.id);
    parameters.images.iter().any(|name| {
        let hex = name.strip_prefix("sha256:").unwrap_or(name);
        let by_id = hex.len() >= 12 && id.starts_with(hex);
        by_id || image.tags.iter().any(|tag| canonical(tag) == canonical(name))
    })
}

/// A digest is evidence of a registry, except in the containerd store, which gives one to
/// what was built here too.
fn can_be_pulled(survey: &Survey, image: &Image) -> bool {
    !survey.containerd_store && !image.digests.is_empty()
}

/// The tags that stay whether anything uses them or not.
struct Kept<'s> {
    newest: HashSet<&'s str>,
    kamal: HashSet<&'s str>,
    bases: HashSet<String>,
}

impl<'s> Kept<'s> {
    fn new(survey: &'s Survey, parameters: &Parameters) -> Self {
        let mut repositories: HashMap<&str, Vec<(&Image, &str)>> = HashMap::new();
        let mut services: HashMap<&str, Vec<&Image>> = HashMap::new();
        let mut kamal = HashSet::new();
        for image in &survey.images {
            for tag in &image.tags {
                repositories.entry(repository(tag)).or_default().push((image, tag));
            }
            if let Some(service) = image.labels.get("service").filter(|_| !image.tags.is_empty()) {
                services.entry(service).or_default().push(image);
                kamal.extend(image.tags.iter().map(String::as_str).filter(|t| is_latest(t)));
            }
        }
        let mut newest = HashSet::new();
        for mut of_repository in repositories.into_values() {
            of_repository.sort_by_key(|(image, tag)| (Reverse(image.created), *tag));
            newest.extend(of_repository.iter().take(parameters.keep_tags).map(|(_, tag)| *tag));
        }
        for mut of_service in services.into_values() {
            of_service.sort_by_key(|image| Reverse(image.created));
            let newest = of_service.into_iter().take(KAMAL_KEEPS);
            kamal.extend(newest.flat_map(|image| image.tags.iter().map(String::as_str)));
        }
        Self { newest, kamal, bases: parameters.bases.iter().map(|b| canonical(b)).collect() }
    }

    /// An image stays whole for the sake of one of its tags: taking the others frees nothing.
    fn needed(&self, image: &Image) -> Option<Judged> {
        let any = |holds: &dyn Fn(&str) -> bool| image.tags.iter().find(|tag| holds(tag));
        if let Some(digest) = image.digests.iter().find(|d| self.bases.contains(&canonical(d))) {
            return Some(stay("base", format!("templates build on {}", escape(digest))));
        }
        if let Some(tag) = any(&|tag| self.bases.contains(&canonical(tag))) {
            return Some(stay("base", format!("templates build on {}", escape(tag))));
        }
        if let Some(tag) = any(&|tag| self.kamal.contains(tag)) {
            return Some(stay("kamal", format!("Kamal may roll back to {}", escape(tag))));
        }
        any(&|tag| self.newest.contains(tag)).map(|tag| {
            let repository = escape(repository(tag)).into_owned();
            stay("newest", format!("one of the newest tags of {repository}"))
        })
    }
}

/// Kamal's moving tags: `latest` and `latest-DESTINATION`.
fn is_latest(tag: &str) -> bool {
    tag.rsplit(':').next().is_some_and(|name| name == "latest" || name.starts_with("latest-"))
}

/// `registry:5000/shop` of `registry:5000/shop:v1`.
fn repository(tag: &str) -> &str {
    match tag.rsplit_once(':') {
        Some((repository, name)) if !name.contains('/') => repository,
        _ => tag,
    }
}

/// One spelling of a name: `ruby` is `docker.io/library/ruby:latest`.
fn canonical(name: &str) -> String {
    let name = if let Some((name, digest)) = name.split_once('@') {
        // With a digest a tag says nothing.
        format!("{}@{digest}", repository(name))
    } else if repository(name) == name {
        format!("{name}:latest")
    } else {
        name.to_owned()
    };
    let host = name.split_once('/').map(|(host, _)| host);
    match host {
        Some(host) if host.contains(['.', ':']) || host == "localhost" => name,
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}

#[cfg(test)]
#[path = "unused_images_tests.rs"]
mod tests;
