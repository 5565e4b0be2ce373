//! Medians, spread, intervals and tests over a handful of measurements. Every formula names its source.
//!
//! Values are finite; where one is not, or a side has none, the answer is `None`.

mod bootstrap;
mod mann_whitney;
mod multiplicity;
mod order;

#[cfg(test)]
mod mann_whitney_tests;
#[cfg(test)]
mod noise;
#[cfg(test)]
mod simulation_tests;

pub use bootstrap::{BOOTSTRAP_VALUES, ratio_of_medians};
pub use mann_whitney::{EXACT_PAIRS, MannWhitney, MannWhitneyTest, smallest_probability};
pub use multiplicity::holm;
pub use order::{Quartiles, mad, median, quantile, quartiles};

/// A number of things as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, which no count here reaches")]
pub(crate) const fn real(n: usize) -> f64 {
    n as f64
}

/// How many ways there are to choose k of n.
fn choose(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * real(n - i) / real(i + 1))
}
