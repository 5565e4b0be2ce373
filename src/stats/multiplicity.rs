//! Many tests at once: probabilities adjusted so that one false alarm in all of them stays rare.

use super::real;

/// Adjusted probabilities in the order of the given ones (Holm, "A simple sequentially rejective
/// multiple test procedure", Scandinavian Journal of Statistics 6 (1979)). The smallest of n is
/// multiplied by n, the next by n−1, and so on; none may be below one before it, none above 1.
/// Rejecting those of at most α keeps the probability of any false rejection at most α, however
/// the tests depend on each other.
#[must_use]
pub fn holm(probabilities: &[f64]) -> Vec<f64> {
    let n = probabilities.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut adjusted = vec![1.0; n];
    let mut highest: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        highest = highest.max((probabilities[at] * real(n - rank)).min(1.0));
        adjusted[at] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::holm;

    /// `p.adjust(p, "holm")` of R.
    #[test]
    fn probabilities_are_adjusted_as_r_does() {
        let cases: [(&[f64], &[f64]); 5] = [
            (&[], &[]),
            (&[0.03], &[0.03]),
            (&[0.01, 0.02, 0.03, 0.04, 0.05], &[0.05, 0.08, 0.09, 0.09, 0.09]),
            (&[0.01, 0.04, 0.03, 0.005], &[0.03, 0.06, 0.06, 0.02]),
            (&[0.9, 0.8, 0.02], &[1.0, 1.0, 0.06]),
        ];
        for (probabilities, want) in cases {
            let got = holm(probabilities);
            let near = got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(near && got.len() == want.len(), "{got:?} for {want:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn it_lies_between_the_bare_one_and_bonferronis(
            all in proptest::collection::vec(0.0..=1.0, 0..30_usize),
        ) {
            let n = super::real(all.len());
            for (bare, adjusted) in all.iter().zip(holm(&all)) {
                proptest::prop_assert!(*bare <= adjusted && adjusted <= (bare * n).min(1.0));
            }
        }
    }
}
