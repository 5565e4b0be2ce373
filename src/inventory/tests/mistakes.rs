//! Mistakes: all of them told together, each with its place and help.

use super::super::{Inventory, InventoryError, Trust};
use super::{drawn, load, mistakes, project, told};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn keys_and_types_are_told_together() {
    insta::assert_snapshot!(mistakes(
        "[defaults]\nusr = 'deploy'\nport = '22'\nbecome = 'yes'\n[hosts.a]\nadress = 'x'\nport = 0\n\
         zzz = 1\nuser = 'Root'\nvars = { 'a b' = 1, ok = ['-x', { k = \"\\u001b\" }] }\n\
         [hosts.-b]\n[hosts.c]\naddress = '203.0.113.1:22'\njump = 'a,b'\n[host.d]\n\
         [groups.all]\n[groups.g]\nchildren = [1]\nidentity_file = '~root/x'\nprotect = ['[']\n\
         [apps.shop]\nhost = 'a'\npath = 'srv'\n"
    ));
}

#[test]
fn duplicates_name_both_places() {
    insta::assert_snapshot!(mistakes(
        "[hosts.\"web[1:3]\"]\n[hosts.\"web[2:4]\"]\n[hosts.web3]\n\
         [hosts.x]\naddress = '203.0.113.1'\n[hosts.y]\naddress = '203.0.113.1'\nport = 22\n\
         [hosts.z]\naddress = '203.0.113.1'\nuser = 'other'\n\
         [hosts.g]\n[groups.g]\n[hosts.\"r[1:2]\"]\naddress = '203.0.113.9'\n"
    ));
}

#[test]
fn a_table_written_twice() {
    insta::assert_snapshot!(mistakes(
        "[hosts.a]\nport = 1\n[hosts.b]\nport = 2\n[hosts.a]\nport = 3\nport = 4\n"
    ));
}

#[test]
fn duplicates_across_files() {
    let folder = project(&[
        (
            "a.toml",
            b"[defaults]\nuser = 'a'\n[hosts.a]\n[groups.g]\n[apps.x]\nhosts='a'\ntemplate='t'\n",
        ),
        (
            "b.toml",
            b"[defaults]\nuser = 'b'\n[hosts.a]\n[groups.g]\n[apps.x]\nhosts='a'\ntemplate='t'\n",
        ),
    ]);
    insta::assert_snapshot!(told(&Inventory::load(folder.path(), Trust::Found).unwrap_err()));
}

#[test]
fn names_that_nothing_has() {
    insta::assert_snapshot!(mistakes(
        "[hosts.bastion]\n[hosts.a]\ngroups = ['hetzner']\njump = 'bastoin'\n[hosts.b]\njump = 'gateway'\n\
         [groups.eu]\nchildren = ['hetzer', 'mars']\n\
         [apps.shop]\ntemplate = 'rails'\nhosts = 'hetzner,bastio'\n\
         [apps.blog]\ntemplate = 'rails'\nhosts = 'a:!hetzner'\n\
         [apps.wiki]\ntemplate = 'rails'\nhosts = '@failed'\n\
         [apps.crm]\ntemplate = '../x'\nhosts = 'a,,b'\n"
    ));
}

#[test]
fn circles() {
    insta::assert_snapshot!(mistakes(
        "[groups.b]\nchildren = ['c']\n[groups.c]\nchildren = ['a']\n[groups.a]\nchildren = ['b', 'below']\n\
         [groups.self]\nchildren = ['self']\n[groups.below]\n\
         [hosts.x]\njump = 'y'\n[hosts.y]\njump = 'x'\n[hosts.z]\njump = 'z'\n"
    ));
}

#[test]
fn ranges_without_sense() {
    insta::assert_snapshot!(mistakes(
        "[hosts.\"web[4:1]\"]\n[hosts.\"web[1:200000]\"]\n[hosts.\"web[a:c]\"]\n[hosts.\"web[1:2\"]\n"
    ));
}

