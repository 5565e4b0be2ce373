//! What builds of a benchmark leave in an engine, told apart from what was there and from what
//! others made meanwhile.

use super::clearing::Cache;
use crate::docker::{CacheRecord, Docker, DockerError, Image};
use crate::door::{Door, Shut};
use crate::record::{Action, ActionResult, Object};
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;

/// Records that one request names. An engine walks its whole cache for each.
const AT_ONCE: usize = 100;

/// How long the engine may take to list what it has.
const TELLING: Duration = Duration::from_secs(180);

/// What was there before the first build.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    cache: HashSet<String>,
    images: HashSet<String>,
    /// Bytes of the build cache.
    pub(super) cache_bytes: u64,
}

impl Before {
    pub(super) async fn look(docker: &Docker) -> Result<Self, DockerError> {
        let records = docker.cache_records().await?;
        let cache_bytes = records.iter().map(CacheRecord::own_bytes).sum();
        let cache = records.into_iter().map(|record| record.id).collect();
        let images = docker.images().await?.into_iter().map(|image| image.id).collect();
        Ok(Self { cache, images, cache_bytes })
    }

    /// Records that are new, that came while this run built, and that nothing uses which stays,
    /// what lies on others first.
    fn own_cache<'r>(&self, records: &'r [CacheRecord], left: &Left) -> Vec<&'r CacheRecord> {
        let Cache::Goes { pulled } = left.cache else { return Vec::new() };
        let mut held: HashSet<&str> = HashSet::new();
        let mut own = Vec::new();
        for record in CacheRecord::children_first(records) {
            let stays = record.in_use
                || self.cache.contains(&record.id)
                || !left.is_of_our_time(record)
                || (!pulled && record.description.starts_with("pulled from "))
                || held.contains(record.id.as_str());
            if stays {
                held.extend(record.lies_on());
            } else {
                own.push(record);
            }
        }
        own
    }

    /// New images among `built` and those that they were built on, what lies on others first.
    /// `built` are IDs, or the beginnings of IDs that the legacy builder prints.
    fn own_images<'i>(&self, images: &'i [Image], built: &HashSet<String>) -> Vec<&'i Image> {
        let named = |image: &Image| {
            let hex = image.id.trim_start_matches("sha256:");
            hex.len() == 64 && (built.contains(hex) || built.contains(&hex[..12]))
        };
        let mut wanted: HashSet<&str> = HashSet::new();
        for image in Image::children_first(images) {
            if named(image) || wanted.contains(image.id.as_str()) {
                wanted.insert(&image.id);
                wanted.extend(image.parent.as_deref());
            }
        }
        let is_own = |image: &&Image| {
            wanted.contains(image.id.as_str())
                && !self.images.contains(&image.id)
                && image.tags.iter().all(|tag| tag.starts_with("fleet-bench/"))
        };
        Image::children_first(images).into_iter().filter(is_own).collect()
    }
}

/// What must be known of a host to clear up on it, also after a lost connection.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) before: Before,
    /// Images of this run, as far as they are known.
    pub(super) built: HashSet<String>,
    /// The number of the next action.
    pub(super) next: u32,
    /// Whether somebody else was seen building.
    pub(super) stranger: bool,
    /// Whether the user knows that something stays.
    pub(super) told: bool,
    /// When this run built, in seconds of the host's clock. The last one may have no end.
    times: Vec<(i64, Option<i64>)>,
}

impl Kept {
    /// A build begins.
    pub(super) fn begin(&mut self, clock: Option<i64>) {
        self.times.extend(clock.map(|clock| (clock, None)));
    }

    /// The build that began last is over.
    pub(super) fn end(&mut self, clock: i64) {
        if let Some((_, end)) = self.times.last_mut() {
            *end = Some(clock);
        }
    }

    pub(super) fn left(&self, cache: Cache) -> Left {
        let (before, built) = (self.before.clone(), self.built.clone());
        Left { before, built, times: self.times.clone(), cache }
    }
}

/// What a sweep goes by.
#[derive(Debug)]
pub(super) struct Left {
    before: Before,
    built: HashSet<String>,
    times: Vec<(i64, Option<i64>)>,
    pub(super) cache: Cache,
}

impl Left {
    /// Whether a record came into being while this run built, to a second.
    fn is_of_our_time(&self, record: &CacheRecord) -> bool {
        let Some(made) = record.created_at.map(Timestamp::as_second) else { return false };
        let during = |(from, to): &(i64, Option<i64>)| {
            made >= from - 1 && to.is_none_or(|to| made <= to + 1)
        };
        self.times.iter().any(during)
    }
}

/// Removes what this run's builds left, and gives how many objects are still there.
pub(super) async fn sweep(
    docker: &Docker,
    door: &Door,
    numbers: &mut u32,
    left: &Left,
) -> Result<usize, Sweep> {
    let images = within(docker.images()).await?;
    let mut there = 0;
    for image in left.before.own_images(&images, &left.built) {
        let action = action(numbers, "image", &image.id, image.bytes);
        for announced in door.announce_putting_back(vec![action]).await? {
            let removed = door.put_back(announced, |permit| async {
                match image.tags.len() {
                    0 => docker.remove_image(&image.id, permit).await,
                    _ => docker.remove_tagged_image(&image.id, &image.tags, permit).await,
                }
            });
            there += usize::from(!is_gone(&removed.await?));
        }
    }
    let records = within(docker.cache_records()).await?;
    let own = left.before.own_cache(&records, left);
    for some in own.chunks(AT_ONCE) {
        let actions: Vec<_> =
            some.iter().map(|r| action(numbers, "cache-record", &r.id, r.own_bytes())).collect();
        let ids: Vec<String> = some.iter().map(|record| record.id.clone()).collect();
        let announced = door.announce_putting_back(actions).await?;
        let removed = door
            .put_back_together(announced, |permit| async {
                docker.remove_cache(&ids, permit).await
            })
            .await?;
        there += removed.iter().filter(|result| !is_gone(result)).count();
    }
    Ok(there)
}

