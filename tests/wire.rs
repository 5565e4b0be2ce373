//! Peers that are no SSH servers: each is unreachable within its deadline, with its own words.

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod support;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use support::Project;

/// The handshake's deadline, and what a loaded machine may add to it.
const DEADLINE: Duration = Duration::from_secs(20);
const MARGIN: Duration = Duration::from_secs(15);

fn peer(behaviour: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || behaviour(stream));
        }
    });
    port
}

/// Takes everything in until the other side closes.
fn swallow(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(n) if n > 0) {}
}

fn say(mut stream: TcpStream, words: &[u8]) {
    let _ = stream.write_all(words);
    swallow(stream);
}

fn drip(mut stream: TcpStream) {
    for _ in 0..200 {
        if stream.write_all(b"S").is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(500));
    }
}

fn endless(mut stream: TcpStream) {
    while stream.write_all(b"welcome to this server\r\n").is_ok() {}
}

type Peer = (&'static str, fn(TcpStream), &'static str);

const PEERS: &[Peer] = &[
    ("silent", swallow, "peer said nothing"),
    ("http", |s| say(s, b"HTTP/1.1 400 Bad Request\r\n\r\n"), "HTTP/1.1 400 Bad Request"),
    ("old", |s| say(s, b"SSH-1.5-OldServer\r\n"), "SSH-1.5-OldServer"),
    ("steers", |s| say(s, b"\x1b]0;owned\x07\x1b[2J\r\n"), "\\u{1b}]0;owned\\u{7}\\u{1b}[2J"),
    ("stalls", |s| say(s, b"SSH-2.0-Stalls\r\n"), "SSH-2.0-Stalls"),
    (
        "garbage",
        |s| say(s, b"SSH-2.0-G\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        "during the SSH handshake",
    ),
    ("drips", drip, "SSSSS"),
    ("endless", endless, "welcome to this server"),
    ("throttles", |s| say(s, b"Exceeded MaxStartups\r\n"), "Exceeded MaxStartups"),
    ("penalises", |s| say(s, b"Not allowed at this time\r\n"), "wait some minutes"),
    ("closes", drop, "closed the connection"),
];

#[test]
fn peers_that_speak_no_ssh_are_unreachable_within_their_deadline() {
    let mut hosts = String::from(
        "[defaults]\nuser = \"u\"\naddress = \"127.0.0.1\"\nidentity_file = \"key\"\n",
    );
    hosts = hosts.replace("address = \"127.0.0.1\"\n", "");
    for (name, behaviour, _) in PEERS {
        let port = peer(*behaviour);
        writeln!(hosts, "[hosts.{name}]\naddress = \"127.0.0.1\"\nport = {port}").unwrap();
    }
    let project = Project::new(&hosts);
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(project.path().join("key"))
        .status()
        .unwrap();
    assert!(made.success());
    let started = Instant::now();
    let ran = project.run(&["ping", "--json"]).code(4);
    let took = started.elapsed();
    assert!(took < DEADLINE + MARGIN, "{took:?}");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'));
    let run: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    for (host, (name, _, words)) in run["hosts"].as_array().unwrap().iter().zip(PEERS) {
        assert_eq!(host["host"], *name);
        assert_eq!(host["outcome"], "unreachable", "{name}: {}", host["problem"]);
        let problem = format!(
            "{} {}",
            host["problem"]["reason"].as_str().unwrap(),
            host["problem"]["hint"].as_str().unwrap_or_default()
        );
        assert!(problem.contains(words), "{name}: {problem}");
        assert!(problem.len() < 600, "{name}: {} bytes of message", problem.len());
    }
}
