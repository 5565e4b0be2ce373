//! Compares what we read from `ssh_config` with what `ssh -G` says.

mod cases;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use fleet::ssh::config::{Destination, Local, Resolved, SshConfig};

struct Oracle {
    options: BTreeMap<String, Vec<String>>,
}

impl Oracle {
    fn ask(file: &Path, host: &str) -> Self {
        let done = Command::new("ssh")
            .arg("-G")
            .arg("-F")
            .arg(file)
            .args(["--", host])
            .output()
            .expect("ssh: install the package openssh-client");
        assert!(done.status.success(), "ssh -G {host}: {done:?}");
        let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in String::from_utf8_lossy(&done.stdout).lines() {
            let (name, value) = line.split_once(' ').unwrap_or((line, ""));
            options.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        Self { options }
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.options.get(name).cloned().unwrap_or_default()
    }

    fn one(&self, name: &str) -> String {
        self.all(name).first().cloned().unwrap_or_default()
    }
}

/// The key files that `ssh` really tries: `-G` shows tokens unexpanded.
fn tried_keys(file: &Path, host: &str) -> Vec<String> {
    let done = Command::new("ssh")
        .args(["-v", "-F"])
        .arg(file)
        .args(["-o", "ProxyCommand=true", "-o", "BatchMode=yes", "--", host])
        .output()
        .expect("ssh: install the package openssh-client");
    String::from_utf8_lossy(&done.stderr)
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("debug1: identity file "))
        .filter_map(|line| line.rsplit_once(" type ").map(|(file, _)| file.to_owned()))
        .filter(|file| !file.ends_with("-cert"))
        .collect()
}

fn jumps(found: &Resolved) -> String {
    let show = |hop: &Destination| {
        let user = hop.user.as_ref().map(|u| format!("{u}@")).unwrap_or_default();
        let port = hop.port.map(|p| format!(":{p}")).unwrap_or_default();
        let host = &hop.host;
        // `ssh` puts all but the last hop back as they were written.
        if host.contains(':') {
            format!("{user}[{host}]{port}")
        } else {
            format!("{user}{host}{port}")
        }
    };
    found.proxy_jump.iter().map(show).collect::<Vec<_>>().join(",")
}

fn compare(found: &Resolved, file: &Path, host: &str) -> Vec<(String, String, String)> {
    let oracle = Oracle::ask(file, host);
    let local = Local::detect();
    let keys = found.identity_files.as_ref().map(|files| {
        let shown = files.iter().map(|file| file.display().to_string());
        shown.collect::<Vec<_>>().join(" ")
    });
    let theirs = tried_keys(file, host).join(" ");
    let known: Option<Vec<String>> = found
        .user_known_hosts_files
        .as_ref()
        .map(|files| files.iter().map(|f| f.display().to_string()).collect());
    let known_theirs = oracle.one("userknownhostsfile");
    let timeout = found.connect_timeout.map_or("none".to_owned(), |t| t.as_secs().to_string());
    let yes_no = if found.identities_only { "yes" } else { "no" };
    let alias = found.host_key_alias.clone().unwrap_or_default();
    let rows = [
        (
            "hostname",
            found.hostname.clone(),
            // Letters of an address are the only ones that `ssh` keeps.
            oracle.one("hostname").to_lowercase(),
        ),
        ("user", found.user.clone().unwrap_or(local.user), oracle.one("user")),
        ("port", found.port.unwrap_or(22).to_string(), oracle.one("port")),
        ("keys", keys.unwrap_or_else(|| theirs.clone()), theirs.clone()),
        (
            "default keys",
            found.identity_files.is_none().to_string(),
            (oracle.all("identityfile").first().map(String::as_str) == Some("~/.ssh/id_rsa"))
                .to_string(),
        ),
        ("known", known.map_or(known_theirs.clone(), |k| k.join(" ")), known_theirs),
        ("timeout", timeout, oracle.one("connecttimeout")),
        ("only", yes_no.to_owned(), oracle.one("identitiesonly")),
        ("alias", alias, oracle.one("hostkeyalias")),
        ("jump", jumps(found), oracle.one("proxyjump")),
    ];
    rows.into_iter()
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(name, ours, theirs)| (name.to_owned(), ours, theirs))
        .collect()
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("set");
}

#[test]
fn we_read_what_ssh_reads() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, include) = (dir.path().join("config"), dir.path().join("inc.conf"));
    write(&include, "IdentityFile /inc\nHost a\n User inc\nMatch host web\n User incweb\n");
    let mut wrong = String::new();
    for (text, hosts) in cases::CASES {
        let text = text
            .replace("{inc}", &include.display().to_string())
            .replace("{dir}", &dir.path().display().to_string());
        write(&file, &text);
        let config = SshConfig::load(Some(&file), None).expect(&text);
        for host in *hosts {
            let found = config.resolve(host, None).expect(&text);
            for (name, ours, theirs) in compare(&found, &file, host) {
                writeln!(wrong, "{text:?} {host}: {name}: we {ours:?}, ssh {theirs:?}")
                    .expect("a string");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
