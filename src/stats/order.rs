//! Median, quartiles and the distance from the median.

use super::real;

/// The three quartiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter of the values lies below.
    pub lower: f64,
    /// Half of the values lies below.
    pub median: f64,
    /// Three quarters of the values lie below.
    pub upper: f64,
}

/// The values in ascending order; `None` when there is none, or one is not finite.
pub(super) fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// The value below which a share of the values lies, interpolated between neighbours.
///
/// Definition 7 of Hyndman & Fan, "Sample quantiles in statistical packages", The American
/// Statistician 50 (1996): the default of R and `NumPy`.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    sorted(values).map(|sorted| within(&sorted, share))
}

fn within(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    let at = share.clamp(0.0, 1.0) * real(last);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last index, which the clamp and the minimum see to"
    )]
    let below = (at as usize).min(last);
    let above = (below + 1).min(last);
    sorted[below] + (at - real(below)) * (sorted[above] - sorted[below])
}

/// The middle value, or the mean of the two in the middle.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The three quartiles, by [`quantile`].
#[must_use]
pub fn quartiles(values: &[f64]) -> Option<Quartiles> {
    let sorted = sorted(values)?;
    let [lower, median, upper] = [0.25, 0.5, 0.75].map(|share| within(&sorted, share));
    Some(Quartiles { lower, median, upper })
}

/// The median of the absolute distances from the median, in the unit of the values and not
/// scaled to a standard deviation (Hampel, "The influence curve and its role in robust
/// estimation", JASA 69 (1974)).
#[must_use]
pub fn mad(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    median(&values.iter().map(|v| (v - middle).abs()).collect::<Vec<_>>())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these are whole numbers, halves, or not calculated")]
mod tests {
    use super::*;

    /// `quantile(x, type = 7)`, `fivenum` and `mad(x, constant = 1)` of R.
    #[test]
    fn quartiles_are_those_of_r() {
        let cases: [(&[f64], [f64; 3], f64); 5] = [
            (&[7.0], [7.0, 7.0, 7.0], 0.0),
            (&[1.0, 2.0], [1.25, 1.5, 1.75], 0.5),
            (&[4.0, 1.0, 3.0, 2.0], [1.75, 2.5, 3.25], 1.0),
            (&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0], [1.5, 2.0, 5.0], 1.0),
            (&[3.0, 6.0, 7.0, 8.0, 8.0, 10.0, 13.0, 15.0, 16.0, 20.0], [7.25, 9.0, 14.5], 3.5),
        ];
        for (values, want, spread) in cases {
            let got = quartiles(values).unwrap();
            assert_eq!([got.lower, got.median, got.upper], want, "{values:?}");
            assert_eq!((median(values), mad(values)), (Some(want[1]), Some(spread)), "{values:?}");
        }
    }

    #[test]
    fn nothing_and_what_is_no_number_have_no_median() {
        for values in [&[][..], &[f64::NAN], &[1.0, f64::INFINITY]] {
            assert_eq!((median(values), mad(values)), (None, None));
            assert!(quartiles(values).is_none());
        }
    }

    proptest::proptest! {
        #[test]
        fn quantiles_rise_and_stay_among_the_values(values in proptest::collection::vec(-1e9..1e9, 1..40_usize)) {
            let at = |share| quantile(&values, share).unwrap();
            let shares = [-1.0, 0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 2.0].map(at);
            proptest::prop_assert!(shares.is_sorted());
            proptest::prop_assert!(values.contains(&shares[0]) && values.contains(&shares[8]));
        }
    }
}