#[test]
fn syntax_errors_hide_what_would_follow_from_them() {
    let folder = project(&[
        ("a.toml", b"[hosts.a]\nport = \n[hosts.b]\n"),
        (
            "b.toml",
            b"[groups.g]\nchildren = ['elsewhere']\nzzz = 1\n[apps.x]\ntemplate='t'\nhosts='b'\n",
        ),
    ]);
    insta::assert_snapshot!(told(&Inventory::load(folder.path(), Trust::Found).unwrap_err()));
}

#[test]
fn bytes_that_are_no_text() {
    let folder = project(&[("hosts.toml", b"[hosts.a]\n# caf\xe9\n")]);
    let error = Inventory::load(folder.path(), Trust::Found).unwrap_err();
    assert_eq!(
        told(&error),
        "inventory/hosts.toml:2:6: byte 0xe9 is not UTF-8 | save the file as UTF-8\n"
    );
}

#[test]
fn a_terminal_shows_the_line_and_the_caret() {
    let error = load(
        "[hosts.a]\n[hosts.b]\nadress = \"x\u{9b}2J\"\n[hosts.a.vars]\n[hosts.\"a[1:2]\"]\n[hosts.a1]\n",
    );
    insta::assert_snapshot!(drawn(&error.unwrap_err()));
}

#[test]
fn a_huge_line_is_not_repeated() {
    let text = format!("[hosts.a]\nvars = {{ x = \"{}\", y = }}\n", "z".repeat(200_000));
    let shown = drawn(&load(&text).unwrap_err());
    assert!(shown.len() < 2000, "{} bytes", shown.len());
}

#[test]
fn thousands_of_mistakes_are_counted() {
    let text: Vec<_> = (0..3000).map(|n| format!("[hosts.h{n}]\nx = 1\n")).collect();
    let error = load(&text.concat()).unwrap_err();
    assert_eq!(error.mistakes().len(), 50);
    assert_eq!(error.to_string(), "the inventory has 3000 mistakes; these are the first 50");
}

fn loaded_with_modes(folder: u32, file: u32, trust: Trust) -> Result<Inventory, InventoryError> {
    let project = project(&[("hosts.toml", b"[hosts.a]\n")]);
    let inner = project.path().join("inventory");
    fs::set_permissions(inner.join("hosts.toml"), fs::Permissions::from_mode(file)).unwrap();
    fs::set_permissions(&inner, fs::Permissions::from_mode(folder)).unwrap();
    Inventory::load(project.path(), trust)
}

#[test]
fn files_that_others_can_write() {
    assert!(loaded_with_modes(0o755, 0o644, Trust::Found).is_ok());
    for trust in [Trust::Found, Trust::Named] {
        let error = loaded_with_modes(0o777, 0o666, trust).unwrap_err();
        let told = told(&error);
        assert!(told.contains("inventory: can be written by everybody | chmod go-w /"), "{told}");
        assert!(
            told.contains("inventory/hosts.toml: can be written by everybody | chmod go-w /"),
            "{told}"
        );
    }
}

#[test]
fn no_inventory_at_all() {
    let empty = tempfile::tempdir().unwrap();
    assert!(
        Inventory::find(empty.path()).unwrap_err().mistakes()[0]
            .to_string()
            .contains("no inventory/ here")
    );
    assert!(Inventory::load(empty.path(), Trust::Found).is_err());
    assert!(Inventory::load(&empty.path().join("none"), Trust::Named).is_err());
    fs::create_dir(empty.path().join("x.toml")).unwrap();
    let error = Inventory::load(empty.path(), Trust::Found).unwrap_err();
    assert!(told(&error).contains("x.toml: is not a file"), "{}", told(&error));
}

proptest::proptest! {
    #[test]
    fn any_text_is_answered(text in "(\\[(hosts|groups|apps)\\.[a-c]\\]\n|(port|user|groups|children|jump|hosts) = ('[a-c@]{0,3}'|\\[\\]|1)\n|.)*") {
        if let Err(error) = load(&text) {
            drawn(&error);
        }
    }
}
