//! A table of numbers of several hosts: a column for each while they are few, else what is
//! usual, what is extreme and where.

use super::overview;
use super::series::{Series, median};
use crate::report::document::{Table, Tone};
use crate::report::{View, layout};

/// More hosts than this are not columns.
const MOST_COLUMNS: usize = 4;

/// A number for each series.
pub(super) struct Compared {
    pub(super) title: String,
    /// The line of the Dockerfile, where the rows are steps.
    pub(super) line: Option<u32>,
    pub(super) tone: Tone,
    pub(super) values: Vec<Option<i64>>,
    pub(super) show: fn(i64) -> String,
    /// What a cell says in place of its number.
    pub(super) instead: Vec<Option<String>>,
}

impl Compared {
    pub(super) fn new(title: &str, show: fn(i64) -> String, values: Vec<Option<i64>>) -> Self {
        let instead = vec![None; values.len()];
        Self { title: title.to_owned(), line: None, tone: Tone::Plain, values, show, instead }
    }

    /// The row in a tone, where a number is at or over a limit.
    pub(super) fn limit(mut self, limit: i64) -> Self {
        if self.values.iter().flatten().any(|n| *n >= limit) {
            self.tone = Tone::Warn;
        }
        self
    }

    fn cell(&self, at: usize) -> String {
        let number = || self.values[at].map_or_else(|| "–".to_owned(), self.show);
        self.instead[at].clone().unwrap_or_else(number)
    }
}

/// The table; `head` names the rows, `lines` adds the column of lines.
pub(super) fn table(
    head: &str,
    rows: &[Compared],
    series: &[&Series<'_>],
    lines: bool,
    view: &View,
) -> Table {
    let narrow = |table: &Table| {
        let name = rows.iter().map(|r| console::measure_text_width(&r.title)).max().unwrap_or(0);
        layout::natural_width(table).saturating_sub(name.saturating_sub(NAMES)) <= view.width
    };
    let columns = (series.len() <= MOST_COLUMNS).then(|| columns(head, rows, series, lines));
    columns
        .filter(|table| series.len() == 1 || narrow(table))
        .unwrap_or_else(|| spread(head, rows, series, lines))
}

/// The width to which names of rows are cut.
const NAMES: usize = 24;

fn start(head: &str, lines: bool) -> Table {
    let mut table = Table::new([head].into_iter().chain(lines.then_some("line")));
    table.cut = vec![(0, NAMES)];
    table
}

fn row(row: &Compared, lines: bool) -> Vec<String> {
    let line = row.line.map_or_else(String::new, |line| line.to_string());
    std::iter::once(row.title.clone()).chain(lines.then_some(line)).collect()
}

fn columns(head: &str, rows: &[Compared], series: &[&Series<'_>], lines: bool) -> Table {
    let mut table = start(head, lines);
    table.head.extend(series.iter().map(|s| s.host.host.to_string()));
    for one in rows {
        table.row(
            one.tone,
            row(one, lines).into_iter().chain((0..series.len()).map(|at| one.cell(at))),
        );
    }
    table
}

fn spread(head: &str, rows: &[Compared], series: &[&Series<'_>], lines: bool) -> Table {
    let mut table = start(head, lines);
    table.head.extend(["median", "least", "most", "most on"].map(str::to_owned));
    table.left.push(table.head.len() - 1);
    for one in rows {
        let known: Vec<i64> = one.values.iter().flatten().copied().collect();
        let most = known.iter().max().copied();
        let on = (0..series.len()).filter(|at| most.is_some() && one.values[*at] == most);
        let on: Vec<_> = on.map(|at| series[at].host).collect();
        let on = if on.len() == known.len() { String::new() } else { overview::named(&on) };
        let show = |n: Option<i64>| n.map_or_else(|| "–".to_owned(), one.show);
        let cells = [
            show(median(known.iter().copied())),
            show(known.iter().min().copied()),
            show(most),
            on,
        ];
        table.row(one.tone, row(one, lines).into_iter().chain(cells));
    }
    table
}
