//! Phase 5: records of the engine's build cache that no build used for a while.

use super::{Carry, Phase};
use crate::docker::CacheRecord;
use crate::human::bytes;
use crate::record::Decision;
use crate::steps::cleanup::judge::{Judged, by_age, go, object, stay};
use crate::steps::cleanup::{Parameters, Survey};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::time::Duration;

/// The row in the table.
pub(super) const PHASE: Phase = Phase::removing(
    5,
    "build-cache",
    "remove build cache that no build has used for a day, or that is over a limit",
    decide,
    Carry::Many(AT_ONCE, |docker, actions, permit| {
        Box::pin(async move {
            let ids: Vec<_> = actions.iter().map(|a| a.object.id.clone()).collect();
            docker.remove_cache(&ids, permit).await
        })
    }),
);

/// Records that one request names. An engine walks its whole cache for each.
const AT_ONCE: usize = 100;

/// How long a directory stays that builds keep between runs, such as a package cache: it
/// makes the next build fast even when nothing else of the last one is left.
const KEEP_MOUNTS: Duration = Duration::from_secs(7 * 86_400);

/// One verdict per record, what lies on others first.
fn decide(survey: &Survey, parameters: &Parameters) -> Vec<Decision> {
    let order = CacheRecord::children_first(survey.cache());
    let mut judged: HashMap<&str, Judged> =
        order.iter().map(|r| (r.id.as_str(), judge(survey, parameters, r))).collect();
    let mut held = hold(&order, &judged);
    if let Some(limit) = parameters.max_cache.filter(|_| survey.building.is_none()) {
        for (id, verdict) in shrink(&order, limit, &held) {
            judged.insert(id, verdict);
        }
        // What lay under a record that the limit takes may be old enough to go by itself.
        held = hold(&order, &judged);
    }
    order
        .into_iter()
        .filter_map(|record| {
            let object = object(
                survey,
                "cache-record",
                &record.id,
                Some(&record.description).filter(|text| !text.is_empty()),
                Some(record.own_bytes()),
                record.last_used(),
            );
            Some(held.remove(record.id.as_str())?.of(PHASE.name, object))
        })
        .collect()
}

fn judge(survey: &Survey, parameters: &Parameters, record: &CacheRecord) -> Judged {
    if record.in_use {
        return stay("in-use", "a build uses it");
    }
    if let Some(evidence) = &survey.building {
        return stay("building", format!("a build runs ({evidence})"));
    }
    if parameters.aggressive {
        return go("unused", "no build uses it");
    }
    if record.is_cache_mount() {
        let keep = KEEP_MOUNTS.max(parameters.keep_cache);
        return match by_age(survey, record.last_used(), keep, "unused", "no build used it") {
            judged if judged.goes() => judged,
            _ => stay("cache-mount", "a directory that builds keep; used in the last 7 days"),
        };
    }
    by_age(survey, record.last_used(), parameters.keep_cache, "unused", "no build used it")
}

/// These verdicts, but that nothing goes from under a record that stays.
fn hold<'r>(
    order: &[&'r CacheRecord],
    judged: &HashMap<&'r str, Judged>,
) -> HashMap<&'r str, Judged> {
    let mut verdicts = HashMap::new();
    let mut held: HashSet<&str> = HashSet::new();
    for record in order {
        let id = record.id.as_str();
        let Some(mut verdict) = judged.get(id).cloned() else { continue };
        if verdict.goes() && held.contains(id) {
            verdict = stay("parent", "a record that stays lies on it");
        }
        if !verdict.goes() {
            held.extend(record.lies_on());
        }
        verdicts.insert(id, verdict);
    }
    verdicts
}

/// What goes for the sake of a limit: the longest unused first, until the rest is within it.
fn shrink<'r>(
    order: &[&'r CacheRecord],
    limit: u64,
    judged: &HashMap<&'r str, Judged>,
) -> Vec<(&'r str, Judged)> {
    let by_id: HashMap<&str, &CacheRecord> = order.iter().map(|r| (r.id.as_str(), *r)).collect();
    let goes = |id: &str| judged.get(id).is_none_or(Judged::goes);
    let mut left: u64 =
        order.iter().filter(|r| !goes(&r.id)).map(|r| r.own_bytes()).fold(0, u64::saturating_add);
    let mut children: HashMap<&str, usize> = HashMap::new();
    for record in order.iter().filter(|r| !goes(&r.id)) {
        record.lies_on().for_each(|parent| *children.entry(parent).or_default() += 1);
    }
    let free = |record: &CacheRecord| !record.in_use && !record.is_cache_mount();
    let bare = order.iter().filter(|r| !goes(&r.id) && !children.contains_key(r.id.as_str()));
    let mut oldest: BinaryHeap<_> =
        bare.filter(|r| free(r)).map(|r| Reverse((r.last_used(), r.id.as_str()))).collect();
    let limit_text = bytes(limit);
    let mut over = Vec::new();
    while left > limit
        && let Some(Reverse((_, id))) = oldest.pop()
        && let Some(record) = by_id.get(id)
    {
        let verdict = go("over-limit", format!("the cache is over {limit_text}"));
        over.push((record.id.as_str(), verdict));
        left = left.saturating_sub(record.own_bytes());
        for parent in record.lies_on() {
            let Some(rest) = children.get_mut(parent) else { continue };
            *rest = rest.saturating_sub(1);
            if *rest == 0
                && let Some(parent) = by_id.get(parent).filter(|p| free(p))
                && !goes(&parent.id)
            {
                oldest.push(Reverse((parent.last_used(), parent.id.as_str())));
            }
        }
    }
    over
}

#[cfg(test)]
#[path = "build_cache_tests.rs"]
mod tests;
