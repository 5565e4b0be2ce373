//! Builds that run while `fleet ping` looks, as many as there are ways to see one.

use super::support::wait_for;
use super::{engines, inside, project, says};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A real build on a host that stands still in a step until the test ends it.
struct Build {
    host: &'static str,
    client: Child,
}

impl Build {
    /// Starts one. `client` is the program that asks the engine for it, by any name.
    fn start(host: &'static str, client: &str, buildkit: u8) -> Self {
        let script = format!(
            "set -eu; work=$(mktemp -d); cd $work; mkdir -p bin
            cp /bin/busybox bin/; ln -s busybox bin/sh; ln -s busybox bin/sleep
            tar -c bin | docker import - fleet-build:base >/dev/null
            printf 'FROM fleet-build:base\\nRUN sleep 4721\\n' >Dockerfile
            if [ {client} != docker ]; then
                cp \"$(command -v docker)\" /tmp/{client}
                export DOCKER_CONFIG=$work/config; plugins=$DOCKER_CONFIG/cli-plugins; mkdir -p $plugins
                printf '#!/bin/bash\\nexec -a client /usr/libexec/docker/cli-plugins/docker-buildx \"$@\"\\n' >$plugins/docker-buildx
                chmod 755 $plugins/docker-buildx
            fi
            export PATH=$PATH:/tmp DOCKER_BUILDKIT={buildkit}
            {client} build --force-rm --no-cache -q . || :
            docker rmi fleet-build:base >/dev/null; rm -rf $work /tmp/{client}"
        );
        let client = Command::new("docker")
            .args(["exec", &format!("fleet-lab-{host}"), "sh", "-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let build = Self { host, client };
        wait_for("the build's step to run", Duration::from_secs(60), || build.steps() != "0");
        build
    }

    fn steps(&self) -> String {
        says(self.host, "ps -eo args= | grep -c '^sleep 4721'")
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        inside(self.host, "pkill -KILL -x -f 'sleep 4721'");
        let _ = self.client.wait();
    }
}

/// What `fleet ping` says of a host's builds: how many, and how it knows.
fn seen(host: &str) -> (u64, String) {
    let ran = project("").run(&["ping", "--json", "--hosts", host]).code(0);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let docker = &value["hosts"][0]["facts"]["docker"];
    let by = docker["running_builds_by"].as_str().unwrap().to_owned();
    (docker["running_builds"].as_u64().unwrap(), by)
}

#[test]
fn a_running_build_is_seen_and_the_evidence_is_named() {
    let _turn = engines();
    let cases = [
        ("bookworm", "docker", 0, "build processes"),
        ("bookworm", "docker", 1, "build processes"),
        ("trixie", "docker", 1, "build processes"),
        ("forky", "docker", 1, "build processes"),
        // As when the client is on another machine: no process here says "docker build".
        ("bookworm", "client", 0, "build containers"),
        ("trixie", "client", 1, "build cache in use"),
        ("forky", "client", 1, "build cache in use"),
    ];
    for (host, client, buildkit, evidence) in cases {
        let build = Build::start(host, client, buildkit);
        let found = seen(host);
        drop(build);
        assert_eq!(found, (1, evidence.to_owned()), "{host} {client} {buildkit}");
        let (after, looked_at) = seen(host);
        assert_eq!(after, 0, "{host} {client} {buildkit}");
        assert!(looked_at.contains(evidence), "{host}: {looked_at}");
    }
}
