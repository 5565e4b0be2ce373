//! Hosts in a state in which rules show that no ordinary host shows.

use super::super::inside;
use super::super::support::{Project, wait_for};
use super::dirt::Dirt;
use super::{STRONG, check};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::{Child, Command};
use std::time::Duration;

/// A build that runs until it is ended.
struct Build<'h> {
    host: &'h str,
    child: Child,
}

impl<'h> Build<'h> {
    fn begin(host: &'h str) -> Self {
        let script = "mkdir -p /tmp/busy && cd /tmp/busy && \
            printf 'FROM dirt/base:stable\\nRUN : busy && sleep 31415\\n' >Dockerfile && \
            DOCKER_BUILDKIT=1 exec docker build --no-cache -q . >/dev/null 2>&1";
        let child = Command::new("docker")
            .args(["exec", &format!("fleet-lab-{host}"), "sh", "-c", script])
            .spawn()
            .unwrap();
        wait_for("the build to run", Duration::from_secs(60), || {
            inside(host, "pgrep -x -f 'sleep 31415'").status.success()
        });
        Self { host, child }
    }
}

impl Drop for Build<'_> {
    fn drop(&mut self) {
        // Its step fails, and the build with it.
        inside(self.host, "pkill -KILL -x -f 'sleep 31415'");
        let _ = self.child.wait();
        wait_for("the build to end", Duration::from_secs(60), || {
            !inside(self.host, "pgrep -x -f 'sleep 31415'").status.success()
        });
    }
}

/// A host that does something else until this is dropped.
struct Changed<'h>(&'h str, &'static str);

impl<'h> Changed<'h> {
    fn new(host: &'h str, change: &str, back: &'static str) -> Self {
        let output = inside(host, change);
        assert!(output.status.success(), "{host}: {}", String::from_utf8_lossy(&output.stderr));
        Self(host, back)
    }
}

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        inside(self.0, self.1);
    }
}

pub(super) fn clock_off(dirt: &Dirt, project: &Project) -> String {
    let date = "printf '#!/bin/sh\\nexec /bin/date -d \"1 hour\" \"$@\"\\n' >/usr/local/bin/date && \
                chmod +x /usr/local/bin/date";
    let _off = Changed::new(dirt.host, date, "rm /usr/local/bin/date");
    let aged = ["--aggressive", "--keep-tags", "0", "--anonymous-volumes"];
    let skip = ["--skip", "build-cache"];
    let wrong = check(dirt, project, "clock", &[&aged[..], &skip[..]].concat()).1;
    // With --aggressive no age counts for the build cache.
    let run = check(dirt, project, "clock", &["--only", "build-cache"]).0;
    let cache_only = Dirt {
        host: dirt.host,
        expected: dirt.expected.iter().filter(|e| e.phase == "build-cache").cloned().collect(),
        flags: Vec::new(),
    };
    let cache = cache_only.differences("clock", &run);
    let rest = wrong.lines().filter(|line| !line.contains(": build-cache: "));
    rest.fold(cache, |all, line| all + line + "\n")
}

pub(super) fn in_a_swarm(dirt: &Dirt, project: &Project) -> String {
    let _swarm = Changed::new(
        dirt.host,
        "docker swarm init --advertise-addr 127.0.0.1",
        "docker swarm leave --force; docker network rm docker_gwbridge",
    );
    let (run, mut wrong) = check(dirt, project, "swarm", STRONG);
    let ingress = decisions(&run, "networks").find(|d| d["names"][0] == "ingress");
    if ingress.is_none_or(|d| d["decision"] != "stay" || d["rule"] != "swarm") {
        let _ = writeln!(wrong, "CAUGHT on {}: plan swarm: networks: {ingress:?}", dirt.host);
    }
    wrong
}

pub(super) fn building(dirt: &Dirt, project: &Project) -> String {
    let _build = Build::begin(dirt.host);
    let run = check(dirt, project, "building", STRONG).0;
    let records: Vec<_> = decisions(&run, "build-cache").collect();
    let rules: BTreeSet<_> = records.iter().filter_map(|d| d["rule"].as_str()).collect();
    let all_stay = records.iter().all(|d| d["decision"] == "stay");
    if all_stay && rules == BTreeSet::from(["building", "in-use"]) {
        return String::new();
    }
    format!("CAUGHT on {}: plan building: build-cache: {rules:?}\n", dirt.host)
}

pub(super) fn decisions<'r>(run: &'r Value, phase: &str) -> impl Iterator<Item = &'r Value> {
    let all = run["hosts"][0]["decisions"].as_array().unwrap();
    all.iter().filter(move |d| d["phase"] == *phase)
}
