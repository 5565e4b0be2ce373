//! Where the time of builds went: steps over all rows, and of each row where that is asked for.

use super::instruction::normal;
use super::row_blocks::tone;
use super::words::{percent, probability, time};
use super::{BuildRow, Measure, Spread, StepRow, Verdict, measure};
use crate::report::View;
use crate::report::document::{Block, Table, Tone};
use crate::report::fleet::group;
use crate::stats;
use std::collections::HashMap;

/// How many steps are listed where not all of them are.
const LISTED: usize = 12;
/// Columns that an instruction keeps on a terminal.
const INSTRUCTION: usize = 24;

pub(super) fn blocks(rows: &[&BuildRow], view: &View) -> Vec<Block> {
    match rows {
        [one] => of_row(one, view),
        _ => {
            let mut blocks: Vec<Block> = over_rows(rows).into_iter().collect();
            if view.verbose {
                blocks.extend(rows.iter().flat_map(|row| of_row(row, view)));
            }
            blocks
        }
    }
}

/// The steps of one row: all of them in their order, or those that changed most.
fn of_row(row: &BuildRow, view: &View) -> Vec<Block> {
    let mut steps: Vec<&StepRow> = row.steps.iter().filter(|step| says_something(step)).collect();
    let all = steps.len();
    if !view.verbose {
        steps.sort_by(|a, b| difference(&b.time).total_cmp(&difference(&a.time)));
        steps.truncate(LISTED);
    }
    if steps.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(["step", "before", "after", "change", "p", ""]);
    table.left = vec![5];
    table.cut = vec![(0, INSTRUCTION)];
    for step in &steps {
        table.row(
            tone(step.verdict),
            [
                name(step.stage.as_deref(), &step.name),
                median(step.time.before.as_ref()),
                median(step.time.after.as_ref()),
                step.time.change_percent.map_or_else(String::new, percent),
                step.time.test.map_or_else(String::new, |test| probability(test.p_adjusted)),
                step.verdict.to_string(),
            ],
        );
    }
    let of = format!("{} {}, {}", row.key.host, row.key.app, row.key.scenario);
    let title = if steps.len() < all {
        format!("the {} steps of {of} that changed most, of {all}", steps.len())
    } else {
        format!("steps of {of}")
    };
    vec![Block::Gap, Block::Title(title), Block::Table(table)]
}

/// A step that took no time on either side is only noise to the eye.
fn says_something(step: &StepRow) -> bool {
    [&step.time.before, &step.time.after].into_iter().flatten().any(|spread| spread.median > 0.0)
}

fn name(stage: Option<&str>, name: &str) -> String {
    stage.map_or_else(|| name.to_owned(), |stage| format!("{stage}: {name}"))
}

fn median(spread: Option<&Spread>) -> String {
    spread.map_or_else(|| "–".to_owned(), |spread| time(spread.median))
}

/// How much time the medians lie apart; a side without the step took none for it.
fn difference(measure: &Measure) -> f64 {
    let of = |spread: &Option<Spread>| spread.as_ref().map_or(0.0, |spread| spread.median);
    (of(&measure.after) - of(&measure.before)).abs()
}

/// The same step in all rows that have it.
struct Over<'r> {
    name: String,
    steps: Vec<&'r StepRow>,
}

impl Over<'_> {
    fn median(&self, of: fn(&Measure) -> Option<&Spread>) -> Option<f64> {
        let medians: Vec<f64> =
            self.steps.iter().filter_map(|step| Some(of(&step.time)?.median)).collect();
        stats::median(&medians)
    }

    fn medians(&self) -> (Option<f64>, Option<f64>) {
        (self.median(|m| m.before.as_ref()), self.median(|m| m.after.as_ref()))
    }

    fn difference(&self) -> f64 {
        let (before, after) = self.medians();
        (after.unwrap_or(0.0) - before.unwrap_or(0.0)).abs()
    }

    /// `6 of 8 faster`: what is said in most rows that say something.
    fn verdicts(&self) -> String {
        let said = |verdict: &Verdict| {
            !matches!(verdict, Verdict::NotComparable | Verdict::TooFewRuns | Verdict::OnlyFailed)
        };
        let all = self.steps.iter().map(|step| step.verdict);
        let most = group(all, |verdict| *verdict)
            .into_iter()
            .max_by_key(|(verdict, rows)| (said(verdict), rows.len()));
        most.map_or_else(String::new, |(verdict, rows)| {
            format!("{} of {} {verdict}", rows.len(), self.steps.len())
        })
    }

    fn tone(&self) -> Tone {
        let first = self.steps.first().map_or(Verdict::NotShown, |step| step.verdict);
        let alike = self.steps.iter().all(|step| step.verdict == first);
        if alike { tone(first) } else { Tone::Plain }
    }
}

/// The steps that changed most over all rows of a scenario.
fn over_rows(rows: &[&BuildRow]) -> Option<Block> {
    let mut steps = gathered(rows);
    steps.sort_by(|a, b| b.difference().total_cmp(&a.difference()));
    let mut table = Table::new(["steps that changed most", "before", "after", "change", "rows"]);
    table.left = vec![4];
    table.cut = vec![(0, INSTRUCTION)];
    for step in steps.iter().take(LISTED).filter(|step| step.difference() > 0.0) {
        let (before, after) = step.medians();
        let change = before.zip(after).and_then(|(b, a)| measure::change_percent(b, a));
        let told = |median: Option<f64>| median.map_or_else(|| "–".to_owned(), time);
        table.row(
            step.tone(),
            [
                step.name.clone(),
                told(before),
                told(after),
                change.map_or_else(String::new, percent),
                step.verdicts(),
            ],
        );
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

fn gathered<'r>(rows: &[&'r BuildRow]) -> Vec<Over<'r>> {
    let mut places: HashMap<(String, usize), usize> = HashMap::new();
    let mut gathered: Vec<Over<'r>> = Vec::new();
    for row in rows {
        let mut times: HashMap<String, usize> = HashMap::new();
        for step in &row.steps {
            let name = name(step.stage.as_deref(), &normal(&step.name));
            let nth = times.entry(name.clone()).or_default();
            *nth += 1;
            let at = *places.entry((name.clone(), *nth)).or_insert_with(|| {
                gathered.push(Over { name, steps: Vec::new() });
                gathered.len() - 1
            });
            gathered[at].steps.push(step);
        }
    }
    gathered
}
