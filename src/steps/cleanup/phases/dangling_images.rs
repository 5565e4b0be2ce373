//! Phase 4: images that have lost their name and that nothing uses.

use super::{Carry, Phase};
use crate::docker::Image;
use crate::record::{Decision, Object};
use crate::steps::cleanup::judge::{self, Judged, by_age, labelled, stay};
use crate::steps::cleanup::{Parameters, Survey};
use std::collections::HashMap;

/// The row in the table.
pub(super) const PHASE: Phase = Phase::removing(
    4,
    "dangling-images",
    "remove untagged images that no container and no other image uses",
    decide,
    Carry::One(|docker, action, permit| Box::pin(docker.remove_image(&action.object.id, permit))),
);

/// One verdict per image: untagged ones that nothing uses go, children before parents.
///
/// A legacy build that runs holds exactly such an image, which is why age counts even
/// here. An untagged parent goes only in the same plan as all its children, so that a
/// second cleanup finds nothing left to do.
fn decide(survey: &Survey, parameters: &Parameters) -> Vec<Decision> {
    let view = View::new(survey, parameters);
    let order = Image::children_first(&survey.images);
    let mut staying_child: HashMap<&str, &str> = HashMap::new();
    let mut decisions = Vec::with_capacity(order.len());
    for image in order {
        let judged = view.judge(image, staying_child.get(image.id.as_str()));
        if !judged.goes()
            && let Some(parent) = &image.parent
        {
            staying_child.insert(parent, &image.id);
        }
        decisions.push(judged.of(PHASE.name, view.object(image)));
    }
    decisions
}

/// What phases that decide about images look things up in.
pub(super) struct View<'s> {
    survey: &'s Survey,
    parameters: &'s Parameters,
    users: HashMap<&'s str, Vec<&'s str>>,
    own_bytes: HashMap<&'s str, u64>,
}

impl<'s> View<'s> {
    pub(super) fn new(survey: &'s Survey, parameters: &'s Parameters) -> Self {
        let mut users: HashMap<&str, Vec<&str>> = HashMap::new();
        for container in &survey.containers {
            users.entry(&container.image_id).or_default().push(&container.name);
            // Where a container was made from an ID, that ID is in use whatever the other
            // field says.
            users.entry(&container.image).or_default().push(&container.name);
        }
        let accounts = survey.df.iter().flat_map(|df| &df.images);
        let own_bytes = accounts
            .filter_map(|i| {
                let shared = u64::try_from(i.shared_size).ok()?;
                Some((i.id.as_str(), u64::try_from(i.size).ok()?.saturating_sub(shared)))
            })
            .collect();
        Self { survey, parameters, users, own_bytes }
    }

    /// What keeps an image whatever its names and its age are.
    #[track_caller]
    pub(super) fn needed(&self, image: &Image) -> Option<Judged> {
        if let Some(containers) = self.users.get(image.id.as_str()) {
            let first = containers.first().copied().unwrap_or_default();
            let name = crate::human::escape(first);
            return Some(stay("in-use", format!("used by container {name}")));
        }
        if let Some(judged) = labelled(&image.labels) {
            return Some(judged);
        }
        if self.parameters.protects(names(image)) {
            return Some(stay("protected", "a protect pattern of the inventory covers it"));
        }
        None
    }

    /// Whether an untagged image goes; `staying_child` was built on it.
    pub(super) fn judge(&self, image: &Image, staying_child: Option<&&str>) -> Judged {
        if let Some(tag) = image.tags.first() {
            return stay("tagged", format!("has a tag: {}", crate::human::escape(tag)));
        }
        if let Some(judged) = self.needed(image) {
            return judged;
        }
        if let Some(child) = staying_child {
            return stay("parent", format!("image {} is built on it", short(child)));
        }
        by_age(self.survey, image.created, self.parameters.keep, "dangling", "untagged and unused")
    }

    pub(super) fn object(&self, image: &Image) -> Object {
        let bytes = self.own_bytes.get(image.id.as_str()).copied();
        judge::object(self.survey, "image", &image.id, names(image), bytes, image.created)
    }
}

fn names(image: &Image) -> impl Iterator<Item = &str> {
    image.tags.iter().chain(&image.digests).map(String::as_str)
}

pub(super) fn short(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    hex.get(..12).unwrap_or(hex)
}

#[cfg(test)]
#[path = "dangling_images_tests.rs"]
mod tests;
