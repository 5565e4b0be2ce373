//! Keys, certificates, a real `sshd` and a real `ssh` to try them on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use russh::keys::{Certificate, PublicKey, PublicKeyOrCertificate};

use crate::cases::Case;

const SSHD: &str = "/usr/sbin/sshd";

/// A directory with all keys and certificates.
pub(crate) struct Lab {
    dir: tempfile::TempDir,
    /// The text of each public key and certificate, by name.
    pub(crate) texts: BTreeMap<String, String>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        assert!(Path::new(SSHD).exists(), "{SSHD} is missing: install the package openssh-server");
        // sshd wants its privilege separation directory when run by root.
        let _ = fs::create_dir_all("/run/sshd");
        let mut lab = Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
            texts: BTreeMap::new(),
        };
        for (name, kind) in [
            ("ed", "ed25519"),
            ("ed2", "ed25519"),
            ("ec", "ecdsa"),
            ("rsa", "rsa"),
            ("ca", "ed25519"),
            ("ca2", "ed25519"),
            ("rsaca", "rsa"),
        ] {
            lab.keygen(&["-q", "-t", kind, "-N", "", "-C", name, "-f", name]);
            lab.remember(name, &format!("{name}.pub"));
        }
        let host = ["-h", "-n", "web.example.com"];
        let with = |more: &[&'static str]| [&host[..], more].concat();
        lab.certify("cert", "ca", &host);
        lab.certify("expired", "ca", &with(&["-V", "20200101:20210101"]));
        lab.certify("future", "ca", &with(&["-V", "20900101:20910101"]));
        lab.certify("elsewhere", "ca", &["-h", "-n", "db.example.com"]);
        lab.certify("several", "ca", &["-h", "-n", "db.example.com,web.example.com"]);
        lab.certify("upper", "ca", &["-h", "-n", "WEB.example.com"]);
        lab.certify("wild", "ca", &["-h", "-n", "*.example.com"]);
        lab.certify("nobody", "ca", &["-h"]);
        lab.certify("user", "ca", &["-n", "web.example.com"]);
        lab.certify("critical", "ca", &with(&["-O", "critical:x@example.com=1"]));
        lab.certify("rsacert", "rsaca", &with(&["-t", "rsa-sha2-512"]));
        lab.certify("sha1", "rsaca", &with(&["-t", "ssh-rsa"]));
        lab
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn keygen(&self, args: &[&str]) {
        let done = Command::new("ssh-keygen")
            .args(args)
            .current_dir(self.dir.path())
            .output()
            .expect("ssh-keygen: install the package openssh-client");
        assert!(done.status.success(), "ssh-keygen {args:?}: {done:?}");
    }

    /// Signs a copy of the key `ed`.
    fn certify(&mut self, name: &str, ca: &str, args: &[&str]) {
        fs::copy(self.path("ed.pub"), self.path(&format!("{name}.pub"))).expect("copy");
        let public = format!("{name}.pub");
        let all = [&["-q", "-s", ca, "-I", name][..], args, &[&public]].concat();
        self.keygen(&all);
        self.remember(name, &format!("{name}-cert.pub"));
    }

    fn remember(&mut self, name: &str, file: &str) {
        let text = fs::read_to_string(self.path(file)).expect("a public key");
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        self.texts.insert(format!("{name}:blob"), words[1].to_owned());
        self.texts.insert(name.to_owned(), words.join(" "));
    }

    /// A host name as `HashKnownHosts` writes it.
    fn hashed(&self, name: &str) -> String {
        let file = self.path("to-hash");
        fs::write(&file, format!("{name} {}\n", self.texts["ed"])).expect("write");
        self.keygen(&["-H", "-f", "to-hash"]);
        let text = fs::read_to_string(file).expect("read");
        text.split_whitespace().next().expect("a name").to_owned()
    }

    pub(crate) fn render(&self, records: &str) -> Vec<u8> {
        let mut text = records.to_owned();
        while let Some(start) = text.find('{') {
            let end = start + text[start..].find('}').expect("a closing brace");
            let key = text[start + 1..end].to_owned();
            let value = match key.strip_prefix('#') {
                Some(name) => self.hashed(name),
                None => self.texts[&key].clone(),
            };
            text.replace_range(start..=end, &value);
        }
        let mut bytes = Vec::new();
        for (index, part) in text.split("\u{1}BAD\u{1}").enumerate() {
            if index > 0 {
                bytes.extend_from_slice(b"\xff\xfe");
            }
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }

    fn sshd_config(&self, shows: &str) -> PathBuf {
        let certificate = self.path(&format!("{shows}-cert.pub"));
        let key = if certificate.exists() { "ed" } else { shows };
        let mut text = format!(
            "HostKey {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPidFile none\n",
            self.path(key).display()
        );
        if certificate.exists() {
            writeln!(text, "HostCertificate {}", certificate.display()).expect("a string");
        }
        let file = self.path(&format!("sshd_{shows}"));
        fs::write(&file, text).expect("write");
        file
    }

    /// Whether `ssh` goes past the host key.
    pub(crate) fn ssh_accepts(&self, case: &Case, records: &Path) -> bool {
        let config = self.sshd_config(case.shows);
        let done = Command::new("ssh")
            .args(["-F", "none", "-T", "-p", &case.port.to_string()])
            .args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"])
            .args(["-o", "GlobalKnownHostsFile=/dev/null", "-o", "PubkeyAuthentication=no"])
            .arg(format!("-oUserKnownHostsFile={}", records.display()))
            .arg(format!("-oProxyCommand={SSHD} -i -f {}", config.display()))
            .args(["-l", "nobody", case.host, "true"])
            .output()
            .expect("ssh: install the package openssh-client");
        let said = String::from_utf8_lossy(&done.stderr);
        let accepted = said.contains("Permission denied");
        let refused = said.contains("Host key verification failed")
            || said.contains("no matching host key type");
        assert!(accepted != refused, "{}: ssh said {said}", case.name);
        accepted
    }

    pub(crate) fn offer(&self, shows: &str) -> PublicKeyOrCertificate {
        let text = &self.texts[shows];
        match Certificate::from_openssh(text) {
            Ok(certificate) => certificate.into(),
            Err(_) => PublicKey::from_openssh(text).expect("a key").into(),
        }
    }
}
