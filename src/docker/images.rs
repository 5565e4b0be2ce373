//! Images: list, and remove one by ID.

use super::{Docker, DockerError};
use crate::door::Permit;
use crate::record::ActionResult;
use bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use jiff::Timestamp;
use std::collections::BTreeMap;

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

impl Docker {
    /// All images, intermediate ones of the legacy builder too.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn images(&self) -> Result<Vec<Image>, DockerError> {
        let options = ListImagesOptionsBuilder::default().all(true).build();
        let listed = self.api.list_images(Some(options)).await?;
        Ok(listed.into_iter().map(image).collect())
    }

    /// Removes one image by its ID: never by force, and never its untagged parents along
    /// with it (`noprune`), which nobody listed.
    pub async fn remove_image(&self, id: &str, _permit: Permit) -> ActionResult {
        let options = RemoveImageOptionsBuilder::default().force(false).noprune(true).build();
        match self.api.remove_image(id, Some(options), None).await.map_err(DockerError::from) {
            Ok(_) => ActionResult::Done,
            Err(DockerError::Status { status: 404, .. }) => ActionResult::AlreadyGone,
            Err(DockerError::Status { status: 409, message }) => {
                ActionResult::KeptInUse { reason: message }
            }
            Err(DockerError::Status { status, message }) => {
                ActionResult::Failed { reason: format!("the engine said {status}: {message}") }
            }
            Err(error) => ActionResult::Unknown { reason: error.to_string() },
        }
    }
}

fn image(summary: bollard::models::ImageSummary) -> Image {
    let named = |names: Vec<String>| {
        names.into_iter().filter(|n| !n.starts_with("<none>")).collect::<Vec<_>>()
    };
    Image {
        id: summary.id,
        parent: Some(summary.parent_id).filter(|p| !p.is_empty()),
        tags: named(summary.repo_tags),
        digests: named(summary.repo_digests),
        created: Timestamp::from_second(summary.created).ok(),
        bytes: u64::try_from(summary.size).unwrap_or(0),
        labels: summary.labels.into_iter().collect(),
    }
}
