//! Makes text of a run, fresh or from the history: pure functions, one per format.

mod advice;
mod amounts;
mod cleanup;
mod cleanup_phases;
mod cleanup_rows;
pub mod compare;
mod cut;
mod document;
mod exec;
mod fates;
mod files;
mod fleet;
mod generic;
mod history;
mod json;
mod layout;
mod markdown;
mod objects;
mod phases;
mod ping;
mod reclaimed;
mod restarts;
mod stays;
mod summary;
mod terminal;

#[cfg(test)]
mod cleanup_fixtures;
#[cfg(test)]
mod cleanup_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

pub use history::{HistoryRow, history};

use crate::record::Run;
use document::Block;

/// How the reader wants to see it.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Columns of the terminal. Formats without a width ignore it.
    pub width: usize,
    /// Whether colours may be used.
    pub color: bool,
    /// Whether every object is listed.
    pub verbose: bool,
}

/// A format that a run, or a comparison of runs, can be rendered in.
pub struct Format<T = Run> {
    /// Its name on the command line.
    pub name: &'static str,
    /// The usual end of a file's name.
    pub extension: &'static str,
    /// The whole report, with a newline at its end.
    pub render: fn(&T, &View) -> String,
}

/// Every format of a run.
pub const FORMATS: &[Format] = &[
    Format { name: "terminal", extension: "txt", render: terminal::render },
    Format { name: "md", extension: "md", render: markdown::render },
    Format { name: "json", extension: "json", render: json::render },
];

/// The format of a name, for a run.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// What would be done, for the terminal, before it is approved.
#[must_use]
pub fn plan(run: &Run, view: &View) -> String {
    let blocks = match run.start.verb.as_str() {
        "cleanup" => cleanup::plan(run, view),
        _ => generic::plan(run, view),
    };
    layout::render(&blocks, view)
}

type Body = fn(&Run, &View) -> Vec<Block>;

/// What a verb's report consists of, where it has one of its own.
const BODIES: &[(&str, Body)] = &[
    ("cleanup", cleanup::result),
    ("exec", exec::result),
    ("ping", ping::result),
    ("pull", files::result),
    ("push", files::result),
];

/// The content of a report, the same for every format that is read by people.
fn body(run: &Run, view: &View) -> Vec<Block> {
    let own = BODIES.iter().find(|(verb, _)| *verb == run.start.verb);
    own.map_or(generic::result as Body, |(_, body)| *body)(run, view)
}
