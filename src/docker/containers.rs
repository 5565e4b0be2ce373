//! Containers: list, look closer at stopped ones, stop, start, and remove one by ID.

use super::removal::fate;
use super::{Docker, DockerError};
use crate::door::Permit;
use crate::record::ActionResult;
use bollard::models::ContainerSummary;
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
    RestartContainerOptions, StartContainerOptions, StopContainerOptions,
};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Containers that are looked at more closely at the same time.
const AT_ONCE: usize = 4;

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
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its process ended, for one that [`Docker::look_closer`] looked at and that ran.
    pub finished: Option<Timestamp>,
    /// Bytes in its writable layer, for one that was looked at.
    pub written_bytes: Option<u64>,
    /// The volumes that it mounts, by name.
    pub volumes: Vec<String>,
    /// The networks that it is on, or was when it ran, by name and by ID.
    pub networks: Vec<String>,
}

impl Container {
    /// Whether its processes are over, or never began.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self.state.as_str(), "exited" | "dead" | "created")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    state: InspectedState,
    #[serde(default)]
    size_rw: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedState {
    #[serde(default)]
    finished_at: String,
}

impl Docker {
    /// All containers, whatever their state.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn containers(&self) -> Result<Vec<Container>, DockerError> {
        let options = ListContainersOptionsBuilder::default().all(true).build();
        let listed = self.api.list_containers(Some(options)).await?;
        Ok(listed.into_iter().map(container).collect())
    }

    /// Fills in what lists do not tell of stopped containers: when they ended, and the bytes
    /// that they wrote. One that went away meanwhile is dropped.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn look_closer(
        &self,
        containers: Vec<Container>,
    ) -> Result<Vec<Container>, DockerError> {
        let looked: Vec<Result<Option<Container>, DockerError>> = stream::iter(containers)
            .map(|container| self.inspect(container))
            .buffered(AT_ONCE)
            .collect()
            .await;
        looked.into_iter().filter_map(Result::transpose).collect()
    }

    async fn inspect(&self, mut container: Container) -> Result<Option<Container>, DockerError> {
        if !container.is_stopped() || !is_id(&container.id) {
            return Ok(Some(container));
        }
        let path = format!("/containers/{}/json?size=true", container.id);
        let answer = match self.transport.get(&path).await {
            Err(DockerError::Status { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let inspected: Inspected = serde_json::from_slice(answer.body())
            .map_err(|e| DockerError::Answer(format!("/containers/{{id}}/json: {e}")))?;
        container.finished = ended(&inspected.state.finished_at);
        container.written_bytes = inspected.size_rw.and_then(|n| u64::try_from(n).ok());
        Ok(Some(container))
    }

    /// Removes one container by its ID, never by force; its anonymous volumes stay.
    pub async fn remove_container(&self, id: &str, _permit: Permit) -> ActionResult {
        let options = RemoveContainerOptionsBuilder::default().force(false).v(false).build();
        fate(self.api.remove_container(id, Some(options)).await.map_err(DockerError::from))
    }

    /// Stops one container by its ID, with the signal and the patience that it was made with;
    /// never one that would be gone then, with its anonymous volumes (`docker run --rm`).
    pub async fn stop_container(&self, id: &str, _permit: Permit) -> ActionResult {
        match self.api.inspect_container(id, None::<InspectContainerOptions>).await {
            Ok(seen) if seen.host_config.as_ref().and_then(|c| c.auto_remove) == Some(false) => {}
            Ok(_) => {
                let reason = "made with --rm: to stop it would be to remove it".into();
                return ActionResult::KeptInUse { reason };
            }
            Err(error) => return fate(Err::<(), _>(DockerError::from(error))),
        }
        let stopped = self.api.stop_container(id, None::<StopContainerOptions>).await;
        fate(stopped.map_err(DockerError::from))
    }

    /// Starts one container by its ID. With `stopping` an earlier stop of it may still be
    /// under way: the engine then waits for that first, since a start of what still runs
    /// does nothing.
    pub async fn start_container(&self, id: &str, stopping: bool, _permit: Permit) -> ActionResult {
        let started = if stopping {
            self.api.restart_container(id, None::<RestartContainerOptions>).await
        } else {
            self.api.start_container(id, None::<StartContainerOptions>).await
        };
        match fate(started.map_err(DockerError::from)) {
            // A container that is gone or in the way of another cannot be said to run again.
            ActionResult::AlreadyGone => {
                ActionResult::Failed { reason: "the container is gone".into() }
            }
            ActionResult::KeptInUse { reason } => ActionResult::Failed { reason },
            result => result,
        }
    }
}

/// Whether this may stand in a path: engines give 64 hexadecimal digits.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The zero time of Go stands for never.
fn ended(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0)
}

fn container(summary: ContainerSummary) -> Container {
    let named = summary.network_settings.and_then(|s| s.networks).unwrap_or_default();
    let ids = named.values().filter_map(|n| n.network_id.clone()).filter(|id| !id.is_empty());
    let networks = ids.chain(named.keys().cloned()).collect();
    let mounts = summary.mounts.unwrap_or_default().into_iter();
    Container {
        id: summary.id.unwrap_or_default(),
        name: summary
            .names
            .and_then(|n| n.into_iter().next())
            .map(|n| n.trim_start_matches('/').to_owned())
            .unwrap_or_default(),
        image_id: summary.image_id.unwrap_or_default(),
        image: summary.image.unwrap_or_default(),
        state: summary.state.map(|s| s.to_string()).unwrap_or_default(),
        labels: summary.labels.unwrap_or_default().into_iter().collect(),
        created: summary.created.and_then(|s| Timestamp::from_second(s).ok()),
        finished: None,
        written_bytes: None,
        volumes: mounts.filter_map(|m| m.name).filter(|name| !name.is_empty()).collect(),
        networks,
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, ended};

    #[test]
    fn the_zero_time_of_go_is_never() {
        for (text, at) in [
            ("0001-01-01T00:00:00Z", None),
            ("1970-01-01T00:00:00Z", None),
            ("", None),
            ("soon", None),
            ("2026-01-01T00:00:00.123456789Z", Some(1_767_225_600)),
        ] {
            assert_eq!(ended(text).map(Timestamp::as_second), at, "{text}");
        }
    }
}
