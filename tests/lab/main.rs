//! The real binary against the lab's real servers. `make lab-up` brings them up.

#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "../support/matrix.rs"]
mod matrix;
#[path = "../support/mod.rs"]
mod support;

mod bench;
mod builds;
mod cleanup;
mod exec;
mod faulty;
mod files;
mod identity;
mod keys;
mod lint;
mod plans;
mod protections;
mod reach;
mod strangers;
mod sweeps;
mod template;
mod terminal;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use support::{Project, repository};

/// The folder with the lab's keys and what is known of its hosts.
fn state() -> PathBuf {
    let state = repository("tests/lab/.state");
    assert!(
        state.join("known_hosts").exists(),
        "the lab is not up: run `make lab-up` (or `make lab-test`, which does)"
    );
    state
}

/// A project with the lab's hosts and its keys, and a history of its own. `extra` is more
/// inventory.
fn project(extra: &str) -> Project {
    let state = state();
    let hosts = fs::read_to_string(repository("tests/lab/inventory/hosts.toml")).unwrap();
    let project = Project::new(&hosts);
    std::os::unix::fs::symlink(&state, project.path().join(".state")).unwrap();
    if !extra.is_empty() {
        fs::write(project.path().join("inventory/more.toml"), extra).unwrap();
    }
    project
}

/// Runs a program inside a lab host, past SSH.
fn inside(host: &str, script: &str) -> Output {
    Command::new("docker")
        .args(["exec", &format!("fleet-lab-{host}"), "sh", "-c", script])
        .output()
        .unwrap()
}

fn says(host: &str, script: &str) -> String {
    String::from_utf8_lossy(&inside(host, script).stdout).trim().to_owned()
}

/// Tests that change the engines of the three hosts, or need them unchanged, take turns.
fn engines() -> MutexGuard<'static, ()> {
    static ENGINES: Mutex<()> = Mutex::new(());
    ENGINES.lock().unwrap_or_else(PoisonError::into_inner)
}
