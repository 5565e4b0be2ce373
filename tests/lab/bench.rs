//! Real builds on real engines: what is measured, and that nothing of it stays.

use super::support::{Project, Ran, wait_for};
use super::{engines, inside, project, says};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;

const HOSTS: [&str; 3] = ["bookworm", "trixie", "forky"];

const APP: &str = "[apps.tiny]\ntemplate = \"rails\"\nhosts = \"hetzner\"\npath = \"/srv/tiny\"\n";

/// A checkout of a small app on the three hosts, and an image to build on; both go with the test.
struct Tiny;

impl Tiny {
    fn with(dockerfile: &str) -> Self {
        let dockerfile = dockerfile.replace('\n', "\\n");
        let script = format!(
            "set -eu; work=$(mktemp -d); cd $work; mkdir -p bin
            cp /bin/busybox bin/; for tool in sh sleep chown echo cat printf true false; do ln -s busybox bin/$tool; done
            tar -c bin | docker import - tiny:base >/dev/null; rm -rf $work
            rm -rf /srv/tiny; mkdir -p /srv/tiny/lib; cd /srv/tiny
            printf '{dockerfile}' >Dockerfile; echo 'puts 1' >lib/tiny.rb
            chown -R deploy /srv/tiny 2>/dev/null || chown -R root /srv/tiny
            as='setpriv --reuid='$(stat -c %u /srv/tiny)' --clear-groups env HOME=/nonexistent'
            $as git -c init.defaultBranch=main init -q .; $as git add .
            $as git -c user.name=lab -c user.email=lab@example.org commit -qm one"
        );
        for host in HOSTS {
            let made = inside(host, &script);
            assert!(made.status.success(), "{host}: {}", String::from_utf8_lossy(&made.stderr));
        }
        Self
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        for host in HOSTS {
            inside(host, "docker rmi tiny:base; rm -rf /srv/tiny");
        }
    }
}

/// Everything on a host that a benchmark could leave behind.
fn there(host: &str) -> String {
    says(
        host,
        "docker images -a --no-trunc -q | sort -u
         docker ps -aq --no-trunc | sort
         docker system df -v 2>/dev/null | sed -n '/^CACHE ID/,$p' | awk '{ print $1 }' | sort
         ls -d /var/tmp/fleet-bench.* 2>/dev/null
         find /root/.docker/buildx/refs -type f 2>/dev/null | sort
         cd /srv/tiny && git -c safe.directory=/srv/tiny status --porcelain",
    )
}

/// What was there before is there, and nothing else.
#[track_caller]
fn nothing_stays(before: &[String]) {
    for (host, before) in HOSTS.into_iter().zip(before) {
        compare(host, before);
    }
}

#[track_caller]
fn compare(host: &str, before: &str) {
    let after = there(host);
    let only = |one: &str, other: &str| {
        let other: Vec<&str> = other.lines().collect();
        one.lines().filter(|line| !other.contains(line)).collect::<Vec<_>>().join("\n")
    };
    let (gone, new) = (only(before, &after), only(&after, before));
    assert!(gone.is_empty() && new.is_empty(), "{host}\ngone:\n{gone}\nnew:\n{new}");
}

fn everywhere() -> Vec<String> {
    HOSTS.into_iter().map(there).collect()
}

/// The builds that a run told of, with their hosts.
fn builds(ran: &Ran) -> Vec<(String, Value)> {
    let events = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let built = events.filter(|event| event["what"]["event"] == "built");
    built
        .map(|event| (event["host"].as_str().unwrap().to_owned(), event["what"]["build"].clone()))
        .collect()
}

fn bench(project: &Project, more: &[&str]) -> Ran {
    project.run(&[&["bench", "--apps", "tiny", "--events"], more].concat())
}

#[test]
fn every_builder_is_measured_step_by_step_and_nothing_stays() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base AS base\nCOPY . /app\nRUN chown -R 1000 /app\n");
    let project = project(APP);
    let before = everywhere();
    let all = ["--scenario", "cold,warm,edit", "--runs", "2", "--label", "first"];
    let ran = bench(&project, &all).code(0);
    nothing_stays(&before);
    let builds = builds(&ran);
    for (host, log) in [("bookworm", "legacy"), ("trixie", "rawjson"), ("forky", "rawjson")] {
        let own: Vec<&Value> =
            builds.iter().filter(|(of, _)| of == host).map(|(_, build)| build).collect();
        let order: Vec<_> = own
            .iter()
            .map(|b| format!("{} {}", b["scenario"].as_str().unwrap(), b["round"]))
            .collect();
        assert_eq!(order, ["cold 1", "warm 1", "edit 1", "cold 2", "warm 2", "edit 2"], "{host}");
        for build in &own {
            check(host, log, build);
        }
    }
    let log = project.run(&["history", "show", "--log", "trixie: tiny repo cold 2"]).code(0);
    assert!(log.stdout.contains("chown -R 1000 /app"), "{}", log.stdout);
    project.run(&["report"]).code(0).says(&["tiny", "cold"]);
}

