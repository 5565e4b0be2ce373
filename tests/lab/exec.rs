//! `fleet exec` on login shells of every kind, and what it leaves behind.

use super::support::{Ran, wait_for};
use super::terminal::OnTerminal;
use super::{project, says};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn shells_of_every_kind_run_the_command_and_nothing_else_is_believed() {
    let ran = project("")
        .run(&[
            "exec",
            "--hosts",
            "edge-fish,edge-csh,edge-noisy,edge-busy",
            "--",
            "echo only this; id -un",
        ])
        .code(0);
    for user in ["fish", "csh", "noisy", "busy"] {
        assert!(
            ran.stdout.contains(&format!("edge-{user}: only this\nedge-{user}: {user}\n"))
                || ran.stdout.contains(&format!("edge-{user}: {user}\n")),
            "{}",
            ran.stdout
        );
    }
    let lines = ran.stdout.lines().filter(|l| l.starts_with("edge-")).count();
    assert_eq!(lines, 8, "noise of a start-up file was passed on:\n{}", ran.stdout);
}

#[test]
fn a_shell_that_exits_is_never_ok() {
    project("")
        .run(&["exec", "--hosts", "edge-exit0,edge-nologin,edge-fish", "--", "true"])
        .code(3)
        .says(&["edge-exit0", "remote shell did not start our script", "edge-nologin"]);
}

