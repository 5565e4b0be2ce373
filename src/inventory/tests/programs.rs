//! Inventories that a program prints.

use super::super::{Inventory, InventoryError, Trust};
use super::{project, told};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn printed(json: &str) -> Result<Inventory, InventoryError> {
    let script = format!("#!/bin/sh\ncat <<'END'\n{json}\nEND\n");
    let files: [(&str, &[u8]); 2] =
        [("10-cloud.toml", script.as_bytes()), ("20-own.toml", b"[hosts.own]\ngroups = ['web']\n")];
    Inventory::load(project(&files).path(), Trust::Found)
}

#[test]
fn what_ansible_plugins_print() {
    let inventory = printed(
        r#"{ "_meta": { "hostvars": {
                "a": { "ansible_host": "203.0.113.5", "ansible_port": "2222", "ansible_user": "root",
                       "tags": { "k": [1, 1.5, null] }, "none": null },
                "lonely": {} } },
             "all": { "children": ["ungrouped", "eu"], "vars": { "x": 1 } },
             "ungrouped": { "hosts": ["lonely"] },
             "eu": { "children": ["web"], "vars": { "x": 2 } },
             "web": { "hosts": ["a", "b"], "vars": { "ansible_user": "deploy" } },
             "old": ["b"] }"#,
    )
    .unwrap();
    let names: Vec<_> = inventory.hosts().iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "lonely", "own"]);
    let a = inventory.host("a").unwrap();
    assert_eq!(
        (a.address.as_str(), a.port, a.user.as_deref()),
        ("203.0.113.5", Some(2222), Some("root"))
    );
    assert_eq!(a.groups, ["eu", "web"]);
    assert_eq!(a.vars["x"].as_integer(), Some(2));
    assert_eq!(a.vars["tags"].to_string(), "{ k = [1, 1.5] }");
    assert!(!a.vars.contains_key("none"));
    assert_eq!(inventory.host("own").unwrap().user.as_deref(), Some("deploy"));
    assert_eq!(inventory.host("lonely").unwrap().vars["x"].as_integer(), Some(1));
    let source = &inventory.explain(a)[1].source;
    assert_eq!(source.to_string(), "inventory/10-cloud.toml (host a)");
}

#[test]
fn mistakes_name_the_program() {
    let error = printed(
        r#"{ "_meta": { "hostvars": { "-x": {}, "a": { "ansible_port": 0, "b c": 1, "t": "x\ny" } } },
             "g": { "hosts": [1], "vars": [], "children": "x" }, "h": 1 }"#,
    );
    insta::assert_snapshot!(told(&error.unwrap_err()));
}

#[test]
fn output_that_is_no_inventory() {
    let lines: Vec<_> = ["[]", "nonsense"].map(|json| told(&printed(json).unwrap_err())).into();
    assert!(lines[0].contains("not a JSON object"), "{}", lines[0]);
    assert!(lines[1].contains("not JSON: expected ident"), "{}", lines[1]);
}

#[test]
fn a_toml_file_with_an_x_bit_is_not_handed_to_a_shell() {
    let folder = project(&[("hosts.toml", b"touch ran\n")]);
    let path = folder.path().join("inventory/hosts.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let error = Inventory::load(folder.path(), Trust::Found).unwrap_err();
    let expected = "inventory/hosts.toml: is executable but not a program | \
                    if it is plain TOML: chmod a-x inventory/hosts.toml\n";
    assert_eq!(told(&error), expected);
    assert!(!folder.path().join("ran").exists());
}
