//! Crashes at every write of the journal and cuts all along a cleanup: whatever happens,
//! nothing goes that was not planned, nothing that is gone was not intended, and `resume`
//! ends where an uninterrupted run ends.
//!
//! `FLEET_LONG` takes every place; without it the places are spread evenly.

use super::support::{Project, Ran};
use super::{engines, inside, project, says};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const HOST: &str = "trixie";

/// Objects of every kind: what a cleanup takes, and beside each what it must leave.
const DIRT: &str = r"set -e
exec 2>&1
docker image inspect sweep/base:1 >/dev/null 2>&1 || {
  rm -rf /tmp/sweep && mkdir -p /tmp/sweep/bin && cp /bin/busybox /tmp/sweep/bin/
  tar -C /tmp/sweep -c . | docker import - sweep/base:1 >/dev/null
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
    "cleanup", "--hosts", HOST, "--yes", "--keep", "0", "--keep-cache", "0", "--stop", "sweep-runs",
];

fn dirt() {
    let made = inside(HOST, DIRT);
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success() && said.ends_with("made\n"), "no dirt: {said}");
}

fn state() -> BTreeSet<String> {
    says(HOST, STATE).lines().map(str::to_owned).collect()
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
fn finish(project: &Project, at: &str) {
    let ran = project.run(&["resume", "last", "--yes"]);
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
        project.run(&["ping", HOST]).code(0).says(&["was interrupted", "fleet resume"]);
        finish(&project, &at);
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
    let proxy = Proxy::start("127.0.0.12:2222");
    let through = |project: &Project| {
        let known = std::fs::read_to_string(project.path().join(".state/known_hosts")).unwrap();
        let own = format!("[127.0.0.1]:{}", proxy.port);
        let lines: String = known
            .lines()
            .filter_map(|line| line.strip_prefix("[127.0.0.12]:2222 "))
            .map(|key| format!("{own} {key}\n"))
            .collect();
        assert!(!lines.is_empty(), "the lab's known_hosts has no line for {HOST}");
        std::fs::write(project.path().join("known_hosts"), lines).unwrap();
        let inventory = format!(
            "[defaults]\nuser = \"deploy\"\nbecome = true\nidentity_file = \".state/id_ed25519\"\n\
             known_hosts = [\"known_hosts\"]\n[hosts.{HOST}]\naddress = \"127.0.0.1\"\nport = {}\n",
            proxy.port
        );
        std::fs::write(project.path().join("inventory/hosts.toml"), inventory).unwrap();
    };
    dirt();
    let whole = project("");
    through(&whole);
    proxy.cut_after(u64::MAX);
    whole.run(&CLEANUP).code(0);
    let bytes = proxy.sent();
    assert!(bytes > 10_000, "{bytes} bytes: the proxy was not on the way");
    let step = if long() { 64 } else { bytes / 9 };
    let mut at = step;
    let mut told = 0;
    while at < bytes {
        dirt();
        let before = state();
        let project = project("");
        through(&project);
        proxy.cut_after(at);
        let ran = project.run(&CLEANUP);
        let place = format!("cut after {at} of {bytes} bytes: exit {}\n{}", ran.code, ran.stderr);
        assert!(matches!(ran.code, 0 | 3 | 4 | 5), "{place}");
        invariant(&project, &before, &place);
        if ran.code != 0 {
            told += 1;
            let again = project.run(&CLEANUP);
            assert_eq!(again.code, 0, "{place}\n{}", again.stderr);
        }
        assert_eq!(state(), want, "{place}");
        assert!(runs(), "{place}\nwhat was stopped runs again");
        at += step;
    }
    println!("{} cuts, {told} of them told as a failure", bytes / step);
}

/// Passes bytes on, and cuts the first connection after so many of ours; later ones live.
struct Proxy {
    port: u16,
    left: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
    armed: Arc<AtomicBool>,
}

impl Proxy {
    fn start(to: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (left, sent, armed): (Arc<AtomicU64>, Arc<AtomicU64>, Arc<AtomicBool>) =
            Default::default();
        let shared = (Arc::clone(&left), Arc::clone(&sent), Arc::clone(&armed));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(to)) else { continue };
                let armed = shared.2.swap(false, Ordering::SeqCst);
                let left = armed.then(|| Arc::clone(&shared.0));
                pass_on(client, server, left, Arc::clone(&shared.1));
            }
        });
        Self { port, left, sent, armed }
    }

    fn cut_after(&self, bytes: u64) {
        self.left.store(bytes, Ordering::SeqCst);
        self.sent.store(0, Ordering::SeqCst);
        self.armed.store(true, Ordering::SeqCst);
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

fn pass_on(client: TcpStream, server: TcpStream, left: Option<Arc<AtomicU64>>, sent: Arc<AtomicU64>) {
    let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        let (mut from, mut to) = back;
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        let (mut client, mut server) = (client, server);
        let mut buffer = [0; 16 << 10];
        while let Ok(n @ 1..) = client.read(&mut buffer) {
            let room = left.as_ref().map_or(u64::MAX, |left| left.load(Ordering::SeqCst));
            let pass = n.min(usize::try_from(room).unwrap_or(usize::MAX));
            if server.write_all(&buffer[..pass]).is_err() {
                break;
            }
            sent.fetch_add(pass as u64, Ordering::SeqCst);
            if let Some(left) = &left {
                left.fetch_sub(pass as u64, Ordering::SeqCst);
            }
            if pass < n {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
        let _ = client.shutdown(Shutdown::Both);
    });
}
