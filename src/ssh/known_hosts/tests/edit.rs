//! Adding a line: what is kept, what is refused, what happens at once.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::prelude::*;

use super::super::*;
use super::{NOW, key, records, text};

#[test]
fn adding_repairs_the_end_and_keeps_the_rest() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, link) = (dir.path().join("kh"), dir.path().join("link"));
    let old = b"# mine\r\n\xff odd".to_vec();
    fs::write(&file, &old).expect("written");
    symlink("kh", &link).expect("linked");
    assert_eq!(add(&link, "Web", 22, &key(1)).ok(), Some(Added::Written { line: 3 }));
    assert_eq!(add(&link, "web", 22, &key(1)).ok(), Some(Added::AlreadyThere { line: 3 }));
    let content = fs::read(&file).expect("read");
    let want = [&old[..], format!("\nweb {}\n", text(1)).as_bytes()].concat();
    assert_eq!(content, want);
    assert!(link.is_symlink());
    let mode = fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 2);
}

#[test]
fn adding_refuses_what_it_must() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("new/kh");
    for name in ["", "a b", "a,b", "*", "!a", "-a", "|1|", "a\n", "@x", "#", "[a]"] {
        add(&file, name, 22, &key(1)).expect_err(name);
    }
    assert!(!file.exists());
    add(&file, "web", 22, &key(1)).expect("added");
    let conflict = add_if_unknown(&file, "web", 22, &key(2)).expect_err("another key");
    assert!(matches!(conflict, KnownHostsError::Conflict { line: 1, .. }));
    add(&file, "web", 22, &key(2)).expect("named by the user");
    fs::write(&file, records("@revoked * {1}\n")).expect("written");
    let revoked = add(&file, "web", 22, &key(1)).expect_err("revoked");
    assert!(matches!(revoked, KnownHostsError::Revoked { line: 1, .. }));
    add(dir.path(), "web", 22, &key(1)).expect_err("a directory");
}

#[test]
fn parallel_first_contacts_leave_one_line_per_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("kh");
    std::thread::scope(|scope| {
        for n in 0..20_u8 {
            let file = &file;
            scope.spawn(move || {
                let host = format!("host{}", n % 4);
                add_if_unknown(file, &host, 22, &key(n % 4)).expect("added");
            });
        }
    });
    let content = fs::read_to_string(&file).expect("read");
    assert_eq!(content.lines().count(), 4, "{content}");
}

proptest! {
    #[test]
    fn what_was_added_is_known(
        host in "[A-Za-z0-9][A-Za-z0-9.:-]{0,30}",
        port in 1..=u16::MAX,
        before in "([a-z# ]{0,20}\n?){0,3}",
    ) {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("kh");
        fs::write(&file, before).expect("written");
        add(&file, &host, port, &key(1)).expect("added");
        let known = KnownHosts::load(&[file]).expect("readable");
        let verdict = known.check(&host, port, &key(1).into(), NOW);
        prop_assert!(matches!(verdict, Verdict::Ok { .. }), "{verdict:?}");
    }
}
