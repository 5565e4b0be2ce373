//! The identity table: what the records say, and what follows for a key.

mod certificates;
mod edit;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKey, PublicKey, PublicKeyOrCertificate};

use super::*;

const HOST: &str = "web.example.com";
const NOW: u64 = 1_800_000_000;
const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=";

fn private(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

fn key(seed: u8) -> PublicKey {
    private(seed).public_key().clone()
}

fn text(seed: u8) -> String {
    key(seed).to_openssh().expect("a key").trim().to_owned()
}

/// `{1}` stands for the key with seed 1, `{e}` for an ECDSA key, `{h}` for the
/// host's hashed name.
fn records(template: &str) -> Vec<u8> {
    let mut text_of = template.replace("{e}", ECDSA).replace("{h}", &hashed(HOST));
    for seed in 1..=4 {
        text_of = text_of.replace(&format!("{{{seed}}}"), &text(seed));
    }
    text_of.into_bytes()
}

fn hashed(name: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    use russh::keys::ssh_key::known_hosts::HostPatterns;
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&[0; 20]).expect("any length");
    mac.update(name.as_bytes());
    HostPatterns::HashedName { salt: vec![0; 20], hash: mac.finalize().into_bytes().into() }
        .to_string()
}

fn known(template: &str) -> KnownHosts {
    KnownHosts::from_bytes(Path::new("kh"), &records(template)).expect("readable")
}

/// A short form of the verdict: its name, and the line it points at.
fn short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Ok { line, .. } => format!("ok {line}"),
        Verdict::OkByCa { line, .. } => format!("ca {line}"),
        Verdict::Unknown => "unknown".to_owned(),
        Verdict::Changed { line, .. } => format!("changed {line}"),
        Verdict::Revoked { line, .. } => format!("revoked {line}"),
        Verdict::CertificateRejected { reason } => format!("rejected: {reason}"),
    }
}

#[test]
fn plain_keys() {
    let cases = [
        (22, "web.example.com {1}", "ok 1"),
        (22, "web.example.com {2}\nweb.example.com {1}", "ok 2"),
        (22, "web.example.com {2}", "changed 1"),
        (22, "# a\n\nweb.example.com {e}\nweb.example.com {2}", "changed 4"),
        (22, "web.example.com {e}", "changed 1"),
        (22, "db.example.com {1}", "unknown"),
        (22, "{h} {1}", "ok 1"),
        (22, "{h} {2}", "changed 1"),
        (22, "*.EXAMPLE.com,!db* {1}", "ok 1"),
        (22, "*,!web.example.com {1}", "unknown"),
        (22, "w?b.example.com {1}", "ok 1"),
        (2222, "[web.example.com]:2222 {1}", "ok 1"),
        (2222, "web.example.com:2222 {1}", "unknown"),
        (2222, "web.example.com {1}", "ok 1"),
        (2222, "web.example.com {2}", "unknown"),
        (2222, "[web.example.com]:2222 {2}\nweb.example.com {1}", "changed 1"),
        (22, "[web.example.com]:22 {1}", "unknown"),
        (22, "web.example.com {1}\n@revoked * {1}", "revoked 2"),
        (22, "web.example.com {1}\n@revoked {h} {1}", "revoked 2"),
        (2222, "[web.example.com]:2222 {1}\n@revoked web.example.com {1}", "revoked 2"),
        (22, "@revoked db.example.com {1}\nweb.example.com {1}", "ok 2"),
        (22, "@cert-authority * {1}", "unknown"),
        (22, "@unheard-of * {2}\nweb.example.com {1}", "ok 2"),
        (22, "\tweb.example.com\t{1}\r\n", "ok 1"),
        (22, "\u{feff}web.example.com {1}", "unknown"),
        (22, "\u{feff}@revoked * {1}\nweb.example.com {1}", "revoked 1"),
    ];
    for (port, template, want) in cases {
        let offered = PublicKeyOrCertificate::from(key(1));
        let verdict = known(template).check("WEB.example.com", port, &offered, NOW);
        assert_eq!(short(&verdict), want, "{port} {template}");
    }
}

#[test]
fn warnings_name_their_lines() {
    let mut content = records("# fine\ngarbage\n@odd * {1}\n");
    content.extend_from_slice(b"\xff\xfe\nweb.example.com ssh-ed25519 \xff\n");
    content.extend(records("web.example.com {1} \u{e9}\n"));
    let known = KnownHosts::from_bytes(Path::new("kh"), &content).expect("readable");
    let lines: Vec<usize> = known.warnings().iter().map(|w| w.line).collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    let verdict = known.check(HOST, 22, &key(1).into(), NOW);
    assert_eq!(short(&verdict), "ok 6");
}

#[test]
fn a_damaged_revocation_refuses_the_file() {
    for line in [
        "@revoked * ssh-ed25519 AAAA",
        "@revoked *",
        "@revoked",
        "\u{feff}@revoked x",
        "@cert-authority @revoked * {1}",
        "@revoked |1|x|y {1}",
        "@REVOKED * {1}",
    ] {
        let error = KnownHosts::from_bytes(Path::new("kh"), &records(line)).expect_err(line);
        assert!(error.to_string().starts_with("kh:1: @revoked"), "{error}");
    }
}

#[test]
fn files_that_are_missing_or_unfit() {
    let dir = tempfile::tempdir().expect("a directory");
    let missing = dir.path().join("none");
    let known = KnownHosts::load(std::slice::from_ref(&missing)).expect("empty");
    assert_eq!(known.missing(), [missing]);
    let error = KnownHosts::load(&[dir.path().to_owned()]).expect_err("a directory");
    assert!(error.to_string().ends_with("is not a file"), "{error}");
    let below = dir.path().join("file");
    fs::write(&below, "").expect("written");
    let error = KnownHosts::load(&[below.join("x")]).expect_err("no directory");
    assert!(error.to_string().starts_with("cannot read"), "{error}");
    KnownHosts::load(&[PathBuf::from("/dev/null")]).expect("empty");
}

#[test]
fn recorded_algorithms_and_authorities() {
    let known = known("web.example.com {1}\n* {e}\n@cert-authority *.example.com {3}\n");
    let ecdsa = Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 };
    assert_eq!(known.algorithms_for(HOST, 22), [Algorithm::Ed25519, ecdsa]);
    assert!(known.has_ca_for(HOST, 22) && known.has_ca_for(HOST, 2222));
    assert!(!known.has_ca_for("web.example.org", 22));
    let rsa = signature_algorithms(Algorithm::Rsa { hash: None });
    let sha512 = Some(HashAlg::Sha512);
    assert_eq!(rsa[0], Algorithm::Rsa { hash: sha512 });
}

#[test]
fn fingerprints_look_like_those_of_ssh_keygen() {
    let shown = fingerprint(&key(1));
    assert!(shown.starts_with("SHA256:") && shown.len() == 50, "{shown}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(content in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(known) = KnownHosts::from_bytes(Path::new("kh"), &content) {
            let verdict = known.check(HOST, 22, &key(1).into(), NOW);
            prop_assert!(!verdict.is_trusted());
        }
    }

    #[test]
    fn odd_lines_are_read_without_panic(content in "[@|*!, \t\r\n#a-z0-9=]{0,200}") {
        let _ = KnownHosts::from_bytes(Path::new("kh"), content.as_bytes());
    }
}
