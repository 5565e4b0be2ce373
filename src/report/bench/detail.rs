//! Where the time of one app goes, and what its builds leave behind.

use super::compared::{Compared, table};
use super::series::{Series, Subject, wall};
use super::steps::{self, StepLine};
use super::{measures, signed_bytes, targets, time};
use crate::record::{Build, BuildStepKind};
use crate::report::View;
use crate::report::document::{Block, Text, Tone, one_line};

/// Steps that are shown without `-v`.
const STEPS: usize = 6;

pub(super) fn blocks(subject: &Subject<'_, '_>, view: &View) -> Vec<Block> {
    let title = format!(
        "{}, {} builds of {}: where the time goes",
        subject.app, subject.scenario, subject.dockerfile
    );
    vec![
        Block::Gap,
        Block::Title(one_line(&title)),
        Block::Table(time_table(subject, view)),
        Block::Table(table("", &left_behind(&subject.series), &subject.series, false, view)),
    ]
    .into_iter()
    .chain(largest(subject))
    .collect()
}

fn time_table(subject: &Subject<'_, '_>, view: &View) -> crate::report::document::Table {
    let series = &subject.series;
    let whole: Vec<Option<i64>> = series.iter().map(|s| s.median(wall)).collect();
    let mut lines: Vec<StepLine<'_>> = steps::of(series)
        .into_iter()
        .filter(|line| {
            line.step.kind == BuildStepKind::Instruction
                || line.step.kind == BuildStepKind::Preparation
        })
        .filter(|line| view.verbose || line.longest() > 0)
        .collect();
    if !view.verbose {
        lines.sort_by_key(|line| std::cmp::Reverse(line.longest()));
        lines.truncate(STEPS);
    }
    let mut rows: Vec<Compared> = lines.iter().map(|line| step(line, &whole)).collect();
    let sum = |title: &str, of: fn(&Build) -> Option<i64>| {
        shares(Compared::new(title, time, series.iter().map(|s| s.median(of)).collect()), &whole)
    };
    let critical = sum("critical step", measures::ownership).limit(targets::CRITICAL_STEP);
    rows.push(critical);
    rows.push(sum("pulling images", measures::pull));
    rows.push(sum("sending the context", measures::context));
    rows.push(sum("writing the image", measures::export));
    rows.push(Compared { tone: Tone::Bold, ..Compared::new("whole build", time, whole) });
    table("step", &rows, series, true, view)
}

fn step(line: &StepLine<'_>, whole: &[Option<i64>]) -> Compared {
    let mut row = Compared::new(&line.step.name, time, line.milliseconds.clone());
    row.line = line.step.line;
    row.tone = if line.step.ownership { Tone::Warn } else { Tone::Plain };
    let mut row = shares(row, whole);
    for (at, cached) in line.cached.iter().enumerate() {
        if *cached {
            row.instead[at] = Some("cached".to_owned());
        }
    }
    row
}

/// Each number with its share of the whole.
fn shares(mut row: Compared, whole: &[Option<i64>]) -> Compared {
    for (at, value) in row.values.iter().enumerate() {
        if let (Some(n), Some(whole)) = (value, whole[at].filter(|w| *w > 0)) {
            row.instead[at] = Some(format!("{}  {:\u{2007}>2} %", time(*n), n * 100 / whole));
        }
    }
    row
}

/// Image, layers, cache and disk.
fn left_behind(series: &[&Series<'_>]) -> Vec<Compared> {
    let row = |title: &str, show: fn(i64) -> String, of: fn(&Build) -> Option<i64>| {
        Compared::new(title, show, series.iter().map(|s| s.median(of)).collect())
    };
    let cache = series.iter().map(|s| measures::cache(s.host)).collect();
    let rows = [
        row("image", signed_bytes, measures::image_bytes),
        row("layers", |n| n.to_string(), measures::layers).limit(targets::LAYERS),
        row("wasted in it", signed_bytes, measures::wasted),
        row("cache grew by", signed_bytes, |b| b.cache_growth_bytes),
        row("disk lost", signed_bytes, |b| b.disk_growth_bytes),
        Compared::new("build cache now", signed_bytes, cache).limit(targets::CACHE),
        row("waiting for I/O", per_mille, measures::stalled),
    ];
    rows.into_iter().filter(|row| row.values.iter().any(Option::is_some)).collect()
}

/// Thousandths as percent.
pub(super) fn per_mille(n: i64) -> String {
    format!("{} %", n / 10)
}

/// The largest layer of all images.
fn largest(subject: &Subject<'_, '_>) -> Option<Block> {
    let builds = subject.series.iter().filter_map(|s| s.typical());
    let layer = builds.filter_map(measures::largest_layer).max_by_key(|layer| layer.bytes)?;
    // An imported image does not say what made it.
    let by = if layer.made_by.is_empty() { "" } else { " by " };
    let text = format!("largest layer: {}{by}{}", crate::human::bytes(layer.bytes), layer.made_by);
    Some(Block::Line(Text::plain(text)))
}
