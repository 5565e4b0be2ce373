//! Reaches the engine by the cheapest way that works, and asks it what it is.

use super::PATIENCE;
use super::answers::{Answers, disk};
use super::builds;
use crate::docker::transport::{Transport, Way};
use crate::docker::{Docker, DockerError, NEWEST_MINOR};
use crate::human::excerpt;
use crate::record::{DockerFacts, Outcome, Problem};
use crate::ssh::Connection;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: String,
    api_version: String,
    #[serde(default, rename = "MinAPIVersion")]
    min_api_version: String,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Info {
    #[serde(rename = "ID")]
    id: Option<String>,
    driver: Option<String>,
    driver_status: Option<Vec<Vec<String>>>,
    docker_root_dir: Option<String>,
    security_options: Option<Vec<String>>,
    swarm: Option<Swarm>,
    live_restore_enabled: bool,
    containers: u64,
    containers_running: u64,
    images: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Swarm {
    local_node_state: String,
}

/// Reaches the engine by the cheapest way that works.
pub(super) async fn reach(
    connection: &Arc<Connection>,
    sudo: bool,
    answers: &Answers,
) -> Result<(Docker, DockerFacts), Problem> {
    let mut ways = Vec::new();
    if !answers.get("socket").is_empty() {
        ways.push(Way::Socket(answers.get("socket").to_owned()));
    }
    ways.push(Way::DialStdio(sudo));
    let mut last = None;
    for way in ways {
        let transport = Arc::new(Transport::new(Arc::clone(connection), way.clone()));
        let asked = tokio::time::timeout(PATIENCE, interview(&transport)).await;
        match asked.unwrap_or(Err(DockerError::Timeout(PATIENCE.as_secs()))) {
            Ok(interview) => {
                return introduce(connection, sudo, answers, &way, transport, interview);
            }
            Err(error) => last = Some(unreachable_engine(&error, &transport.complaints())),
        }
    }
    Err(last.unwrap_or_else(|| Problem::new(Outcome::Refused, "no way to the Docker daemon")))
}

fn unreachable_engine(error: &DockerError, complaints: &[u8]) -> Problem {
    let words = if complaints.is_empty() { error.to_string() } else { excerpt(complaints, 200) };
    let hint = if words.contains("permission denied") {
        "add the user to group docker, or set become = true"
    } else if words.contains("not found") {
        "install Docker on the host, or leave it out of the selection"
    } else {
        "look at it on the host: sudo docker info"
    };
    Problem::new(Outcome::Refused, format!("cannot reach the Docker daemon: {words}")).hint(hint)
}

struct Interview {
    builder: String,
    version: Version,
    info: Info,
}

async fn interview(transport: &Transport) -> Result<Interview, DockerError> {
    fn parse<T: serde::de::DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, DockerError> {
        serde_json::from_slice(body).map_err(|e| DockerError::Answer(format!("{what}: {e}")))
    }
    // The first opens the way; a second stream would cost more than it saves.
    let ping = transport.get("/_ping").await?;
    let builder =
        match ping.headers().get("builder-version").map(hyper::header::HeaderValue::as_bytes) {
            Some(b"2") => "buildkit",
            _ => "legacy",
        };
    let version = parse("/version", transport.get("/version").await?.body())?;
    let info = parse("/info", transport.get("/info").await?.body())?;
    Ok(Interview { builder: builder.to_owned(), version, info })
}

fn introduce(
    connection: &Arc<Connection>,
    sudo: bool,
    answers: &Answers,
    way: &Way,
    transport: Arc<Transport>,
    Interview { builder, version, info }: Interview,
) -> Result<(Docker, DockerFacts), Problem> {
    let minor = agree(&version)?;
    let safe = |text: String| excerpt(text.as_bytes(), 200);
    let driver_status = info.driver_status.unwrap_or_default();
    let security = info.security_options.unwrap_or_default();
    let (running_builds, running_builds_by) = builds::running(answers);
    let about = DockerFacts {
        engine_id: safe(info.id.unwrap_or_default()),
        api: format!("1.{minor}"),
        reached_by: way.as_str().to_owned(),
        builder,
        buildx: buildx_version(answers.get("buildx")),
        driver: safe(info.driver.unwrap_or_default()),
        containerd_store: driver_status
            .iter()
            .any(|row| row.iter().any(|cell| cell.starts_with("io.containerd.snapshotter"))),
        root_dir: safe(info.docker_root_dir.unwrap_or_else(|| "/var/lib/docker".into())),
        rootless: security.iter().any(|option| option.contains("rootless")),
        podman: version.components.iter().any(|c| c.name.starts_with("Podman")),
        swarm: safe(info.swarm.unwrap_or_default().local_node_state),
        live_restore: info.live_restore_enabled,
        builder_gc: answers.builder_gc(&version.version),
        containers: info.containers,
        running: info.containers_running,
        images: info.images,
        running_builds,
        running_builds_by,
        disk: disk(Some(answers.get("df_bytes")), Some(answers.get("df_inodes"))),
        version: safe(version.version),
    };
    let docker = Docker::new(Arc::clone(connection), transport, sudo, minor)
        .map_err(|e| Problem::new(Outcome::Failed, e.to_string()))?;
    Ok((docker, about))
}

fn agree(version: &Version) -> Result<u32, Problem> {
    let minor = |text: &str| text.strip_prefix("1.").and_then(|m| m.parse::<u32>().ok());
    let refused = |text: String| Problem::new(Outcome::Refused, text);
    let newest = minor(&version.api_version).ok_or_else(|| {
        refused(format!("unknown API version \"{}\"", excerpt(version.api_version.as_bytes(), 40)))
    })?;
    let oldest = minor(&version.min_api_version).unwrap_or(0);
    if oldest > NEWEST_MINOR {
        return Err(refused(format!("the engine speaks API 1.{oldest} and newer only"))
            .hint("use a newer fleet"));
    }
    Ok(newest.min(NEWEST_MINOR))
}

/// `github.com/docker/buildx 0.13.1+ds1 …` → `0.13.1`.
fn buildx_version(line: &str) -> Option<String> {
    let word = line.split_whitespace().nth(1)?;
    let end =
        word.find(|c: char| !c.is_ascii_digit() && c != '.' && c != 'v').unwrap_or(word.len());
    Some(word[..end].trim_start_matches('v').to_owned()).filter(|v| !v.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_version_is_agreed_on() {
        let version = |api: &str, min: &str| Version {
            version: "1".into(),
            api_version: api.into(),
            min_api_version: min.into(),
            components: Vec::new(),
        };
        assert_eq!(agree(&version("1.41", "1.12")), Ok(41));
        assert_eq!(agree(&version("1.53", "1.44")), Ok(51));
        assert_eq!(agree(&version("1.70", "1.60")).unwrap_err().outcome, Outcome::Refused);
        assert_eq!(agree(&version("2.0\u{1b}", "")).unwrap_err().outcome, Outcome::Refused);
    }

    #[test]
    fn buildx_says_its_version_in_many_ways() {
        let cases = [
            ("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3+b7", Some("0.13.1")),
            ("github.com/docker/buildx v0.29.1 a1b2c3", Some("0.29.1")),
            ("", None),
            ("docker: 'buildx' is not a docker command.", None),
        ];
        for (line, version) in cases {
            assert_eq!(buildx_version(line).as_deref(), version);
        }
    }
}
