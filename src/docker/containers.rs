//! Containers: list.

use super::{Docker, DockerError};
use bollard::query_parameters::ListContainersOptionsBuilder;
use std::collections::BTreeMap;

/// A container as the engine lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its full ID.
    pub id: String,
    /// Its name without the leading slash.
    pub name: String,
    /// The ID of the image it was made from.
    pub image_id: String,
    /// The name it was made from, as given.
    pub image: String,
    /// `running`, `exited`, `created`, …
    pub state: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Docker {
    /// All containers, whatever their state.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn containers(&self) -> Result<Vec<Container>, DockerError> {
        let options = ListContainersOptionsBuilder::default().all(true).build();
        let listed = self.api.list_containers(Some(options)).await?;
        Ok(listed
            .into_iter()
            .map(|c| Container {
                id: c.id.unwrap_or_default(),
                name: c
                    .names
                    .and_then(|n| n.into_iter().next())
                    .map(|n| n.trim_start_matches('/').to_owned())
                    .unwrap_or_default(),
                image_id: c.image_id.unwrap_or_default(),
                image: c.image.unwrap_or_default(),
                state: c.state.map(|s| s.to_string()).unwrap_or_default(),
                labels: c.labels.unwrap_or_default().into_iter().collect(),
            })
            .collect())
    }
}
