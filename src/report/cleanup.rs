//! The report of a cleanup: what would go before it is approved, and what it brought.

use super::cleanup_rows;
use super::document::{Block, Table, Text, Tone};
use super::summary::{self, Amount, FATES, Fates};
use super::{View, fleet, layout, objects, phases, reclaimed};
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

pub(super) fn plan(run: &Run, view: &View) -> Vec<Block> {
    let mut blocks = survey(run, view, Stage::Plan);
    let rest: Vec<_> = fleet::advice(run).into_iter().chain(fleet::problems(run, false)).collect();
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
    blocks.extend(reclaimed::line(run));
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
    let columns = (hosts.len() <= MOST_COLUMNS)
        .then(|| columns(&hosts, stage))
        .filter(|table| layout::natural_width(table) <= view.width || hosts.len() == 1);
    if let Some(table) = columns {
        blocks.push(Block::Table(table));
    } else {
        blocks.push(Block::Table(cleanup_rows::table(&hosts, stage)));
        blocks.extend(stays(&hosts));
    }
    blocks.extend(nothing(&hosts));
    if view.verbose {
        blocks.extend(objects::list(&hosts, stage));
    }
    blocks
}

/// A column for each host, and one for the fleet when there are several.
fn columns(hosts: &[&HostRun], stage: Stage) -> Table {
    let names = hosts.iter().map(|h| h.host.to_string());
    let total = (hosts.len() > 1).then(|| "fleet".to_owned());
    let mut columns = Columns {
        hosts,
        table: Table::new(std::iter::once(String::new()).chain(names).chain(total)),
    };
    columns.plain("Docker", |h| docker_fact(h, |d| d.version.clone()));
    columns.plain("store", |h| docker_fact(h, store));
    columns.plain("free / size", free);
    if stage == Stage::Result {
        columns.plain("free after", |h| bytes(summary::metric(h, "disk.free", Moment::After)));
    }
    for phase in summary::phases_of(hosts) {
        columns.phase(phase, stage);
    }
    let total = cleanup_rows::total_bytes(hosts, stage);
    match stage {
        Stage::Plan => columns.bold("reclaims", |h| Amount::of(h.going()).size(), total),
        Stage::Result => columns.bold("reclaimed", gained, total),
    }
    columns.table
}

struct Columns<'h> {
    hosts: &'h [&'h HostRun],
    table: Table,
}

impl Columns<'_> {
    fn push(&mut self, tone: Tone, title: &str, cell: impl Fn(&HostRun) -> String, total: String) {
        let cells = self.hosts.iter().map(|h| cell(h));
        let total = (self.hosts.len() > 1).then_some(total);
        let cells: Vec<_> = std::iter::once(title.to_owned()).chain(cells).chain(total).collect();
        self.table.row(tone, cells);
    }

    fn plain(&mut self, title: &str, cell: impl Fn(&HostRun) -> String) {
        self.push(Tone::Plain, title, cell, String::new());
    }

    fn bold(&mut self, title: &str, cell: impl Fn(&HostRun) -> String, total: String) {
        self.push(Tone::Bold, title, cell, total);
    }

    fn amount(&mut self, title: &str, of: impl Fn(&HostRun) -> Amount) {
        let total = self.hosts.iter().map(|h| of(h)).fold(Amount::default(), add);
        self.push(Tone::Plain, title, |h| of(h).cell(), total.cell());
    }

    /// What was found, why some of it stays, and what becomes of the rest.
    fn phase(&mut self, phase: &str, stage: Stage) {
        self.amount(&phases::title(phase), |h| Amount::of(summary::found(h, phase)));
        for rule in summary::staying_rules(self.hosts, phase) {
            let all = self.hosts.iter().flat_map(|h| summary::staying_by(h, phase, rule));
            let reason = phases::reason(rule, all.map(|d| d.reason.as_str()));
            self.amount(&format!("  {reason}"), |h| {
                Amount::of(summary::staying_by(h, phase, rule))
            });
        }
        match stage {
            Stage::Plan => self.amount("  to remove", |h| Amount::of(summary::going(h, phase))),
            Stage::Result => self.fates(phase),
        }
    }

    /// One row per fate that a planned object of this phase met.
    fn fates(&mut self, phase: &str) {
        let met: Vec<_> = self.hosts.iter().map(|h| fates(h, phase)).collect();
        for (fate, title) in FATES.iter().enumerate() {
            let total = met.iter().map(|amounts| amounts[fate]).fold(Amount::default(), add);
            if total.objects > 0 {
                let cells = met.iter().map(|amounts| amounts[fate].cell());
                let total = (self.hosts.len() > 1).then(|| total.cell());
                let title = format!("  {title}");
                let row: Vec<_> = std::iter::once(title).chain(cells).chain(total).collect();
                self.table.row(Tone::Plain, row);
            }
        }
    }
}

fn fates(host: &HostRun, phase: &str) -> [Amount; FATES.len()] {
    let fates = Fates::of(host);
    let mut amounts = [Amount::default(); FATES.len()];
    for decision in summary::going(host, phase) {
        let amount = &mut amounts[fates.get(decision)];
        *amount = add(*amount, Amount::of([decision]));
    }
    amounts
}

pub(super) fn add(a: Amount, b: Amount) -> Amount {
    Amount {
        objects: a.objects + b.objects,
        bytes: a.bytes.saturating_add(b.bytes),
        unsized_objects: a.unsized_objects + b.unsized_objects,
    }
}

/// The engine's version, and its store where that is not the usual one.
pub(super) fn docker(host: &HostRun) -> String {
    docker_fact(host, |docker| {
        let store = if docker.containerd_store { " (containerd)" } else { "" };
        format!("{}{store}", docker.version)
    })
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

fn gained(host: &HostRun) -> String {
    summary::reclaimed(host).map_or_else(|| "unknown".to_owned(), summary::signed)
}

/// Why objects stay, over all hosts; the rows of many hosts have no room for it.
fn stays(hosts: &[&HostRun]) -> Option<Block> {
    let parts = stay_parts(hosts);
    if parts.is_empty() || hosts.iter().all(|h| h.going().next().is_none()) {
        return None;
    }
    Some(Block::Line(Text::plain(format!("stays: {}", parts.join(", ")))))
}

fn stay_parts(hosts: &[&HostRun]) -> Vec<String> {
    let mut parts = Vec::new();
    for phase in summary::phases_of(hosts) {
        for (i, rule) in summary::staying_rules(hosts, phase).into_iter().enumerate() {
            let all: Vec<_> =
                hosts.iter().flat_map(|h| summary::staying_by(h, phase, rule)).collect();
            let reason = phases::reason(rule, all.iter().map(|d| d.reason.as_str()));
            let n = all.len();
            let what = match (i, n) {
                (0, 1) => format!("1 {}", phases::noun(phase)),
                (0, n) => format!("{n} {}", phases::title(phase)),
                (_, n) => n.to_string(),
            };
            parts.push(format!("{what} {reason}"));
        }
    }
    parts
}

/// Says plainly that there is nothing to do, and why.
fn nothing(hosts: &[&HostRun]) -> Option<Block> {
    if hosts.iter().any(|h| h.going().next().is_some()) {
        return None;
    }
    let parts = stay_parts(hosts);
    let why = if parts.is_empty() {
        "no phase that removes anything was chosen, or it found nothing".to_owned()
    } else {
        format!("all that was found stays: {}", parts.join(", "))
    };
    let text = Text::default().add(Tone::Bold, "nothing to remove");
    Some(Block::Line(text.add(Tone::Plain, format!(": {why}"))))
}
