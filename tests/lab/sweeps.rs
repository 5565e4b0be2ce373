//! Crashes at every write of the journal and cuts all along a cleanup: whatever happens,
//! nothing goes that was not planned, nothing that is gone was not intended, and `resume`
//! ends where an uninterrupted run ends.
//!
//! `FLEET_LONG` takes every place; without it the places are spread evenly.

use super::faulty::{Fault, Way};
use super::support::{Project, Ran};
use super::{engines, inside, project, says};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

const HOST: &str = "trixie";
const ADDRESS: &str = "127.0.0.12:2222";

/// Objects of every kind: what a cleanup takes, and beside each what it must leave.
const DIRT: &str = r"set -e
exec 2>&1
mkdir -p /tmp/sweep/root/bin
docker image inspect sweep/base:1 >/dev/null 2>&1 || {
  cp /bin/busybox /tmp/sweep/root/bin/
  tar -C /tmp/sweep/root -c . | docker import - sweep/base:1 >/dev/null
}
for n in 1 2 3; do
  docker create --label sweep sweep/base:1 true >/dev/null
  head -c 100 /dev/urandom >/tmp/sweep/noise
  tar -C /tmp/sweep -c noise | docker import - >/dev/null
done
for n in 1 2; do
  docker network inspect sweep-$n >/dev/null 2>&1 || docker network create --subnet 10.99.$n.0/29 sweep-$n >/dev/null
done
mkdir -p /tmp/sweep/context && cp /tmp/sweep/noise /tmp/sweep/context/
printf 'FROM sweep/base:1\nCOPY noise /a\nCOPY noise /b\n' >/tmp/sweep/context/Dockerfile
docker build -q -t sweep/built:1 /tmp/sweep/context >/dev/null
docker volume create sweep-data >/dev/null
docker inspect sweep-keeper >/dev/null 2>&1 || docker create --name sweep-keeper --label fleet.keep sweep/base:1 true >/dev/null
docker inspect sweep-runs >/dev/null 2>&1 || docker run -d --name sweep-runs --restart no sweep/base:1 busybox sleep 1000000 >/dev/null
docker start sweep-runs >/dev/null
echo made";

/// What is there, one object in a line.
const STATE: &str = r#"
docker ps -a --no-trunc --format 'container {{.ID}}'
docker images -a --no-trunc --format 'image {{.ID}}' | sort -u
docker network ls --no-trunc --format 'network {{.ID}}'
docker volume ls --format 'volume {{.Name}}'
docker builder du 2>/dev/null | awk '$2 == "true" || $2 == "false" { print "cache-record " $1 }' | tr -d '*'"#;

const CLEANUP: [&str; 10] = [
    "cleanup",
    "--hosts",
    HOST,
    "--yes",
    "--keep",
    "0",
    "--keep-cache",
    "0",
    "--stop",
    "sweep-runs",
];

fn dirt() {
    let made = inside(HOST, DIRT);
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success() && said.ends_with("made\n"), "no dirt: {said}");
}

/// Each round builds the tagged image anew, so that its name stands for it.
fn state() -> BTreeSet<String> {
    let built = says(HOST, "docker image inspect -f '{{.Id}}' sweep/built:1");
    says(HOST, STATE).lines().map(|line| line.replace(&built, "sweep/built:1")).collect()
}

fn runs() -> bool {
    says(HOST, "docker inspect -f '{{.State.Running}}' sweep-runs") == "true"
}

/// What stays after a whole cleanup, which is what every interrupted one must come to.
fn undisturbed() -> BTreeSet<String> {
    dirt();
    project("").run(&CLEANUP).code(0);
    assert!(runs(), "what was stopped runs again");
    state()
}

fn newest(project: &Project) -> Value {
    let report = project.run(&["report", "--format", "json"]).code(0);
    serde_json::from_str(&report.stdout).unwrap()
}