#[test]
fn two_dockerfiles_in_turns_are_two_sides_of_a_comparison() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\nCOPY . /app\nRUN sleep 1\n");
    let project = project(APP);
    std::fs::write(project.path().join("quick.Dockerfile"), "FROM tiny:base\nCOPY . /app\n")
        .unwrap();
    let turns = ["--hosts", "trixie", "--runs", "4", "--interleave", "repo,quick.Dockerfile"];
    let ran = bench(&project, &turns).code(0);
    let order: Vec<_> = builds(&ran).iter().map(|(_, b)| b["dockerfile"].to_string()).collect();
    let (own, quick) = ("\"repo\"", "\"quick.Dockerfile\"");
    assert_eq!(order, [own, quick, quick, own].repeat(2), "each second round the other way round");
    let sides = ["--before", "last:repo", "--after", "last:quick.Dockerfile"];
    project.run(&[&["report"], &sides[..]].concat()).code(0).says(&[
        "trixie",
        "faster",
        "1 of 1 host faster",
    ]);
    project.run(&["report", "--before", "last", "--after", "last"]).code(2).says(&["both sides"]);
    let wrong = ["report", "--before", "last:rails", "--after", "last:repo"];
    project.run(&wrong).code(2).says(&["built no `rails`", "it built quick.Dockerfile, repo"]);
}

#[test]
fn the_lint_says_what_lines_took_and_weigh() {
    let _turn = engines();
    let dockerfile = "FROM tiny:base\nCOPY . /app\nRUN chown -R 1000 /app\n";
    let _tiny = Tiny::with(dockerfile);
    let project = project(APP);
    std::fs::write(project.path().join("Dockerfile"), dockerfile).unwrap();
    let lint = |more: &[&str]| project.run(&[&["lint", "Dockerfile"], more].concat()).code(1);
    lint(&[]).never_says(&["in the image"]);
    bench(&project, &["--hosts", "trixie", "--runs", "1"]).code(0);
    lint(&[]).says(&["ms", "in the image"]);
    assert!(inside("trixie", "cd /srv/tiny && docker build -qt tiny:app .").status.success());
    let ran = lint(&["--image", "tiny:app", "--host", "trixie"]);
    let missing = ["lint", "Dockerfile", "--image", "tiny:none", "--host", "trixie"];
    let missing = project.run(&missing);
    inside("trixie", "docker rmi tiny:app");
    ran.says(&["in the image"]);
    missing.code(3).says(&["trixie", "it has no image tiny:none"]);
}

fn check(host: &str, log: &str, build: &Value) {
    assert_eq!(build["conditions"]["log"], log, "{host}");
    assert_eq!(build["end"]["end"], "built", "{host}");
    assert!(build["image"]["bytes"].as_u64().unwrap() > 0, "{host}: {build:#}");
    let steps = build["steps"].as_array().unwrap();
    let step = |text: &str| {
        let named = |step: &&Value| step["name"].as_str().unwrap().contains(text);
        steps.iter().find(named).unwrap_or_else(|| panic!("{host}: no {text}: {build:#}"))
    };
    let (copy, chown) = (step("COPY"), step("chown"));
    assert_eq!((&copy["line"], &chown["line"]), (&2.into(), &3.into()), "{host}");
    assert_eq!((&copy["ownership"], &chown["ownership"]), (&false.into(), &true.into()), "{host}");
    let expected = match build["scenario"].as_str().unwrap() {
        "warm" => "cached",
        _ => "ran",
    };
    assert_eq!(chown["result"]["result"], expected, "{host}: {build:#}");
    assert!(!build["samples"].as_array().unwrap().is_empty(), "{host}: {build:#}");
    let wall = build["wall_milliseconds"].as_u64().unwrap();
    let last = steps.iter().flat_map(|s| s["intervals"].as_array().unwrap());
    let last = last.filter_map(|i| i["end"].as_u64()).max().unwrap();
    assert!(last <= wall + 1_000, "{host}: a step ended after the build: {last} {wall}");
}

#[test]
fn a_build_that_fails_is_its_hosts_failure_alone_and_leaves_nothing() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\nCOPY . /app\nRUN echo on its way; [ ! -e /app/bad ]\n");
    let bad = "cd /srv/tiny && touch bad && git -c safe.directory=/srv/tiny add bad && \
         git -c safe.directory=/srv/tiny -c user.name=lab -c user.email=lab@example.org commit -qm bad";
    assert!(inside("trixie", bad).status.success());
    assert!(inside("bookworm", bad).status.success());
    let project = project(APP);
    let before = everywhere();
    let ran = bench(&project, &["--runs", "1"]).code(3);
    nothing_stays(&before);
    for (host, build) in builds(&ran) {
        let end = build["end"]["end"].as_str().unwrap().to_owned();
        assert_eq!(end, if host == "forky" { "built" } else { "failed" }, "{host}");
    }
    let report = project.run(&["report"]).code(0);
    report.says(&["tiny repo cold 1 failed at", "RUN echo on its way"]);
}

