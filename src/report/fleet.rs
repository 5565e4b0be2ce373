//! The lines that every report has: who was asked, who did not make it, advice, the tally.

use super::advice;
use super::document::{Block, Text, Tone};
use crate::human;
use crate::record::{HostRun, Outcome, Run};

/// `3 hosts of 5, selected by "hetzner": bookworm,forky,trixie`
pub(super) fn lead(run: &Run) -> Block {
    let n = run.hosts.len();
    let of = if n == run.start.inventory_hosts {
        String::new()
    } else {
        format!(" of {},", run.start.inventory_hosts)
    };
    let names = fold(run.hosts.iter());
    let rest = format!("{of} selected by \"{}\": {names}", run.start.selection);
    Block::Line(Text::default().add(Tone::Bold, human::count(n, "host")).add(Tone::Plain, rest))
}

pub(super) fn fold<'h>(hosts: impl IntoIterator<Item = &'h HostRun>) -> String {
    human::fold_names(hosts.into_iter().map(|h| h.host.as_str()))
}

/// Items gathered under equal keys, in order of first appearance.
pub(super) fn group<T, K: PartialEq>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for item in items {
        let key = key(&item);
        match groups.iter_mut().find(|(k, _)| *k == key) {
            Some((_, members)) => members.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}

pub(super) const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Ok | Outcome::Changed => Tone::Good,
        Outcome::Failed | Outcome::Identity | Outcome::Unknown => Tone::Bad,
        Outcome::Unreachable | Outcome::Refused | Outcome::Interrupted => Tone::Warn,
        Outcome::Skipped => Tone::Dim,
    }
}

/// One line per host that is not good, those with the same problem folded.
/// A host without an outcome counts only once the run is over.
pub(super) fn problems(run: &Run, over: bool) -> Vec<Block> {
    let bad = run.hosts.iter().filter(|h| {
        if over { !h.state().is_good() } else { h.outcome.is_some_and(|o| !o.is_good()) }
    });
    let groups = group(bad, |h| (h.state(), h.step.clone(), h.problem.clone(), h.exit_status));
    groups
        .into_iter()
        .map(|((outcome, step, problem, status), hosts)| {
            let text = Text::default()
                .add(Tone::Bold, fold(hosts))
                .add(Tone::Plain, " ")
                .add(tone(outcome), outcome.as_str());
            let step = step.map_or_else(String::new, |step| format!(" {step}"));
            Block::Line(match (problem, status) {
                (Some(problem), _) => text.add(Tone::Plain, format!("{step}: {problem}")),
                (None, Some(status)) => text.add(Tone::Plain, format!("{step}: exit {status}")),
                (None, None) => text.add(Tone::Plain, step),
            })
        })
        .collect()
}

/// `2 changed · 1 unreachable · 41.0 s · run 20261124-153012-7f3a`
pub(super) fn tally(run: &Run) -> Block {
    let mut text = Text::default();
    for (outcome, n) in run.tally() {
        text = text.add(tone(outcome), format!("{n} {outcome}")).add(Tone::Plain, " · ");
    }
    if let Some(ended) = run.ended {
        let took = ended.duration_since(run.started).as_millis();
        let took = human::duration(u64::try_from(took).unwrap_or(0));
        text = text.add(Tone::Plain, format!("{took} · "));
    }
    Block::Line(text.add(Tone::Plain, format!("run {}", run.start.run)))
}

/// What keeps a run from having changed anything, said plainly.
pub(super) fn nothing_changed(run: &Run) -> Option<Block> {
    let said = match &run.answer {
        _ if run.start.check => "check only: nothing was changed".to_owned(),
        Some((false, _)) => "the answer was no: nothing was changed".to_owned(),
        _ => return None,
    };
    Some(Block::Line(Text::default().add(Tone::Bold, said)))
}

/// The end of every report.
pub(super) fn close(run: &Run, blocks: &mut Vec<Block>) {
    let rest: Vec<Block> = advice::lines(run).into_iter().chain(problems(run, true)).collect();
    if !rest.is_empty() {
        blocks.push(Block::Gap);
        blocks.extend(rest);
    }
    blocks.push(Block::Gap);
    blocks.extend(nothing_changed(run));
    blocks.push(tally(run));
}
