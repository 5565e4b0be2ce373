//! The annotated examples, and what correct inventories come to.

use super::super::{Inventory, Jump, Trust, merge_vars};
use super::{load, manifest, project};
use std::collections::BTreeMap;

fn example() -> Inventory {
    Inventory::load(manifest(), Trust::Named).unwrap()
}

#[test]
fn the_examples_load() {
    let inventory = example();
    let names: Vec<_> = inventory.hosts().iter().map(|host| host.name.as_str()).collect();
    let expected =
        ["bastion", "hel1-web1", "hel1-web2", "hel1-web3", "hel1-web4", "fsn1-build", "edge"];
    assert_eq!(names, expected);
    let files: Vec<_> = inventory.files().map(|file| file.display().to_string()).collect();
    assert_eq!(files, ["inventory/apps.toml", "inventory/hosts.toml"]);
    let groups: Vec<_> = inventory.group_names().collect();
    assert_eq!(groups, ["falkenstein", "helsinki", "hetzner", "web"]);
    assert_eq!(inventory.group("web").count(), 5);
    assert_eq!(Inventory::find(&manifest().join("docs")).unwrap(), manifest());
}

#[test]
fn a_host_with_everything() {
    let inventory = example();
    let host = inventory.host("fsn1-build").unwrap();
    assert_eq!((host.address.as_str(), host.address_given), ("203.0.113.20", true));
    assert_eq!((host.port, host.user.as_deref()), (Some(2222), Some("deploy")));
    assert!(host.r#become && host.serial && !host.rootless);
    assert!(
        host.identity_files[0].ends_with(".ssh/id_ed25519") && host.identity_files[0].is_absolute()
    );
    assert!(matches!(&host.jump, Some(Jump::Host(name)) if name.as_str() == "bastion"));
    assert_eq!(host.protect, ["*:stable", "registry.example/*", "base:*"]);
    assert_eq!(host.groups, ["falkenstein", "hetzner"]);
    let expected: BTreeMap<String, toml::Value> =
        toml::from_str("keep = '48h'\ndata_disk = 'md2'").unwrap();
    assert_eq!(host.vars, expected);
}

#[test]
fn defaults_can_be_switched_off() {
    let inventory = example();
    assert_eq!(inventory.host("bastion").unwrap().jump, None);
    let edge = inventory.host("edge").unwrap();
    assert_eq!((edge.address.as_str(), &edge.jump, edge.r#become), ("2001:db8::7", &None, false));
    let web = inventory.host("hel1-web1").unwrap();
    assert_eq!((web.address.as_str(), web.address_given, web.port), ("hel1-web1", false, None));
}

#[test]
fn an_app_and_its_variables() {
    let inventory = example();
    let shop = inventory.app("shop").unwrap();
    assert_eq!((shop.template.as_str(), shop.path.as_deref()), ("rails", Some("/srv/shop")));
    assert_eq!(shop.repo.as_deref(), Some(manifest().join("../shop").as_path()));
    let hosts = inventory.app_hosts(shop).unwrap();
    assert_eq!(hosts.len(), 4);
    let given = BTreeMap::from([("ruby_version".to_owned(), "3.5.0".into())]);
    let vars = merge_vars(&hosts[0].vars, &shop.vars, &given);
    assert_eq!(vars["ruby_version"].as_str(), Some("3.5.0"));
    assert_eq!(vars["keep"].as_str(), Some("24h"));
}

#[test]
fn explain_names_every_source() {
    let inventory = example();
    let lines: Vec<_> = inventory
        .explain(inventory.host("fsn1-build").unwrap())
        .into_iter()
        .filter(|line| !line.key.ends_with("_file"))
        .map(|line| {
            let over =
                line.overridden.iter().map(|(value, from)| format!("  covers {value} from {from}"));
            let over: String = over.collect();
            format!("{} = {} from {}{over}", line.key, line.value, line.source)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn precedence_is_parents_first_then_by_name() {
    let inventory = load(
        "[defaults]\nuser = 'd'\nvars = { a = 0, b = 0, c = 0, d = 0 }\n\
         [hosts.h]\ngroups = ['x', 'a-leaf']\nvars = { d = 5 }\n\
         [groups.zz]\nchildren = ['a-leaf']\nvars = { a = 1, b = 1, c = 1 }\nport = 1\n\
         [groups.x]\nvars = { b = 2, c = 2 }\nport = 2\n\
         [groups.a-leaf]\nvars = { c = 3, d = 3 }\n",
    )
    .unwrap();
    let host = inventory.host("h").unwrap();
    let expected: BTreeMap<String, toml::Value> =
        toml::from_str("a = 1\nb = 1\nc = 3\nd = 5").unwrap();
    assert_eq!(host.vars, expected);
    assert_eq!((host.port, host.user.as_deref()), (Some(1), Some("d")));
}

#[test]
fn a_byte_order_mark_and_several_files() {
    let folder = project(&[
        ("a.toml", b"\xef\xbb\xbf[defaults]\nuser = 'u'\n[hosts.b]\n[hosts.a]\n"),
        ("b.toml", b"[defaults]\nport = 22\n[hosts.\"r[01:02]\"]\ngroups = 'g'\n"),
        (".hidden.toml", b"nonsense"),
        ("notes.txt", b"nonsense"),
    ]);
    let inventory = Inventory::load(folder.path(), Trust::Found).unwrap();
    let names: Vec<_> = inventory.hosts().iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "r01", "r02"]);
    assert_eq!(inventory.project(), folder.path());
    let one = Inventory::load(&folder.path().join("inventory/b.toml"), Trust::Named).unwrap();
    assert_eq!((one.hosts().len(), one.project()), (2, folder.path()));
    let inner = Inventory::load(&folder.path().join("inventory"), Trust::Named).unwrap();
    assert_eq!(inner.project(), folder.path());
}
