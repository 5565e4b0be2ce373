//! The rows of a scenario as a table, and many of them folded.

use super::words::{percent, probability, time};
use super::{BuildRow, Spread, Verdict, measure};
use crate::human;
use crate::record::Scenario;
use crate::report::View;
use crate::report::document::{Block, Table, Tone};
use crate::report::fleet::group;
use crate::stats;
use std::fmt::Write as _;

/// More rows than this are folded, unless each is asked for.
const LISTED: usize = 20;

pub(super) fn blocks(scenario: Scenario, rows: &[&BuildRow], view: &View) -> Vec<Block> {
    let mut title = match group(rows, |row| &row.key.app).as_slice() {
        [(app, _)] => format!("{scenario} builds of {app}"),
        _ => format!("{scenario} builds"),
    };
    let table = if rows.len() > LISTED && !view.verbose {
        title.push_str(", medians over the rows that are alike; -v lists each");
        folded(rows)
    } else {
        listed(rows, &mut title)
    };
    vec![Block::Gap, Block::Title(title), Block::Table(table)]
}

/// The names of rows: hosts, with their apps where these are not all the same.
fn names(rows: &[&BuildRow], all: &[&BuildRow]) -> String {
    let hosts = human::fold_names(rows.iter().map(|row| row.key.host.as_str()));
    let one_app = all.iter().all(|row| row.key.app == all[0].key.app);
    if one_app { hosts } else { format!("{} on {hosts}", rows[0].key.app) }
}

/// A line per row. How many builds a side has is in the title where it is the same everywhere.
fn listed(rows: &[&BuildRow], title: &mut String) -> Table {
    let mut table = Table::new(["", "before", "after", "change", "p", ""]);
    table.left = vec![5];
    let one_size = match group(rows.iter().map(|row| sizes(row)), Clone::clone).as_slice() {
        [((before, after), _)] => {
            let _ = write!(title, ", {before} before and {after} after in each row");
            true
        }
        _ => false,
    };
    if !one_size {
        table.head.insert(1, "n".to_owned());
        table.left = vec![6];
    }
    for row in rows {
        let (before, after) = sizes(row);
        let mut cells = vec![names(&[row], rows)];
        cells.extend((!one_size).then(|| format!("{before}/{after}")));
        cells.extend([
            median(row.time.before.as_ref()),
            median(row.time.after.as_ref()),
            row.time.change_percent.map_or_else(String::new, percent),
            row.time.test.map_or_else(String::new, |test| probability(test.p_adjusted)),
            row.verdict.to_string(),
        ]);
        table.row(tone(row.verdict), cells);
    }
    table
}

fn sizes(row: &BuildRow) -> (usize, usize) {
    let n = |spread: &Option<Spread>| spread.as_ref().map_or(0, |spread| spread.n);
    (n(&row.time.before), n(&row.time.after))
}

/// A line per app and verdict.
fn folded(rows: &[&BuildRow]) -> Table {
    let mut table = Table::new(["", "rows", "before", "after", "change", ""]);
    table.left = vec![5];
    for ((_, verdict), alike) in group(rows.iter().copied(), |row| (&row.key.app, row.verdict)) {
        let median = |of: fn(&BuildRow) -> Option<&Spread>| {
            let medians: Vec<f64> = alike.iter().filter_map(|row| Some(of(row)?.median)).collect();
            stats::median(&medians)
        };
        let before = median(|row| row.time.before.as_ref());
        let after = median(|row| row.time.after.as_ref());
        let change = before.zip(after).and_then(|(b, a)| measure::change_percent(b, a));
        let told = |median: Option<f64>| median.map_or_else(|| "–".to_owned(), time);
        table.row(
            tone(verdict),
            [
                names(&alike, rows),
                alike.len().to_string(),
                told(before),
                told(after),
                change.map_or_else(String::new, percent),
                verdict.to_string(),
            ],
        );
    }
    table
}

/// `12 m 40 s ±2 %`: the median and the median distance from it.
fn median(spread: Option<&Spread>) -> String {
    let Some(spread) = spread else { return "–".to_owned() };
    let share = if spread.median > 0.0 { spread.mad / spread.median * 100.0 } else { 0.0 };
    format!("{} ±{share:.0} %", time(spread.median))
}

pub(super) const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Faster => Tone::Good,
        Verdict::Slower | Verdict::OnlyFailed => Tone::Bad,
        Verdict::NotComparable | Verdict::TooFewRuns => Tone::Warn,
        Verdict::NotShown | Verdict::Gone | Verdict::New => Tone::Plain,
    }
}
