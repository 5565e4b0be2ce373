//! The report of a ping: what each host is, in as many columns as the terminal has room for.

use super::cleanup::free;
use super::cleanup_rows::range;
use super::document::{Block, Table, Tone};
use super::{View, fleet, layout, summary};
use crate::human;
use crate::record::{DockerFacts, Facts, HostRun, Run};

/// From this many hosts on those with the same facts share a row.
const FOLD_FROM: usize = 20;

/// One fact.
struct Column {
    title: &'static str,
    /// Higher ranks are left out first where there is no room.
    rank: u8,
    left: bool,
    cell: fn(&HostRun) -> String,
    /// The range over a folded row, for facts that differ on every host.
    range: Option<fn(&[&HostRun]) -> String>,
}

const fn text(title: &'static str, rank: u8, cell: fn(&HostRun) -> String) -> Column {
    Column { title, rank, left: true, cell, range: None }
}

const COLUMNS: &[Column] = &[
    text("Docker", 0, |h| docker(h, |d| d.version.clone())),
    text("API", 3, |h| docker(h, |d| d.api.clone())),
    text("builder", 2, |h| docker(h, |d| d.builder.clone())),
    text("store", 3, |h| docker(h, store)),
    Column { title: "free", rank: 1, left: false, cell: free, range: Some(free_range) },
    text("user", 2, |h| fact(h, |f| f.user.clone())),
    text("reached by", 4, |h| docker(h, |d| d.reached_by.clone())),
    Column { title: "connect", rank: 1, left: false, cell: connect, range: Some(connect_range) },
    text("buildx", 5, |h| docker(h, |d| d.buildx.clone().unwrap_or_else(|| "none".into()))),
    Column { title: "inodes free", rank: 5, left: false, cell: inodes, range: Some(inodes_range) },
    Column { title: "skew", rank: 5, left: false, cell: skew, range: Some(skew_range) },
    text("live-restore", 6, |h| docker(h, |d| yes(Some(d.live_restore)))),
    text("GC", 6, |h| docker(h, |d| yes(d.builder_gc))),
    text("system", 7, |h| fact(h, |f| f.os.clone())),
    text("kernel", 7, |h| fact(h, |f| f.kernel.clone())),
];

pub(super) fn result(run: &Run, view: &View) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run)];
    let hosts: Vec<_> = run.hosts.iter().filter(|h| h.facts.is_some()).collect();
    let mut left: Vec<&Column> = COLUMNS.iter().collect();
    while !hosts.is_empty() && !left.is_empty() {
        let (table, rest) = fitting(&hosts, left, view.width);
        blocks.push(Block::Table(table));
        left = if view.verbose { rest } else { Vec::new() };
    }
    fleet::close(run, &mut blocks);
    blocks
}

/// A table of the most important columns that fit, and the columns that did not.
fn fitting<'c>(
    hosts: &[&HostRun],
    mut columns: Vec<&'c Column>,
    width: usize,
) -> (Table, Vec<&'c Column>) {
    let mut rest = Vec::new();
    loop {
        let table = table(hosts, &columns);
        if columns.len() == 1 || layout::natural_width(&table) <= width {
            return (table, rest);
        }
        // The last of those with the highest rank.
        let worst = (0..columns.len()).max_by_key(|&i| columns[i].rank).unwrap_or(0);
        rest.insert(0, columns.remove(worst));
    }
}

fn table(hosts: &[&HostRun], columns: &[&Column]) -> Table {
    let mut table = Table::new(std::iter::once("host").chain(columns.iter().map(|c| c.title)));
    table.left = (0..columns.len()).filter(|&i| columns[i].left).map(|i| i + 1).collect();
    let rows: Vec<Vec<&HostRun>> = if hosts.len() < FOLD_FROM {
        hosts.iter().map(|h| vec![*h]).collect()
    } else {
        let key = |h: &&HostRun| {
            columns.iter().filter(|c| c.range.is_none()).map(|c| (c.cell)(h)).collect::<Vec<_>>()
        };
        fleet::group(hosts.iter().copied(), key).into_iter().map(|(_, members)| members).collect()
    };
    for members in rows {
        let name = fleet::fold(members.iter().copied());
        let cells = columns.iter().map(|column| match column.range {
            Some(range) if members.len() > 1 => range(&members),
            _ => (column.cell)(members[0]),
        });
        table.row(Tone::Plain, std::iter::once(name).chain(cells));
    }
    table
}

fn fact(host: &HostRun, of: impl Fn(&Facts) -> String) -> String {
    host.facts.as_deref().map_or_else(|| "unknown".to_owned(), of)
}

fn docker(host: &HostRun, of: impl Fn(&DockerFacts) -> String) -> String {
    fact(host, |facts| facts.docker.as_ref().map_or_else(|| "none".to_owned(), &of))
}

fn store(docker: &DockerFacts) -> String {
    if docker.containerd_store {
        format!("{} (containerd)", docker.driver)
    } else {
        docker.driver.clone()
    }
}

fn yes(on: Option<bool>) -> String {
    match on {
        Some(true) => "on",
        Some(false) => "off",
        None => "unknown",
    }
    .to_owned()
}

fn free_range(hosts: &[&HostRun]) -> String {
    percents(hosts, |h| summary::free_percent(h, false))
}

fn percents(hosts: &[&HostRun], of: impl Fn(&HostRun) -> Option<u64>) -> String {
    let range = range(hosts.iter().map(|h| of(h)), u64::to_string);
    if range == "unknown" { range } else { format!("{range} %") }
}

fn connect(host: &HostRun) -> String {
    connect_range(&[host])
}

fn connect_range(hosts: &[&HostRun]) -> String {
    range(hosts.iter().map(|h| h.connect_milliseconds), |ms| human::duration(*ms))
}

fn inodes_free(host: &HostRun) -> Option<u64> {
    let disk = host.facts.as_ref()?.docker.as_ref()?.disk?;
    (disk.free_inodes * 100).checked_div(disk.inodes)
}

fn inodes(host: &HostRun) -> String {
    let disk = host.facts.as_ref().and_then(|f| f.docker.as_ref()).and_then(|d| d.disk);
    match disk {
        Some(disk) if disk.inodes == 0 => "no limit".to_owned(),
        _ => percents(&[host], inodes_free),
    }
}

fn inodes_range(hosts: &[&HostRun]) -> String {
    percents(hosts, inodes_free)
}

fn skew(host: &HostRun) -> String {
    fact(host, |f| format!("{} s", f.skew_seconds))
}

fn skew_range(hosts: &[&HostRun]) -> String {
    let all = || hosts.iter().filter_map(|h| h.facts.as_ref()).map(|f| f.skew_seconds);
    match (all().min(), all().max()) {
        (Some(low), Some(high)) if low == high => format!("{low} s"),
        (Some(low), Some(high)) => format!("{low} to {high} s"),
        _ => "unknown".to_owned(),
    }
}
