//! Why builds were slow, as far as the machine told: waits for I/O, and what was behind them.

use super::series::{self, Series};
use super::{detail::per_mille, measures};
use crate::human;
use crate::record::{Build, Sample};
use crate::report::document::{Block, Text, Tone};
use std::fmt::Write as _;

/// A smaller share of the time, in thousandths, is no reason to speak of it.
const STALLED: i64 = 200;
/// Hosts that are told of.
const MOST: usize = 3;

/// One line per host that waited much, the worst first.
pub(super) fn lines(all: &[Series<'_>]) -> Vec<Block> {
    let told = worst(all);
    let more = told.len().saturating_sub(MOST);
    let mut blocks: Vec<Block> =
        told.into_iter().take(MOST).map(|(_, s, build)| line(s, build)).collect();
    if more > 0 {
        blocks.push(Block::Line(Text::plain(format!(
            "and {} more waited for I/O {} of the time or longer",
            human::count(more, "host"),
            per_mille(STALLED)
        ))));
    }
    blocks
}

/// The build of each host that waited longest, where that is long.
fn worst<'s, 'r>(all: &'s [Series<'r>]) -> Vec<(i64, &'s Series<'r>, &'r Build)> {
    let mut worst: Vec<(i64, &Series<'r>, &Build)> = Vec::new();
    for one in all {
        let Some(build) = one.typical() else { continue };
        let waited = measures::stalled(build).unwrap_or(0);
        let lost =
            |share: i64, build: &Build| share.saturating_mul(series::wall(build).unwrap_or(0));
        match worst.iter_mut().find(|(_, s, _)| s.host.host == one.host.host) {
            Some(entry) if lost(waited, build) > lost(entry.0, entry.2) => {
                *entry = (waited, one, build);
            }
            Some(_) => {}
            None => worst.push((waited, one, build)),
        }
    }
    worst.retain(|(waited, ..)| *waited >= STALLED);
    worst.sort_by_key(|(waited, ..)| std::cmp::Reverse(*waited));
    worst
}

fn line(series: &Series<'_>, build: &Build) -> Block {
    let text = Text::default().add(Tone::Bold, series.host.host.as_str()).add(Tone::Plain, " ");
    Block::Line(
        text.add(Tone::Warn, "slow disk:").add(Tone::Plain, format!(" {}", words(series, build))),
    )
}

/// `shop cold waited for I/O 63 % of the time, most in RUN chown -R … (line 26); md2 97 % busy`
fn words(series: &Series<'_>, build: &Build) -> String {
    let share = measures::stalled(build).map_or_else(String::new, per_mille);
    let fully = measures::stalled_fully(build).filter(|n| *n > 0);
    let fully = fully.map_or_else(String::new, |n| format!(" (all tasks {})", per_mille(n)));
    let mut text =
        format!("{} {} waited for I/O {share} of the time{fully}", series.app, series.scenario);
    let peak = build.samples.iter().max_by_key(|s| s.io_some);
    let during = peak.and_then(|peak| at_work(build, peak.at));
    if let Some(step) = during {
        let line = step.line.map_or_else(String::new, |line| format!(" (line {line})"));
        let _ = write!(text, ", most in {}{line}", short(&step.name));
    }
    for reason in behind(&build.samples) {
        let _ = write!(text, "; {reason}");
    }
    text
}

/// The beginning of an instruction.
fn short(name: &str) -> String {
    crate::report::cut::cut(name, 40)
}

fn at_work(build: &Build, at: u64) -> Option<&crate::record::BuildStep> {
    let working =
        |s: &&crate::record::BuildStep| s.intervals.iter().any(|i| i.start < at && i.end >= at);
    build.steps.iter().filter(working).max_by_key(|s| (s.ownership, s.critical))
}

/// RAID at work on itself, the busiest disk, and who was blocked.
fn behind(samples: &[Sample]) -> Vec<String> {
    let mut reasons = Vec::new();
    reasons.extend(samples.iter().flat_map(|s| &s.raid).next().cloned());
    let disks = samples.iter().flat_map(|s| &s.disks);
    if let Some(disk) = disks.max_by_key(|d| (d.busy, d.await_microseconds)) {
        let each = disk
            .await_microseconds
            .map_or_else(String::new, |us| format!(", {} a request", human::duration(us / 1_000)));
        reasons.push(format!("{} up to {} busy{each}", disk.name, per_mille(i64::from(disk.busy))));
    }
    let blocked = samples.iter().flat_map(|s| &s.blocked).next();
    // The names of containers in a control group's path can be wider than a terminal.
    reasons.extend(blocked.map(|task| format!("blocked: {}", crate::report::cut::cut(task, 60))));
    reasons
}
