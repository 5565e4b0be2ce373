//! The list of runs.

use super::document::{Block, Table, Text, Tone};
use super::{View, layout};
use crate::human;
use crate::record::{ExitCode, Outcome, RunId};
use jiff::Timestamp;

/// One run as the list shows it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct HistoryRow {
    /// Its name.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// When it ended, if it did.
    pub ended: Option<Timestamp>,
    /// The verb on the command line.
    pub verb: String,
    /// The selection as it was written.
    pub selection: String,
    /// The label that the user gave it.
    pub label: Option<String>,
    /// Whether only a check was asked for.
    pub check: bool,
    /// The exit code, once it ended.
    pub exit_code: Option<ExitCode>,
    /// How many hosts it was for.
    pub hosts: usize,
    /// How many of them ended in each outcome.
    pub tally: Vec<(Outcome, usize)>,
}

/// The list, in the order of its rows.
#[must_use]
pub fn history(rows: &[HistoryRow], view: &View) -> String {
    if rows.is_empty() {
        return layout::render(&[Block::Line(Text::plain("there is no run yet"))], view);
    }
    let mut table = Table::new(["run", "verb", "selection", "hosts", "took", "exit"]);
    table.left = vec![1, 2, 3];
    let labelled = rows.iter().any(|row| row.label.is_some());
    if labelled {
        table.head.push("label".to_owned());
        table.left.push(6);
    }
    for row in rows {
        let label = labelled.then(|| row.label.clone().unwrap_or_default());
        table.row(tone(row), cells(row).into_iter().chain(label));
    }
    layout::render(&[Block::Table(table)], view)
}

fn tone(row: &HistoryRow) -> Tone {
    match row.exit_code {
        Some(ExitCode::OK) => Tone::Plain,
        Some(_) => Tone::Bad,
        None => Tone::Warn,
    }
}

fn cells(row: &HistoryRow) -> [String; 6] {
    let check = if row.check { " --check" } else { "" };
    let tally: Vec<_> = row.tally.iter().map(|(outcome, n)| format!("{n} {outcome}")).collect();
    let took = row.ended.map(|ended| ended.duration_since(row.started).as_millis());
    [
        row.run.to_string(),
        format!("{}{check}", row.verb),
        row.selection.clone(),
        if tally.is_empty() { row.hosts.to_string() } else { tally.join(", ") },
        took.map_or_else(String::new, |ms| human::duration(u64::try_from(ms).unwrap_or(0))),
        row.exit_code.map_or_else(|| "no end".to_owned(), |code| code.0.to_string()),
    ]
}
