//! Every rule that keeps an object, on three real engines: the plan keeps the object by
//! exactly this rule under the strongest flags that the rule must withstand, and it is
//! there when the plan has been carried out and the engine itself is asked.
//!
//! `tests/lab/dirt` makes the objects and writes down what each plan decides about them.

mod dirt;
mod unusual;

use super::support::Project;
use super::{engines, project, says};
use dirt::{Dirt, dirty, there};
use serde_json::Value;
use std::fmt::Write as _;

/// Plans in the order in which they can be carried out: each leaves what the next is about.
const PLANS: &[(&str, &[&str])] = &[
    ("plain", &[]),
    ("mounts", &["--max-cache", "0", "--only", "build-cache"]),
    ("aged", &["--aggressive", "--keep-tags", "0", "--anonymous-volumes"]),
    ("tags", &["--aggressive", "--keep", "0", "--keep-cache", "0", "--only", "unused-images"]),
    ("strong", STRONG),
];

const STRONG: &[&str] = &[
    "--aggressive",
    "--keep",
    "0",
    "--keep-cache",
    "0",
    "--keep-tags",
    "0",
    "--anonymous-volumes",
];

/// An app whose template builds on an image of the dirt.
const APP: &str = "[apps.ground]\ntemplate = \"ground\"\nhosts = \"hetzner\"\n\
                   vars = { base_image = \"dirt/ground:1\" }\n";

const MANIFEST: &str = r#"
[template]
version = "1"
summary = "one base image"
[[files]]
source = "Dockerfile.tera"
path = "Dockerfile"
[[changelog]]
version = "1"
changes = "the first one"
[variables.base_image]
type = "string"
pattern = ".+"
help = "the base image"
"#;

fn with_app() -> Project {
    let project = project(APP);
    let folder = project.path().join("templates/ground");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("Dockerfile.tera"), "FROM {{ base_image }}\n").unwrap();
    std::fs::write(folder.join("template.toml"), MANIFEST).unwrap();
    project
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Does the same on every host at once and joins what went wrong.
fn on_each(dirts: &[Dirt], work: impl Fn(&Dirt, &Project) -> String + Sync) -> String {
    std::thread::scope(|scope| {
        let started: Vec<_> = dirts
            .iter()
            .map(|dirt| {
                let work = &work;
                scope.spawn(move || work(dirt, &with_app()))
            })
            .collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn check(dirt: &Dirt, project: &Project, plan: &str, flags: &[&str]) -> (Value, String) {
    let mut args = dirt.command(plan, flags);
    args.push("--check");
    let run = json(&project.run(&args).code(0).stdout);
    let wrong = dirt.differences(plan, &run);
    (run, wrong)
}

/// The phase and the rule that `make mutate` has switched off, if it has.
fn mutation() -> Option<(String, String)> {
    let off = std::env::var("FLEET_MUTATE").ok().filter(|off| !off.is_empty())?;
    let mut parts = off.split(':');
    let file = parts.next().unwrap().trim_end_matches(".rs").replace('_', "-");
    Some((file, parts.nth(1).unwrap().to_owned()))
}

#[test]
fn each_rule_keeps_its_object() {
    let _turn = engines();
    let wrong = on_each(&dirty(), |dirt, project| {
        let mut plans: Vec<_> = PLANS.iter().filter(|(plan, _)| dirt.shows(plan)).collect();
        if mutation().is_some() {
            plans.truncate(1);
        }
        plans.into_iter().map(|(plan, flags)| check(dirt, project, plan, flags).1).collect()
    });
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_rule_keeps_its_object_on_a_host_in_an_unusual_state() {
    let _turn = engines();
    let wrong = on_each(&dirty(), |dirt, project| {
        let mut wrong = String::new();
        if dirt.shows("clock") {
            wrong += &unusual::clock_off(dirt, project);
        }
        if dirt.shows("swarm") {
            wrong += &unusual::in_a_swarm(dirt, project);
        }
        if dirt.shows("building") {
            wrong += &unusual::building(dirt, project);
        }
        wrong
    });
    assert!(wrong.is_empty(), "{wrong}");
}

/// Carries one plan out and compares what the engine has with what the plan expects.
fn carry_out(dirt: &Dirt, project: &Project, plan: &str, flags: &[&str]) -> String {
    let (planned, _) = check(dirt, project, plan, flags);
    let mut args = dirt.command(plan, flags);
    args.push("--yes");
    let ran = json(&project.run(&args).code(0).stdout);
    let there = there(dirt.host);
    let mut wrong = String::new();
    for expected in dirt.expected.iter().filter(|e| e.is_of(plan) && e.phase != "stop-containers") {
        let about = planned["hosts"][0]["decisions"].as_array().unwrap().iter();
        for decision in about.filter(|d| expected.means(d)) {
            let id = decision["id"].as_str().unwrap();
            let has = match expected.kind.as_str() {
                // The engine prints the beginnings of their IDs.
                "cache-record" => {
                    there["cache-record"].iter().any(|have| id.starts_with(have.as_str()))
                }
                kind => there[kind].contains(id),
            };
            if has != (expected.verdict == "stay") {
                let is = if has { "still there" } else { "gone" };
                let _ = writeln!(wrong, "{} after {plan}: {expected:?} is {is}", dirt.host);
            }
        }
    }
    let kept: Vec<_> = ran["hosts"][0]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| a["result"] != "done")
        .collect();
    if !kept.is_empty() {
        let _ = writeln!(wrong, "{} after {plan}: not done: {kept:?}", dirt.host);
    }
    let again = check(dirt, project, plan, flags).0;
    let again: Vec<_> = again["hosts"][0]["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["decision"] == "go" && d["phase"] != "stop-containers")
        .collect();
    if !again.is_empty() {
        let _ = writeln!(wrong, "{} after {plan}: a second run finds {again:?}", dirt.host);
    }
    wrong
}

#[test]
fn what_is_protected_survives_and_everything_else_goes() {
    let _turn = engines();
    let wrong = on_each(&dirty(), |dirt, project| {
        let mut wrong = String::new();
        for (plan, flags) in PLANS {
            wrong += &carry_out(dirt, project, plan, flags);
        }
        let runs = says(dirt.host, "docker ps -q --no-trunc");
        let stopped = dirt.expected.iter().filter(|e| e.rule == "stopped-by-us");
        for expected in stopped.filter(|e| !runs.contains(&e.id)) {
            let _ = writeln!(wrong, "{}: does not run again: {expected:?}", dirt.host);
        }
        wrong
    });
    assert!(wrong.is_empty(), "{wrong}");
}
