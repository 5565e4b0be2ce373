//! One bar for all hosts, and a line for each of the first few that are under way.

use super::board::{self, Board, Change};
use crate::record::{Event, What};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Hosts that are shown at once; more would scroll a small terminal.
const SLOTS: usize = 8;
/// Drawings per second at most.
const HERTZ: u8 = 10;
/// How often the clock of the bar moves while nothing happens.
const BEAT: Duration = Duration::from_millis(500);

pub(super) struct Bars {
    screen: MultiProgress,
    state: Mutex<State>,
}

struct State {
    board: Board,
    total: ProgressBar,
    /// The shown hosts' numbers on the board with their lines.
    slots: Vec<(u64, ProgressBar)>,
    finished: bool,
}

pub(super) fn stderr() -> ProgressDrawTarget {
    ProgressDrawTarget::stderr_with_hz(HERTZ)
}

impl Bars {
    pub(super) fn new(target: ProgressDrawTarget) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let total = screen.add(
            ProgressBar::new(0)
                .with_style(style("{bar:24} {pos}/{len} hosts  {elapsed}  {wide_msg}")),
        );
        let state = State { board: Board::default(), total, slots: Vec::new(), finished: false };
        Self { screen, state: Mutex::new(state) }
    }

    pub(super) fn event(&self, event: &Event) {
        let mut state = self.lock();
        if state.finished {
            return;
        }
        match state.board.apply(event) {
            Change::None => {}
            Change::Began => {
                state.total.set_length(state.board.total as u64);
                state.total.enable_steady_tick(BEAT);
            }
            Change::Moved(number) => state.moved(number, &self.screen),
            Change::Ended(number) => {
                if let (Some(host), What::HostEnded { outcome, problem, .. }) =
                    (&event.host, &event.what)
                    && !outcome.is_good()
                {
                    let _ = self.screen.println(board::ended(host, *outcome, problem.as_ref()));
                }
                state.ended(number, &self.screen);
            }
        }
    }

    /// Takes the bars off the screen; events are still counted.
    pub(super) fn pause(&self) {
        let _ = self.screen.clear();
        self.screen.set_draw_target(ProgressDrawTarget::hidden());
    }

    pub(super) fn resume(&self) {
        if !self.lock().finished {
            self.screen.set_draw_target(stderr());
        }
    }

    /// Writes lines above the bars; `false` where there are none to write above.
    pub(super) fn above(&self, lines: &str) -> bool {
        let state = self.lock();
        !state.finished && !self.screen.is_hidden() && self.screen.println(lines).is_ok()
    }

    pub(super) fn finish(&self) {
        let mut state = self.lock();
        if !std::mem::replace(&mut state.finished, true) {
            state.slots.drain(..).for_each(|(_, line)| line.finish_and_clear());
            state.total.finish_and_clear();
            let _ = self.screen.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Redraws a host's line if it has one; a host without one costs nothing.
    fn moved(&mut self, number: u64, screen: &MultiProgress) {
        let Some(active) = self.board.get(number) else { return };
        if let Some((_, line)) = self.slots.iter().find(|(shown, _)| *shown == number) {
            line.set_message(active.stage.clone());
        } else if self.slots.len() < SLOTS {
            self.show(number, screen);
        } else {
            self.count();
        }
    }

    fn ended(&mut self, number: Option<u64>, screen: &MultiProgress) {
        self.total.set_position(self.board.done as u64);
        if let Some(at) = self.slots.iter().position(|(shown, _)| Some(*shown) == number) {
            let (_, line) = self.slots.remove(at);
            line.finish_and_clear();
            screen.remove(&line);
            let shown: Vec<u64> = self.slots.iter().map(|(number, _)| *number).collect();
            let next = self.board.active().map(|(n, _)| n).find(|n| !shown.contains(n));
            if let Some(next) = next {
                self.show(next, screen);
            }
        }
        self.count();
    }

    fn show(&mut self, number: u64, screen: &MultiProgress) {
        let Some(active) = self.board.get(number) else { return };
        let line =
            screen.add(ProgressBar::new_spinner().with_style(style("  {prefix}  {wide_msg}")));
        line.set_prefix(active.host.to_string());
        line.set_message(active.stage.clone());
        self.slots.push((number, line));
        self.count();
    }

    /// Says what the lines do not: how many more are under way, and how many are bad.
    fn count(&self) {
        let more = self.board.under_way() - self.slots.len();
        let mut parts = Vec::new();
        if self.board.bad > 0 {
            parts.push(format!("{} not good", self.board.bad));
        }
        if more > 0 {
            parts.push(format!("{more} more under way"));
        }
        let message = parts.join(", ");
        if self.total.message() != message {
            self.total.set_message(message);
        }
    }
}

/// The templates are constants; one that were wrong would be drawn plainly.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Screen, ended, event, start};
    use super::*;
    use crate::record::Outcome;

    #[test]
    fn at_most_eight_hosts_are_shown() {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
        let bars = Bars::new(target);
        let names: Vec<String> = (0..20).map(|i| format!("web{i}")).collect();
        bars.event(&start(&names.iter().map(String::as_str).collect::<Vec<_>>()));
        for name in &names {
            bars.event(&event(name, What::HostStarted));
        }
        assert_eq!(bars.lock().slots.len(), SLOTS);
        assert_eq!(bars.lock().total.message(), "12 more under way");
        bars.event(&ended("web0", Outcome::Failed, Some("no room")));
        bars.event(&ended("web19", Outcome::Ok, None));
        let state = bars.lock();
        let shown: Vec<_> = state.slots.iter().map(|(_, line)| line.prefix()).collect();
        assert_eq!(shown, (1..=8).map(|i| format!("web{i}")).collect::<Vec<_>>());
        assert_eq!(state.total.message(), "1 not good, 10 more under way");
        assert_eq!((state.total.position(), state.total.length()), (2, Some(20)));
        drop(state);
        assert!(bars.above("a line\nof output") && screen.text().contains("of output"));
        bars.finish();
        assert!(!bars.above("a late line"));
        bars.event(&ended("web1", Outcome::Ok, None));
        assert!(screen.text().contains("web0: failed: no room (look)"));
        assert!(screen.text().contains("/20 hosts"));
    }

    #[test]
    fn five_hundred_hosts_cost_little() {
        let bars = Bars::new(ProgressDrawTarget::hidden());
        let names: Vec<String> = (0..500).map(|i| format!("web{i}")).collect();
        bars.event(&start(&names.iter().map(String::as_str).collect::<Vec<_>>()));
        for round in 0..20 {
            for name in &names {
                bars.event(&event(name, What::Connected { milliseconds: round }));
            }
        }
        for name in &names {
            bars.event(&ended(name, Outcome::Ok, None));
        }
        assert_eq!(bars.lock().board.done, 500);
        assert!(bars.lock().slots.is_empty());
    }
}
