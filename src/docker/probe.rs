//! The probe: what a host is and what its engine can do, in as few round trips as possible.
//!
//! One program asks the machine; only when it saw a live engine is the socket touched,
//! because touching it would start an engine that systemd listens for.

use super::transport::{Transport, Way};
use super::{Docker, DockerError, NEWEST_MINOR};
use crate::human::{escape, excerpt};
use crate::record::{Disk, DockerFacts, Facts, Outcome, Problem};
use crate::ssh::{Connection, Finished, Program, ShellError};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long the whole probe may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a probe found.
pub struct Probe {
    /// The facts, with those of the engine where it answered.
    pub facts: Facts,
    /// The engine, where it answers and may be used.
    pub docker: Option<Docker>,
    /// Why the engine cannot be used, or why we are not root.
    pub problem: Option<Problem>,
}

/// Why there are no facts at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProbeError {
    /// The program that asks the machine gave no answer.
    #[error(transparent)]
    Shell(#[from] ShellError),
}

impl Probe {
    /// Asks the host. `user` is the login; `sudo` says whether root is reached through sudo.
    ///
    /// # Errors
    /// When the login shell does not start our program or the connection is lost.
    pub async fn run(
        connection: &Arc<Connection>,
        user: &str,
        wants_root: bool,
    ) -> Result<Self, ProbeError> {
        let sudo = wants_root && user != "root";
        let sent = Timestamp::now();
        let (done, refusal) = ask(connection, sudo).await?;
        let came = Timestamp::now();
        let answers = Answers::read(&done.stdout);
        let mut facts = answers.facts(user, middle(sent, came));
        if let Some(problem) = refusal.or_else(|| answers.obstacle(user)) {
            return Ok(Self { facts, docker: None, problem: Some(problem) });
        }
        let sudo = sudo && facts.root;
        match engine(connection, sudo, &answers).await {
            Ok((docker, about)) => {
                facts.docker = Some(about);
                let problem = facts.docker.as_ref().and_then(unusable);
                Ok(Self { facts, docker: Some(docker), problem })
            }
            Err(problem) => Ok(Self { facts, docker: None, problem: Some(problem) }),
        }
    }
}

fn middle(a: Timestamp, b: Timestamp) -> Timestamp {
    Timestamp::from_nanosecond(i128::midpoint(a.as_nanosecond(), b.as_nanosecond())).unwrap_or(b)
}

/// Runs the program as root, and where sudo says no, as the login user, with sudo's reason.
async fn ask(
    connection: &Connection,
    sudo: bool,
) -> Result<(Finished, Option<Problem>), ShellError> {
    let program = |root| Program { body: include_str!("programs/probe.sh"), variables: &[], root };
    match connection.run(&program(sudo), PATIENCE, 128 << 10).await {
        Ok(done) => Ok((done, None)),
        Err(error) => match error.sudo_refusal().filter(|_| sudo) {
            Some(problem) => {
                let done = connection.run(&program(false), PATIENCE, 128 << 10).await?;
                Ok((done, Some(problem)))
            }
            None => Err(error),
        },
    }
}

/// The `key=value` lines of a program of ours. Everything in them came from a host.
pub(super) fn values(stdout: &[u8]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let text = String::from_utf8_lossy(stdout);
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        // The first counts: a value with a line end in it must not replace what was said.
        let value = || escape(value.trim()).chars().take(400).collect();
        values.entry(key.to_owned()).or_insert_with(value);
    }
    values
}

/// A line of `df -P`: size and what is available stand second and fourth.
pub(super) fn disk(bytes: Option<&str>, inodes: Option<&str>) -> Option<Disk> {
    let column = |line: Option<&str>, n: usize| {
        line.and_then(|l| l.split_whitespace().nth(n)).and_then(|v| v.parse::<u64>().ok())
    };
    Some(Disk {
        size_bytes: column(bytes, 1)?,
        free_bytes: column(bytes, 3)?,
        inodes: column(inodes, 1).unwrap_or(0),
        free_inodes: column(inodes, 3).unwrap_or(0),
    })
}

struct Answers {
    values: BTreeMap<String, String>,
    foreign_locks: Vec<String>,
    daemon_json: Vec<u8>,
}

impl Answers {
    fn read(stdout: &[u8]) -> Self {
        let marker = b"daemon_json=\n";
        let at = memchr::memmem::find(stdout, marker).unwrap_or(stdout.len());
        let (lines, rest) = stdout.split_at(at);
        let foreign_locks = String::from_utf8_lossy(lines)
            .lines()
            .filter_map(|line| line.strip_prefix("foreign_lock="))
            .map(|lock| escape(lock).into_owned())
            .take(20)
            .collect();
        Self {
            values: values(lines),
            foreign_locks,
            daemon_json: rest.get(marker.len()..).unwrap_or_default().to_vec(),
        }
    }

    fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    fn facts(&self, user: &str, now: Timestamp) -> Facts {
        let (seconds, nanos) = self.get("clock").split_once('.').unwrap_or((self.get("clock"), ""));
        let clock = seconds
            .parse::<i64>()
            .ok()
            .and_then(|s| Timestamp::new(s, nanos.parse().unwrap_or(0)).ok());
        Facts {
            hostname: self.get("hostname").to_owned(),
            machine_id: self.get("machine_id").to_owned(),
            boot_id: self.get("boot_id").to_owned(),
            kernel: self.get("kernel").to_owned(),
            os: self.get("os").to_owned(),
            user: user.to_owned(),
            root: self.get("uid") == "0",
            clock,
            skew_seconds: clock.map_or(0, |c| c.as_second() - now.as_second()),
            init: self.get("init").to_owned(),
            docker: None,
            foreign_locks: self.foreign_locks.clone(),
        }
    }

