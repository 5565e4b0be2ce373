//! Numbers of both sides beside each other.

use super::{FEWEST_RUNS, Interval, Measure, Spread};
use crate::stats;

/// The share of the bootstrap distribution inside an interval.
const LEVEL: f64 = 0.95;

/// What is said of the values of both sides without a test.
pub(super) fn measure(before: Vec<f64>, after: Vec<f64>) -> Measure {
    let ratio = if is_testable(&before, &after) {
        stats::ratio_of_medians(&before, &after, LEVEL)
    } else {
        None
    };
    let (before, after) = (spread(before), spread(after));
    let medians = before.as_ref().zip(after.as_ref()).map(|(b, a)| (b.median, a.median));
    Measure {
        change_percent: medians.and_then(|(before, after)| change_percent(before, after)),
        ratio: ratio.map(|(low, high)| Interval { low, high, level: LEVEL }),
        before,
        after,
        test: None,
    }
}

/// Whether both sides have enough values for a test.
pub(super) fn is_testable(before: &[f64], after: &[f64]) -> bool {
    before.len().min(after.len()) >= FEWEST_RUNS
}

fn spread(values: Vec<f64>) -> Option<Spread> {
    let quartiles = stats::quartiles(&values)?;
    Some(Spread {
        n: values.len(),
        median: quartiles.median,
        mad: stats::mad(&values)?,
        lower_quartile: quartiles.lower,
        upper_quartile: quartiles.upper,
        values,
    })
}

/// The change in percent of the value before; `None` where that is not above 0.
pub(super) fn change_percent(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| (after - before) / before * 100.0)
}

/// A measured number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "bytes and milliseconds stay far below 2^53")]
pub(super) const fn float(n: u64) -> f64 {
    n as f64
}

/// A measured number that may be negative, to calculate with.
#[expect(clippy::cast_precision_loss, reason = "bytes stay far below 2^53")]
pub(super) const fn signed(n: i64) -> f64 {
    n as f64
}
