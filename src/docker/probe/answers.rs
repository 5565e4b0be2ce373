//! What the program that asks the machine printed, and what it means before the engine is touched.

use crate::human::escape;
use crate::record::{Disk, Facts, Outcome, Problem};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The `key=value` lines of a program of ours. Everything in them came from a host.
pub(in crate::docker) fn values(stdout: &[u8]) -> BTreeMap<String, String> {
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
pub(in crate::docker) fn disk(bytes: Option<&str>, inodes: Option<&str>) -> Option<Disk> {
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

pub(super) struct Answers {
    values: BTreeMap<String, String>,
    foreign_locks: Vec<String>,
    daemon_json: Vec<u8>,
}

impl Answers {
    pub(super) fn read(stdout: &[u8]) -> Self {
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

    pub(super) fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    pub(super) fn facts(&self, user: &str, now: Timestamp) -> Facts {
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
    pub(super) fn obstacle(&self, user: &str) -> Option<Problem> {
        let refused = |reason: String| Problem::new(Outcome::Refused, reason);
        if !self.get("podman_shim").is_empty() || self.get("socket_file").contains("podman") {
            return Some(
                refused("podman emulates docker here".into())
                    .hint("fleet works with the Docker Engine only; leave this host out"),
            );
        }
        let endpoint = self.get("docker_host");
        if endpoint.starts_with("unix:///run/user/") {
            return Some(rootless(endpoint));
        }
        if !["", "unix:///var/run/docker.sock", "unix:///run/docker.sock"].contains(&endpoint) {
            return Some(
                refused(format!("DOCKER_HOST of {user} points to {endpoint}"))
                    .hint("unset it on the host, or leave this host out"),
            );
        }
        let socket = !self.get("socket").is_empty();
        // Its command is often in the PATH of its owner alone.
        if !self.get("rootless").is_empty() && !socket {
            return Some(rootless(self.get("rootless")));
        }
        if self.get("docker_cli").is_empty() && !socket {
            return Some(
                refused("docker not found".into())
                    .hint("install Docker on the host, or leave it out of the selection"),
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
    pub(super) fn builder_gc(&self, version: &str) -> Option<bool> {
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

fn rootless(place: &str) -> Problem {
    Problem::new(Outcome::Refused, format!("rootless Docker at {place}"))
        .hint("rootless engines are not supported yet; leave this host out")
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
                "docker_cli=/usr/bin/docker\nsocket=/var/run/docker.sock\nsocket_file=/run/podman/podman.sock\ndockerd=0\n",
                "podman emulates docker here",
            ),
            (
                "docker_cli=/usr/bin/docker\ndocker_host=tcp://10.0.0.1:2375\n",
                "DOCKER_HOST of u points to tcp://10.0.0.1:2375",
            ),
            ("dockerd=0\n", "docker not found"),
            (
                "rootless=/run/user/1000/docker.sock\ndockerd=1\n",
                "rootless Docker at /run/user/1000/docker.sock",
            ),
            (
                "docker_cli=/usr/bin/docker\nsocket=/var/run/docker.sock\ndocker_host=unix:///run/user/1000/docker.sock\n",
                "rootless Docker at unix:///run/user/1000/docker.sock",
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
        for host in ["", "docker_host=unix:///run/docker.sock\n"] {
            let fine = "docker_cli=/usr/bin/docker\nsocket=/var/run/docker.sock\nsocket_file=/run/docker.sock\ndockerd=1\n";
            assert_eq!(answers(&format!("{fine}{host}")).obstacle("u"), None);
        }
    }

    #[test]
    fn the_builders_garbage_collection_is_on_by_default_from_28_2() {
        let a = answers("daemon_json=\n");
        assert_eq!(a.builder_gc("26.1.5+dfsg1"), Some(false));
        assert_eq!(a.builder_gc("28.1.0"), Some(false));
        assert_eq!(a.builder_gc("28.5.2"), Some(true));
        assert_eq!(answers("daemon_json=\n{ broken").builder_gc("28.5.2"), None);
    }
}