    /// What keeps us from the engine before the socket is touched.
    fn obstacle(&self, user: &str) -> Option<Problem> {
        let refused = |reason: String| Problem::new(Outcome::Refused, reason);
        if !self.get("podman_shim").is_empty() {
            return Some(
                refused("podman emulates docker here".into())
                    .hint("fleet works with the Docker Engine only; leave this host out"),
            );
        }
        let endpoint = self.get("docker_host");
        if !endpoint.is_empty() && endpoint != "unix:///var/run/docker.sock" {
            return Some(
                refused(format!("DOCKER_HOST of {user} points to {endpoint}"))
                    .hint("unset it on the host, or leave this host out"),
            );
        }
        let socket = !self.get("socket").is_empty();
        if self.get("docker_cli").is_empty() && !socket {
            return Some(
                refused("docker not found".into())
                    .hint("install Docker on the host, or leave it out of the selection"),
            );
        }
        if !self.get("rootless").is_empty() && !socket {
            return Some(
                refused(format!("rootless Docker at {}", self.get("rootless")))
                    .hint("rootless engines are not supported yet; leave this host out"),
            );
        }
        if self.get("dockerd") == "0" {
            return Some(
                refused("the Docker daemon is not running".into())
                    .hint("start it on the host: sudo systemctl start docker"),
            );
        }
        None
    }

    /// Whether the builder's garbage collection is on: by default from 28.2 on, before that
    /// only where the configuration says so.
    fn builder_gc(&self, version: &str) -> Option<bool> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Config {
            builder: Builder,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Builder {
            gc: Gc,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Gc {
            enabled: Option<bool>,
        }
        let config: Config = if self.daemon_json.is_empty() {
            Config::default()
        } else {
            serde_json::from_slice(&self.daemon_json).ok()?
        };
        config.builder.gc.enabled.or_else(|| {
            let mut parts = version.split('.').map_while(|p| p.parse::<u32>().ok());
            Some((parts.next()?, parts.next()?) >= (28, 2))
        })
    }
}

/// An engine that answers and still must not be touched.
fn unusable(docker: &DockerFacts) -> Option<Problem> {
    if docker.podman {
        return Some(
            Problem::new(Outcome::Refused, "podman answers on Docker's socket")
                .hint("fleet works with the Docker Engine only; leave this host out"),
        );
    }
    docker.rootless.then(|| {
        Problem::new(Outcome::Refused, "the engine is rootless")
            .hint("rootless engines are not supported yet; leave this host out")
    })
}

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
async fn engine(
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
    let running_builds = answers.get("builds").parse().unwrap_or(0);
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
        running_builds_by: "build processes".to_owned(),
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

    fn answers(text: &str) -> Answers {
        Answers::read(text.as_bytes())
    }

    #[test]
    fn a_probe_is_read_and_nothing_of_it_can_steer_a_terminal() {
        let a = answers(
            "clock=1764000000.5\nhostname=web\u{1b}[2J1\nuid=0\nforeign_lock=/root/.kamal/lock-shop\ndf_bytes=/dev/md2 80000 30000 41200 43% /\ndf_inodes=/dev/md2 100 40 60 40% /\ndaemon_json=\n{\"builder\":{\"gc\":{\"enabled\":false}}}",
        );
        let facts = a.facts("deploy", Timestamp::from_second(1_764_000_010).unwrap());
        assert_eq!(facts.hostname, "web\\u{1b}[2J1");
        assert_eq!((facts.root, facts.skew_seconds), (true, -10));
        assert_eq!(facts.foreign_locks, ["/root/.kamal/lock-shop"]);
        let room = disk(Some(a.get("df_bytes")), Some(a.get("df_inodes"))).unwrap();
        assert_eq!((room.size_bytes, room.free_bytes, room.free_inodes), (80_000, 41_200, 60));
        assert_eq!(a.builder_gc("29.0.0"), Some(false));
    }

    #[test]
    fn obstacles_are_seen_before_the_socket_is_touched() {
        let cases = [
            ("podman_shim=1\n", "podman emulates docker here"),
            (
                "docker_cli=/usr/bin/docker\ndocker_host=tcp://10.0.0.1:2375\n",
                "DOCKER_HOST of u points to tcp://10.0.0.1:2375",
            ),
            ("dockerd=0\n", "docker not found"),
            (
                "docker_cli=/usr/bin/docker\nrootless=/run/user/1000/docker.sock\ndockerd=1\n",
                "rootless Docker at /run/user/1000/docker.sock",
            ),
            (
                "docker_cli=/usr/bin/docker\nsocket=/var/run/docker.sock\ndockerd=0\n",
                "the Docker daemon is not running",
            ),
        ];
        for (text, reason) in cases {
            let problem = answers(text).obstacle("u").unwrap();
            assert_eq!((problem.outcome, problem.reason.as_str()), (Outcome::Refused, reason));
            assert!(problem.hint.is_some());
        }
        let fine = "docker_cli=/usr/bin/docker\nsocket=/var/run/docker.sock\ndockerd=1\n";
        assert_eq!(answers(fine).obstacle("u"), None);
    }

    #[test]
    fn the_builders_garbage_collection_is_on_by_default_from_28_2() {
        let a = answers("daemon_json=\n");
        assert_eq!(a.builder_gc("26.1.5+dfsg1"), Some(false));
        assert_eq!(a.builder_gc("28.1.0"), Some(false));
        assert_eq!(a.builder_gc("28.5.2"), Some(true));
        assert_eq!(answers("daemon_json=\n{ broken").builder_gc("28.5.2"), None);
    }

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
