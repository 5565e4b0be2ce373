//! The report of a cleanup: what would go before it is approved, and what it brought.

use super::document::{Block, Table, Tone};
use super::summary::{self, Amount};
use super::{
    View, advice, cleanup_phases, cleanup_rows, fleet, layout, objects, reclaimed, restarts, stays,
};
use crate::human;
use crate::record::{DockerFacts, HostRun, Moment, Run};

/// More hosts than this are rows, as columns would not fit.
const MOST_COLUMNS: usize = 4;

/// Which of the two views is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Plan,
    Result,
}

/// The hosts of a report and how they are looked at.
pub(super) struct Shown<'r> {
    pub(super) hosts: &'r [&'r HostRun],
    pub(super) stage: Stage,
    /// Whether containers that are stopped stay so.
    pub(super) leave_stopped: bool,
}

impl Shown<'_> {
    /// Whether any host has something to remove or to stop.
    fn has_work(&self) -> bool {
        self.hosts.iter().any(|h| h.going().next().is_some())
    }
}

pub(super) fn plan(run: &Run, view: &View) -> Vec<Block> {
    let mut blocks = survey(run, view, Stage::Plan);
    let rest: Vec<_> = advice::lines(run).into_iter().chain(fleet::problems(run, false)).collect();
    if !rest.is_empty() {
        blocks.push(Block::Gap);
        blocks.extend(rest);
    }
    blocks
}

pub(super) fn result(run: &Run, view: &View) -> Vec<Block> {
    let acted = !run.start.check && run.hosts.iter().any(|h| !h.actions.is_empty());
    let stage = if acted { Stage::Result } else { Stage::Plan };
    let mut blocks = survey(run, view, stage);
    fleet::close(run, &mut blocks);
    blocks
}

fn survey(run: &Run, view: &View, stage: Stage) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run)];
    let hosts: Vec<&HostRun> =
        run.hosts.iter().filter(|h| !h.decisions.is_empty() || !h.metrics.is_empty()).collect();
    if hosts.is_empty() {
        return blocks;
    }
    let leave_stopped =
        run.start.parameters.iter().any(|(n, v)| n == "leave_stopped" && v == "true");
    let shown = Shown { hosts: &hosts, stage, leave_stopped };
    let columns = (hosts.len() <= MOST_COLUMNS)
        .then(|| columns(&shown))
        .filter(|table| layout::natural_width(table) <= view.width || hosts.len() == 1);
    match columns {
        Some(table) => {
            blocks.push(Block::Table(table));
            blocks.extend(stays::almost_full(&hosts, stage == Stage::Result));
        }
        None => blocks.extend(cleanup_rows::tables(&shown)),
    }
    if stage == Stage::Result {
        blocks.extend(restarts::missing(&hosts));
        blocks.extend(reclaimed::line(run));
    }
    blocks.extend(stays::nothing(&hosts));
    blocks.extend(stays::table(&hosts));
    if view.verbose {
        blocks.extend(objects::list(&shown));
    }
    blocks
}

/// A column for each host, and one for the fleet when there are several.
fn columns(shown: &Shown<'_>) -> Table {
    let names = shown.hosts.iter().map(|h| h.host.to_string());
    let total = (shown.hosts.len() > 1).then(|| "fleet".to_owned());
    let mut columns = Columns {
        hosts: shown.hosts,
        table: Table::new(std::iter::once(String::new()).chain(names).chain(total)),
    };
    columns.plain("Docker", |h| docker_fact(h, |d| version(d).to_owned()));
    columns.plain("store", |h| docker_fact(h, store));
    columns.plain("free / size", free);
    if shown.stage == Stage::Result {
        columns.plain("free after", |h| bytes(summary::metric(h, "disk.free", Moment::After)));
    }
    if shown.has_work() {
        columns.work(shown);
    }
    columns.table
}

struct Columns<'h> {
    hosts: &'h [&'h HostRun],
    table: Table,
}

impl Columns<'_> {
    fn push(&mut self, tone: Tone, title: &str, cells: Vec<String>, total: String) {
        let total = (self.hosts.len() > 1).then_some(total);
        let cells = std::iter::once(title.to_owned()).chain(cells).chain(total);
        self.table.row(tone, cells);
    }

    fn plain(&mut self, title: &str, cell: impl Fn(&HostRun) -> String) {
        let cells = self.hosts.iter().map(|h| cell(h)).collect();
        self.push(Tone::Plain, title, cells, String::new());
    }

    /// A row for each phase and one for the bytes of all.
    fn work(&mut self, shown: &Shown<'_>) {
        for row in cleanup_phases::rows(shown) {
            let cells = row.amounts.iter().map(|amount| amount.cell(row.sized)).collect();
            self.push(row.tone, &row.title, cells, row.total().cell(row.sized));
        }
        let (title, cell): (_, fn(&HostRun) -> String) = match shown.stage {
            Stage::Plan => ("reclaims", |h| Amount::of(summary::removing(h)).size()),
            Stage::Result => ("reclaimed", |h| summary::sum([summary::reclaimed(h)]).size()),
        };
        let cells = self.hosts.iter().map(|h| cell(h)).collect();
        self.push(Tone::Bold, title, cells, total_bytes(shown));
    }
}

/// The bytes of all hosts, marked where they are only a part.
pub(super) fn total_bytes(shown: &Shown<'_>) -> String {
    let hosts = shown.hosts.iter();
    match shown.stage {
        Stage::Plan => Amount::of(hosts.flat_map(|h| summary::removing(h))).size(),
        Stage::Result => summary::sum(hosts.map(|h| summary::reclaimed(h))).size(),
    }
}

/// The engine's version, and its store where that is not the usual one.
pub(super) fn docker(host: &HostRun) -> String {
    docker_fact(host, |docker| {
        let store = if docker.containerd_store { " (containerd)" } else { "" };
        format!("{}{store}", version(docker))
    })
}

/// The engine's version without what a distribution adds to it: `26.1.5` of `26.1.5+dfsg1`.
fn version(docker: &DockerFacts) -> &str {
    docker.version.split(['+', '~']).next().unwrap_or_default()
}

fn store(docker: &DockerFacts) -> String {
    if docker.containerd_store { "containerd".to_owned() } else { docker.driver.clone() }
}

fn docker_fact(host: &HostRun, of: impl Fn(&DockerFacts) -> String) -> String {
    let docker = host.facts.as_ref().and_then(|f| f.docker.as_ref());
    docker.map_or_else(|| "unknown".to_owned(), of)
}

pub(super) fn free(host: &HostRun) -> String {
    let (size, free) = summary::disk(host);
    ratio(free, size)
}

/// `41.2/80 GB`, the unit once where it is the same.
pub(super) fn ratio(free: Option<u64>, size: Option<u64>) -> String {
    let (Some(free), Some(size)) = (free, size) else { return "unknown".to_owned() };
    let (free, size) = (human::bytes(free), human::bytes(size));
    match (free.split_once(' '), size.split_once(' ')) {
        (Some((n, a)), Some((_, b))) if a == b => format!("{n}/{size}"),
        _ => format!("{free}/{size}"),
    }
}

fn bytes(n: Option<u64>) -> String {
    n.map_or_else(|| "unknown".to_owned(), human::bytes)
}
