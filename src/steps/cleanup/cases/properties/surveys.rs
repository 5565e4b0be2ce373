//! Random surveys and random flags: small worlds, so that what belongs together meets.

use super::*;

fn some_of(names: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(names), 0..4)
        .prop_map(|picked| picked.into_iter().map(str::to_owned).collect())
}

pub(super) fn any_flags() -> impl Strategy<Value = Flags> {
    let numbers = (
        prop_oneof![Just(0u64), Just(24), 0u64..100],
        prop_oneof![Just(0u64), Just(24), 0u64..300],
        0usize..4,
        prop::option::of(0u64..60),
        any::<bool>(),
        any::<bool>(),
    );
    let lists = (
        some_of(&["c0", "c1", "c2", "label=service", "label=role=web"]),
        some_of(&["c0", "c3", "c4"]),
        some_of(&["shop:1", "shop:2", "blog", "lib/x:1"]),
        some_of(VOLUMES),
        some_of(&["shop:1", "docker.io/library/blog:latest"]),
        some_of(&["*:stable", "lib/*", "shop@*"]),
    );
    (numbers, lists).prop_map(|(numbers, lists)| Flags {
        keep_hours: numbers.0,
        keep_cache_hours: numbers.1,
        keep_tags: numbers.2,
        max_cache: numbers.3,
        aggressive: numbers.4,
        anonymous_volumes: numbers.5,
        stop: lists.0,
        containers: lists.1,
        images: lists.2,
        volumes: lists.3,
        bases: lists.4,
        protect: lists.5,
    })
}

/// Mostly some hours ago; at times none, of 1970, or to come.
fn any_date() -> impl Strategy<Value = Option<Timestamp>> {
    prop_oneof![
        8 => (0i64..300).prop_map(|hours| Timestamp::from_second(NOW - hours * HOUR).ok()),
        1 => Just(None),
        1 => Just(Timestamp::from_second(0).ok()),
        1 => (1i64..9).prop_map(|hours| Timestamp::from_second(NOW + hours * HOUR).ok()),
    ]
}

/// Few of these labels, and mostly none.
fn any_labels(all: &'static [(&str, &str)]) -> impl Strategy<Value = BTreeMap<String, String>> {
    let picked = prop::collection::vec(prop::sample::select(all), 0..4);
    prop_oneof![
        Just(BTreeMap::new()),
        picked.prop_map(|p| p.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    ]
}

pub(super) const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const VOLUMES: &[&str] =
    &["data", "logs", HEX, "anon", "buildx_buildkit_b0_state", "buildx_buildkit_gone0_state"];
const NETWORKS: &[&str] = &["bridge", "host", "none", "docker_gwbridge", "kamal", "net", "idle"];
const STATES: &[&str] = &[
    "running",
    "paused",
    "restarting",
    "removing",
    "exited",
    "exited",
    "exited",
    "created",
    "dead",
    "",
];
const TAGS: &[&str] =
    &["shop:1", "shop:2", "shop:3", "shop:latest", "blog:latest", "lib/x:1", "lib/x:stable"];

fn any_containers() -> impl Strategy<Value = Vec<Container>> {
    let labels = any_labels(&[
        ("fleet.keep", ""),
        ("service", "shop"),
        ("service", "blog"),
        ("role", "web"),
        ("com.docker.compose.project", "p"),
        ("com.docker.compose.oneoff", "True"),
        ("com.docker.compose.oneoff", "False"),
        ("com.docker.swarm.task.id", "t"),
    ]);
    let written = prop_oneof![6 => Just(Some(1)), 1 => Just(None), 1 => Just(Some(64_000_001))];
    let uses = (some_of(VOLUMES), some_of(&["n0", "n4", "n5", "net", "idle"]), 0usize..10);
    let one = (prop::sample::select(STATES), any_date(), any_date(), labels, written, uses);
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let named = |n: usize| if n == 7 { "buildx_buildkit_b0".into() } else { format!("c{n}") };
        all.into_iter()
            .enumerate()
            .map(|(n, (state, created, finished, labels, written_bytes, uses))| Container {
                id: format!("id{n}"),
                name: named(n),
                image_id: format!("i{}", uses.2),
                image: if n % 3 == 0 { format!("i{}", 9 - uses.2) } else { "shop:1".into() },
                state: state.to_owned(),
                labels,
                created,
                finished: finished.filter(|_| state != "created"),
                written_bytes,
                volumes: uses.0,
                networks: uses.1,
            })
            .collect()
    })
}

