//! The engine's own build cache: its records, and their removal by ID.

use super::df::null_is_empty;
use super::{Docker, DockerError};
use crate::door::Permit;
use crate::human::escape;
use crate::record::ActionResult;
use hyper::Method;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Times that a prune which finds another one running is tried again, and the pause before.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(10);

/// A record of the build cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CacheRecord {
    /// Its ID.
    #[serde(default, rename = "ID")]
    pub id: String,
    /// The record that it lies on, as engines below API 1.42 tell it.
    #[serde(default)]
    pub parent: Option<String>,
    /// The records that it lies on. Engines from 23.0 on write the key with a blank before it.
    #[serde(default, alias = " Parents")]
    pub parents: Option<Vec<String>>,
    /// `regular`, `exec.cachemount`, `source.local`, …
    #[serde(default, rename = "Type")]
    pub kind: String,
    /// The instruction that made it.
    #[serde(default)]
    pub description: String,
    /// Bytes.
    #[serde(default)]
    pub size: i64,
    /// Whether a build uses it now.
    #[serde(default)]
    pub in_use: bool,
    /// Whether images or other records share its bytes.
    #[serde(default)]
    pub shared: bool,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When a build last used it; `None` when none did since it was made.
    #[serde(default)]
    pub last_used_at: Option<Timestamp>,
}

/// What a prune took.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pruned {
    #[serde(default, deserialize_with = "null_is_empty")]
    caches_deleted: Vec<String>,
}

impl CacheRecord {
    /// The records that it lies on.
    pub fn lies_on(&self) -> impl Iterator<Item = &str> {
        let parents = self.parents.iter().flatten().chain(&self.parent);
        parents.map(String::as_str).filter(|id| !id.is_empty())
    }

    /// Bytes that go with it: none where something else holds them too.
    #[must_use]
    pub fn own_bytes(&self) -> u64 {
        if self.shared { 0 } else { u64::try_from(self.size).unwrap_or(0) }
    }

    /// When a build last had to do with it.
    #[must_use]
    pub fn last_used(&self) -> Option<Timestamp> {
        self.last_used_at.max(self.created_at)
    }

    /// Whether it is a directory that builds keep between runs, such as a package cache.
    #[must_use]
    pub fn is_cache_mount(&self) -> bool {
        self.kind == "exec.cachemount"
    }

    /// Records ordered so that none stands before one that lies on it. A circle, which no
    /// engine makes, is cut where it is met.
    #[must_use]
    pub fn children_first(records: &[Self]) -> Vec<&Self> {
        let by_id: HashMap<&str, &Self> = records.iter().map(|r| (r.id.as_str(), r)).collect();
        let mut children: HashMap<&str, usize> = HashMap::new();
        for record in records {
            record.lies_on().for_each(|parent| *children.entry(parent).or_default() += 1);
        }
        let mut order: Vec<&Self> =
            records.iter().filter(|r| !children.contains_key(r.id.as_str())).collect();
        let mut at = 0;
        while let Some(record) = order.get(at) {
            at += 1;
            for parent in record.lies_on() {
                let Some(rest) = children.get_mut(parent) else { continue };
                *rest -= 1;
                if *rest == 0
                    && let Some(parent) = by_id.get(parent)
                {
                    order.push(parent);
                }
            }
        }
        let placed: HashSet<&str> = order.iter().map(|r| r.id.as_str()).collect();
        order.extend(records.iter().filter(|r| !placed.contains(r.id.as_str())));
        order
    }
}

