//! Sets two sides of runs beside each other: what changed, by how much, and what may be said about it.

mod amounts;
mod blocks;
mod comparison;
mod conditions;
mod csv;
mod error;
mod headline;
mod instruction;
mod json;
mod measure;
mod metrics;
mod row_blocks;
mod rows;
mod sides;
mod step_blocks;
mod steps;
mod verdicts;
mod words;

#[cfg(test)]
mod compare_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod format_tests;

pub use comparison::{
    Amount, BuildKey, BuildRow, COMPARISON_SCHEMA, Comparison, Condition, FEWEST_RUNS, Headline,
    Interval, Measure, MetricRow, Order, Pair, Reason, SIGNIFICANCE, SideRun, Spread, StepRow,
    Test, Verdict,
};
pub use error::CompareError;

use super::{Format, View, layout, markdown};
use crate::record::Run;
use sides::Side;

/// Every format that a comparison can be rendered in.
pub const COMPARISONS: &[Format<Comparison>] = &[
    Format { name: "terminal", extension: "txt", render: terminal },
    Format { name: "md", extension: "md", render: as_markdown },
    Format { name: "json", extension: "json", render: json::render },
    Format { name: "csv", extension: "csv", render: csv::render },
];

/// Compares runs before a change with runs after it. Several runs of a side are taken together.
///
/// # Errors
/// When the sides share a run, have runs of different verbs, or nothing in common.
pub fn compare(before: &[Run], after: &[Run]) -> Result<Comparison, CompareError> {
    let verb = error::one_verb(before, after)?;
    let (before, after) = (Side::of(before), Side::of(after));
    let mut builds = rows::rows(&before, &after);
    let metrics = metrics::rows(&before, &after);
    if builds.is_empty() && metrics.is_empty() {
        let sides = Pair { before: before.contents(), after: after.contents() };
        return Err(CompareError::NothingInCommon { sides });
    }
    verdicts::settle(&mut builds);
    let alone = Pair { before: before.without(&after), after: after.without(&before) };
    Ok(Comparison {
        schema: COMPARISON_SCHEMA,
        verb,
        significance: SIGNIFICANCE,
        headlines: headline::headlines(&builds),
        notes: words::notes(&builds),
        sides: Pair { before: before.runs(), after: after.runs() },
        builds,
        alone,
        metrics,
    })
}

fn terminal(comparison: &Comparison, view: &View) -> String {
    layout::render(&blocks::blocks(comparison, view), view)
}

fn as_markdown(comparison: &Comparison, view: &View) -> String {
    let wide = View { width: usize::MAX, ..*view };
    markdown::document(&format!("{} compared", comparison.verb), blocks::blocks(comparison, &wide))
}
