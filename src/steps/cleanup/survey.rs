//! What a cleanup reads of a host before it decides.

use crate::docker::{
    CacheRecord, Container, Df, DiskReading, Docker, DockerError, Image, Network, Volume,
};
use crate::record::{Decision, Outcome, Problem, Verdict};
use crate::steps::Reached;
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;

/// How long the engine may count its disk usage: on old engines it walks everything.
const DF_PATIENCE: Duration = Duration::from_secs(60);

/// How long it may count the bytes of volumes, which no decision needs.
const VOLUME_PATIENCE: Duration = Duration::from_secs(10);

/// The state of a container that this plan stops.
pub(super) const STOPPED_BY_US: &str = "stopped by this plan";

/// One reading of a host. Plain data, so that deciding about it is pure.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// All images, intermediate ones too.
    pub images: Vec<Image>,
    /// All containers, of any state.
    pub containers: Vec<Container>,
    /// All volumes.
    pub volumes: Vec<Volume>,
    /// All networks.
    pub networks: Vec<Network>,
    /// The engine's accounts; `None` when they did not come in time.
    pub df: Option<Df>,
    /// The file system.
    pub disk: DiskReading,
    /// Why builds are taken to be running; `None` when none is.
    pub building: Option<String>,
    /// Whether images lie in the containerd store.
    pub containerd_store: bool,
    /// Whether the engine is part of a swarm.
    pub swarm: bool,
    /// Now, by the host's clock.
    pub now: Timestamp,
    /// How far the host's clock is from ours, in seconds.
    pub skew_seconds: i64,
}

impl Survey {
    /// Reads everything at once, on a few streams of the one connection.
    ///
    /// # Errors
    /// When the engine does not list its objects.
    pub async fn take(on: &Reached, deep: bool) -> Result<Self, Problem> {
        let docker = on.docker()?;
        let (lists, disk) = tokio::join!(Self::take_lists(on), docker.disk(data_root(on), deep));
        Ok(Self { disk: disk.unwrap_or_default(), ..lists? })
    }

    /// Reads only what decisions depend on.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn take_lists(on: &Reached) -> Result<Self, Problem> {
        let docker = on.docker()?;
        let df = tokio::time::timeout(DF_PATIENCE, docker.df());
        let (objects, df) = tokio::join!(objects(docker, data_root(on)), df);
        let mut survey = objects.map_err(|e| silent(&e))?;
        survey.df = df.ok().and_then(Result::ok);
        let facts = on.facts.docker.as_ref();
        survey.building = building(&survey, facts);
        survey.containerd_store = facts.is_some_and(|d| d.containerd_store);
        survey.swarm = facts.is_some_and(|d| !matches!(d.swarm.as_str(), "" | "inactive"));
        let skew = jiff::SignedDuration::from_secs(on.facts.skew_seconds);
        survey.now = Timestamp::now().checked_add(skew).unwrap_or_else(|_| Timestamp::now());
        survey.skew_seconds = on.facts.skew_seconds;
        let sizes = survey.df.iter().flat_map(|df| &df.volumes);
        let sizes: Vec<_> = sizes.map(|v| (v.name.clone(), v.bytes())).collect();
        survey.fill_in(sizes);
        Ok(survey)
    }

    fn fill_in(&mut self, sizes: Vec<(String, Option<u64>)>) {
        for (name, bytes) in sizes {
            if let Some(volume) = self.volumes.iter_mut().find(|v| v.name == name) {
                volume.bytes = volume.bytes.or(bytes);
            }
        }
    }

    /// The build cache's records; none where the engine did not tell.
    #[must_use]
    pub fn cache(&self) -> &[CacheRecord] {
        self.df.as_ref().map_or(&[], |df| &df.build_cache)
    }

    /// What it will be once these decisions are carried out: later phases decide about that.
    pub fn carry_out(&mut self, decisions: &[Decision]) {
        let going = |kind: &str| -> HashSet<&str> {
            decisions
                .iter()
                .filter(|d| d.decision == Verdict::Go && d.object.kind == kind)
                .map(|d| d.object.id.as_str())
                .collect()
        };
        let containers = going("container");
        if decisions.first().is_some_and(|d| d.phase == super::phases::STOP) {
            for container in &mut self.containers {
                if containers.contains(container.id.as_str()) {
                    STOPPED_BY_US.clone_into(&mut container.state);
                }
            }
            return;
        }
        self.containers.retain(|c| !containers.contains(c.id.as_str()));
        let images = going("image");
        self.images.retain(|i| !images.contains(i.id.as_str()));
        let volumes = going("volume");
        self.volumes.retain(|v| !volumes.contains(v.name.as_str()));
        let networks = going("network");
        self.networks.retain(|n| !networks.contains(n.id.as_str()));
        if let Some(df) = &mut self.df {
            let records = going("cache-record");
            df.build_cache.retain(|r| !records.contains(r.id.as_str()));
        }
    }
}

/// The lists. Containers are asked for after what they use: an image that a container took
/// in between is then seen as used.
async fn objects(docker: &Docker, root: &str) -> Result<Survey, DockerError> {
    let first = async {
        let images = docker.images().await?;
        let networks = docker.networks().await?;
        Ok::<_, DockerError>((images, networks))
    };
    let volumes = async {
        let mut volumes = docker.volumes().await?;
        let sizes = tokio::time::timeout(VOLUME_PATIENCE, docker.volume_sizes());
        // Without these two answers a volume counts as one that holds data.
        let (_, sizes) = tokio::join!(docker.look_into(root, &mut volumes), sizes);
        let sizes = sizes.ok().and_then(Result::ok).flatten().unwrap_or_default();
        for size in sizes {
            if let Some(volume) = volumes.iter_mut().find(|v| v.name == size.name) {
                volume.bytes = size.bytes();
            }
        }
        Ok::<_, DockerError>(volumes)
    };
    let (first, volumes) = tokio::join!(first, volumes);
    let ((images, networks), volumes) = (first?, volumes?);
    let containers = docker.look_closer(docker.containers().await?).await?;
    Ok(Survey { images, containers, volumes, networks, ..Survey::default() })
}

fn building(survey: &Survey, facts: Option<&crate::record::DockerFacts>) -> Option<String> {
    let in_use = survey.cache().iter().filter(|r| r.in_use).count();
    if in_use > 0 {
        return Some(format!("{} in use", crate::human::count(in_use, "cache record")));
    }
    let facts = facts.filter(|d| d.running_builds > 0)?;
    Some(crate::human::escape(&facts.running_builds_by).into_owned())
}

fn data_root(on: &Reached) -> &str {
    on.facts.docker.as_ref().map_or("/var/lib/docker", |d| d.root_dir.as_str())
}

/// An engine that stopped answering before anything was changed.
pub(super) fn silent(error: &DockerError) -> Problem {
    Problem::new(Outcome::Failed, error.to_string())
        .hint("look at it on the host: sudo docker info")
}
