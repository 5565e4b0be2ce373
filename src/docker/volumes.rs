//! Volumes: list, and remove one by name, which is the only ID that they have.

use super::removal::fate;
use super::{Docker, DockerError};
use crate::door::Permit;
use crate::record::ActionResult;
use bollard::query_parameters::RemoveVolumeOptionsBuilder;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The mark that engines from 23.0 on put on a volume that nobody named.
const ANONYMOUS: &str = "com.docker.volume.anonymous";

/// A volume as the engine lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Its driver.
    #[serde(default)]
    pub driver: String,
    /// Where it lies on the host.
    #[serde(default)]
    pub mountpoint: String,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
    /// Bytes, where they were counted.
    #[serde(skip)]
    pub bytes: Option<u64>,
    /// Whether anything lies in it, where that was looked at.
    #[serde(skip)]
    pub holds_data: Option<bool>,
    /// The newest change in its upper folders, where that was looked at.
    #[serde(skip)]
    pub changed: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    volumes: Option<Vec<Volume>>,
}

impl Volume {
    /// Whether the engine itself says that nobody named it.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.labels.as_ref().is_some_and(|labels| labels.contains_key(ANONYMOUS))
    }

    /// Whether its name looks like one that an engine made up: 64 hexadecimal digits.
    #[must_use]
    pub fn looks_anonymous(&self) -> bool {
        self.name.len() == 64 && self.name.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// When it was made.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.created_at.as_deref()?.parse().ok()
    }
}

impl Docker {
    /// All volumes.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn volumes(&self) -> Result<Vec<Volume>, DockerError> {
        let answer = self.transport.get("/volumes").await?;
        let listed: Listed = serde_json::from_slice(answer.body())
            .map_err(|e| DockerError::Answer(format!("/volumes: {e}")))?;
        Ok(listed.volumes.unwrap_or_default())
    }

    /// Removes one volume by its name, never by force: the engine refuses one that a
    /// container of any state mounts.
    pub async fn remove_volume(&self, name: &str, _permit: Permit) -> ActionResult {
        let options = RemoveVolumeOptionsBuilder::default().force(false).build();
        fate(self.api.remove_volume(name, Some(options)).await.map_err(DockerError::from))
    }
}
