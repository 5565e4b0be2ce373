//! The report of a command: equal ends folded, failures with the end of what they printed.

use super::document::{Block, Text, Tone, one_line};
use super::{View, advice, fleet};
use crate::human;
use crate::record::{HostRun, Output, Run};

/// Lines of output that are shown of a failure.
const LINES: usize = 5;

pub(super) fn result(run: &Run, view: &View) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run), Block::Gap];
    let (good, bad): (Vec<_>, Vec<_>) = run.hosts.iter().partition(|h| h.state().is_good());
    let ends = fleet::group(good, |h| (h.state(), h.exit_status, said(h, view.verbose)));
    for ((outcome, _, said), hosts) in ends {
        let n = human::count(hosts.len(), "host");
        let names = fleet::fold(hosts);
        let text = Text::plain(format!("{n} ")).add(fleet::tone(outcome), outcome.as_str());
        blocks.push(Block::Line(text.add(Tone::Plain, format!(": {names}"))));
        blocks.extend((!said.is_empty()).then_some(Block::Verbatim(said)));
    }
    let ends = fleet::group(bad, |h| (h.state(), h.exit_status, h.problem.clone(), said(h, true)));
    for ((outcome, status, problem, said), hosts) in ends {
        let status = status.map_or_else(String::new, |status| format!(", exit {status}"));
        let problem = problem.map_or_else(String::new, |problem| format!(": {problem}"));
        let text = Text::default()
            .add(Tone::Bold, fleet::fold(hosts))
            .add(Tone::Plain, " ")
            .add(fleet::tone(outcome), outcome.as_str())
            .add(Tone::Plain, format!("{status}{problem}"));
        blocks.push(Block::Line(text));
        blocks.extend((!said.is_empty()).then_some(Block::Verbatim(said)));
    }
    blocks.push(Block::Gap);
    blocks.extend(advice::lines(run));
    blocks.extend(fleet::nothing_changed(run));
    blocks.push(fleet::tally(run));
    blocks
}

/// The last lines that a host printed.
fn said(host: &HostRun, wanted: bool) -> Vec<String> {
    let Some(output) = host.output.as_ref().filter(|_| wanted) else { return Vec::new() };
    let end = last_part(output);
    let lines: Vec<_> = end.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(LINES);
    lines[from..].iter().map(|line| one_line(&line.replace('\t', "    "))).collect()
}

/// Where nothing was left out between the two parts, a line may lie across them.
fn last_part(output: &Output) -> String {
    if output.omitted_bytes == 0 {
        format!("{}{}", output.head, output.tail)
    } else {
        output.tail.clone()
    }
}
