//! Phase 4: images that have lost their name and that nothing uses.

use super::Phase;
use crate::docker::Image;
use crate::human::age;
use crate::record::{Decision, Object, Verdict};
use crate::steps::cleanup::{Parameters, Survey};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// The row in the table.
pub(super) const PHASE: Phase = Phase {
    number: 4,
    name: "dangling-images",
    summary: "remove untagged images that no container and no other image uses",
    decide: Some(decide),
};

/// The label by which an owner says that an object stays.
const KEEP_LABEL: &str = "fleet.keep";

/// Beyond this the host's idea of an age is not believed.
const SKEW_LIMIT: i64 = 300;

/// Docker's first public day. A build date before it is none: reproducible builds are
/// dated 1970.
const FIRST_DATE: i64 = 1_363_737_600;

/// One verdict per image: untagged ones that nothing uses go, children before parents.
///
/// A legacy build that runs holds exactly such an image, which is why age counts even
/// here. An untagged parent goes only in the same plan as all its children, so that a
/// second cleanup finds nothing left to do.
fn decide(survey: &Survey, parameters: &Parameters, _planned: &[Decision]) -> Vec<Decision> {
    let view = View::new(survey, parameters);
    let order = children_first(&survey.images);
    let mut staying_child: HashMap<&str, &str> = HashMap::new();
    let mut decisions = Vec::with_capacity(order.len());
    for image in order {
        let (verdict, rule, reason) = view.judge(image, staying_child.get(image.id.as_str()));
        if verdict == Verdict::Stay
            && let Some(parent) = &image.parent
        {
            staying_child.insert(parent, &image.id);
        }
        decisions.push(Decision {
            phase: PHASE.name.to_owned(),
            object: view.object(image),
            decision: verdict,
            rule: rule.to_owned(),
            reason,
        });
    }
    decisions
}

struct View<'s> {
    survey: &'s Survey,
    parameters: &'s Parameters,
    users: HashMap<&'s str, Vec<&'s str>>,
    own_bytes: HashMap<&'s str, u64>,
}

impl<'s> View<'s> {
    fn new(survey: &'s Survey, parameters: &'s Parameters) -> Self {
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

    fn judge(
        &self,
        image: &Image,
        staying_child: Option<&&str>,
    ) -> (Verdict, &'static str, String) {
        let stay = |rule, reason| (Verdict::Stay, rule, reason);
        if let Some(tag) = image.tags.first() {
            return stay("tagged", format!("has a tag: {}", crate::human::escape(tag)));
        }
        if let Some(containers) = self.users.get(image.id.as_str()) {
            let first = containers.first().copied().unwrap_or_default();
            let name = crate::human::escape(first);
            return stay("in-use", format!("used by container {name}"));
        }
        if image.labels.contains_key(KEEP_LABEL) {
            return stay("label", format!("has the label {KEEP_LABEL}"));
        }
        if self.parameters.protects(names(image)) {
            return stay("protected", "a protect pattern of the inventory covers it".into());
        }
        if let Some(child) = staying_child {
            return stay("parent", format!("image {} is built on it", short(child)));
        }
        self.by_age(image)
    }

    fn by_age(&self, image: &Image) -> (Verdict, &'static str, String) {
        let keep = self.parameters.keep.as_secs();
        if keep == 0 {
            return (Verdict::Go, "dangling", "untagged and unused".into());
        }
        let limit = age(keep);
        if self.survey.skew_seconds.abs() > SKEW_LIMIT {
            let off = age(self.survey.skew_seconds.unsigned_abs());
            let reason = format!("the host's clock is off by {off}, so its age is not believed");
            return (Verdict::Stay, "clock", reason);
        }
        match self.age_of(image) {
            None => {
                let reason = format!("has no build date, so it may be younger than {limit}");
                (Verdict::Stay, "undated", reason)
            }
            Some(seconds) if seconds < keep => {
                (Verdict::Stay, "young", format!("younger than {limit}"))
            }
            Some(_) => (Verdict::Go, "dangling", format!("untagged, unused, older than {limit}")),
        }
    }

    fn age_of(&self, image: &Image) -> Option<u64> {
        let created = image.created.filter(|t| t.as_second() >= FIRST_DATE)?;
        Some(u64::try_from(self.survey.now.duration_since(created).as_secs()).unwrap_or(0))
    }

    fn object(&self, image: &Image) -> Object {
        Object {
            kind: "image".into(),
            id: image.id.clone(),
            names: names(image).map(|n| crate::human::escape(n).into_owned()).collect(),
            bytes: self.own_bytes.get(image.id.as_str()).copied(),
            created: image.created.filter(|t: &Timestamp| t.as_second() >= FIRST_DATE),
            age_seconds: self.age_of(image),
        }
    }
}

fn names(image: &Image) -> impl Iterator<Item = &str> {
    image.tags.iter().chain(&image.digests).map(String::as_str)
}

fn short(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    hex.get(..12).unwrap_or(hex)
}

/// Images ordered so that none stands before an image that was built on it. A circle, which
/// no engine makes, is cut where it is met.
fn children_first(images: &[Image]) -> Vec<&Image> {
    let by_id: HashMap<&str, &Image> = images.iter().map(|i| (i.id.as_str(), i)).collect();
    let mut depth: HashMap<&str, usize> = HashMap::new();
    for image in images {
        let mut chain = Vec::new();
        let mut seen = HashSet::new();
        let mut at = Some(image);
        while let Some(image) = at
            && !depth.contains_key(image.id.as_str())
            && seen.insert(image.id.as_str())
        {
            chain.push(image);
            at = image.parent.as_deref().and_then(|p| by_id.get(p).copied());
        }
        for image in chain.into_iter().rev() {
            let above = image.parent.as_deref().and_then(|p| depth.get(p)).map_or(0, |d| d + 1);
            depth.insert(&image.id, above);
        }
    }
    let mut order: Vec<&Image> = images.iter().collect();
    order.sort_by_key(|i| std::cmp::Reverse(depth.get(i.id.as_str()).copied().unwrap_or(0)));
    order
}

#[cfg(test)]
#[path = "dangling_images_tests.rs"]
mod tests;