fn any_images() -> impl Strategy<Value = Vec<Image>> {
    let labels = any_labels(&[("fleet.keep", ""), ("service", "shop"), ("service", "blog")]);
    let one = (prop::option::of(0usize..12), some_of(TAGS), any::<bool>(), any_date(), labels);
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let mut taken = BTreeSet::new();
        all.into_iter()
            .enumerate()
            .map(|(n, (parent, tags, pulled, created, labels))| Image {
                id: format!("i{n}"),
                // Only an image that is there already can be a parent.
                parent: parent.filter(|p| *p < n).map(|p| format!("i{p}")),
                // A tag names one image.
                tags: tags.into_iter().filter(|tag| taken.insert(tag.clone())).collect(),
                digests: if pulled { vec![format!("shop@sha256:{n}")] } else { Vec::new() },
                created,
                bytes: 1,
                labels,
            })
            .collect()
    })
}

fn any_cache() -> impl Strategy<Value = Option<Df>> {
    let kind = prop_oneof![4 => Just("regular"), 1 => Just("exec.cachemount")];
    let on = prop::collection::vec(0usize..12, 0..3);
    let one = (on, kind, any_date(), any_date(), 0i64..20, prop::bool::weighted(0.05));
    let records = prop::collection::vec(one, 0..12).prop_map(|all| {
        let records = all.into_iter().enumerate();
        let records = records.map(|(n, (on, kind, created_at, last_used_at, size, in_use))| {
            let on = on.into_iter().filter(|p| *p < n).map(|p| format!("record{p}"));
            CacheRecord {
                id: format!("record{n}"),
                parents: Some(on.collect()),
                kind: kind.to_owned(),
                size,
                in_use,
                created_at,
                last_used_at,
                ..CacheRecord::default()
            }
        });
        Df { build_cache: records.collect(), ..Df::default() }
    });
    prop::option::weighted(0.9, records)
}

fn any_volumes() -> impl Strategy<Value = Vec<Volume>> {
    let labels = any_labels(&[("fleet.keep", ""), ("com.docker.volume.anonymous", "")]);
    let one = (any::<bool>(), labels, prop::option::of(any::<bool>()), any_date(), any_date());
    prop::collection::vec(one, VOLUMES.len()).prop_map(|all| {
        VOLUMES
            .iter()
            .zip(all)
            .filter(|(_, one)| one.0)
            .map(|(name, (_, labels, holds_data, changed, created))| Volume {
                name: (*name).to_owned(),
                driver: "local".into(),
                created_at: created.map(|t| t.to_string()),
                labels: (!labels.is_empty()).then_some(labels),
                holds_data,
                changed,
                ..Volume::default()
            })
            .collect()
    })
}

fn any_networks() -> impl Strategy<Value = Vec<Network>> {
    let labels = any_labels(&[
        ("fleet.keep", ""),
        ("com.docker.compose.project", "p"),
        ("com.docker.stack.namespace", "s"),
    ]);
    let one = (any_date(), labels, prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    prop::collection::vec(one, NETWORKS.len()).prop_map(|all| {
        NETWORKS
            .iter()
            .zip(all)
            .enumerate()
            .map(|(n, (name, (created, labels, swarm, config_only)))| Network {
                id: format!("n{n}"),
                name: (*name).to_owned(),
                created: created.map(|t| t.to_string()).unwrap_or_default(),
                scope: if swarm { "swarm" } else { "local" }.to_owned(),
                ingress: swarm && n % 2 == 0,
                config_only,
                labels: (!labels.is_empty()).then_some(labels),
                ..Network::default()
            })
            .collect()
    })
}

pub(super) fn any_survey() -> impl Strategy<Value = Survey> {
    let facts = (
        prop_oneof![6 => Just(0i64), 1 => Just(300), 1 => Just(-301), 1 => Just(4000)],
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
    );
    (any_containers(), any_images(), any_cache(), any_volumes(), any_networks(), facts).prop_map(
        |(containers, images, df, volumes, networks, facts)| Survey {
            containers,
            images,
            df,
            volumes,
            networks,
            skew_seconds: facts.0,
            containerd_store: facts.1,
            swarm: facts.2,
            building: facts.3.then(|| "1 build process".to_owned()),
            now: Timestamp::from_second(NOW).unwrap(),
            ..Survey::default()
        },
    )
}
