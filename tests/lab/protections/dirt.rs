//! What the dirt of a host is to prove, as `tests/lab/dirt` wrote it down.

use super::super::cleanup::lab;
use super::super::says;
use super::super::support::repository;
use super::mutation;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

pub(super) const HOSTS: [&str; 3] = ["bookworm", "trixie", "forky"];

/// What one plan decides about one object.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) plans: String,
    pub(super) verdict: String,
    pub(super) phase: String,
    pub(super) rule: String,
    pub(super) kind: String,
    /// Its ID, or `~` and a part of the description of a cache record.
    pub(super) id: String,
}

impl Expected {
    pub(super) fn is_of(&self, plan: &str) -> bool {
        self.plans.split(',').any(|p| p == plan)
    }

    pub(super) fn means(&self, decision: &Value) -> bool {
        let names = || decision["names"].as_array().into_iter().flatten();
        decision["phase"] == *self.phase
            && decision["kind"] == *self.kind
            && match self.id.strip_prefix('~') {
                None => decision["id"] == *self.id,
                Some(part) => names().any(|n| n.as_str().is_some_and(|n| n.contains(part))),
            }
    }
}

/// One host's dirt.
pub(super) struct Dirt {
    pub(super) host: &'static str,
    pub(super) expected: Vec<Expected>,
    pub(super) flags: Vec<(String, String, String)>,
}

impl Dirt {
    pub(super) fn read(host: &'static str) -> Self {
        let words = |line: &str, n: usize| -> Vec<String> {
            line.splitn(n, ' ').map(str::to_owned).collect()
        };
        let book = |file: &str| says(host, &format!("cat /var/lib/fleet-lab/{file}"));
        let (rules, flags) = (book("rules"), book("flags"));
        let expected = rules.lines().map(|line| words(line, 6)).map(|w| Expected {
            plans: w[0].clone(),
            verdict: w[1].clone(),
            phase: w[2].clone(),
            rule: w[3].clone(),
            kind: w[4].clone(),
            id: w[5].clone(),
        });
        let flags = flags
            .lines()
            .map(|line| words(line, 3))
            .map(|w| {
                let [plan, flag, value] = w.try_into().unwrap();
                (plan, flag, value)
            })
            .collect();
        Self { host, expected: expected.collect(), flags }
    }

    /// The command line of a plan on this host, but for `--check` or `--yes`.
    pub(super) fn command<'d>(&'d self, plan: &str, flags: &[&'d str]) -> Vec<&'d str> {
        let mut args = vec!["cleanup", "--hosts", self.host, "--json"];
        args.extend(flags);
        for (of, flag, value) in &self.flags {
            if of == plan {
                args.extend([flag.as_str(), value.as_str()]);
            }
        }
        args
    }

    /// Whether a plan shows anything: always, but for the one rule that is switched off.
    pub(super) fn shows(&self, plan: &str) -> bool {
        let Some((phase, rule)) = mutation() else { return true };
        let mut of_plan = self.expected.iter().filter(|e| e.is_of(plan));
        let shows = of_plan.any(|e| e.verdict == "stay" && e.phase == phase && e.rule == rule);
        if shows {
            println!("EXPECTED on {}", self.host);
        }
        shows
    }

    /// How the decisions of a run differ from what a plan expects.
    pub(super) fn differences(&self, plan: &str, run: &Value) -> String {
        let decisions = run["hosts"][0]["decisions"].as_array().unwrap();
        let mut wrong = String::new();
        for expected in self.expected.iter().filter(|e| e.is_of(plan)) {
            let Expected { verdict, phase, rule, kind, id, .. } = expected;
            let about: Vec<_> = decisions.iter().filter(|d| expected.means(d)).collect();
            let as_expected = |d: &&Value| d["decision"] == **verdict && d["rule"] == **rule;
            if about.is_empty() || !about.iter().all(as_expected) {
                let got: Vec<_> =
                    about.iter().map(|d| format!("{} {}", d["decision"], d["rule"])).collect();
                let _ = writeln!(
                    wrong,
                    "CAUGHT on {}: plan {plan}: {phase}: {kind} {id}: expected {verdict} {rule}, got {got:?}",
                    self.host
                );
            }
        }
        wrong
    }
}

/// What is there, asked of the engine itself: IDs by kind; of cache records what it prints.
pub(super) fn there(host: &str) -> BTreeMap<&'static str, BTreeSet<String>> {
    let lines = |script: &str| says(host, script).lines().map(str::to_owned).collect();
    let cache = "docker system df -v | sed '1,/^CACHE ID/d' | cut -d' ' -f1";
    [
        ("image", "docker images -aq --no-trunc"),
        ("container", "docker ps -aq --no-trunc"),
        ("volume", "docker volume ls -q"),
        ("network", "docker network ls -q --no-trunc"),
        ("cache-record", cache),
    ]
    .map(|(kind, script)| (kind, lines(script)))
    .into()
}

/// The dirt that is there, when nobody touched it since it was made; else new dirt.
pub(super) fn dirty() -> Vec<Dirt> {
    let untouched =
        Command::new(repository("tests/lab/lab")).args(["survivors", "--before"]).output();
    if !untouched.unwrap().status.success() {
        lab(&["dirt"]);
    }
    HOSTS.map(Dirt::read).into()
}
