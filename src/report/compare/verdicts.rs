//! The tests of a table, and what they let us say.

use super::measure::is_testable;
use super::{BuildRow, Measure, SIGNIFICANCE, StepRow, Test, Verdict};
use crate::stats::{self, MannWhitney};

/// Tests all rows as one table and all their steps as another, and gives each its verdict.
/// Rows whose sides met different conditions are not tested, and neither are their steps.
pub(super) fn settle(rows: &mut [BuildRow]) {
    let mut test = MannWhitney::default();
    for row in rows.iter_mut().filter(|row| row.reasons.is_empty()) {
        try_out(&mut row.time, &mut test);
        row.steps.iter_mut().for_each(|step| try_out(&mut step.time, &mut test));
    }
    adjust(rows.iter_mut().map(|row| &mut row.time));
    adjust(rows.iter_mut().flat_map(|row| &mut row.steps).map(|step| &mut step.time));
    for row in rows {
        let comparable = row.reasons.is_empty();
        row.verdict = verdict(&row.time, comparable);
        for step in row.steps.iter_mut().filter(|step| is_on_both_sides(step)) {
            step.verdict = verdict(&step.time, comparable);
        }
    }
}

fn is_on_both_sides(step: &StepRow) -> bool {
    !matches!(step.verdict, Verdict::Gone | Verdict::New)
}

fn try_out(time: &mut Measure, test: &mut MannWhitney) {
    let (Some(before), Some(after)) = (&time.before, &time.after) else { return };
    if is_testable(&before.values, &after.values) {
        let said = test.test(&before.values, &after.values);
        time.test = said.map(|t| Test { u: t.u, p: t.p, p_adjusted: t.p, exact: t.exact });
    }
}

/// Holm's adjustment over all tests of a table.
fn adjust<'m>(measures: impl Iterator<Item = &'m mut Measure>) {
    let mut tests: Vec<&mut Test> = measures.filter_map(|m| m.test.as_mut()).collect();
    let adjusted = stats::holm(&tests.iter().map(|test| test.p).collect::<Vec<_>>());
    tests.iter_mut().zip(adjusted).for_each(|(test, p)| test.p_adjusted = p);
}

fn verdict(time: &Measure, comparable: bool) -> Verdict {
    let (Some(before), Some(after)) = (&time.before, &time.after) else {
        return Verdict::OnlyFailed;
    };
    if !comparable {
        return Verdict::NotComparable;
    }
    let Some(test) = time.test else { return Verdict::TooFewRuns };
    // U counts pairs in which the after side took longer; half of all pairs is no difference.
    let half = stats::real(before.n * after.n) / 2.0;
    match () {
        () if test.p_adjusted > SIGNIFICANCE => Verdict::NotShown,
        () if test.u < half => Verdict::Faster,
        () => Verdict::Slower,
    }
}
