//! A comparison for people, the same for the terminal and for Markdown.

use super::words::{percent, places, value};
use super::{Amount, BuildRow, Comparison, MetricRow, Pair, SideRun, row_blocks, step_blocks};
use crate::human;
use crate::record::{Moment, Scenario, Unit};
use crate::report::View;
use crate::report::document::{Block, Table, Text, Tone};
use crate::report::fleet::group;
use crate::stats;

/// The whole comparison.
pub(super) fn blocks(comparison: &Comparison, view: &View) -> Vec<Block> {
    let Pair { before, after } = &comparison.sides;
    let mut blocks = vec![side("before", before), side("after", after), Block::Gap];
    for headline in &comparison.headlines {
        blocks.push(Block::Line(Text::default().add(Tone::Bold, &headline.text)));
    }
    blocks.push(Block::Gap);
    blocks.extend(comparison.notes.iter().map(|note| Block::Line(Text::plain(note))));
    for scenario in Scenario::ALL {
        let of_it = comparison.builds.iter().filter(|row| row.key.scenario == scenario);
        let rows: Vec<&BuildRow> = of_it.collect();
        if !rows.is_empty() {
            blocks.extend(row_blocks::blocks(scenario, &rows, view));
            blocks.extend(left_behind(&rows));
            blocks.extend(step_blocks::blocks(&rows, view));
        }
    }
    blocks.extend(metrics(&comparison.metrics, view));
    blocks.extend(alone("before", &comparison.alone.before));
    blocks.extend(alone("after", &comparison.alone.after));
    blocks
}

fn side(name: &str, runs: &[SideRun]) -> Block {
    let told = runs.iter().map(|run| {
        format!("run {}{} of {}", run.run, run.about(), human::count(run.hosts, "host"))
    });
    let text = Text::default().add(Tone::Bold, name);
    Block::Line(text.add(Tone::Plain, format!(": {}", told.collect::<Vec<_>>().join(", "))))
}

fn alone(name: &str, keys: &[super::BuildKey]) -> Option<Block> {
    let text = || Text::default().add(Tone::Bold, format!("only {name}"));
    (!keys.is_empty()).then(|| Block::Line(text().add(Tone::Plain, format!(": {}", places(keys)))))
}

/// What the builds left behind: medians of the rows' medians.
fn left_behind(rows: &[&BuildRow]) -> Option<Block> {
    let mut table = Table::new(["medians over the rows", "before", "after", "change", "rows"]);
    let amounts: Vec<&Amount> = rows.iter().flat_map(|row| &row.amounts).collect();
    for (name, amounts) in group(amounts, |amount| amount.name) {
        let median = |of: fn(&Amount) -> f64| {
            stats::median(&amounts.iter().map(|amount| of(amount)).collect::<Vec<_>>())
        };
        let (before, after) = (median(|a| a.median.before)?, median(|a| a.median.after)?);
        if before == 0.0 && after == 0.0 {
            continue;
        }
        let unit = amounts[0].unit;
        let change = super::measure::change_percent(before, after);
        table.row(
            Tone::Plain,
            [
                amount_name(name).to_owned(),
                value(before, unit),
                value(after, unit),
                change.map_or_else(String::new, percent),
                amounts.len().to_string(),
            ],
        );
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

fn amount_name(name: &str) -> &str {
    match name {
        "image.bytes" => "size of the image",
        "image.layers" => "layers of the image",
        "image.wasted" => "replaced or deleted in layers",
        "cache.growth" => "growth of the build cache",
        "disk.growth" => "growth on the disk",
        "steps.ownership" => "time in chown and chmod",
        other => other,
    }
}

/// Metrics summed over hosts, or per host where that is asked for or there is only one.
fn metrics(rows: &[MetricRow], view: &View) -> Option<Block> {
    let mut hosts: Vec<_> = rows.iter().map(|row| &row.host).collect();
    hosts.dedup();
    let each = view.verbose || hosts.len() == 1;
    let mut table = Table::new(["metric", "hosts", "before", "after", "change"]);
    table.left = vec![1];
    let name = |row: &&MetricRow| (row.name.clone(), row.moment, row.unit);
    for ((name, moment, unit), rows) in group(rows, name) {
        let name = metric_name(&name, moment);
        if each {
            for row in rows.iter().filter(|row| row.change != 0.0) {
                let on = row.host.to_string();
                table.row(Tone::Plain, metric_cells(&name, on, row.value, unit));
            }
        } else if rows.iter().any(|row| row.change != 0.0) {
            let on = human::fold_names(rows.iter().map(|row| row.host.as_str()));
            table.row(Tone::Plain, metric_cells(&name, on, over_hosts(&rows, unit), unit));
        }
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

/// Bytes and counts add up over hosts; times have a median.
fn over_hosts(rows: &[&MetricRow], unit: Unit) -> Pair<f64> {
    let all = |of: fn(&MetricRow) -> f64| {
        let values: Vec<f64> = rows.iter().map(|row| of(row)).collect();
        match unit {
            Unit::Bytes | Unit::Count => values.iter().sum(),
            Unit::Milliseconds => stats::median(&values).unwrap_or_default(),
        }
    };
    Pair { before: all(|row| row.value.before), after: all(|row| row.value.after) }
}

fn metric_name(name: &str, moment: Option<Moment>) -> String {
    match moment {
        None => name.to_owned(),
        Some(Moment::Before) => format!("{name}, at the start"),
        Some(Moment::After) => format!("{name}, at the end"),
    }
}

fn metric_cells(name: &str, hosts: String, values: Pair<f64>, unit: Unit) -> [String; 5] {
    let change = value(values.after - values.before, unit);
    let plus = if values.after > values.before { "+" } else { "" };
    [
        name.to_owned(),
        hosts,
        value(values.before, unit),
        value(values.after, unit),
        format!("{plus}{change}"),
    ]
}
