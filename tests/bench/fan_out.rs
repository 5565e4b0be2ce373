//! fleet beside a bare russh loop, in turn, in one run, on the lab's hundred addresses.
//!
//! `make bench` brings the lab up and runs it. The bare loop connects, logs in, runs `true`
//! and reads its exit status: no host key check, no supervisor, no history.

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const HOSTS: usize = 100;
const AT_A_TIME: usize = 50;
const ROUNDS: usize = 5;

/// The figures of one process.
#[derive(Clone, Copy, Default)]
struct Figures {
    wall: Duration,
    cpu: Duration,
    peak_kb: u64,
}

/// CPU time of children that were waited for, in clock ticks.
fn children_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap()
}

fn peak_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn measure(mut command: Command) -> Figures {
    let ticks = children_ticks();
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut figures = Figures::default();
    let status = loop {
        figures.peak_kb = figures.peak_kb.max(peak_kb(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    figures.wall = start.elapsed();
    figures.cpu = Duration::from_millis((children_ticks() - ticks) * 10);
    assert!(status.success(), "{status}");
    figures
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn show(what: &str, runs: &[Figures]) -> f64 {
    let wall = median(runs.iter().map(|f| f.wall.as_secs_f64()).collect());
    // The clock ticks every 10 ms: the sum over all rounds is finer than any one of them.
    let cpu: f64 = runs.iter().map(|f| f.cpu.as_secs_f64()).sum::<f64>() / runs.len() as f64;
    let peak = runs.iter().map(|f| f.peak_kb).max().unwrap_or(0);
    println!(
        "{what:<34} wall {wall:>6.3} s   client CPU {:>5.2} ms a host   peak {:>5.1} MB",
        cpu * 1000.0 / HOSTS as f64,
        peak as f64 / 1000.0,
    );
    wall
}

fn lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab")
}

fn fleet(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.arg("-C").arg(lab()).args(args).env_remove("SSH_AUTH_SOCK");
    command
}

fn bare() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("FAN_OUT_BARE", "1");
    command
}

struct AnyKey;

impl russh::client::Handler for AnyKey {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

async fn one(n: usize, key: Arc<russh::keys::PrivateKey>) {
    let mut config = russh::client::Config { nodelay: true, ..Default::default() };
    config.preferred.cipher = vec![russh::cipher::AES_256_GCM].into();
    let address = (format!("127.0.2.{n}"), 2222);
    let mut handle = russh::client::connect(Arc::new(config), address, AnyKey).await.unwrap();
    let key = russh::keys::PrivateKeyWithHashAlg::new(key, None);
    assert!(handle.authenticate_publickey("deploy", key).await.unwrap().success());
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.exec(true, "true").await.unwrap();
    let mut status = None;
    while let Some(message) = channel.wait().await {
        if let russh::ChannelMsg::ExitStatus { exit_status } = message {
            status = Some(exit_status);
        }
    }
    assert_eq!(status, Some(0));
}

fn bare_loop() {
    let key = russh::keys::load_secret_key(lab().join(".state/id_ed25519"), None).unwrap();
    let key = Arc::new(key);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use futures::StreamExt;
        futures::stream::iter(1..=HOSTS)
            .map(|n| tokio::spawn(one(n, Arc::clone(&key))))
            .buffer_unordered(AT_A_TIME)
            .for_each(|done| async move { done.unwrap() })
            .await;
    });
}

fn main() {
    if std::env::var_os("FAN_OUT_BARE").is_some() {
        bare_loop();
        return;
    }
    let exec = ["exec", "-q", "--hosts", "mass", "--forks", "50", "--", "true"];
    measure(bare());
    measure(fleet(&exec));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(measure(bare()));
        ours.push(measure(fleet(&exec)));
    }
    println!("one small command on {HOSTS} hosts, {AT_A_TIME} at a time, median of {ROUNDS}:");
    let bare = show("bare russh loop", &theirs);
    let fleet_wall = show("fleet exec -- true", &ours);
    println!("ratio of walls: {:.2} (at most 1.3 is wanted)", fleet_wall / bare);

    let idle = measure(fleet(&["exec", "-q", "--hosts", "mass", "--", "sleep 2"]));
    println!(
        "{HOSTS} idle connections: peak {:.1} MB (under 40 is wanted)",
        idle.peak_kb as f64 / 1000.0
    );

    let version = || {
        let start = Instant::now();
        assert!(fleet(&["--version"]).stdout(Stdio::null()).status().unwrap().success());
        start.elapsed().as_secs_f64() * 1000.0
    };
    println!(
        "fleet --version: median {:.1} ms of 20 (under 10 is wanted)",
        median((0..20).map(|_| version()).collect())
    );
}
