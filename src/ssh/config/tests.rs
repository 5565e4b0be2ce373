//! Cases for the resolver that need no `ssh` to compare with.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn local(home: &Path) -> Local {
    Local {
        user: "me".to_owned(),
        uid: Local::detect().uid,
        home: home.to_owned(),
        hostname: "desk.home".to_owned(),
        env: BTreeMap::from([("SOCK".to_owned(), "/run/agent".to_owned())]),
    }
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("a parent")).expect("made");
    fs::write(file, text).expect("written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("set");
}

fn load(files: &[(&str, &str)]) -> Result<SshConfig, ConfigError> {
    let home = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        write(&home.path().join(".ssh").join(name), text);
    }
    let main = home.path().join(".ssh/config");
    SshConfig::load_for(local(home.path()), Some(&main), None)
}

fn resolve(text: &str, host: &str) -> Result<Resolved, ConfigError> {
    load(&[("config", text)])?.resolve(host, None)
}

fn home_of(config: &SshConfig) -> PathBuf {
    config.local.home.clone()
}

#[test]
fn the_first_value_wins_and_keys_add_up() {
    let text = "User a\nHost web*\n User b\n Port 2201\n IdentityFile ~/one\n\
                Host *\n Port 22\n IdentityFile ~/%h/%r\n IdentityFile none\n";
    let config = load(&[("config", text)]).expect("read");
    let found = config.resolve("Web1", None).expect("resolved");
    assert_eq!((found.hostname.as_str(), found.port), ("web1", Some(22)));
    let found = config.resolve("web1", None).expect("resolved");
    assert_eq!((found.user.as_deref(), found.port), (Some("a"), Some(2201)));
    let home = home_of(&config);
    let keys = vec![home.join("one"), home.join("web1/a")];
    assert_eq!(found.identity_files, Some(keys));
    let found = config.resolve("web1", Some("root")).expect("resolved");
    assert_eq!(found.user.as_deref(), Some("root"));
}

#[test]
fn values() {
    let text = "IdentityAgent $SOCK\nIdentitiesOnly=yes\nHostKeyAlias WEB\nConnectTimeout 1m5\n\
                UserKnownHostsFile a \"b c\"\nGlobalKnownHostsFile none\nCertificateFile /c/%k\n\
                ProxyJump me@[::1]:22,gate\n";
    let found = resolve(text, "web").expect("resolved");
    let socket = PathBuf::from("/run/agent");
    assert_eq!(found.identity_agent, IdentityAgent::Socket(socket));
    assert!(found.identities_only);
    assert_eq!(found.connect_timeout, Some(Duration::from_secs(65)));
    let files = vec![PathBuf::from("a"), PathBuf::from("b c")];
    assert_eq!(found.user_known_hosts_files, Some(files));
    assert_eq!(found.global_known_hosts_files, Some(Vec::new()));
    assert_eq!(found.certificate_files, [PathBuf::from("/c/web")]);
    let jump = |user: Option<&str>, host: &str, port| Destination {
        user: user.map(str::to_owned),
        host: host.to_owned(),
        port,
    };
    let hops = [jump(Some("me"), "::1", Some(22)), jump(None, "gate", None)];
    assert_eq!(found.proxy_jump, hops);
}

#[test]
fn errors_meet_only_the_hosts_that_reach_them() {
    let cases = [
        ("Match exec \"true\" host bad\n User x\n", "Match exec is never run"),
        ("Match localnetwork 10.0.0.0/8 host bad\n", "Match localnetwork is not supported"),
        ("Host bad\n ProxyCommand nc %h %p\n", "ProxyCommand is never run"),
        ("Host bad\n Port 0\n", "port \"0\" is not understood"),
        ("Host bad\n IdentityFile ~/%X\n", "unknown token %X in"),
        ("Host bad\n HostName %p\n", "unknown token %p in HostName"),
        ("Host bad\n HostName -oX\n", "\"-oX\" is no host name"),
        ("Host bad\n ProxyJump -oX\n", "ProxyJump \"-oX\" is not understood"),
        ("Host bad\n RevokedHostKeys /krl\n", "RevokedHostKeys is not supported"),
        ("Host bad\n User %r\n", "token in User"),
        ("Host bad\n Include %h.conf\n", "Include with a token"),
    ];
    for (text, want) in cases {
        let error = resolve(text, "bad").expect_err(text);
        assert!(error.text.contains(want), "{text}: {error}");
        assert!(error.line.is_some() && !error.hint.is_empty(), "{error}");
        resolve(text, "good").expect(text);
    }
}

