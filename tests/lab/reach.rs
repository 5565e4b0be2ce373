//! `fleet ping`: ways to hosts, and what stands in the way of Docker.

use super::support::wait_for;
use super::{engines, inside, project, says};
use std::time::Duration;

#[test]
fn three_engines_are_reached_in_three_ways() {
    let _turn = engines();
    let ran = project("").run(&["ping", "--json", "--hosts", "hetzner"]).code(0);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let docker = |n: usize| &value["hosts"][n]["facts"]["docker"];
    assert_eq!(docker(0)["reached_by"], "sudo dial-stdio");
    assert_eq!(docker(1)["reached_by"], "socket");
    assert_eq!(docker(2)["reached_by"], "socket");
    assert_eq!(docker(0)["builder"], "legacy");
    assert_eq!(docker(1)["builder"], "buildkit");
    assert_eq!(docker(0)["containerd_store"], false);
    assert_eq!(docker(2)["containerd_store"], true);
    for (host, prefix) in [(0, "20.10."), (1, "26.1."), (2, "28.")] {
        let version = docker(host)["version"].as_str().unwrap();
        assert!(version.starts_with(prefix), "an engine generation not seen before: {version}");
    }
}

#[test]
fn a_host_behind_a_bastion_is_reached_and_each_hop_is_checked() {
    let project = project("");
    project.run(&["exec", "--hosts", "behind", "--", "uname -n"]).code(0).says(&["behind"]);
}

#[test]
fn what_keeps_us_from_docker_is_refused_with_what_to_do() {
    project("")
        .run(&["ping", "--hosts", "edge-nodocker,edge-pwsudo,edge-nosudo,edge-requiretty"])
        .code(6)
        .says(&["docker not found", "a password is required", "NOPASSWD", "requiretty"]);
}

#[test]
fn a_stopped_engine_is_refused_and_never_started() {
    let _turn = engines();
    // systemd goes on listening for it: touching the socket would start the engine.
    assert!(
        inside("trixie", "systemctl stop docker.service && systemctl is-active docker.socket")
            .status
            .success()
    );
    let ran = project("").run(&["ping", "--hosts", "trixie,forky"]);
    let active = says("trixie", "systemctl is-active docker.service");
    inside("trixie", "systemctl start docker.service");
    wait_for("the engine to be back", Duration::from_secs(60), || {
        inside("trixie", "docker info").status.success()
    });
    ran.code(6).says(&["the Docker daemon is not running", "systemctl start docker"]);
    assert_eq!(active, "inactive", "fleet started the engine");
}