#[test]
fn each_hosts_own_code_and_streams_come_through() {
    let project = project("");
    let ran = project
        .run(&[
            "exec",
            "--hosts",
            "edge-fish,edge-csh",
            "--",
            "echo out; echo err >&2; [ $(id -un) = fish ] || exit 7",
        ])
        .code(3);
    assert!(ran.stdout.contains("edge-fish: out\n") && ran.stdout.contains("edge-csh: out\n"));
    assert!(ran.stderr.contains("edge-fish: err\n") && !ran.stderr.contains(": out\n"));
    let json = project.run(&["report", "--format", "json"]).code(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let codes: Vec<_> =
        value["hosts"].as_array().unwrap().iter().map(|h| h["exit_status"].clone()).collect();
    assert_eq!(codes, [serde_json::json!(0), serde_json::json!(7)]);
}

#[test]
fn words_are_passed_as_they_are_and_a_line_is_a_line() {
    let project = project("");
    let ran = project
        .run(&["exec", "--hosts", "edge-fish", "--", "printf", "%s|", "a b", "$HOME", "it's"])
        .code(0);
    assert!(ran.stdout.starts_with("a b|$HOME|it's|"), "{}", ran.stdout);
    let ran = project.run(&["exec", "--hosts", "edge-fish", "--", "echo $((6 * 7))"]).code(0);
    assert!(ran.stdout.starts_with("42\n"));
}

#[test]
fn become_makes_root_and_its_refusal_is_told() {
    let project = project("");
    let ran = project.run(&["exec", "--become", "--hosts", "edge-fish", "--", "id -u"]).code(0);
    assert!(ran.stdout.starts_with("0\n"), "{}", ran.stdout);
    project
        .run(&["exec", "--become", "--hosts", "edge-pwsudo", "--", "id -u"])
        .code(6)
        .says(&["a password is required"]);
}

#[test]
fn a_hosts_bytes_never_steer_the_terminal() {
    let line = r"printf '\033]0;x\007\033[2J\342\200\256end\n'; printf '\377\376 raw\n' >&2";
    let project = project("");
    let ran = project.run(&["exec", "--hosts", "edge-noisy", "--", line]).code(0);
    assert!(ran.stdout.contains("\\u{1b}]0;x\\u{7}\\u{1b}[2J\\u{202e}end"), "{}", ran.stdout);
    assert!(ran.stderr.contains("\\xff\\xfe raw"), "{}", ran.stderr);
    for format in ["terminal", "md", "json"] {
        project.run(&["report", "--format", format]).code(0).never_says(&["\u{1b}", "\u{202e}"]);
    }
}

#[test]
fn large_output_of_many_hosts_is_whole() {
    let ran = project("").run(&["exec", "--hosts", "127.0.2.[1:20]", "--", "seq 1 200000"]).code(0);
    for host in 1..=20 {
        let prefix = format!("127.0.2.{host}: ");
        let numbers: Vec<u32> = ran
            .stdout
            .lines()
            .filter_map(|l| l.strip_prefix(&prefix))
            .map_while(|l| l.parse().ok())
            .collect();
        assert_eq!(numbers.len(), 200_000, "{prefix}");
        assert!(numbers.is_sorted());
    }
}

#[test]
fn a_hundred_hosts_and_a_dead_one_and_a_silent_one() {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = dead.local_addr().unwrap().port();
    drop(dead);
    let extra = format!("[hosts.dead]\naddress = \"127.0.0.1\"\nport = {port}\n");
    let project = project(&extra);
    let ran = project.run(&["exec", "--hosts", "mass,dead", "--", "true"]).code(4);
    let ran = ran.says(&["connection refused 127.0.0.1", "dead"]);
    assert!(ran.stderr.contains("100"), "the report folds the good ones:\n{}", ran.stderr);
    project
        .run(&["exec", "--hosts", "@unreachable", "--", "true"])
        .code(4)
        .never_says(&["127.0.2."]);
}

#[test]
fn a_canary_that_fails_keeps_the_rest_from_it() {
    project("")
        .run(&[
            "exec",
            "--hosts",
            "127.0.2.[1:4]",
            "--batch",
            "1,100%",
            "--max-fail",
            "0",
            "--",
            "false",
        ])
        .code(3)
        .says(&["1 failed", "3 skipped", "left alone after 1 failure"]);
}

#[test]
fn a_deadline_ends_the_command_and_its_children_on_the_host() {
    project("")
        .run(&[
            "exec",
            "--hosts",
            "edge-fish",
            "--timeout",
            "1s",
            "--",
            "(trap '' TERM HUP; setsid sleep 4711 & sleep 4712)",
        ])
        .code(3)
        .says(&["no end within 1.0 s"]);
    wait_for("the children to be gone", Duration::from_secs(10), || {
        says("edge", "ps -eo args | grep -c '^sleep 471[12]'") == "0"
    });
}

#[test]
fn a_killed_controller_leaves_nothing_running() {
    let project = project("");
    let mut child = project
        .command(&["exec", "--hosts", "edge-csh", "--", "sleep 4713"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = || says("edge", "ps -eo args | grep -c '^sleep 4713'");
    wait_for("the command to run", Duration::from_secs(20), || running() != "0");
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for("the command to be gone", Duration::from_secs(20), || running() == "0");
}

#[test]
fn a_frozen_controller_loses_its_command_within_a_bit_over_a_minute() {
    let project = project("");
    let mut child = project
        .command(&["exec", "--hosts", "edge-busy", "--", "sleep 4714"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = || says("edge", "ps -eo args | grep -c '^sleep 4714'");
    wait_for("the command to run", Duration::from_secs(20), || running() != "0");
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    wait_for("the command to be gone", Duration::from_secs(90), || running() == "0");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    child.wait().unwrap();
}

#[test]
fn an_interrupt_once_waits_and_twice_lets_go() {
    let project = project("");
    let mut child = project
        .command(&["exec", "--hosts", "edge-fish", "--", "sleep 4715"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let running = || says("edge", "ps -eo args | grep -c '^sleep 4715'");
    wait_for("the command to run", Duration::from_secs(20), || running() != "0");
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(running(), "1", "the first interrupt ends nothing");
    assert!(child.try_wait().unwrap().is_none());
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::of(&child.wait_with_output().unwrap());
    ran.code(130).says(&["stopping", "unknown"]);
    wait_for("the command to be gone", Duration::from_secs(10), || running() == "0");
}

#[test]
fn a_reader_that_goes_away_ends_nothing() {
    let project = project("");
    let mut child = project
        .command(&["exec", "--hosts", "127.0.2.[1:3]", "--", "seq 1 100000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let json = project.run(&["report", "--format", "json"]).code(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(value["hosts"].as_array().unwrap().iter().all(|h| h["output"]["bytes"] == 588_895));
}

#[test]
fn events_are_one_json_object_a_line() {
    let ran =
        project("").run(&["exec", "--hosts", "edge-fish", "--events", "--", "echo hi"]).code(0);
    let events: Vec<serde_json::Value> =
        ran.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(events[0]["what"]["event"], "run-started");
    assert_eq!(events.last().unwrap()["what"]["event"], "run-ended");
    assert!(events.iter().any(|e| e["what"]["line"] == "hi"));
    assert_eq!(ran.stderr, "");
}

#[test]
fn lines_that_go_to_a_file_leave_the_terminal_to_the_total() {
    let project = project("");
    let file = project.path().join("lines");
    let exec = ["exec", "--hosts", "edge-fish,edge-csh", "--", "echo out; echo err >&2"];
    let into = format!(" >{}", file.display());
    let (code, screen) = OnTerminal::start_into(&project.command(&exec), &into).end();
    assert_eq!(code, 0, "{screen}");
    for words in ["/2 hosts", "edge-fish: err", "edge-csh: err"] {
        assert!(screen.contains(words), "\"{words}\" is missing\n{screen}");
    }
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["edge-csh: out", "edge-fish: out"]);
    let (_, alone) = OnTerminal::start(&project.command(&exec)).end();
    assert!(!alone.contains("/2 hosts"), "{alone}");
}

#[test]
fn a_check_runs_nothing() {
    let project = project("");
    project
        .run(&["exec", "--check", "--hosts", "edge-fish", "--", "touch /tmp/fleet-check-4716"])
        .code(0);
    assert_eq!(says("edge", "ls /tmp/fleet-check-4716 2>&1 | grep -c 'No such'"), "1");
}
