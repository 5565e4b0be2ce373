//! What a cleanup with all its phases finds on a host.

use super::fixtures::{Build, GB};
use crate::record::{Decision, Metric, Moment, Object, Unit, Verdict, What};

/// Objects of one kind that meet the same verdict: phase, verdict, rule, reason, how many,
/// and the bytes of each.
type Lot = (&'static str, Verdict, &'static str, &'static str, usize, Option<u64>);

const MB: u64 = 1_000_000;
const CONTAINERS: &str = "stopped-containers";
const DANGLING: &str = "dangling-images";
const CACHE: &str = "build-cache";
const VOLUMES: &str = "volumes";
const NETWORKS: &str = "networks";

pub(super) const ALL: &[Lot] = &[
    (CONTAINERS, Verdict::Stay, "running", "is running", 2, Some(0)),
    (CONTAINERS, Verdict::Stay, "young", "younger than 24 h", 3, Some(9 * MB)),
    (CONTAINERS, Verdict::Go, "stopped", "stopped, for longer than 24 h", 14, Some(80 * MB)),
    (
        CONTAINERS,
        Verdict::Stay,
        "kamal",
        "one of the newest 5 that Kamal rolls back to",
        5,
        Some(MB),
    ),
    (CONTAINERS, Verdict::Stay, "volume", "its anonymous volume holds data", 1, Some(0)),
    (
        CONTAINERS,
        Verdict::Stay,
        "much-written",
        "wrote 900 MB; goes only by --containers x",
        1,
        Some(900 * MB),
    ),
    (DANGLING, Verdict::Stay, "tagged", "has a tag: shop:v1", 4, Some(600 * MB)),
    (
        DANGLING,
        Verdict::Go,
        "dangling",
        "untagged and unused, for longer than 24 h",
        9,
        Some(700 * MB),
    ),
    (DANGLING, Verdict::Stay, "parent", "image c9935e62fc30 is built on it", 6, None),
    (DANGLING, Verdict::Stay, "in-use", "used by container shop-web-1", 2, Some(400 * MB)),
    (CACHE, Verdict::Go, "unused", "no build used it, for longer than 24 h", 120, Some(50 * MB)),
    (
        CACHE,
        Verdict::Stay,
        "cache-mount",
        "a directory that builds keep; used in the last 7 days",
        2,
        Some(300 * MB),
    ),
    (CACHE, Verdict::Stay, "young", "younger than 24 h", 8, Some(20 * MB)),
    (VOLUMES, Verdict::Stay, "named", "unused; goes only by --volumes pgdata", 2, Some(6 * GB)),
    (
        VOLUMES,
        Verdict::Stay,
        "anonymous",
        "anonymous and unused; goes with --anonymous-volumes",
        3,
        Some(MB),
    ),
    (VOLUMES, Verdict::Stay, "in-use", "container shop-db-1 mounts it", 2, Some(9 * GB)),
    (
        NETWORKS,
        Verdict::Go,
        "unused",
        "no container refers to it, for longer than 24 h",
        1,
        Some(0),
    ),
    (NETWORKS, Verdict::Stay, "declared", "declared by Compose project shop", 2, Some(0)),
];

impl Build {
    /// Everything of these lots, with every size times a factor.
    pub(super) fn find_all(&mut self, host: &str, lots: &[Lot], factor: u64) -> &mut Self {
        let mut decisions = Vec::new();
        for (at, (phase, verdict, rule, reason, count, bytes)) in lots.iter().enumerate() {
            decisions.extend((0..*count).map(|i| Decision {
                phase: (*phase).to_owned(),
                object: object(phase, at * 1_000 + i, bytes.map(|bytes| bytes * factor)),
                decision: *verdict,
                rule: (*rule).to_owned(),
                reason: (*reason).to_owned(),
            }));
        }
        self.tell(Some(host), What::Decided { decisions })
    }

    /// Containers that `--stop` names.
    pub(super) fn stop(&mut self, host: &str, count: usize) -> &mut Self {
        let reason = "named by --stop; started again at the end";
        let lot = ("stop-containers", Verdict::Go, "named", reason, count, Some(0));
        self.find_all(host, &[lot], 1)
    }

    /// One more number before and after.
    pub(super) fn number(&mut self, host: &str, name: &str, before: u64, after: u64) -> &mut Self {
        for (moment, value) in [(Moment::Before, before), (Moment::After, after)] {
            let metric =
                Metric { name: name.into(), moment, value: Some(value), unit: Unit::Bytes };
            self.tell(Some(host), What::Measured { metric });
        }
        self
    }
}

fn object(phase: &str, n: usize, bytes: Option<u64>) -> Object {
    let hex = format!("{:0<64x}", (n as u128 + 7).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c061));
    let (kind, id, names) = match phase {
        CACHE => {
            let text = "[stage-1 4/9] RUN apt-get update && apt-get install -y libvips ruby-dev";
            ("cache-record", hex[..25].to_owned(), vec![text.to_owned()])
        }
        DANGLING => ("image", format!("sha256:{}", &hex), vec![]),
        "unused-images" => {
            let names = (1..=12).map(|v| format!("registry.example:5000/shop/web:v{v}")).collect();
            ("image", format!("sha256:{}", &hex), names)
        }
        VOLUMES => ("volume", format!("shop_pgdata_{n}"), vec![format!("shop_pgdata_{n}")]),
        NETWORKS => ("network", hex, vec![format!("shop_net_{n}")]),
        _ => ("container", hex, vec![format!("shop-web-{n}")]),
    };
    Object {
        kind: kind.into(),
        id,
        names,
        bytes,
        created: None,
        age_seconds: Some(3_600 * (n as u64 % 25_000 + 30)),
    }
}
