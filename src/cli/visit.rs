//! Hosts looked at outside a run: what their builder understands, and files of theirs.

use super::args::Global;
use super::fault::Fault;
use super::limits::{self, Held};
use super::project::{self, Project};
use crate::docker::{self, Docker, DockerError, Probe};
use crate::human::escape;
use crate::inventory::Host;
use crate::record::{BuiltImage, Outcome, Problem};
use crate::ssh::{Connection, Dialer, RemoteFile, Route, Unknown};
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of a file that is read.
pub(super) const LARGEST: usize = 1 << 20;

/// A host that answered.
pub(super) struct Visit {
    connection: Arc<Connection>,
    root: bool,
    docker: Option<Docker>,
    /// What its builder understands, where its engine answers.
    pub(super) frontend: Result<String, Problem>,
}

impl Visit {
    /// An image of its engine, by a name or an ID.
    pub(super) async fn image(&self, name: &str) -> Result<BuiltImage, Problem> {
        let none = || Problem::new(Outcome::Refused, "no Docker daemon answers");
        let looked = self.docker.as_ref().ok_or_else(none)?.built_image(name).await;
        looked.map(|(image, _)| image).map_err(|error| match error {
            DockerError::Status { status: 404, .. } => {
                Problem::new(Outcome::Failed, format!("it has no image {}", escape(name)))
                    .hint("fleet exec --hosts HOST -- docker image ls")
            }
            other => Problem::new(Outcome::Failed, other.to_string()),
        })
    }

    /// A file of the host; `None` where there is none.
    pub(super) async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        let read = self.connection.read_file(path, LARGEST, self.root).await;
        match read.map_err(|e| Problem::new(Outcome::Failed, e.to_string()))? {
            RemoteFile::File(bytes) => Ok(Some(bytes)),
            RemoteFile::Absent => Ok(None),
            RemoteFile::Refused(why) => Err(Problem::new(Outcome::Failed, format!("{path} {why}"))),
        }
    }
}

/// Connects to hosts and asks each what it is, in the order of the hosts.
pub(super) async fn visit(
    project: &Project,
    global: &Global,
    hosts: &[&Host],
    connect: Duration,
) -> Result<Vec<Result<Visit, Problem>>, Fault> {
    let routes = project.routes(hosts, global.quiet)?;
    let dialer = project::dialer(&routes, connect, Unknown::Refuse).await?;
    let forks = limits::forks(None, hosts.len(), Held::Throughout, global.quiet);
    Ok(futures::stream::iter(hosts.iter().zip(&routes))
        .map(|(host, route)| look(&dialer, host, route))
        .buffered(forks)
        .collect()
        .await)
}

async fn look(dialer: &Dialer, host: &Host, route: &Route) -> Result<Visit, Problem> {
    let connected = dialer.connect(route).await;
    let (connection, _) = connected.map_err(|error| error.problem(host.name.as_str()))?;
    let connection = Arc::new(connection);
    let user = &route.host.user;
    let probe = Probe::run(&connection, user, host.r#become)
        .await
        .map_err(|error| Problem::new(Outcome::Failed, error.to_string()))?;
    let root = host.r#become && user != "root" && probe.facts.root;
    let frontend =
        match (probe.facts.docker.as_ref(), probe.problem) {
            (Some(docker), None) => Ok(docker::frontend(docker)),
            (_, problem) => Err(problem
                .unwrap_or_else(|| Problem::new(Outcome::Refused, "no Docker daemon answers"))),
        };
    Ok(Visit { connection, root, docker: probe.docker, frontend })
}
