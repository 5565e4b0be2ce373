//! The report of builds: how long they take, where the time goes, why, and what to do.

pub(super) mod causes;
mod compared;
mod detail;
pub(super) mod failures;
pub(super) mod measures;
pub(super) mod overview;
pub(super) mod recommend;
mod rounds;
pub(super) mod series;
pub(super) mod steps;
pub(super) mod targets;

use super::document::{Block, Text};
use super::{View, advice, fleet, summary};
use crate::human;
use crate::record::Run;
use series::{Series, Subject};

pub(super) fn result(run: &Run, view: &View) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run)];
    blocks.extend(serial(run).map(|text| Block::Line(Text::plain(text))));
    let all = series::of_run(run);
    if !all.is_empty() {
        blocks.push(Block::Table(overview::table(&all)));
        blocks.push(Block::Line(Text::plain(targets::LEGEND)));
        let subjects = series::subjects(&all);
        blocks.extend(details(&subjects, view));
        blocks.push(Block::Gap);
        blocks.extend(causes_and_failures(run, &all));
        blocks.push(Block::Gap);
        blocks.extend(advice::told(recommend::of(&all, &subjects)));
        if view.verbose {
            blocks.push(Block::Table(rounds::table(&all)));
        }
    }
    fleet::close(run, &mut blocks);
    blocks
}

/// Apps that are told in detail without `-v`.
const MOST_SUBJECTS: usize = 4;

/// The details of the slowest apps, in the order of all.
fn details(subjects: &[Subject<'_, '_>], view: &View) -> Vec<Block> {
    let mut slowest: Vec<(Option<i64>, usize)> = (0..)
        .zip(subjects)
        .map(|(at, subject)| (series::middle(subject.series.iter().copied()), at))
        .collect();
    slowest.sort_by_key(|(middle, _)| std::cmp::Reverse(*middle));
    slowest.truncate(if view.verbose { subjects.len() } else { MOST_SUBJECTS });
    slowest.sort_by_key(|(_, at)| *at);
    let told = slowest.iter().filter_map(|(_, at)| subjects.get(*at));
    let mut blocks: Vec<Block> = told.flat_map(|subject| detail::blocks(subject, view)).collect();
    let more = subjects.len() - slowest.len();
    if more > 0 {
        let text = format!(
            "{} more took less time; -v shows where theirs goes",
            human::count(more, "app")
        );
        blocks.push(Block::Line(Text::plain(text)));
    }
    blocks
}

/// Why builds were slow, and why some are missing.
pub(super) fn causes_and_failures(run: &Run, all: &[Series<'_>]) -> Vec<Block> {
    causes::lines(all).into_iter().chain(failures::blocks(run)).collect()
}

/// All numbers, and with a view that wants it every single build.
pub(super) fn tables(all: &[Series<'_>], subjects: &[Subject<'_, '_>], view: &View) -> Vec<Block> {
    let mut blocks = vec![Block::Table(overview::table(all))];
    blocks.extend(subjects.iter().flat_map(|subject| detail::blocks(subject, view)));
    if view.verbose {
        blocks.push(Block::Table(rounds::table(all)));
    }
    blocks
}

/// Says that hosts share a machine and took turns.
pub(super) fn serial(run: &Run) -> Option<String> {
    let written = run
        .start
        .parameters
        .iter()
        .find(|(name, _)| name == "serial")
        .map(|(_, value)| value.clone());
    let typed = || run.start.with.get("serial").and_then(in_words);
    let hosts = written
        .or_else(typed)
        .filter(|value| !matches!(value.as_str(), "" | "false" | "none" | "[]"))?;
    let hosts = if hosts == "true" { String::new() } else { format!(": {hosts}") };
    Some(format!("Hosts that share a machine were built one after another{hosts}"))
}

/// A typed parameter as text: a flag, a name, or names.
fn in_words(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Bool(on) => Some(on.to_string()),
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(items) => {
            Some(items.iter().filter_map(in_words).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

/// Milliseconds for people.
pub(super) fn time(milliseconds: i64) -> String {
    human::duration(u64::try_from(milliseconds).unwrap_or(0))
}

/// Bytes that may be negative.
pub(super) fn signed_bytes(bytes: i64) -> String {
    summary::signed(bytes.into())
}
