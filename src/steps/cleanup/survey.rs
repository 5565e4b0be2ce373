//! What a cleanup reads of a host before it decides.

use crate::docker::{Container, Df, DiskReading, DockerError, Image};
use crate::record::{Outcome, Problem};
use crate::steps::Reached;
use jiff::Timestamp;
use std::time::Duration;

/// How long the engine may count its disk usage: on old engines it walks everything.
const DF_PATIENCE: Duration = Duration::from_secs(60);

/// One reading of a host. Plain data, so that deciding about it is pure.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// All images, intermediate ones too.
    pub images: Vec<Image>,
    /// All containers, of any state.
    pub containers: Vec<Container>,
    /// The engine's accounts; `None` when they did not come in time.
    pub df: Option<Df>,
    /// The file system.
    pub disk: DiskReading,
    /// Now, by the host's clock.
    pub now: Timestamp,
    /// How far the host's clock is from ours, in seconds.
    pub skew_seconds: i64,
}

impl Survey {
    /// Reads everything at once, on a few streams of the one connection.
    ///
    /// # Errors
    /// When the engine does not list its images or containers.
    pub async fn take(on: &Reached) -> Result<Self, Problem> {
        let docker = on.docker()?;
        let root = on.facts.docker.as_ref().map_or("/var/lib/docker", |d| d.root_dir.as_str());
        let df = tokio::time::timeout(DF_PATIENCE, docker.df());
        let (lists, df, disk) = tokio::join!(Self::take_lists(on), df, docker.disk(root));
        Ok(Self { df: df.ok().and_then(Result::ok), disk: disk.unwrap_or_default(), ..lists? })
    }

    /// Reads only what decisions depend on.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn take_lists(on: &Reached) -> Result<Self, Problem> {
        let docker = on.docker()?;
        // Containers are asked for after images: an image that a container took in between
        // is then seen as used.
        let images = docker.images().await.map_err(|e| silent(&e))?;
        let containers = docker.containers().await.map_err(|e| silent(&e))?;
        let skew = jiff::SignedDuration::from_secs(on.facts.skew_seconds);
        Ok(Self {
            images,
            containers,
            now: Timestamp::now().checked_add(skew).unwrap_or_else(|_| Timestamp::now()),
            skew_seconds: on.facts.skew_seconds,
            ..Self::default()
        })
    }
}

/// An engine that stopped answering before anything was changed.
pub(super) fn silent(error: &DockerError) -> Problem {
    Problem::new(Outcome::Failed, error.to_string())
        .hint("look at it on the host: sudo docker info")
}
