//! Plain lines, for logs and wherever there is no terminal.

use super::board::{self, Board, Change};
use crate::human;
use crate::record::{Event, What};
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After so long without a line there is a sign of life.
const SILENCE: Duration = Duration::from_secs(10);
/// How many of the hosts that are waited for are named.
const NAMED: usize = 3;

pub(super) struct Lines(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    finished: Condvar,
}

struct State {
    board: Board,
    out: Box<dyn Write + Send>,
    verbose: bool,
    last: Instant,
    finished: bool,
}

impl Lines {
    /// Starts the thread that gives signs of life. Where none can be had, there are none.
    pub(super) fn new(verbose: bool, out: Box<dyn Write + Send>) -> Self {
        let state = State::new(verbose, out, Instant::now());
        let shared = Arc::new(Shared { state: Mutex::new(state), finished: Condvar::new() });
        let watched = Arc::clone(&shared);
        let _ = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || watched.give_signs_of_life());
        Self(shared)
    }

    pub(super) fn event(&self, event: &Event) {
        self.0.lock().event(event, Instant::now());
    }

    pub(super) fn finish(&self) {
        self.0.lock().finished = true;
        self.0.finished.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_signs_of_life(&self) {
        let mut state = self.lock();
        while !state.finished {
            let wait = (state.last + SILENCE).saturating_duration_since(Instant::now());
            let (woken, _) =
                self.finished.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.tick(Instant::now());
        }
    }
}

impl State {
    fn new(verbose: bool, out: Box<dyn Write + Send>, now: Instant) -> Self {
        Self { board: Board::default(), out, verbose, last: now, finished: false }
    }

    fn event(&mut self, event: &Event, now: Instant) {
        if self.finished || self.board.apply(event) == Change::None {
            return;
        }
        let Some(host) = &event.host else { return };
        match &event.what {
            What::Connected { milliseconds } if self.verbose => {
                let took = human::duration(*milliseconds);
                self.print(&format!("{host}: connected in {took}"), now);
            }
            What::HostEnded { outcome, problem, .. } => {
                self.print(&board::ended(host, *outcome, problem.as_ref()), now);
            }
            _ => {}
        }
    }

    /// Gives a sign of life when there was no line for a while and a host is waited for.
    fn tick(&mut self, now: Instant) {
        if self.finished || now.saturating_duration_since(self.last) < SILENCE {
            return;
        }
        self.last = now;
        let names: Vec<_> =
            self.board.active().take(NAMED).map(|(_, active)| active.host.to_string()).collect();
        if names.is_empty() {
            return;
        }
        let more = match self.board.under_way() - names.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let (done, total) = (self.board.done, human::count(self.board.total, "host"));
        let line = format!("{done} of {total} done, waiting for {}{more}", names.join(", "));
        self.print(&line, now);
    }

    fn print(&mut self, line: &str, now: Instant) {
        // One write for the whole line: other processes may share the stream.
        let _ = self.out.write_all(format!("{line}\n").as_bytes());
        let _ = self.out.flush();
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Sink, ended, event, start};
    use super::*;
    use crate::record::Outcome;

    fn state(verbose: bool) -> (State, Sink, Instant) {
        let (sink, now) = (Sink::default(), Instant::now());
        (State::new(verbose, Box::new(sink.clone()), now), sink, now)
    }

    #[test]
    fn ends_are_told_and_connections_only_on_request() {
        for verbose in [false, true] {
            let (mut state, sink, now) = state(verbose);
            state.event(&start(&["a", "b"]), now);
            for host in ["a", "b"] {
                state.event(&event(host, What::HostStarted), now);
                state.event(&event(host, What::Connected { milliseconds: 12 }), now);
            }
            state.event(&ended("a", Outcome::Changed, None), now);
            state.event(&ended("b", Outcome::Failed, Some("no\nroom \u{1b}[2J")), now);
            let connected = "a: connected in 12 ms\nb: connected in 12 ms\n";
            let want = "a: changed\nb: failed: no room \\u{1b}[2J (look)\n";
            assert_eq!(sink.text(), format!("{}{want}", if verbose { connected } else { "" }));
        }
    }

    #[test]
    fn silence_is_broken_every_ten_seconds() {
        let (mut state, sink, now) = state(false);
        let after = |seconds| now + Duration::from_secs(seconds);
        state.event(&start(&["a", "b", "c", "d", "e", "f"]), now);
        state.tick(after(11));
        assert_eq!(sink.text(), "", "nobody is waited for yet");
        for host in ["f", "b", "c", "d", "e"] {
            state.event(&event(host, What::HostStarted), after(12));
        }
        state.event(&ended("b", Outcome::Ok, None), after(13));
        state.tick(after(22));
        assert_eq!(sink.text(), "b: ok\n", "too early");
        state.tick(after(23));
        state.tick(after(24));
        assert_eq!(sink.text(), "b: ok\n1 of 6 hosts done, waiting for f, c, d and 1 more\n");
    }
}
