//! What builds of a benchmark leave in an engine, told apart from what was there and from what
//! others made meanwhile.

use crate::docker::{CacheRecord, Docker, DockerError, Image};
use crate::door::{Door, Shut};
use crate::record::{Action, ActionResult, Object};
use std::collections::HashSet;

/// Records that one request names. An engine walks its whole cache for each.
const AT_ONCE: usize = 100;

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

    /// Records that are new and that nothing uses which stays, what lies on others first.
    fn own_cache<'r>(&self, records: &'r [CacheRecord]) -> Vec<&'r CacheRecord> {
        let mut held: HashSet<&str> = HashSet::new();
        let mut own = Vec::new();
        for record in CacheRecord::children_first(records) {
            let stays = record.in_use
                || self.cache.contains(&record.id)
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

/// What came of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Swept {
    /// Objects that are still there.
    pub(super) left: usize,
}

/// Removes what this run's builds left. `building` says that somebody else builds: the cache
/// stays then, since new records could be theirs.
pub(super) async fn sweep(
    docker: &Docker,
    door: &Door,
    numbers: &mut u32,
    before: &Before,
    built: &HashSet<String>,
    building: bool,
) -> Result<Swept, Sweep> {
    let images = docker.images().await?;
    let mut swept = Swept::default();
    for image in before.own_images(&images, built) {
        let action = action(numbers, "image", &image.id, image.bytes);
        for announced in door.announce_putting_back(vec![action]).await? {
            let removed = door.put_back(announced, |permit| async {
                match image.tags.len() {
                    0 => docker.remove_image(&image.id, permit).await,
                    _ => docker.remove_tagged_image(&image.id, &image.tags, permit).await,
                }
            });
            swept.left += usize::from(!is_gone(&removed.await?));
        }
    }
    if building {
        return Ok(swept);
    }
    let records = docker.cache_records().await?;
    let own = before.own_cache(&records);
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
        swept.left += removed.iter().filter(|result| !is_gone(result)).count();
    }
    Ok(swept)
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
        CacheRecord { id: id.into(), parents: Some(parents), in_use, ..CacheRecord::default() }
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
        let own: Vec<_> = there.own_cache(&records).iter().map(|r| r.id.as_str()).collect();
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