#[test]
fn what_cannot_be_built_is_refused_before_anything_is_done() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\n");
    assert!(inside("trixie", "rm -rf /srv/tiny/.git").status.success());
    assert!(inside("forky", "mv /srv/tiny /srv/moved").status.success());
    let project = project(APP);
    let ran = bench(&project, &["--runs", "1"]);
    inside("forky", "rm -rf /srv/moved");
    let ran = ran.code(6);
    let ended: Vec<_> = builds(&ran).into_iter().map(|(host, _)| host).collect();
    assert_eq!(ended, ["bookworm"], "the others go on");
    project
        .run(&["report"])
        .code(0)
        .says(&["/srv/tiny is not a git checkout", "no checkout at /srv/tiny"]);
}

#[test]
fn an_interrupt_ends_the_build_and_clears_up() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\nCOPY . /app\nRUN sleep 4723\n");
    let project = project(APP);
    for host in HOSTS {
        let before = there(host);
        let child = project
            .command(&["bench", "--apps", "tiny", "--hosts", host, "--runs", "1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let sleeping = || says(host, "ps -eo args= | grep -c '^sleep 4723'") != "0";
        wait_for("the build's step", Duration::from_secs(60), sleeping);
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let ran = Ran::of(&child.wait_with_output().unwrap());
        let ran = ran.code(130);
        assert!(!sleeping(), "{host}: the step goes on");
        compare(host, &before);
        assert!(
            ran.stderr.contains("interrupted") || ran.stdout.contains("interrupted"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_lost_connection_leads_back_to_the_host_and_clears_up() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\nCOPY . /app\nRUN sleep 4727\n");
    let project = project(APP);
    let before = there("trixie");
    let child = project
        .command(&["bench", "--apps", "tiny", "--hosts", "trixie", "--runs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sleeping = || says("trixie", "ps -eo args= | grep -c '^sleep 4727'") != "0";
    wait_for("the build's step", Duration::from_secs(60), sleeping);
    inside("trixie", "pkill -KILL -u deploy sshd");
    let ran = Ran::of(&child.wait_with_output().unwrap()).code(3);
    assert!(!sleeping(), "the step goes on: {ran:?}");
    let folder = || says("trixie", "ls -d /var/tmp/fleet-bench.* 2>/dev/null").is_empty();
    wait_for("the folder to go", Duration::from_secs(90), folder);
    compare("trixie", &before);
}

#[test]
fn a_killed_controller_leaves_no_build_no_folder_and_no_tag() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\nCOPY . /app\nRUN [ -e /tiny ] || sleep 4725\n");
    let project = project(APP);
    let mut child = project
        .command(&["bench", "--apps", "tiny", "--hosts", "trixie", "--runs", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let sleeping = || says("trixie", "ps -eo args= | grep -c '^sleep 4725'") != "0";
    wait_for("the build's step", Duration::from_secs(60), sleeping);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for("the build to end", Duration::from_secs(90), || !sleeping());
    let left = "ls -d /var/tmp/fleet-bench.* 2>/dev/null; docker images -q 'fleet-bench/*'";
    let gone = || says("trixie", left).is_empty();
    wait_for("the folder to go", Duration::from_secs(90), gone);
}

#[test]
fn what_a_builder_remembers_is_a_baseline_without_a_build() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\nCOPY . /app\nRUN echo remembered\n");
    assert!(
        inside("forky", "cd /srv/tiny && docker build -t tiny:past . && docker rmi tiny:past")
            .status
            .success()
    );
    let project = project(APP);
    let before = everywhere();
    let past = ["--from-history", "--accept-crash"];
    let ran = bench(&project, &past).code(0);
    nothing_stays(&before);
    let builds = builds(&ran);
    assert!(!builds.is_empty() && builds.iter().all(|(host, _)| host == "forky"), "{builds:?}");
    let (_, last) = builds.last().unwrap();
    assert_eq!(last["scenario"], "past");
    let steps = last["steps"].as_array().unwrap();
    assert!(steps.iter().any(|s| s["name"].as_str().unwrap().contains("echo remembered")));
    project.run(&["report"]).code(0).says(&["keeps no history that can be read"]);
    project
        .run(&["bench", "--apps", "tiny", "--from-history"])
        .code(0)
        .says(&["can crash when its builds are listed"]);
}

#[test]
fn a_limit_that_is_exceeded_has_an_exit_code_of_its_own() {
    let _turn = engines();
    let _tiny = Tiny::with("FROM tiny:base\nRUN sleep 2\n");
    let project = project(APP);
    let base = ["--hosts", "trixie", "--runs", "1", "--fail-over"];
    bench(&project, &[&base[..], &["10m"]].concat()).code(0);
    bench(&project, &[&base[..], &["1s"]].concat()).code(8);
}
