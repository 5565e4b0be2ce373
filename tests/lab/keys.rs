//! Ways to log in: a locked key, an agent, and the jump hosts of an `ssh_config`.

use super::support::{Project, repository, wait_for};
use super::terminal::OnTerminal;
use super::{project, state};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PASSPHRASE: &str = "lab-passphrase";
const KEY: &str = "identity_file = \".state/id_ed25519\"\n";
const THREE: [&str; 5] = ["exec", "--hosts", "edge-fish,edge-csh,edge-busy", "--", "id -un"];

/// The lab's hosts with another line in the place of the one that names the key.
fn with_key(line: &str) -> Project {
    let hosts = fs::read_to_string(repository("tests/lab/inventory/hosts.toml")).unwrap();
    assert_eq!(hosts.matches(KEY).count(), 1);
    let project = project("");
    fs::write(project.path().join("inventory/hosts.toml"), hosts.replace(KEY, line)).unwrap();
    project
}

fn with_locked_key() -> Project {
    with_key("identity_file = \".state/id_encrypted\"\n")
}

#[test]
fn a_locked_key_is_unlocked_once_for_three_hosts() {
    let project = with_locked_key();
    let mut fleet = OnTerminal::start(&project.command(&THREE));
    fleet.answer("passphrase of ", PASSPHRASE);
    let (code, screen) = fleet.end();
    assert_eq!(code, 0, "{screen}");
    for user in ["fish", "csh", "busy"] {
        assert!(screen.contains(&format!("edge-{user}: {user}\r\n")), "{screen}");
    }
    assert_eq!(screen.matches("passphrase of ").count(), 1, "{screen}");
    assert!(!screen.contains(PASSPHRASE), "the passphrase was echoed:\n{screen}");
}

#[test]
fn a_wrong_passphrase_is_told_before_a_host_is_contacted() {
    let project = with_locked_key();
    let mut fleet = OnTerminal::start(&project.command(&THREE));
    fleet.answer("passphrase of ", "something else");
    let (code, screen) = fleet.end();
    assert_eq!(code, 2, "{screen}");
    assert!(screen.contains("the passphrase is wrong"), "{screen}");
    project.run(&["history"]).never_says(&["exec"]);
}

#[test]
fn a_locked_key_never_waits_where_nobody_can_be_asked() {
    with_locked_key().run(&THREE).code(2).says(&["nobody can be asked", "ssh-add"]);
}

/// An agent that ends with the test.
struct Agent {
    process: Child,
    folder: tempfile::TempDir,
}

impl Agent {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(folder.path().join("agent"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let agent = Self { process, folder };
        wait_for("the agent's socket", Duration::from_secs(10), || agent.socket().exists());
        agent
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    fn add(&self, key: &Path) {
        let asked = self.folder.path().join("ask");
        fs::write(&asked, format!("#!/bin/sh\necho {PASSPHRASE}\n")).unwrap();
        fs::set_permissions(&asked, fs::Permissions::from_mode(0o700)).unwrap();
        let added = Command::new("ssh-add")
            .arg(key)
            .env("SSH_AUTH_SOCK", self.socket())
            .env("SSH_ASKPASS", asked)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .output()
            .unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }

    fn run(&self, project: &Project, args: &[&str]) -> super::support::Ran {
        let mut command = project.command(args);
        super::support::Ran::of(&command.env("SSH_AUTH_SOCK", self.socket()).output().unwrap())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_key_of_the_agent_logs_in() {
    let (agent, project) = (Agent::start(), with_key(""));
    agent.run(&project, &THREE).code(4).says(&["no key to offer for fish"]);
    agent.add(&state().join("id_ed25519"));
    let ran = agent.run(&project, &THREE).code(0);
    assert_eq!(ran.stdout.lines().count(), 3, "{}", ran.stdout);
    project.run(&THREE).code(4).says(&["no key to offer for fish"]);
}

#[test]
fn a_locked_key_that_the_agent_holds_is_left_to_it() {
    let agent = Agent::start();
    agent.add(&state().join("id_encrypted"));
    agent.run(&with_locked_key(), &THREE).code(0);
}

/// A project whose one host is reached by the user's `ssh_config` alone. `known` is the
/// file of host keys for the jump host.
fn behind_a_jump(known: &Path) -> Project {
    let project = Project::new("[hosts.behind]\n");
    let state = state();
    let config = format!(
        "Host jump\n  HostName 127.0.0.14\n  Port 2222\n  User jump\n  UserKnownHostsFile {}\n\
         Host behind\n  HostName 10.111.213.15\n  User deploy\n  ProxyJump jump\n\
         Host *\n  IdentityFile {}\n  UserKnownHostsFile {}\n",
        known.display(),
        state.join("id_ed25519").display(),
        state.join("known_hosts").display(),
    );
    fs::create_dir(project.path().join(".ssh")).unwrap();
    fs::write(project.path().join(".ssh/config"), config).unwrap();
    project
}

#[test]
fn the_jump_hosts_of_an_ssh_config_are_used_and_checked() {
    let line = "uname -n; echo \"from ${SSH_CONNECTION%% *}\"";
    let exec = ["exec", "--hosts", "behind", "--", line];
    let ran = behind_a_jump(&state().join("known_hosts")).run(&exec).code(0);
    assert!(ran.stdout.starts_with("behind\nfrom 10.111.213.14\n"), "{}", ran.stdout);
    behind_a_jump(Path::new("/dev/null"))
        .run(&exec)
        .code(7)
        .says(&["jump host jump: unknown host key"]);
}
