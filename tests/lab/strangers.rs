//! What answers like Docker and is not the engine that fleet works with.

use super::support::{Ran, wait_for};
use super::{engines, inside, project, says};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The host that plays one stranger at a time; it has no engine of its own.
const HOST: &str = "behind";

/// An engine that is none, until the end of the test.
struct Stranger {
    pid: String,
    client: Child,
    _turn: MutexGuard<'static, ()>,
}

impl Stranger {
    /// Starts one on a socket file of the host, whose folder is made.
    fn start(kind: &str, socket: &str) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let made = format!("rm -f {socket} && mkdir -p $(dirname {socket})");
        assert!(inside(HOST, &made).status.success());
        let mut client = Command::new("docker")
            .args(["exec", "-i", &format!("fleet-lab-{HOST}"), "perl", "-", kind, socket])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut program = client.stdin.take().unwrap();
        program.write_all(include_bytes!("stranger.pl")).unwrap();
        drop(program);
        let mut pid = String::new();
        BufReader::new(client.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        let pid = pid.trim().to_owned();
        assert!(pid.parse::<u32>().is_ok(), "the stranger did not start: {pid:?}");
        Self { pid, client, _turn: turn }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        inside(HOST, &format!("kill {}", self.pid));
        let _ = self.client.wait();
    }
}

#[track_caller]
fn refused(host: &str) -> Ran {
    project("").run(&["ping", "--hosts", host]).code(6)
}

#[test]
fn podmans_docker_command_is_refused() {
    refused("edge-podman").says(&["podman emulates docker", "leave this host out"]);
}

#[test]
fn podmans_socket_in_dockers_place_is_refused() {
    let _podman = Stranger::start("podman", "/run/podman/podman.sock");
    // As the package podman-docker links it.
    inside(HOST, "ln -s /run/podman/podman.sock /run/docker.sock");
    let ran = project("").run(&["ping", "--hosts", HOST]);
    inside(HOST, "rm -f /run/docker.sock");
    ran.code(6).says(&["podman emulates docker", "leave this host out"]);
}

#[test]
fn a_rootless_engine_is_refused_whether_it_answers_or_is_only_seen() {
    let seen = Stranger::start("rootless", "/run/user/1000/docker.sock");
    refused(HOST).says(&["rootless Docker at /run/user/1000/docker.sock", "leave this host out"]);
    drop(seen);
    let _answers = Stranger::start("rootless", "/run/docker.sock");
    refused(HOST).says(&["the engine is rootless", "leave this host out"]);
}

#[test]
fn an_engine_elsewhere_that_the_login_names_is_refused() {
    refused("edge-remote").says(&["DOCKER_HOST of remote points to tcp://192.0.2.1:2375", "unset"]);
}

#[test]
fn a_context_of_another_machine_is_not_followed() {
    let _turn = engines();
    let known = ["bookworm", "trixie"].map(|host| says(host, "docker info -f '{{.ID}}'"));
    // The first is reached by root's own command, the second by the login's socket.
    let far = "docker context create fleet-far --docker host=tcp://192.0.2.1:2375 && docker context use fleet-far";
    assert!(inside("bookworm", far).status.success());
    inside("trixie", "echo 'export DOCKER_HOST=tcp://192.0.2.1:2375' >/home/deploy/.bashrc");
    let ran = project("").run(&["ping", "--json", "--hosts", "bookworm,trixie"]);
    inside("bookworm", "docker context use default; docker context rm fleet-far");
    inside("trixie", "rm -f /home/deploy/.bashrc");
    wait_for("the engine's own context", Duration::from_secs(10), || {
        says("bookworm", "docker info -f '{{.ID}}'") == known[0]
    });
    let value: serde_json::Value = serde_json::from_str(&ran.code(0).stdout).unwrap();
    for (n, id) in known.iter().enumerate() {
        assert!(!id.is_empty());
        assert_eq!(value["hosts"][n]["facts"]["docker"]["engine_id"], *id);
    }
}
