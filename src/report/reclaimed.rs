//! What a cleanup brought, counted in the ways there are, and the difference between them.

use super::document::{Block, Text, Tone};
use super::fleet;
use super::summary::{self, Amount, Counted, Sum};
use crate::human;
use crate::record::{HostRun, Moment, Run};

/// Two readings of one file system that differ by less than this agree.
const NOISE_BYTES: u128 = 1_000_000;
const GAP_PERCENT: u128 = 1;

/// What was reclaimed, by plan, by the engine, by the file system and, where it was walked,
/// by the store.
pub(super) fn line(run: &Run) -> Option<Block> {
    let hosts: Vec<&HostRun> = run.hosts.iter().filter(|h| !h.actions.is_empty()).collect();
    if run.start.check || hosts.iter().all(|h| summary::removing(h).next().is_none()) {
        return None;
    }
    let count = |by: fn(&HostRun) -> Option<Counted>| summary::sum(hosts.iter().map(|h| by(h)));
    let engine = count(summary::by_engine);
    let files = count(summary::by_file_system);
    let store = count(summary::by_store);
    let planned = Amount::of(hosts.iter().flat_map(|h| summary::removing(h))).size();
    let bytes = if engine.unsized_objects > 0 { engine.size() } else { known(engine) };
    let files_text = format!(" · {} (file system{})", known(files), missing(files));
    let store_text = if store.known > 0 {
        format!(" · {} (store{})", known(store), missing(store))
    } else {
        String::new()
    };
    let rest = format!(" (engine{}){files_text}{store_text}", missing(engine));
    let text = Text::default()
        .add(Tone::Bold, format!("reclaimed {bytes} of {planned} planned"))
        .add(Tone::Plain, rest)
        .add(Tone::Plain, gap(&hosts, [engine, files, store]));
    Some(Block::Line(text))
}

fn known(sum: Sum) -> String {
    if sum.known == 0 { "unknown".to_owned() } else { summary::signed(sum.bytes) }
}

/// What a sum leaves out.
fn missing(sum: Sum) -> String {
    let hosts = (sum.unknown > 0 && sum.known > 0)
        .then(|| format!("; {} not measured", human::count(sum.unknown, "host")));
    let objects = (sum.unsized_objects > 0)
        .then(|| format!("; {} without a size", human::count(sum.unsized_objects, "object")));
    hosts.into_iter().chain(objects).collect()
}

/// The difference between engine and file system with what was measured of its reasons.
fn gap(hosts: &[&HostRun], [engine, files, store]: [Sum; 3]) -> String {
    if engine.unknown > 0 || files.unknown > 0 {
        return String::new();
    }
    let gap = files.bytes - engine.bytes;
    let share = gap.unsigned_abs() * 100 > engine.bytes.unsigned_abs() * GAP_PERCENT;
    if gap.unsigned_abs() <= NOISE_BYTES * hosts.len() as u128 || !share {
        return String::new();
    }
    let mut reasons = Vec::new();
    reasons.extend(logs(hosts, gap));
    if store.known > 0 && store.unknown == 0 {
        reasons.extend(beside_the_store(engine, files, store));
    }
    reasons.extend(shared_content(hosts).filter(|_| gap < 0));
    if engine.unsized_objects > 0 && gap > 0 {
        let objects = human::count(engine.unsized_objects, "removed object");
        reasons.push(format!("the engine gave no size for {objects}"));
    }
    if reasons.is_empty() {
        let deeper = if store.known > 0 { "" } else { "; --deep measures the store as well" };
        reasons.push(format!("nothing that was measured explains it{deeper}"));
    }
    format!(" · gap {}: {}", size(gap), reasons.join("; "))
}

fn size(bytes: i128) -> String {
    summary::signed(i128::try_from(bytes.unsigned_abs()).unwrap_or(i128::MAX))
}

fn is_noise(bytes: i128) -> bool {
    bytes.unsigned_abs() <= NOISE_BYTES
}

/// Logs, which the engine does not count: they grow, and go with their containers.
fn logs(hosts: &[&HostRun], gap: i128) -> Option<String> {
    let grew: i128 = hosts.iter().filter_map(|h| summary::change(h, "logs.bytes")).sum();
    match (is_noise(grew), grew > 0, gap < 0) {
        (false, true, true) => Some(format!("container logs grew by {}", size(grew))),
        (false, false, false) => {
            Some(format!("{} of it are container logs that went too", size(grew)))
        }
        _ => None,
    }
}

/// Where the walk over the store shows a difference to lie.
fn beside_the_store(engine: Sum, files: Sum, store: Sum) -> Vec<String> {
    let outside = files.bytes - store.bytes;
    let inside = store.bytes - engine.bytes;
    let outside_words = if outside < 0 { "were written" } else { "came free" };
    let inside_words = if inside < 0 { "less" } else { "more" };
    let outside = (!is_noise(outside))
        .then(|| format!("{} {outside_words} outside Docker's store meanwhile", size(outside)));
    let inside = (!is_noise(inside)).then(|| {
        format!("the store shrank by {} {inside_words} than the engine counts", size(inside))
    });
    inside.into_iter().chain(outside).collect()
}

/// Hosts where less came free than the engine counts, and whose containerd store still holds
/// what shares content with it.
fn shared_content(hosts: &[&HostRun]) -> Option<String> {
    let sharing: Vec<&HostRun> = hosts.iter().filter(|h| shares(h)).copied().collect();
    let left = |name: &str| -> u64 {
        sharing.iter().filter_map(|h| summary::metric(h, name, Moment::After)).sum()
    };
    let (records, images) = (left("cache.records"), left("images.count"));
    if records + images == 0 {
        return None;
    }
    let short: i128 = sharing.iter().filter_map(|h| lack(h)).sum();
    let names = fleet::fold(sharing.iter().copied());
    Some(format!(
        "{} of it on {names}, whose containerd store shares content with the {records} cache \
         records and {images} images that stay",
        size(short)
    ))
}

/// How much less the file system gained than the engine counts.
fn lack(host: &HostRun) -> Option<i128> {
    Some(summary::by_engine(host)?.bytes - summary::by_file_system(host)?.bytes)
}

fn shares(host: &HostRun) -> bool {
    summary::has_containerd_store(host)
        && lack(host).is_some_and(|bytes| bytes > 0 && !is_noise(bytes))
}
