//! The numbers of both sides as tables.

use super::drawn::verdict;
use super::{milliseconds, number, percent};
use crate::record::Moment;
use crate::report::compare::{
    Amount, BuildRow, Comparison, Measure, MetricRow, Pair, Spread, Verdict,
};
use crate::report::document::{Table, Tone};
use crate::report::html::blocks;
use maud::{Markup, html};

pub(super) fn metrics(rows: &[MetricRow]) -> Option<Markup> {
    let mut table = Table::new(["host", "metric", "before", "after", "change"]);
    table.left = vec![1];
    for row in rows.iter().filter(|row| row.change != 0.0) {
        let moment = row.moment.map_or("", |m| match m {
            Moment::Before => ", before the run",
            Moment::After => ", after the run",
        });
        let Pair { before, after } = row.value;
        let cells = [
            row.host.to_string(),
            format!("{}{moment}", row.name),
            number(before, row.unit),
            number(after, row.unit),
            row.change_percent.map_or_else(String::new, percent),
        ];
        table.row(Tone::Plain, cells);
    }
    (!table.rows.is_empty()).then(|| blocks::table(&table))
}

pub(super) fn numbers(comparison: &Comparison) -> Markup {
    html! {
        details {
            summary { "All builds and what they left behind as tables" }
            (blocks::table(&spreads(&comparison.builds)))
            (blocks::table(&amounts(&comparison.builds)))
        }
    }
}

fn spreads(rows: &[BuildRow]) -> Table {
    let mut table = Table::new([
        "build",
        "host",
        "runs",
        "before",
        "quartiles",
        "after",
        "quartiles",
        "ratio, 95 %",
        "p adjusted",
        "verdict",
    ]);
    table.left = vec![1, 9];
    let quartiles = |s: &Spread| {
        format!("{}–{}", milliseconds(s.lower_quartile), milliseconds(s.upper_quartile))
    };
    let cell = |s: &Option<Spread>, show: &dyn Fn(&Spread) -> String| {
        s.as_ref().map_or_else(|| "–".to_owned(), show)
    };
    for row in rows {
        let Measure { before, after, ratio, test, .. } = &row.time;
        let n = |s: &Option<Spread>| s.as_ref().map_or(0, |s| s.n);
        let cells = [
            format!("{} {}", row.key.app, row.key.scenario),
            row.key.host.to_string(),
            format!("{} + {}", n(before), n(after)),
            cell(before, &|s| milliseconds(s.median)),
            cell(before, &quartiles),
            cell(after, &|s| milliseconds(s.median)),
            cell(after, &quartiles),
            ratio.map_or_else(|| "–".to_owned(), |r| format!("{:.2}–{:.2}", r.low, r.high)),
            test.map_or_else(|| "–".to_owned(), |t| format!("{:.4}", t.p_adjusted)),
            verdict(row),
        ];
        table.row(if row.verdict == Verdict::Slower { Tone::Bad } else { Tone::Plain }, cells);
    }
    table
}

fn amounts(rows: &[BuildRow]) -> Table {
    let mut table = Table::new(["build", "host", "amount", "before", "after", "change"]);
    table.left = vec![1, 2];
    for row in rows {
        for Amount { name, unit, median, change_percent } in &row.amounts {
            let cells = [
                format!("{} {}", row.key.app, row.key.scenario),
                row.key.host.to_string(),
                (*name).to_owned(),
                number(median.before, *unit),
                number(median.after, *unit),
                change_percent.map_or_else(String::new, percent),
            ];
            table.row(Tone::Plain, cells);
        }
    }
    table
}
