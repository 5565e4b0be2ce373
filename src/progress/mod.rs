//! Shows a run while it goes on: bars on a terminal, plain lines elsewhere.

mod bars;
mod board;
mod lines;

#[cfg(test)]
mod tests;

use crate::record::Event;
use bars::Bars;
use lines::Lines;
use std::io::Write;

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One bar for all hosts and a line for each of a few that are under way.
    Bars,
    /// A line when something ended, and now and then a sign of life.
    Lines,
    /// Nothing.
    Quiet,
}

/// Draws the events that it is told.
pub struct Progress(Shown);

enum Shown {
    Bars(Bars),
    Lines(Lines),
    Quiet,
}

impl Progress {
    /// Bars are drawn on standard error, lines are written to `out`.
    #[must_use]
    pub fn new(kind: Kind, verbose: bool, out: Box<dyn Write + Send>) -> Self {
        Self(match kind {
            Kind::Bars => Shown::Bars(Bars::new(bars::stderr())),
            Kind::Lines => Shown::Lines(Lines::new(verbose, out)),
            Kind::Quiet => Shown::Quiet,
        })
    }

    /// Takes one event in. Never fails: a reader that went away does not stop a run.
    pub fn event(&self, event: &Event) {
        match &self.0 {
            Shown::Bars(bars) => bars.event(event),
            Shown::Lines(lines) => lines.event(event),
            Shown::Quiet => {}
        }
    }

    /// Leaves the terminal to somebody else, until [`Progress::resume`].
    pub fn pause(&self) {
        if let Shown::Bars(bars) = &self.0 {
            bars.pause();
        }
    }

    /// Shows bars again.
    pub fn resume(&self) {
        if let Shown::Bars(bars) = &self.0 {
            bars.resume();
        }
    }

    /// Writes lines of somebody else's above the bars; `false` where there are no bars, and
    /// whoever calls writes them itself.
    #[must_use]
    pub fn above(&self, lines: &str) -> bool {
        matches!(&self.0, Shown::Bars(bars) if bars.above(lines))
    }

    /// Takes the bars away; nothing is shown after this.
    pub fn finish(&self) {
        match &self.0 {
            Shown::Bars(bars) => bars.finish(),
            Shown::Lines(lines) => lines.finish(),
            Shown::Quiet => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
