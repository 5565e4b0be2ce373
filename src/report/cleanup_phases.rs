//! The rows that both views of a cleanup have: what goes, or went, phase by phase.

use super::cleanup::{Shown, Stage};
use super::document::Tone;
use super::fates::{Fate, Fates};
use super::phases;
use super::summary::{self, Amount};
use crate::record::{Decision, HostRun, RESTART, Verdict};

/// One row with a number for each host.
pub(super) struct PhaseRow {
    pub(super) title: String,
    pub(super) tone: Tone,
    pub(super) sized: bool,
    /// In the order of the hosts.
    pub(super) amounts: Vec<Amount>,
}

impl PhaseRow {
    fn new(title: &str, phase: &str, amounts: Vec<Amount>) -> Self {
        Self { title: title.to_owned(), tone: Tone::Plain, sized: phases::is_sized(phase), amounts }
    }

    /// The row where it says anything.
    fn if_any(self) -> Option<Self> {
        self.amounts.iter().any(|amount| amount.objects > 0).then_some(self)
    }

    pub(super) fn total(&self) -> Amount {
        self.amounts.iter().copied().sum()
    }
}

/// The rows of every phase that found something.
pub(super) fn rows(shown: &Shown<'_>) -> Vec<PhaseRow> {
    let hosts = shown.hosts;
    summary::phases_of(hosts)
        .into_iter()
        .filter(|phase| hosts.iter().any(|h| summary::found(h, phase)))
        .flat_map(|phase| match (phase, shown.stage) {
            (phases::STOP, Stage::Plan) => to_stop(shown),
            (phases::STOP, Stage::Result) => stopped(hosts),
            (_, Stage::Plan) => {
                let going = hosts.iter().map(|h| Amount::of(summary::going(h, phase))).collect();
                vec![PhaseRow::new(&phases::title(phase), phase, going)]
            }
            (_, Stage::Result) => {
                let mut rows = fates(hosts, &phases::title(phase), phase);
                // A phase that planned nothing has nothing to tell afterwards.
                let planned = hosts.iter().any(|h| summary::going(h, phase).next().is_some());
                rows.truncate(if planned { rows.len() } else { 0 });
                rows
            }
        })
        .collect()
}

fn to_stop(shown: &Shown<'_>) -> Vec<PhaseRow> {
    let row = |title: &str, of: &dyn Fn(&HostRun) -> Amount| {
        PhaseRow::new(title, phases::STOP, shown.hosts.iter().map(|h| of(h)).collect()).if_any()
    };
    let stop = |h: &HostRun| Amount::of(summary::going(h, phases::STOP));
    let again = |h: &HostRun| if shown.leave_stopped { Amount::default() } else { stop(h) };
    let restart = |h: &HostRun| Amount::of(h.going().filter(|d| d.rule == RESTART));
    let rows = [
        row("containers to stop", &stop),
        row("  to start again", &again),
        row("containers to start", &restart),
    ];
    rows.into_iter().flatten().collect()
}

/// What was removed, then a row for every other fate that an object met.
fn fates(hosts: &[&HostRun], title: &str, phase: &str) -> Vec<PhaseRow> {
    let count = |fate: Fate| -> Vec<Amount> {
        hosts
            .iter()
            .map(|h| {
                let fates = Fates::of(h);
                Amount::of(summary::going(h, phase).filter(|d| fates.get(d) == fate))
            })
            .collect()
    };
    let mut rows = vec![PhaseRow::new(title, phase, count(Fate::Done))];
    for fate in Fate::OTHERS {
        let row = PhaseRow::new(&format!("  {}", fate.words()), phase, count(fate));
        rows.extend(PhaseRow { tone: tone(fate), ..row }.if_any());
    }
    rows
}

/// Containers that were stopped, and what became of starting them again.
fn stopped(hosts: &[&HostRun]) -> Vec<PhaseRow> {
    let row = |title: &str, tone, is: &dyn Fn(&Fates<'_>, &Decision) -> bool| {
        let amounts = hosts.iter().map(|h| {
            let fates = Fates::of(h);
            let all = h.decisions.iter().filter(|d| d.phase == phases::STOP);
            Amount::of(all.filter(|d| d.decision == Verdict::Go && is(&fates, d)))
        });
        let row = PhaseRow::new(title, phases::STOP, amounts.collect());
        PhaseRow { tone, ..row }.if_any()
    };
    let planned = hosts.iter().any(|h| summary::going(h, phases::STOP).next().is_some());
    let mut rows = if planned { fates(hosts, "containers stopped", phases::STOP) } else { vec![] };
    rows.extend(row("  started again", Tone::Plain, &|fates, d| {
        fates.start(d) == Some(Fate::Done)
    }));
    rows.extend(row("  NOT started again", Tone::Bad, &|fates, d| {
        fates.start(d).is_some_and(|fate| fate != Fate::Done)
    }));
    rows.extend(row("  left stopped", Tone::Plain, &|fates, d| {
        d.rule != RESTART && fates.get(d) == Fate::Done && fates.start(d).is_none()
    }));
    rows
}

const fn tone(fate: Fate) -> Tone {
    match fate {
        Fate::Failed | Fate::Unknown => Tone::Bad,
        Fate::Kept | Fate::NotBegun => Tone::Warn,
        _ => Tone::Plain,
    }
}
