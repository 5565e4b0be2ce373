//! Host keys: unknown, changed, of another type, revoked; and how they come to be trusted.

use super::support::Project;
use super::{project, says};
use std::fmt::Write as _;
use std::fs;

/// The lab's record of one host: `[127.0.0.12]:2222 ssh-ed25519 AAAA…`.
fn records(project: &Project, address: &str) -> Vec<String> {
    let text = fs::read_to_string(project.path().join(".state/known_hosts")).unwrap();
    let name = format!("[{address}]:2222");
    let of_host = text.lines().filter(|l| l.split([',', ' ']).next() == Some(&name));
    of_host.map(|l| format!("{name} {}", l.split_once(' ').unwrap().1)).collect()
}

/// A project in which `edge-fish` is checked against this `known_hosts` text.
fn with_known(text: &str) -> Project {
    let extra = "[hosts.probe]\naddress = \"127.0.0.15\"\nport = 2222\nuser = \"fish\"\nknown_hosts = [\"known\"]\n";
    let hosts = fs::read_to_string(super::repository("tests/lab/inventory/hosts.toml")).unwrap();
    // The same address and user may stand in an inventory only once.
    let without = hosts.replace("user = \"fish\"", "user = \"other\"");
    let project = project(extra);
    fs::write(project.path().join("inventory/hosts.toml"), without).unwrap();
    fs::write(project.path().join("known"), text).unwrap();
    project
}

fn logins() -> String {
    says(
        "edge",
        "grep -c 'Accepted publickey for fish\\|Failed\\|userauth' /var/log/auth.log 2>/dev/null || echo none",
    )
}

#[test]
fn keys_that_do_not_hold_are_refused_before_the_login() {
    let good = records(&project(""), "127.0.0.15");
    let other = records(&project(""), "127.0.0.14");
    let of_type = |list: &[String], kind: &str| {
        list.iter()
            .find(|l| l.contains(kind))
            .cloned()
            .unwrap_or_else(|| panic!("no {kind} key in {list:?}"))
    };
    let foreign = |kind: &str| of_type(&other, kind).replace("127.0.0.14", "127.0.0.15");
    let ed25519 = of_type(&good, "ssh-ed25519");
    let key = ed25519.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
    let before = logins();
    let cases = [
        ("unknown", String::new(), "unknown host key SHA256:"),
        ("changed", foreign("ssh-ed25519"), "CHANGED"),
        ("another type than recorded", foreign("ssh-rsa"), "CHANGED"),
        ("revoked everywhere", format!("@revoked * {key}\n{ed25519}\n"), "REVOKED"),
        ("revoked here", format!("{ed25519}\n@revoked [127.0.0.15]:2222 {key}\n"), "REVOKED"),
    ];
    for (what, known, words) in cases {
        let project = with_known(&known);
        project.run(&["ping", "--hosts", "probe"]).code(7).says(&[words]);
        if what != "unknown" {
            project.run(&["ping", "--hosts", "probe", "--accept-new"]).code(7).says(&[words]);
        }
        assert_eq!(fs::read_to_string(project.path().join("known")).unwrap(), known, "{what}");
    }
    assert_eq!(logins(), before, "a login was tried");
    with_known(&format!("{ed25519}\n")).run(&["exec", "--hosts", "probe", "--", "true"]).code(0);
}

#[test]
fn a_key_is_trusted_by_its_fingerprint_and_only_by_it() {
    let project = with_known("");
    let shown = project.run(&["ping", "--hosts", "probe"]).code(7);
    let text = format!("{}{}", shown.stdout, shown.stderr);
    let at = text.find("SHA256:").unwrap();
    let fingerprint = &text[at..at + 50];
    project.run(&["trust", "probe"]).code(6).says(&[fingerprint, "nobody can be asked"]);
    project.run(&["trust", "probe", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]).code(6);
    assert_eq!(fs::read_to_string(project.path().join("known")).unwrap(), "");
    project.run(&["trust", "probe", fingerprint]).code(0).says(&["recorded 1 key"]);
    project.run(&["exec", "--hosts", "probe", "--", "true"]).code(0);
    project.run(&["trust", "probe"]).code(0).says(&["already trusted"]);
}

#[test]
fn accept_new_records_one_line_for_twenty_first_contacts() {
    let mut hosts = String::from(
        "[defaults]\nport = 2222\nuser = \"deploy\"\nidentity_file = \".state/id_ed25519\"\nknown_hosts = [\"known\"]\n",
    );
    for n in 1..=20 {
        writeln!(hosts, "[hosts.\"127.0.2.{n}\"]").unwrap();
    }
    let project = project("");
    fs::write(project.path().join("inventory/hosts.toml"), hosts).unwrap();
    project.run(&["exec", "--hosts", "all", "--", "true"]).code(7);
    project.run(&["exec", "--accept-new", "--hosts", "all", "--", "true"]).code(0);
    let known = fs::read_to_string(project.path().join("known")).unwrap();
    assert_eq!(known.lines().count(), 20, "{known}");
    project.run(&["exec", "--hosts", "all", "--", "true"]).code(0);
}
