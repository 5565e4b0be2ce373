//! Compares our verdicts on host keys with those of the real `ssh`, which
//! talks to a real `sshd` under any host name and port.

mod cases;
mod certificates;
mod lab;

use std::fmt::Write as _;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use fleet::ssh::known_hosts::{KnownHosts, Verdict};
use russh::keys::PublicKey;

use cases::Agree::{Exactly, Stricter};
use cases::{at, case, named};
use lab::Lab;

#[test]
fn we_never_accept_what_ssh_refuses() {
    let lab = Lab::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    let mut wrong = String::new();
    for case in cases::CASES.iter().chain(certificates::CASES) {
        let file = lab.path("known_hosts");
        fs::write(&file, lab.render(case.records)).expect("write");
        let verdict = KnownHosts::load(std::slice::from_ref(&file))
            .map(|known| known.check(case.host, case.port, &lab.offer(case.shows), now.as_secs()));
        let ours = verdict.as_ref().is_ok_and(Verdict::is_trusted);
        let theirs = lab.ssh_accepts(case, &file);
        let agreed = match case.agree {
            Exactly => ours == theirs,
            Stricter => !ours,
        };
        if !agreed {
            writeln!(wrong, "{}: we say {verdict:?}, ssh accepts: {theirs}", case.name)
                .expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_we_record_is_known_to_ssh() {
    let lab = Lab::new();
    let file = lab.path("recorded");
    let key = PublicKey::from_openssh(&lab.texts["ed"]).expect("a key");
    for (host, port) in [("web.example.com", 22), ("Web.Example.com", 2222), ("2001:db8::1", 22)] {
        fleet::ssh::known_hosts::add(&file, host, port, &key).expect("added");
        let case = at(port, named(host, case("recorded", "ed", "")));
        assert!(lab.ssh_accepts(&case, &file), "{host}:{port}");
        let known = KnownHosts::load(std::slice::from_ref(&file)).expect("a readable file");
        let verdict = known.check(host, port, &lab.offer("ed"), 0);
        assert!(matches!(verdict, Verdict::Ok { .. }), "{host}:{port}: {verdict:?}");
    }
}