fn ids(list: &Value, of: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let all = list.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .filter(|item| of(item))
        .map(|item| format!("{} {}", item["kind"].as_str().unwrap(), item["id"].as_str().unwrap()))
        .collect()
}

/// No object outside the plan is ever missing; every missing planned object has an intent.
fn invariant(project: &Project, before: &BTreeSet<String>, at: &str) {
    let run = newest(project);
    let host = &run["hosts"][0];
    let planned = ids(&host["decisions"], |d| d["decision"] == "go");
    let intended = ids(&host["actions"], |_| true);
    for gone in before.difference(&state()) {
        assert!(planned.contains(gone), "{at}: {gone} is gone and was never planned");
        assert!(intended.contains(gone), "{at}: {gone} is gone and was never intended");
    }
}

fn long() -> bool {
    std::env::var_os("FLEET_LONG").is_some()
}

/// Finishes an interrupted run: by its name, or, where its plan was never approved, anew.
fn finish(project: &Project, run: &str, at: &str) {
    let ran = project.run(&["resume", run, "--yes"]);
    let unapproved = ran.code == 2 && ran.stderr.contains("before its plan was approved");
    let ran: Ran = if unapproved { project.run(&CLEANUP) } else { ran };
    assert_eq!(ran.code, 0, "{at}\n{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn a_crash_at_any_write_of_the_journal_is_finished_by_resume() {
    let _turn = engines();
    let want = undisturbed();
    let step = if long() { 1 } else { 5 };
    let mut places = 0;
    for n in (1..).step_by(step) {
        dirt();
        let before = state();
        let project = project("");
        let ran = project.command(&CLEANUP).env("FLEET_CRASH_AT", n.to_string()).output().unwrap();
        let at = format!("crash at place {n}");
        if ran.status.success() {
            break;
        }
        places += 1;
        invariant(&project, &before, &at);
        let run = newest(&project);
        let run = run["run"].as_str().unwrap();
        project.run(&["ping", HOST]).code(0).says(&["was interrupted", "fleet resume"]);
        finish(&project, run, &at);
        assert_eq!(state(), want, "{at}");
        assert!(runs(), "{at}: what was stopped runs again");
        project.run(&["resume", "last", "--yes"]).code(0).says(&["nothing left to do"]);
    }
    println!("{places} crashes");
    assert!(places >= 6, "only {places} places: the sweep has lost its meaning");
}

#[test]
fn a_cut_anywhere_loses_nothing_and_is_told() {
    let _turn = engines();
    let want = undisturbed();
    let through = |way: &Way| project(&way.host("through", "deploy"));
    let cleanup: Vec<&str> =
        CLEANUP.iter().map(|word| if *word == HOST { "through" } else { word }).collect();
    let cleanup = [&cleanup[..], &["--accept-new"]].concat();
    dirt();
    let way = Way::to(ADDRESS, None);
    through(&way).run(&cleanup).code(0);
    let bytes = way.sent.load(Ordering::SeqCst);
    let step = if long() { 64 } else { bytes / 9 };
    let mut told = 0;
    for after in (step..bytes).step_by(usize::try_from(step).unwrap()) {
        dirt();
        let before = state();
        let way = Way::to(ADDRESS, Some(Fault::CutUp(after)));
        let project = through(&way);
        let ran = project.run(&cleanup);
        let at = format!("cut after {after} of {bytes} bytes: exit {}\n{}", ran.code, ran.stderr);
        assert!(matches!(ran.code, 0 | 3 | 4 | 5), "{at}");
        invariant(&project, &before, &at);
        if ran.code != 0 {
            told += 1;
            let again = project.run(&cleanup);
            assert_eq!(again.code, 0, "{at}\n{}", again.stderr);
        }
        assert_eq!(state(), want, "{at}");
        assert!(runs(), "{at}\nwhat was stopped runs again");
    }
    println!("{} cuts, {told} of them told as a failure", bytes / step);
}
