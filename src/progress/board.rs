//! Where every host stands, from its events.

use crate::human;
use crate::record::{Event, HostName, Outcome, Problem, What};
use std::collections::{BTreeMap, HashMap};

/// Longer lines of output are cut: only their beginning can be shown.
const LONGEST: usize = 200;

/// Hosts that are under way, in the order in which they began, and how many are done.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) total: usize,
    pub(super) done: usize,
    pub(super) bad: usize,
    active: BTreeMap<u64, Active>,
    numbers: HashMap<HostName, u64>,
    next: u64,
}

/// A host that is under way.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) host: HostName,
    pub(super) stage: String,
    planned: usize,
    settled: usize,
}

/// What an event changed on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Began,
    Moved(u64),
    Ended(Option<u64>),
}

impl Board {
    pub(super) fn apply(&mut self, event: &Event) -> Change {
        if let What::RunStarted(start) = &event.what {
            self.total = start.hosts.len();
            return Change::Began;
        }
        let Some(host) = &event.host else { return Change::None };
        if let What::HostEnded { outcome, .. } = &event.what {
            self.done += 1;
            self.bad += usize::from(!outcome.is_good());
            let number = self.numbers.remove(host);
            if let Some(number) = number {
                self.active.remove(&number);
            }
            return Change::Ended(number);
        }
        let number = self.number(host);
        let moved = self.active.get_mut(&number).is_some_and(|active| active.apply(&event.what));
        if moved { Change::Moved(number) } else { Change::None }
    }

    fn number(&mut self, host: &HostName) -> u64 {
        if let Some(number) = self.numbers.get(host) {
            return *number;
        }
        let number = self.next;
        self.next += 1;
        self.numbers.insert(host.clone(), number);
        let stage = String::new();
        self.active.insert(number, Active { host: host.clone(), stage, planned: 0, settled: 0 });
        number
    }

    pub(super) fn active(&self) -> impl Iterator<Item = (u64, &Active)> {
        self.active.iter().map(|(number, active)| (*number, active))
    }

    pub(super) fn under_way(&self) -> usize {
        self.active.len()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Active> {
        self.active.get(&number)
    }
}

impl Active {
    /// Whether the host's line reads differently now.
    fn apply(&mut self, what: &What) -> bool {
        self.stage = match what {
            What::HostStarted => "connecting".to_owned(),
            What::Connected { milliseconds } => {
                format!("connected in {}", human::duration(*milliseconds))
            }
            What::Probed { .. } => "probed".to_owned(),
            What::StepStarted { step } => one_line(step),
            What::Decided { decisions } => {
                format!("looked at {}", human::count(decisions.len(), "object"))
            }
            What::Intended { actions } => {
                self.planned += actions.len();
                format!("{} of {} done", self.settled, self.planned)
            }
            What::Settled { .. } => {
                self.settled += 1;
                format!("{} of {} done", self.settled, self.planned)
            }
            What::Moved { bytes, of } => {
                format!("{} of {}", human::bytes(*bytes), human::bytes(*of))
            }
            What::Busy { with } => one_line(with),
            What::Output { line, .. } => one_line(line),
            _ => return false,
        };
        true
    }
}

/// The line that says how a host ended.
pub(super) fn ended(host: &HostName, outcome: Outcome, problem: Option<&Problem>) -> String {
    match problem {
        Some(problem) => format!("{host}: {outcome}: {}", whole_line(&problem.to_string())),
        None => format!("{host}: {outcome}"),
    }
}

fn whole_line(text: &str) -> String {
    human::escape(text).replace(['\n', '\t'], " ")
}

fn one_line(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    whole_line(&text[..end])
}
