//! Images: list, and remove one by ID.

use super::removal::fate;
use super::{Docker, DockerError};
use crate::door::Permit;
use crate::human::excerpt;
use crate::record::{ActionResult, BuiltImage, Layer};
use bollard::query_parameters::{
    ListImagesOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Times that a list is asked for again.
const TRIES: u32 = 3;

/// An image as the engine lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Its full ID, `sha256:…`.
    pub id: String,
    /// The image it was built on, where the engine keeps that (legacy builder only).
    pub parent: Option<String>,
    /// Its `repository:tag` names; empty for an untagged one.
    pub tags: Vec<String>,
    /// Its `repository@digest` names.
    pub digests: Vec<String>,
    /// When it was built. Engines give 1970 for builds without a date.
    pub created: Option<Timestamp>,
    /// Bytes of all its layers.
    pub bytes: u64,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Image {
    /// Images ordered so that none stands before an image that was built on it. A circle, which
    /// no engine makes, is cut where it is met.
    #[must_use]
    pub fn children_first(images: &[Self]) -> Vec<&Self> {
        let by_id: HashMap<&str, &Self> = images.iter().map(|i| (i.id.as_str(), i)).collect();
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
        let mut order: Vec<&Self> = images.iter().collect();
        order.sort_by_key(|i| std::cmp::Reverse(depth.get(i.id.as_str()).copied().unwrap_or(0)));
        order
    }
}

impl Docker {
    /// All images, intermediate ones of the legacy builder too.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn images(&self) -> Result<Vec<Image>, DockerError> {
        let options = ListImagesOptionsBuilder::default().all(true).build();
        let mut tries = 0;
        let listed = loop {
            // The containerd store does not list while one of its images goes away.
            match self.api.list_images(Some(options.clone())).await.map_err(DockerError::from) {
                Err(DockerError::Status { status: 404, .. }) if tries < TRIES => tries += 1,
                answer => break answer?,
            }
        };
        Ok(listed.into_iter().map(image).collect())
    }

    /// An image with its layers, and the folders that hold them on the host, the lowest first:
    /// none where the store keeps layers in another way than overlay2.
    ///
    /// # Errors
    /// When the engine does not answer, or has no such image.
    pub async fn built_image(&self, id: &str) -> Result<(BuiltImage, Vec<String>), DockerError> {
        let inspected = self.api.inspect_image(id).await.map_err(DockerError::from)?;
        let history = self.api.image_history(id).await.map_err(DockerError::from)?;
        let layers = history.into_iter().rev().filter_map(|item| {
            let bytes = u64::try_from(item.size).ok().filter(|bytes| *bytes > 0)?;
            Some(Layer { bytes, made_by: excerpt(item.created_by.as_bytes(), 300) })
        });
        let image = BuiltImage {
            id: id.to_owned(),
            bytes: inspected.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            layer_count: inspected.root_fs.and_then(|fs| fs.layers).map_or(0, |l| count(l.len())),
            layers: layers.collect(),
            wasted_bytes: None,
        };
        let driver = inspected.graph_driver.filter(|driver| driver.name == "overlay2");
        Ok((image, driver.map(|driver| folders(&driver.data)).unwrap_or_default()))
    }

    /// Removes one image by its ID: never by force, and never its untagged parents along
    /// with it (`noprune`), which nobody listed.
    pub async fn remove_image(&self, id: &str, _permit: Permit) -> ActionResult {
        let options = RemoveImageOptionsBuilder::default().force(false).noprune(true).build();
        fate(self.api.remove_image(id, Some(options), None).await.map_err(DockerError::from))
    }

    /// Removes one image with all its tags, each only while it still names this image: the
    /// engine refuses to remove an image of several names by its ID. Names with a digest
    /// are no tags, and go with the image.
    pub async fn remove_tagged_image(
        &self,
        id: &str,
        names: &[String],
        permit: Permit,
    ) -> ActionResult {
        let mut taken = Vec::new();
        for tag in names.iter().filter(|name| !name.contains('@')).skip(1) {
            match self.untag(tag, id).await {
                ActionResult::Done => taken.push(tag.as_str()),
                ActionResult::AlreadyGone => {}
                other => return self.put_back(id, &taken, other).await,
            }
        }
        let removed = self.remove_image(id, permit).await;
        self.put_back(id, &taken, removed).await
    }

    /// Gives an image that stays after all the names again that were taken from it.
    async fn put_back(&self, id: &str, taken: &[&str], result: ActionResult) -> ActionResult {
        if !matches!(result, ActionResult::KeptInUse { .. } | ActionResult::Failed { .. }) {
            return result;
        }
        let mut lost = Vec::new();
        for name in taken {
            let (repo, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
            let options = TagImageOptionsBuilder::default().repo(repo).tag(tag).build();
            // A name that somebody gave to another image meanwhile stays theirs.
            let free = self.api.inspect_image(name).await.is_err();
            if free && self.api.tag_image(id, Some(options)).await.is_err() {
                lost.push(crate::human::escape(name).into_owned());
            }
        }
        if lost.is_empty() {
            return result;
        }
        let reason = format!("it stays, but these names of it are gone: {}", lost.join(", "));
        ActionResult::Failed { reason }
    }

    async fn untag(&self, tag: &str, id: &str) -> ActionResult {
        match self.api.inspect_image(tag).await.map_err(DockerError::from) {
            Ok(image) if image.id.as_deref() == Some(id) => {}
            Ok(_) => {
                return ActionResult::KeptInUse { reason: "a tag was moved meanwhile".into() };
            }
            Err(error) => return fate(Err::<(), _>(error)),
        }
        let options = RemoveImageOptionsBuilder::default().force(false).noprune(true).build();
        fate(self.api.remove_image(tag, Some(options), None).await.map_err(DockerError::from))
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The folders of an overlay2 image, the lowest layer's first.
fn folders(data: &HashMap<String, String>) -> Vec<String> {
    let get = |key: &str| data.get(key).map(String::as_str).unwrap_or_default();
    let below = get("LowerDir").split(':').filter(|folder| !folder.is_empty());
    let all: Vec<&str> = std::iter::once(get("UpperDir")).chain(below).collect();
    let sound = |folder: &&str| folder.starts_with('/') && !folder.contains(char::is_control);
    if !all.iter().all(sound) {
        return Vec::new();
    }
    all.into_iter().rev().map(str::to_owned).collect()
}

fn image(summary: bollard::models::ImageSummary) -> Image {
    let named = |names: Vec<String>| {
        names.into_iter().filter(|n| !n.starts_with("<none>")).collect::<Vec<_>>()
    };
    Image {
        id: summary.id,
        parent: Some(summary.parent_id).filter(|p| !p.is_empty()),
        // The containerd store lists an image that only a digest names among the tags.
        tags: named(summary.repo_tags).into_iter().filter(|name| !name.contains('@')).collect(),
        digests: named(summary.repo_digests),
        created: Timestamp::from_second(summary.created).ok(),
        bytes: u64::try_from(summary.size).unwrap_or(0),
        labels: summary.labels.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_no_name_is_none() {
        let summary = |tags: &[&str], digests: &[&str]| bollard::models::ImageSummary {
            id: "sha256:1".into(),
            repo_tags: tags.iter().map(|t| (*t).to_owned()).collect(),
            repo_digests: digests.iter().map(|t| (*t).to_owned()).collect(),
            created: 0,
            ..bollard::models::ImageSummary::default()
        };
        let none = image(summary(&["<none>:<none>"], &["<none>@<none>"]));
        assert!(none.tags.is_empty() && none.digests.is_empty());
        let digest_only = image(summary(&["<none>:<none>"], &["shop@sha256:d"]));
        assert_eq!((digest_only.tags.len(), digest_only.digests.len()), (0, 1));
        let in_containerd = image(summary(&["shop@sha256:d"], &["shop@sha256:d"]));
        assert_eq!((in_containerd.tags.len(), in_containerd.digests.len()), (0, 1));
        assert_eq!(none.parent, None);
    }
}
