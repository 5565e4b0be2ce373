//! What a cleanup brought, counted in the ways there are, and the difference between them.

use super::document::{Block, Text, Tone};
use super::summary::{self, Amount};
use crate::human;
use crate::record::{HostRun, Run};

/// A gap between two ways of counting is named from this size on.
const GAP_BYTES: u128 = 1_000_000;
const GAP_PERCENT: u128 = 1;

/// What was reclaimed, by plan, by the engine and by the file system.
pub(super) fn line(run: &Run) -> Option<Block> {
    let hosts: Vec<&HostRun> = run.hosts.iter().filter(|h| !h.actions.is_empty()).collect();
    if run.start.check || hosts.is_empty() {
        return None;
    }
    let engine = summary::sum(hosts.iter().map(|h| summary::by_engine(h)));
    let files = summary::sum(hosts.iter().map(|h| summary::by_file_system(h)));
    let said = |sum: summary::Sum| match (sum.known, sum.unknown) {
        (0, _) => ("unknown".to_owned(), String::new()),
        (_, 0) => (summary::signed(sum.bytes), String::new()),
        (_, n) => {
            (summary::signed(sum.bytes), format!("; {} not measured", human::count(n, "host")))
        }
    };
    let ((engine_bytes, engine_note), (files_bytes, files_note)) = (said(engine), said(files));
    let planned = planned(&hosts);
    let text = Text::default()
        .add(Tone::Bold, format!("reclaimed {engine_bytes} of {planned} planned"))
        .add(
            Tone::Plain,
            format!(" (engine{engine_note}) · {files_bytes} (file system{files_note})"),
        )
        .add(Tone::Plain, gap(engine, files));
    Some(Block::Line(text))
}

/// The difference with what may explain it; nobody measured the reason.
fn gap(engine: summary::Sum, files: summary::Sum) -> String {
    let comparable = engine.unknown == 0 && files.unknown == 0;
    let gap = engine.bytes.abs_diff(files.bytes);
    let share = gap * 100 > engine.bytes.unsigned_abs() * GAP_PERCENT;
    if !comparable || gap <= GAP_BYTES || !share {
        return String::new();
    }
    let size = human::bytes(u64::try_from(gap).unwrap_or(u64::MAX));
    let why = if files.bytes < engine.bytes {
        "the file system gained less than the engine counts; other programs may have written meanwhile"
    } else {
        "the file system gained more than the engine counts; it also holds what the engine does \
         not count, and other programs may have freed room meanwhile"
    };
    format!(" · gap {size}: {why}")
}

fn planned(hosts: &[&HostRun]) -> String {
    Amount::of(hosts.iter().flat_map(|h| h.going())).size()
}
