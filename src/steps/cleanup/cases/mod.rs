//! Cases as data: each file holds surveys and what is decided about them.
//!
//! A line of `expect` is `PHASE NAME: go RULE` or `PHASE NAME: stay RULE`. Every object that
//! goes must be expected; of those that stay, the ones a case is about.

use super::*;
use crate::docker::{CacheRecord, Container, Df, Image, Network, Volume};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

mod properties;

const NOW: i64 = 1_764_000_000;

const FILES: &[(&str, &str)] = &[
    ("containers.toml", include_str!("containers.toml")),
    ("images.toml", include_str!("images.toml")),
    ("tags.toml", include_str!("tags.toml")),
    ("cache.toml", include_str!("cache.toml")),
    ("volumes.toml", include_str!("volumes.toml")),
    ("networks.toml", include_str!("networks.toml")),
    ("whole.toml", include_str!("whole.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    with: toml::Table,
    #[serde(default)]
    skew_seconds: i64,
    #[serde(default)]
    swarm: bool,
    #[serde(default)]
    containerd_store: bool,
    building: Option<String>,
    #[serde(default)]
    containers: Vec<ContainerCase>,
    #[serde(default)]
    images: Vec<ImageCase>,
    #[serde(default)]
    cache: Vec<CacheCase>,
    #[serde(default)]
    volumes: Vec<VolumeCase>,
    #[serde(default)]
    networks: Vec<NetworkCase>,
    expect: Vec<String>,
}

/// Dates are ages such as `"3d"`, or `"1970"`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContainerCase {
    name: String,
    state: String,
    created: Option<String>,
    finished: Option<String>,
    #[serde(default)]
    image_id: String,
    #[serde(default)]
    image: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    networks: Vec<String>,
    /// -1 for not measured.
    #[serde(default)]
    written: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageCase {
    id: String,
    parent: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    digests: Vec<String>,
    created: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CacheCase {
    id: String,
    #[serde(default)]
    on: Vec<String>,
    #[serde(default = "regular")]
    kind: String,
    /// No date at all where this is missing.
    used: Option<String>,
    #[serde(default)]
    size: i64,
    #[serde(default)]
    in_use: bool,
}

fn regular() -> String {
    "regular".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VolumeCase {
    name: String,
    changed: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    holds_data: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkCase {
    id: String,
    name: String,
    created: Option<String>,
    #[serde(default = "local")]
    scope: String,
    #[serde(default)]
    ingress: bool,
    #[serde(default)]
    config_only: bool,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

fn local() -> String {
    "local".into()
}

/// The date that lies so far back.
fn ago(age: Option<&String>) -> Option<Timestamp> {
    let age = age?;
    if age == "1970" {
        return Timestamp::from_second(0).ok();
    }
    let (sign, age) = age.strip_prefix('-').map_or((1, age.as_str()), |age| (-1, age));
    let seconds = i64::try_from(crate::human::parse_duration(age).unwrap().as_secs()).unwrap();
    Timestamp::from_second(NOW - sign * seconds).ok()
}

impl Case {
    fn survey(self) -> (Survey, Vec<String>) {
        let containers = self.containers.into_iter().map(|c| Container {
            id: c.name.clone(),
            created: ago(c.created.as_ref()),
            finished: ago(c.finished.as_ref()),
            written_bytes: u64::try_from(c.written).ok(),
            name: c.name,
            state: c.state,
            image_id: c.image_id,
            image: c.image,
            labels: c.labels,
            volumes: c.volumes,
            networks: c.networks,
        });
        let images = self.images.into_iter().map(|i| Image {
            created: ago(i.created.as_ref()),
            id: i.id,
            parent: i.parent,
            tags: i.tags,
            digests: i.digests,
            labels: i.labels,
            bytes: 1,
        });
        let cache = self.cache.into_iter().map(|r| CacheRecord {
            created_at: r.used.as_ref().and(ago(Some(&"90d".to_owned()))),
            last_used_at: ago(r.used.as_ref()),
            id: r.id,
            parents: Some(r.on),
            kind: r.kind,
            size: r.size,
            in_use: r.in_use,
            ..CacheRecord::default()
        });
        let volumes = self.volumes.into_iter().map(|v| Volume {
            changed: ago(v.changed.as_ref()),
            name: v.name,
            driver: "local".into(),
            labels: Some(v.labels),
            holds_data: v.holds_data,
            ..Volume::default()
        });
        let networks = self.networks.into_iter().map(|n| Network {
            created: ago(n.created.as_ref()).map(|t| t.to_string()).unwrap_or_default(),
            id: n.id,
            name: n.name,
            scope: n.scope,
            ingress: n.ingress,
            config_only: n.config_only,
            labels: Some(n.labels),
            ..Network::default()
        });
        let survey = Survey {
            containers: containers.collect(),
            images: images.collect(),
            df: Some(Df { build_cache: cache.collect(), ..Df::default() }),
            volumes: volumes.collect(),
            networks: networks.collect(),
            building: self.building,
            containerd_store: self.containerd_store,
            swarm: self.swarm,
            now: Timestamp::from_second(NOW).unwrap(),
            skew_seconds: self.skew_seconds,
            ..Survey::default()
        };
        (survey, self.expect)
    }
}

fn line(decision: &Decision) -> String {
    let verdict = if decision.decision == Verdict::Go { "go" } else { "stay" };
    let Decision { phase, object, rule, .. } = decision;
    format!("{phase} {}: {verdict} {rule}", object.id)
}

#[test]
fn every_case_is_decided_as_it_says() {
    let mut wrong = Vec::new();
    for (file, text) in FILES {
        let File { case } = toml::from_str(text).unwrap_or_else(|e| panic!("{file}: {e}"));
        for case in case {
            let name = format!("{file}: {}", case.name);
            let parameters = Parameters::from_table(&case.with).unwrap();
            let (survey, expect) = case.survey();
            let lines: BTreeSet<String> =
                Cleanup { parameters }.decide(survey).iter().map(line).collect();
            let expect: BTreeSet<String> = expect.into_iter().collect();
            let missing: Vec<_> = expect.difference(&lines).collect();
            let goes: Vec<_> =
                lines.difference(&expect).filter(|line| line.contains(": go ")).collect();
            if !missing.is_empty() || !goes.is_empty() {
                wrong.push(format!("{name}\n  missing {missing:?}\n  goes too {goes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
