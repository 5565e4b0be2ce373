//! `fleet cleanup` on three real engines.

use super::support::{repository, wait_for};
use super::{engines, inside, project, says};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

const HOSTS: [&str; 3] = ["bookworm", "trixie", "forky"];

pub(super) fn lab(args: &[&str]) {
    let output = Command::new(repository("tests/lab/lab")).args(args).output().unwrap();
    assert!(
        output.status.success(),
        "lab {args:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn images(host: &str) -> BTreeSet<String> {
    says(host, "docker images -aq --no-trunc").lines().map(str::to_owned).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The images that a plan takes.
fn going(host: &Value) -> BTreeSet<String> {
    let decisions = host["decisions"].as_array().unwrap().iter();
    decisions
        .filter(|d| d["decision"] == "go" && d["kind"] == "image")
        .map(|d| d["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn dangling_images_go_everything_else_stays_and_a_second_run_finds_nothing() {
    let _turn = engines();
    lab(&["dirt"]);
    let project = project("");
    let before: Vec<_> = HOSTS.iter().map(|h| images(h)).collect();

    let checked = project.run(&["cleanup", "--hosts", "hetzner", "--check", "--json"]).code(0);
    let plan = json(&checked.stdout);
    for (host, before) in plan["hosts"].as_array().unwrap().iter().zip(&before) {
        let listed: BTreeSet<_> = host["decisions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|d| d["kind"] == "image")
            .inspect(|d| {
                // Engines do not count what an intermediate image alone holds.
                let counted = d["bytes"].is_u64() || d["rule"] == "parent" || d["decision"] == "go";
                assert!(d["id"].is_string() && counted, "{d}");
                assert_ne!(d["age_seconds"].is_u64(), d["created"].is_null(), "{d}");
                assert!(d["reason"].is_string() && d["rule"].is_string(), "{d}");
            })
            .map(|d| d["id"].as_str().unwrap().to_owned())
            .collect();
        assert!(before.is_subset(&listed), "{}: not every image was looked at", host["host"]);
        assert!(!going(host).is_empty(), "{}: nothing to do", host["host"]);
    }
    let unchanged: Vec<_> = HOSTS.iter().map(|h| images(h)).collect();
    assert_eq!(before, unchanged, "a check changed something");

    let done = project.run(&["cleanup", "--hosts", "hetzner", "--yes", "--json"]).code(0);
    let run = json(&done.stdout);
    for (n, host) in run["hosts"].as_array().unwrap().iter().enumerate() {
        assert_eq!(host["outcome"], "changed");
        assert_eq!(going(host), going(&plan["hosts"][n]), "the plan of a moment ago");
        let gone: BTreeSet<_> = before[n].difference(&images(HOSTS[n])).cloned().collect();
        assert_eq!(gone, going(host), "{}: exactly the plan is gone", HOSTS[n]);
    }
    lab(&["survivors", "--after"]);

    let again = project.run(&["cleanup", "--hosts", "hetzner", "--yes"]).code(0);
    again.says(&["nothing to remove"]);
    project.run(&["report", "last~1"]).code(0).says(&["reclaimed"]);
}

#[test]
fn keep_and_the_choice_of_phases_are_honoured() {
    let _turn = engines();
    lab(&["dirt", "trixie"]);
    let project = project("");
    let count = |args: &[&str]| {
        let mut all = vec!["cleanup", "--hosts", "trixie", "--check", "--json"];
        all.extend(args);
        going(&json(&project.run(&all).code(0).stdout)["hosts"][0]).len()
    };
    let default = count(&[]);
    assert!(default > 0);
    assert!(count(&["--keep", "0"]) > default, "fresh images go with --keep 0");
    assert_eq!(count(&["--keep", "9999d"]), 0);
    assert_eq!(count(&["--skip", "dangling-images"]), 0);
    assert_eq!(count(&["--only", "measure,report"]), 0);
}

#[test]
fn two_controllers_never_work_on_one_host_and_a_killed_one_lets_go() {
    let _turn = engines();
    lab(&["dirt", "bookworm"]);
    let first = project("");
    let second = project("");
    let mut child = first
        .command(&["cleanup", "--hosts", "bookworm", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let held = || says("bookworm", "cat /run/fleet/lock 2>/dev/null").contains("run ");
    wait_for("the lock to be taken", Duration::from_secs(30), held);
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    // It may have let go between the look and the stop; then it has ended its work.
    let still = inside("bookworm", "flock -n /run/fleet/lock true").status.code() == Some(1);
    if still {
        // The first may have been through with its images; the second must have work.
        lab(&["dirt", "bookworm"]);
        second.run(&["cleanup", "--hosts", "bookworm", "--yes"]).code(6).says(&[
            "locked: run ",
            "by tester@",
            "--wait",
        ]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for("the host to be free again", Duration::from_secs(60), || {
        inside("bookworm", "flock -n /run/fleet/lock true").status.success()
    });
    assert!(still, "the cleanup was over before it could be stopped: make more dirt");

    // Whatever is gone was intended, and the rest can still be done.
    let cut = json(&first.run(&["report", "--format", "json"]).code(0).stdout);
    assert_eq!(cut["exit_code"], Value::Null);
    let intended: BTreeSet<_> = cut["hosts"][0]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["id"].as_str().unwrap().to_owned())
        .collect();
    let planned = going(&cut["hosts"][0]);
    let left = images("bookworm");
    for id in planned.iter().filter(|id| !left.contains(*id)) {
        assert!(intended.contains(id), "{id} is gone and was never intended");
    }
    second.run(&["cleanup", "--hosts", "bookworm", "--yes"]).code(0);
    lab(&["survivors", "bookworm"]);
}

#[test]
fn a_connection_that_is_cut_is_made_again_and_what_was_open_is_settled() {
    let _turn = engines();
    lab(&["dirt", "bookworm"]);
    let before = images("bookworm");
    let project = project("");
    let mut child = project
        .command(&["cleanup", "--hosts", "bookworm", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the lock to be taken", Duration::from_secs(30), || {
        says("bookworm", "cat /run/fleet/lock 2>/dev/null").contains("run ")
    });
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    inside("bookworm", "pkill -KILL -u deploy sshd");
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 3)), "{code:?}");
    let run = json(&project.run(&["report", "--format", "json"]).code(0).stdout);
    let actions = run["hosts"][0]["actions"].as_array().unwrap();
    assert!(
        actions.iter().all(|a| a["result"].is_string() && a["result"] != "unknown"),
        "{actions:?}"
    );
    let done: BTreeSet<_> = actions
        .iter()
        .filter(|a| a["result"] == "done" && a["kind"] == "image")
        .map(|a| a["id"].as_str().unwrap().to_owned())
        .collect();
    let gone: BTreeSet<_> = before.difference(&images("bookworm")).cloned().collect();
    assert_eq!(gone, done, "what is gone is what the history says");
    project.run(&["cleanup", "--hosts", "bookworm", "--yes"]).code(0);
    lab(&["survivors", "--after", "bookworm"]);
}

#[test]
fn a_busy_lock_is_waited_for() {
    let _turn = engines();
    lab(&["dirt", "forky"]);
    let mut holder = Command::new("docker")
        .args(["exec", "fleet-lab-forky", "sh", "-c"])
        .arg("mkdir -p -m 0700 /run/fleet; exec flock /run/fleet/lock sleep 6")
        .spawn()
        .unwrap();
    wait_for("the lock to be held", Duration::from_secs(10), || {
        inside("forky", "flock -n /run/fleet/lock true").status.code() == Some(1)
    });
    let project = project("");
    project.run(&["cleanup", "--hosts", "forky", "--yes"]).code(6).says(&["locked"]);
    project.run(&["cleanup", "--hosts", "forky", "--yes", "--wait", "60s"]).code(0);
    holder.wait().unwrap();
}

#[test]
fn a_dead_host_does_not_keep_the_others_from_being_cleaned() {
    let _turn = engines();
    lab(&["dirt", "trixie", "forky"]);
    let project =
        project("[hosts.dead]\naddress = \"127.0.0.1\"\nport = 1\ngroups = [\"hetzner\"]\n");
    let ran = project.run(&["cleanup", "--hosts", "hetzner:!bookworm", "--yes"]).code(4).says(&[
        "dead",
        "connection refused",
        "reclaimed",
    ]);
    assert!(ran.stdout.contains("trixie") && ran.stdout.contains("forky"));
    lab(&["survivors", "--after", "trixie", "forky"]);
}

#[test]
fn another_machine_under_the_same_name_is_not_touched_before_it_is_known() {
    let _turn = engines();
    let project = project("");
    project.run(&["ping", "--hosts", "forky"]).code(0);
    let swap = "cp /etc/machine-id /tmp/machine-id && echo 0123456789abcdef0123456789abcdef >/etc/machine-id";
    assert!(inside("forky", swap).status.success());
    let first = project.run(&["cleanup", "--hosts", "forky", "--yes"]);
    let second = project.run(&["cleanup", "--hosts", "forky", "--check"]);
    let ping = project.run(&["ping", "--hosts", "forky"]);
    let third = project.run(&["cleanup", "--hosts", "forky", "--check"]);
    assert!(inside("forky", "cat /tmp/machine-id >/etc/machine-id").status.success());
    first.code(6).says(&["another machine than last time", "fleet ping forky"]);
    second.code(6);
    ping.code(0);
    third.code(0);
}

#[test]
fn root_is_needed_before_anything_is_planned() {
    project("")
        .run(&["cleanup", "--hosts", "edge-nosudo,edge-nodocker", "--yes"])
        .code(6)
        .says(&["cannot become root", "docker not found"]);
}
