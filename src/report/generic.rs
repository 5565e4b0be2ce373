//! The report of a verb that has none of its own: how hosts ended, and what was found.

use super::document::{Block, Text, Tone};
use super::objects::short;
use super::{View, advice, fleet};
use crate::human;
use crate::record::{HostRun, Run};

pub(super) fn plan(run: &Run, _: &View) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run), Block::Gap];
    let going =
        |h: &&HostRun| h.going().map(|d| short(&d.object.id).to_owned()).collect::<Vec<_>>();
    for (objects, hosts) in fleet::group(run.hosts.iter(), going) {
        if !objects.is_empty() {
            let text = Text::default().add(Tone::Bold, fleet::fold(hosts));
            blocks.push(Block::Line(text.add(Tone::Plain, format!(": {}", objects.join(", ")))));
        }
    }
    blocks.extend(advice::lines(run));
    blocks.extend(fleet::problems(run, false));
    blocks
}

pub(super) fn result(run: &Run, _: &View) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run), Block::Gap];
    let good = run.hosts.iter().filter(|h| h.state().is_good());
    for (outcome, hosts) in fleet::group(good, |h| h.state()) {
        let text = Text::plain(format!("{} ", human::count(hosts.len(), "host")));
        let text = text.add(fleet::tone(outcome), outcome.as_str());
        blocks.push(Block::Line(text.add(Tone::Plain, format!(": {}", fleet::fold(hosts)))));
    }
    fleet::close(run, &mut blocks);
    blocks
}