impl Docker {
    /// Removes records of the build cache by their IDs and gives what became of each, in
    /// the same order.
    ///
    /// The engine has no removal by ID: its prune takes a filter whose `id` is a regular
    /// expression, so it is given the whole IDs, anchored. It refuses what a build uses, and
    /// takes a record only when nothing lies on it any more.
    pub async fn remove_cache(&self, ids: &[String], _permit: Permit) -> Vec<ActionResult> {
        if let Some(bad) = ids.iter().find(|id| !is_cache_id(id)) {
            let reason = format!("`{}` is no ID of a cache record", escape(bad));
            return vec![ActionResult::Failed { reason }; ids.len()];
        }
        let pruned = match self.prune(ids).await {
            Ok(pruned) => pruned,
            Err(DockerError::Status { status: 409, message }) => {
                return vec![ActionResult::KeptInUse { reason: message }; ids.len()];
            }
            Err(DockerError::Status { status, message }) => {
                let reason = format!("the engine said {status}: {message}");
                return vec![ActionResult::Failed { reason }; ids.len()];
            }
            Err(error) => {
                return vec![ActionResult::Unknown { reason: error.to_string() }; ids.len()];
            }
        };
        if let Some(foreign) = pruned.iter().find(|id| !ids.contains(id)) {
            let reason = format!("the engine took `{}`, which was not asked for", escape(foreign));
            return vec![ActionResult::Failed { reason }; ids.len()];
        }
        let pruned: HashSet<&str> = pruned.iter().map(String::as_str).collect();
        let there = if ids.iter().all(|id| pruned.contains(id.as_str())) {
            HashSet::new()
        } else {
            match self.cache_records().await {
                Ok(records) => records.into_iter().map(|r| r.id).collect(),
                Err(error) => {
                    return vec![ActionResult::Unknown { reason: error.to_string() }; ids.len()];
                }
            }
        };
        ids.iter()
            .map(|id| match (pruned.contains(id.as_str()), there.contains(id)) {
                (true, _) => ActionResult::Done,
                (false, true) => {
                    ActionResult::KeptInUse { reason: "a build or another record uses it".into() }
                }
                (false, false) => ActionResult::AlreadyGone,
            })
            .collect()
    }

    /// One prune of these IDs; waits for another one that runs.
    async fn prune(&self, ids: &[String]) -> Result<Vec<String>, DockerError> {
        let filters = serde_json::json!({ "id": [format!("^({})$", ids.join("|"))] }).to_string();
        let filters: String = filters.bytes().map(percent).collect();
        let path = format!("/build/prune?all=true&filters={filters}");
        let mut tries = 0;
        loop {
            match self.transport.ask(Method::POST, &path).await {
                Err(DockerError::Status { status: 409, .. }) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                answer => {
                    let pruned: Pruned = serde_json::from_slice(answer?.body())
                        .map_err(|e| DockerError::Answer(format!("/build/prune: {e}")))?;
                    return Ok(pruned.caches_deleted);
                }
            }
        }
    }
}

/// `BuildKit` makes IDs of 25 characters of base 36 (identity/randomid.go).
fn is_cache_id(id: &str) -> bool {
    (8..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_that_is_no_pattern_is_ever_asked_for() {
        assert!(is_cache_id("4xkgf8z0yq2y7sb5ykfrvnl2o"));
        for bad in ["", ".*", "4xkgf8z0yq2y7sb5y|kfrvnl2o", "4xkgf8z0\n", "^4xkgf8z0y"] {
            assert!(!is_cache_id(bad), "{bad}");
        }
    }

    #[test]
    fn both_shapes_of_parents_are_read() {
        let old: CacheRecord =
            serde_json::from_str(r#"{"ID":"a","Parent":"p","Type":"regular","Size":7}"#).unwrap();
        assert_eq!(old.lies_on().collect::<Vec<_>>(), ["p"]);
        let new: CacheRecord = serde_json::from_str(
            r#"{"ID":"a","Parents":["p","q"],"Size":7,"Shared":true,
                "CreatedAt":"2026-01-01T00:00:00Z","LastUsedAt":null}"#,
        )
        .unwrap();
        assert_eq!(new.lies_on().collect::<Vec<_>>(), ["p", "q"]);
        let as_sent: CacheRecord =
            serde_json::from_str(r#"{"ID":"a"," Parents":["p"],"Type":"regular"}"#).unwrap();
        assert_eq!(as_sent.lies_on().collect::<Vec<_>>(), ["p"]);
        assert_eq!((new.own_bytes(), old.own_bytes()), (0, 7));
        assert_eq!(new.last_used(), new.created_at);
    }
}
