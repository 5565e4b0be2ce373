//! The report of files that were moved: how each host ended, what was there, sizes and digests.

use super::document::{Block, Table, Tone};
use super::objects::short;
use super::{View, fleet};
use crate::human;
use crate::record::{Decision, HostRun, Run};

pub(super) fn result(run: &Run, view: &View) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run)];
    let seen = run.hosts.iter().filter_map(|h| h.decisions.first().map(|d| (h, d)));
    let rows = fleet::group(seen, |(host, file)| row(run, host, file, view));
    if !rows.is_empty() {
        let mut table = Table::new(["host", "outcome", "there", "size", "sha256"]);
        table.left = vec![1, 2, 4];
        for (cells, of) in rows {
            let hosts = fleet::fold(of.iter().map(|(host, _)| *host));
            let tone = of.first().map_or(Tone::Plain, |(host, _)| look(host));
            table.row(tone, std::iter::once(hosts).chain(cells));
        }
        blocks.push(Block::Table(table));
    }
    fleet::close(run, &mut blocks);
    blocks
}

fn look(host: &HostRun) -> Tone {
    if host.state().is_good() { Tone::Plain } else { fleet::tone(host.state()) }
}

fn row(run: &Run, host: &HostRun, file: &Decision, view: &View) -> [String; 4] {
    let digest = file.object.names.iter().find(|name| name.starts_with("sha256:"));
    let digest = digest.map_or("unknown", |digest| {
        if view.verbose { digest.trim_start_matches("sha256:") } else { short(digest) }
    });
    let would = run.start.check && host.going().next().is_some();
    let outcome = match run.start.verb.as_str() {
        _ if !would => host.state().as_str(),
        "push" => "would change",
        _ => "would fetch",
    };
    [
        outcome.to_owned(),
        there(run, file).to_owned(),
        file.object.bytes.map_or_else(|| "unknown".to_owned(), human::bytes),
        digest.to_owned(),
    ]
}

/// What stood where the file went.
fn there<'d>(run: &Run, file: &'d Decision) -> &'d str {
    match (run.start.verb.as_str(), file.rule.as_str()) {
        (_, "new") => "nothing",
        (_, "same") => "the same",
        ("push", _) => &file.reason,
        (_, _) => "another",
    }
}