async fn within<T>(asked: impl Future<Output = Result<T, DockerError>>) -> Result<T, DockerError> {
    let late = |_| DockerError::Timeout(TELLING.as_secs());
    tokio::time::timeout(TELLING, asked).await.map_err(late)?
}

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Sweep {
    #[error(transparent)]
    Docker(#[from] DockerError),
    #[error(transparent)]
    Shut(#[from] Shut),
}

fn is_gone(result: &ActionResult) -> bool {
    matches!(result, ActionResult::Done | ActionResult::AlreadyGone | ActionResult::Would)
}

fn action(numbers: &mut u32, kind: &str, id: &str, bytes: u64) -> Action {
    let number = *numbers;
    *numbers += 1;
    let object = Object {
        kind: kind.into(),
        id: id.into(),
        names: Vec::new(),
        bytes: Some(bytes),
        created: None,
        age_seconds: None,
    };
    Action { number, phase: "bench".into(), verb: "remove".into(), object }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(cache: &[&str], images: &[&str]) -> Before {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        let images: Vec<String> = images.iter().map(|n| id(n)).collect();
        Before { cache: set(cache), images: images.into_iter().collect(), cache_bytes: 0 }
    }

    fn record(id: &str, lies_on: &[&str], in_use: bool) -> CacheRecord {
        let parents = lies_on.iter().map(|p| (*p).to_owned()).collect();
        CacheRecord {
            id: id.into(),
            parents: Some(parents),
            in_use,
            created_at: Timestamp::from_second(1_000).ok(),
            ..CacheRecord::default()
        }
    }

    /// A run that built from second 995 on until 1005, and from 2000 on.
    fn left(cache: Cache) -> Left {
        let times = vec![(995, Some(1_005)), (2_000, None)];
        Left { before: Before::default(), built: HashSet::new(), times, cache }
    }

    #[test]
    fn only_what_came_while_this_run_built_is_its_own() {
        let at = |id: &str, second: Option<i64>| CacheRecord {
            created_at: second.and_then(|second| Timestamp::from_second(second).ok()),
            ..record(id, &[], false)
        };
        let pulled = CacheRecord { description: "pulled from x".into(), ..at("base", Some(996)) };
        let records = [
            at("early", Some(900)),
            at("ours", Some(1_000)),
            at("between", Some(1_500)),
            at("last", Some(2_500)),
            at("undated", None),
            pulled,
            record("on-base", &["base"], true),
        ];
        let own = |cache| {
            let mut own: Vec<_> = Before::default()
                .own_cache(&records[..6], &left(cache))
                .iter()
                .map(|r| r.id.clone())
                .collect();
            own.sort();
            own
        };
        assert_eq!(own(Cache::Goes { pulled: true }), ["base", "last", "ours"]);
        assert_eq!(own(Cache::Goes { pulled: false }), ["last", "ours"]);
        assert!(own(Cache::Stays).is_empty());
    }

    fn id(name: &str) -> String {
        format!("sha256:{name:0<64}")
    }

    fn image(name: &str, parent: Option<&str>, tags: &[&str]) -> Image {
        Image {
            id: id(name),
            parent: parent.map(id),
            tags: tags.iter().map(|t| (*t).to_owned()).collect(),
            ..Image::default()
        }
    }

    #[test]
    fn what_was_there_what_is_used_and_what_lies_under_them_stays() {
        let records = [
            record("old", &[], false),
            record("new", &["old"], false),
            record("top", &["new"], false),
            record("used", &["under"], true),
            record("under", &[], false),
            record("lone", &[], false),
        ];
        let there = before(&["old"], &[]);
        let left = left(Cache::Goes { pulled: true });
        let own = there.own_cache(&records, &left);
        let own: Vec<_> = own.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(own.len(), 3, "{own:?}");
        assert!(["top", "new", "lone"].iter().all(|id| own.contains(id)), "{own:?}");
        let at = |id| own.iter().position(|own| *own == id);
        assert!(at("top") < at("new"), "what lies on another goes first: {own:?}");
    }

    #[test]
    fn images_of_others_stay_even_when_they_are_new() {
        let images = [
            image("ba5e", None, &["debian:13"]),
            image("a1", Some("ba5e"), &[]),
            image("a2", Some("a1"), &["fleet-bench/x:shop-0"]),
            image("b1", Some("ba5e"), &[]),
            image("b2", Some("b1"), &[]),
            image("c1", Some("a1"), &["theirs:1"]),
        ];
        let there = before(&[], &["ba5e"]);
        let full = id("a2").trim_start_matches("sha256:").to_owned();
        let short = id("c1").trim_start_matches("sha256:")[..12].to_owned();
        for (built, expected) in [
            (vec![full.clone()], vec![id("a2"), id("a1")]),
            (vec![full, short], vec![id("a2"), id("a1")]),
            (vec![], vec![]),
        ] {
            let built = built.into_iter().collect();
            let own: Vec<_> =
                there.own_images(&images, &built).iter().map(|i| i.id.clone()).collect();
            assert_eq!(own, expected);
        }
    }
}
