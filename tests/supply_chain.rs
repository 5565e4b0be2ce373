//! What we depend on: reasons are written down, licences allow it, known holes are closed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Oldest versions without a hole that reaches a client of ours. The common advisory
/// database has few of them, so they are written down here.
const FLOORS: &[(&str, (u64, u64, u64))] = &[
    // CVE-2024-43410, CVE-2026-46702, -48107, -48108, -48110, -73429, -116774,
    // GHSA-47hw-gvq5-r2gm, GHSA-p8qx-h547-fjw9, GHSA-4p9f-7p9m-5vfg, GHSA-9264-jvgf-6w2f.
    ("russh", (0, 65, 1)),
    // RUSTSEC-2024-0006: quoting.
    ("shlex", (1, 3, 0)),
];

const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "Unicode-3.0",
    "CC0-1.0",
    "BSL-1.0",
    "OpenSSL",
    "MIT-0",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn known_holes_are_closed() {
    let lock: toml::Table = fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let version = package["version"].as_str().unwrap();
        assert_ne!(name, "russh-keys", "it merged into russh::keys and is dead");
        let Some((name, floor)) = FLOORS.iter().find(|(n, _)| *n == name) else { continue };
        let mut parts = version.split(['.', '-', '+']).map_while(|p| p.parse::<u64>().ok());
        let version = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        assert!(version >= *floor, "{name} {version:?} has a known hole");
        *seen.entry(name).or_default() += 1;
    }
    assert_eq!(seen.len(), FLOORS.len(), "a floor for something we do not use: {seen:?}");
}

#[test]
fn every_licence_is_one_that_ours_allows() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none").replace('/', " OR ");
        // An expression is fine when one of its alternatives is fine as a whole.
        let fine = licence.replace(['(', ')'], "").split(" OR ").any(|alternative| {
            alternative.split(" AND ").all(|one| {
                let one = one.split(" WITH ").next().unwrap_or(one).trim();
                LICENCES.contains(&one)
            })
        });
        if !fine {
            wrong.push(format!("{} {licence}", package["name"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_dependency_has_its_reason_in_the_docs() {
    let manifest: toml::Table =
        fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let text = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    for table in ["dependencies", "dev-dependencies"] {
        for name in manifest[table].as_table().unwrap().keys() {
            assert!(
                text.contains(&format!("| `{name}` |")),
                "docs/dependencies.md is silent about {name}"
            );
        }
    }
    for line in text.lines().filter_map(|l| l.strip_prefix("| `")) {
        let name = line.split('`').next().unwrap();
        let used = ["dependencies", "dev-dependencies"]
            .iter()
            .any(|t| manifest[*t].as_table().unwrap().contains_key(name));
        assert!(used, "docs/dependencies.md speaks of {name}, which is not used");
    }
}