#[test]
fn warnings_meet_only_the_hosts_that_reach_them() {
    let text = "IgnoreUnknown Use*\nHost noisy\n UseKeychain yes\n Colour red\n LocalCommand rm\n\
                PermitLocalCommand yes\n StrictHostKeyChecking no\n Ciphers +x\n ForwardAgent no\n";
    let found = resolve(text, "noisy").expect("resolved");
    let lines: Vec<usize> = found.warnings.iter().map(|w| w.line).collect();
    assert_eq!(lines, [4, 5, 6, 7, 8], "{:?}", found.warnings);
    let quiet = resolve(text, "quiet").expect("resolved");
    assert!(quiet.warnings.is_empty());
}

#[test]
fn lines_that_cannot_be_cut_are_errors_for_all() {
    for text in ["User", "Host \"a", "User =", "\u{feff}User x"] {
        let error = resolve(&format!("\n{text}"), "x");
        let found = error.map_err(|e| e.line);
        let bom = text.starts_with('\u{feff}');
        assert!(bom || found == Err(Some(2)), "{text}: {found:?}");
    }
    resolve("\u{feff}User x", "x").expect_err("a byte order mark");
}

#[test]
fn includes() {
    let files = [
        ("config", "Include conf.d/*.conf none\nHost b\n Include b\nUser last\n"),
        ("conf.d/1.conf", "Host a\n User one\n"),
        ("conf.d/2.conf", "User two\n"),
        ("conf.d/.3.conf", "User hidden\n"),
        ("b", "Port 7\nHost a\n Port 8\n"),
    ];
    let config = load(&files).expect("read");
    let of = |host| {
        let found = config.resolve(host, None).expect("resolved");
        (found.user.expect("a user"), found.port)
    };
    assert_eq!(of("a"), ("one".to_owned(), None));
    assert_eq!(of("b"), ("two".to_owned(), Some(7)));
}

#[test]
fn includes_in_a_circle() {
    let error = load(&[("config", "\nInclude a"), ("a", "Include config")]).expect_err("a circle");
    assert!(error.text.starts_with("files include each other: "), "{error}");
    assert_eq!(error.text.matches("->").count(), 2);
}

#[test]
fn includes_too_deep() {
    let names: Vec<String> = (0..20).map(|n| format!("f{n}")).collect();
    let texts: Vec<String> = (1..21).map(|n| format!("Include f{n}")).collect();
    let mut files = vec![("config", "Include f0")];
    files.extend(names.iter().zip(&texts).map(|(n, t)| (n.as_str(), t.as_str())));
    let error = load(&files).expect_err("deep");
    assert!(error.text.contains("16 deep"), "{error}");
}

#[test]
fn files_that_others_may_write() {
    let home = tempfile::tempdir().expect("a directory");
    let main = home.path().join(".ssh/config");
    write(&main, "User x\n");
    fs::set_permissions(&main, fs::Permissions::from_mode(0o620)).expect("set");
    let load = |user, system| SshConfig::load_for(local(home.path()), user, system);
    let error = load(Some(&main), None).expect_err("writable");
    assert_eq!(error.text, "others may write it");
    load(None, Some(&main)).expect("the system's file is trusted");
    load(Some(home.path()), None).expect_err("a directory");
    load(Some(&home.path().join("none")), None).expect("empty");
}

#[test]
fn the_system_file_counts_less() {
    let home = tempfile::tempdir().expect("a directory");
    let (user, system) = (home.path().join("u"), home.path().join("s"));
    write(&user, "Host a\n User x\n");
    write(&system, "User y\nPort 9\n");
    let config = SshConfig::load_for(local(home.path()), Some(&user), Some(&system));
    let found = config.and_then(|c| c.resolve("a", None)).expect("resolved");
    assert_eq!((found.user.as_deref(), found.port), (Some("x"), Some(9)));
    write(&system, "Include ~/x\n");
    let config = SshConfig::load_for(local(home.path()), None, Some(&system));
    assert!(config.is_err_and(|e| e.text.contains("system file")));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(content in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = lexer::lex(&Arc::from(Path::new("c")), &content);
    }

    #[test]
    fn odd_lines_are_resolved_without_panic(
        lines in prop::collection::vec(
            "(host|match|user|port|proxyjump|include|identityfile|hostname|connecttimeout)\
             [ =]{1,2}[!*?,%h\"\\\\a-c0-9@:\\[\\]~$é ]{0,12}",
            0..6,
        ),
    ) {
        let _ = resolve(&lines.join("\n"), "abc");
    }
}
