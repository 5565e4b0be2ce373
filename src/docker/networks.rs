//! Networks: list, and remove one by ID.

use super::removal::fate;
use super::{Docker, DockerError};
use crate::door::Permit;
use crate::record::ActionResult;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A network as the engine lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Network {
    /// Its full ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    #[serde(default)]
    pub created: String,
    /// `local`, or `swarm` for one that the cluster owns.
    #[serde(default)]
    pub scope: String,
    /// Its driver.
    #[serde(default)]
    pub driver: String,
    /// Whether it is Swarm's routing mesh.
    #[serde(default)]
    pub ingress: bool,
    /// Whether it is only a pattern for others.
    #[serde(default)]
    pub config_only: bool,
    /// Its labels.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
}

impl Network {
    /// When it was made.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.created.parse().ok()
    }
}

impl Docker {
    /// All networks.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn networks(&self) -> Result<Vec<Network>, DockerError> {
        let answer = self.transport.get("/networks").await?;
        let listed: Option<Vec<Network>> = serde_json::from_slice(answer.body())
            .map_err(|e| DockerError::Answer(format!("/networks: {e}")))?;
        Ok(listed.unwrap_or_default())
    }

    /// Removes one network by its ID, unless a container of any state refers to it: the
    /// engine refuses only what a running one is on.
    pub async fn remove_network(
        &self,
        id: &str,
        names: &[String],
        _permit: Permit,
    ) -> ActionResult {
        let containers = match self.containers().await {
            Ok(containers) => containers,
            Err(error) => return fate(Err::<(), _>(error)),
        };
        let refers = |network: &String| network == id || names.contains(network);
        if let Some(user) = containers.iter().find(|c| c.networks.iter().any(refers)) {
            let name = crate::human::escape(&user.name);
            return ActionResult::KeptInUse { reason: format!("container {name} refers to it") };
        }
        fate(self.api.remove_network(id).await.map_err(DockerError::from))
    }
}
