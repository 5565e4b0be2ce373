//! fleet push and pull beside scp and `ssh cat`, in turn, in one run: 100 MB to and from four hosts.
//!
//! `make bench` brings the lab up and runs it. All hosts are on this machine, so the walls are
//! the sum of everybody's work; the client's CPU is fleet's or OpenSSH's own.

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const BYTES: usize = 100_000_000;
const ROUNDS: usize = 5;

/// Name in the inventory, login, address.
const HOSTS: &[(&str, &str, &str)] = &[
    ("bookworm", "deploy", "127.0.0.11"),
    ("trixie", "deploy", "127.0.0.12"),
    ("forky", "root", "127.0.0.13"),
    ("edge-nodocker", "deploy", "127.0.0.15"),
];

/// The figures of one way to do it, a value per round.
#[derive(Default)]
struct Figures {
    walls: Vec<f64>,
    cpu: Vec<f64>,
}

/// CPU time of children that were waited for, in seconds.
fn children_cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap();
    ticks as f64 / 100.0
}

impl Figures {
    fn take(&mut self, start: impl FnOnce() -> Vec<Child>) {
        let (cpu, begin) = (children_cpu(), Instant::now());
        for mut child in start() {
            assert!(child.wait().unwrap().success());
        }
        self.walls.push(begin.elapsed().as_secs_f64());
        self.cpu.push(children_cpu() - cpu);
    }

    fn show(&mut self, what: &str) {
        let median = |values: &mut Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let (wall, cpu) = (median(&mut self.walls), median(&mut self.cpu));
        println!("{what:<28} wall {wall:>6.2} s   client CPU {cpu:>5.2} s");
    }
}

fn lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab")
}

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

fn fleet(args: &[&str]) -> Vec<Child> {
    let hosts: Vec<_> = HOSTS.iter().map(|(name, ..)| *name).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.arg("-C").arg(lab()).args(["-q", args[0], "--hosts", &hosts.join(",")]);
    vec![spawn(command.args(&args[1..]).env_remove("SSH_AUTH_SOCK"))]
}

/// `ssh` or `scp` with the lab's key, the same cipher as fleet's and the quick key exchange.
fn openssh(program: &str) -> Command {
    let state = lab().join(".state");
    let mut command = Command::new(program);
    command.args(["-F", "none", "-q", "-i"]).arg(state.join("id_ed25519"));
    command.arg("-o").arg(format!("UserKnownHostsFile={}", state.join("known_hosts").display()));
    for option in [
        "Port=2222",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "Ciphers=aes256-gcm@openssh.com",
        "KexAlgorithms=curve25519-sha256",
    ] {
        command.args(["-o", option]);
    }
    command
}

fn ssh(line: &str, stdin: Option<&Path>) -> Vec<Child> {
    let each = HOSTS.iter().map(|(_, user, address)| {
        let stdin = stdin.map_or_else(Stdio::null, |path| fs::File::open(path).unwrap().into());
        spawn(openssh("ssh").arg(format!("{user}@{address}")).arg(line).stdin(stdin))
    });
    each.collect()
}

fn clear(path: &str) {
    Figures::default().take(|| ssh(&format!("rm -f {path}"), None));
    // What the last one left to be written must not be paid for by the next.
    assert!(Command::new("sync").status().unwrap().success());
}

fn main() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("large");
    let mut random = fs::File::open("/dev/urandom").unwrap();
    std::io::copy(
        &mut std::io::Read::take(&mut random, BYTES as u64),
        &mut fs::File::create(&file).unwrap(),
    )
    .unwrap();
    let (from, to) =
        (file.to_str().unwrap(), format!("/var/tmp/fleet-bench-{}", std::process::id()));
    let [mut push, mut scp, mut cat, mut synced, mut pull, mut down] =
        std::array::from_fn(|_| Figures::default());
    for _ in 0..ROUNDS {
        push.take(|| fleet(&["push", from, &to]));
        clear(&to);
        scp.take(|| {
            let each = HOSTS.iter().map(|(_, user, address)| {
                spawn(openssh("scp").arg(from).arg(format!("{user}@{address}:{to}")))
            });
            each.collect()
        });
        clear(&to);
        cat.take(|| ssh(&format!("cat >{to}"), Some(&file)));
        clear(&to);
        synced.take(|| ssh(&format!("cat >{to} && sha256sum {to} && sync {to}"), Some(&file)));
        pull.take(|| fleet(&["pull", "--force", &to, here.path().join("in").to_str().unwrap()]));
        fs::remove_dir_all(here.path().join("in")).unwrap();
        assert!(Command::new("sync").status().unwrap().success());
        down.take(|| {
            let each = HOSTS.iter().map(|(name, user, address)| {
                let local = here.path().join(name);
                spawn(openssh("scp").arg(format!("{user}@{address}:{to}")).arg(local))
            });
            each.collect()
        });
        clear(&to);
    }
    println!("{} MB to {} hosts, median of {ROUNDS}:", BYTES / 1_000_000, HOSTS.len());
    push.show("fleet push");
    scp.show("scp");
    cat.show("ssh cat");
    synced.show("ssh cat, sha256sum, sync");
    println!("{} MB from {} hosts:", BYTES / 1_000_000, HOSTS.len());
    pull.show("fleet pull");
    down.show("scp");
}
