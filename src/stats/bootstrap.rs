//! How far the ratio of two medians may be off, by the bootstrap.

use super::order::sorted;
use super::{choose, real};

/// With more values on a side no interval is worked out: the quartiles tell enough by then.
pub const BOOTSTRAP_VALUES: usize = 100;

/// Medians that come up more rarely than this make no difference to an interval.
const NEGLIGIBLE: f64 = 1e-12;
/// How near, as a share of itself, an end of the interval is found.
const PRECISION: f64 = 1e-9;

/// The interval that holds a share of the bootstrap distribution of the ratio of the medians,
/// second by first, with as much below it as above (the percentile method: Efron & Tibshirani,
/// "An Introduction to the Bootstrap" (1993), chapter 13).
///
/// Nothing is drawn at random. The median of a sample drawn with replacement has a distribution
/// in closed form (Efron, "Bootstrap methods: another look at the jackknife", Annals of
/// Statistics 7 (1979), section 3; Maritz & Jarrett, "A note on estimating the variance of the
/// sample median", JASA 73 (1978)), so the interval is the one that drawing approaches.
///
/// `None` where a side has no value, one that is not above 0, or more than [`BOOTSTRAP_VALUES`].
#[must_use]
pub fn ratio_of_medians(first: &[f64], second: &[f64], share: f64) -> Option<(f64, f64)> {
    let below = Medians::of(first)?;
    let above = Medians::of(second)?;
    let end = |share| ratio(&above, &below, share);
    let outside = (1.0 - share) / 2.0;
    Some((end(outside), end(1.0 - outside)))
}

/// The bootstrap distribution of a sample's median.
struct Medians {
    /// What the median may be, ascending, with the probability of it or a smaller one.
    at_most: Vec<(f64, f64)>,
}

impl Medians {
    fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values)?;
        if sorted.len() > BOOTSTRAP_VALUES || sorted[0] <= 0.0 {
            return None;
        }
        let mut medians =
            if sorted.len().is_multiple_of(2) { between(&sorted) } else { middle(&sorted) };
        medians.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all: f64 = medians.iter().map(|(_, p)| p).sum();
        let mut sum = 0.0;
        for (_, p) in &mut medians {
            sum += *p / all;
            *p = sum;
        }
        Some(Self { at_most: medians })
    }

    fn ends(&self) -> (f64, f64) {
        let last = self.at_most.len() - 1;
        (self.at_most[0].0, self.at_most[last].0)
    }
}

/// Medians of an odd number: the value in the middle, which is at most value i when more than
/// half of the draws are.
fn middle(sorted: &[f64]) -> Vec<(f64, f64)> {
    let n = sorted.len();
    let at_most = at_least_draws(n, n / 2 + 1);
    let probability = |i: usize| at_most[i + 1] - at_most[i];
    sorted.iter().enumerate().map(|(i, v)| (*v, probability(i))).collect()
}

/// Medians of an even number n = 2h: the mean of the draws h and h+1 in order. They are the
/// values i < j when h draws are at most i, one of them i itself, and the other h at least j,
/// one of them j itself.
fn between(sorted: &[f64]) -> Vec<(f64, f64)> {
    let n = sorted.len();
    let half = n / 2;
    let choices = choose(n, half);
    let lower_at_most = at_least_draws(n, half);
    let power = |k: usize| (real(k) / real(n)).powi(i32::try_from(half).unwrap_or(i32::MAX));
    let mut medians = Vec::new();
    for i in 0..n {
        let lower = choices * (power(i + 1) - power(i));
        let both = lower_at_most[i + 1] - lower_at_most[i] - lower * power(n - i - 1);
        medians.push((sorted[i], both.max(0.0)));
        for j in i + 1..n {
            if lower * power(n - j) < NEGLIGIBLE {
                break;
            }
            let p = lower * (power(n - j) - power(n - j - 1));
            medians.push((f64::midpoint(sorted[i], sorted[j]), p));
        }
    }
    medians
}

/// For each i from 0 to n the probability that of n draws from n values at least `draws` are
/// among the lowest i: the upper end of the binomial distribution.
fn at_least_draws(n: usize, draws: usize) -> Vec<f64> {
    let mut choices = choose(n, draws);
    let mut sums = vec![0.0; n + 1];
    for k in draws..=n {
        for (i, sum) in sums.iter_mut().enumerate() {
            let p = real(i) / real(n);
            let power = |base: f64, k: usize| base.powi(i32::try_from(k).unwrap_or(i32::MAX));
            *sum += choices * power(p, k) * power(1.0 - p, n - k);
        }
        choices *= real(n - k) / real(k + 1);
    }
    sums
}

/// The ratio that a share of all pairs of medians does not exceed, by halving.
fn ratio(above: &Medians, below: &Medians, share: f64) -> f64 {
    let ((least, most), (smallest, largest)) = (above.ends(), below.ends());
    let (mut low, mut high) = (least / largest, most / smallest);
    while high - low > PRECISION * high {
        let middle = f64::midpoint(low, high);
        if at_most(above, below, middle) >= share {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The probability that the ratio of two medians is at most so much.
fn at_most(above: &Medians, below: &Medians, ratio: f64) -> f64 {
    let (mut sum, mut before, mut at) = (0.0, 0.0, 0);
    for (value, up_to) in &above.at_most {
        // Those of the other side that are too small for this value, which only grow in number.
        while below.at_most.get(at).is_some_and(|(b, _)| *b * ratio < *value) {
            at += 1;
        }
        let too_small = if at == 0 { 0.0 } else { below.at_most[at - 1].1 };
        sum += (up_to - before) * (1.0 - too_small);
        before = *up_to;
    }
    sum
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these are whole numbers, halves, or not calculated")]
mod tests {
    use super::super::noise::Noise;
    use super::super::order::{median, quantile};
    use super::*;

    fn near(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * b.abs().max(1e-300)
    }

    /// The distribution by writing down every sample, and the probabilities that Efron (1979),
    /// section 3, gives for a median of 13 in 13 places.
    #[test]
    fn the_medians_of_all_samples_are_counted() {
        for n in 1..=6_usize {
            let sorted: Vec<f64> = (0..n).map(|i| real(i * i + 3)).collect();
            let medians = Medians::of(&sorted).unwrap();
            let mut drawn: Vec<f64> = Vec::new();
            for sample in 0..n.pow(u32::try_from(n).unwrap()) {
                let digits = (0..n).scan(sample, |rest, _| {
                    let digit = *rest % n;
                    *rest /= n;
                    Some(sorted[digit])
                });
                drawn.push(median(&digits.collect::<Vec<_>>()).unwrap());
            }
            for (value, at_most) in &medians.at_most {
                let last = medians.at_most.iter().rev().find(|(v, _)| v == value).unwrap();
                let counted = drawn.iter().filter(|m| *m <= value).count();
                assert!(near(last.1, real(counted) / real(drawn.len()), 1e-12), "{n} {at_most}");
            }
        }
        let sorted: Vec<f64> = (1..=13).map(real).collect();
        let published = [0.0000, 0.0015, 0.0142, 0.0550, 0.1242, 0.1936, 0.2230];
        for (i, (_, p)) in middle(&sorted).into_iter().take(7).enumerate() {
            assert!((p - published[i]).abs() < 1e-4, "{i}: {p}");
        }
    }

    #[test]
    fn the_interval_is_what_drawing_approaches() {
        let mut noise = Noise::new(7);
        for (n, m) in [(5, 5), (10, 10), (7, 12), (30, 30)] {
            let first: Vec<f64> = (0..n).map(|_| noise.lognormal(100.0, 0.2)).collect();
            let second: Vec<f64> = (0..m).map(|_| noise.lognormal(80.0, 0.2)).collect();
            let mut draw = |values: &[f64]| {
                let sample: Vec<f64> = values.iter().map(|_| *noise.one_of(values)).collect();
                median(&sample).unwrap()
            };
            let ratios: Vec<f64> = (0..20_000).map(|_| draw(&second) / draw(&first)).collect();
            let (low, high) = ratio_of_medians(&first, &second, 0.95).unwrap();
            assert!(near(low, quantile(&ratios, 0.025).unwrap(), 0.02), "{n} {m} {low}");
            assert!(near(high, quantile(&ratios, 0.975).unwrap(), 0.02), "{n} {m} {high}");
        }
    }

    #[test]
    fn many_values_neither_overflow_nor_take_their_time() {
        for n in [BOOTSTRAP_VALUES - 1, BOOTSTRAP_VALUES] {
            let values: Vec<f64> = (1..=n).map(|i| 1000.0 + real(i)).collect();
            let (low, high) = ratio_of_medians(&values, &values, 0.95).unwrap();
            assert!(0.9 < low && low < 1.0 && 1.0 < high && high < 1.1, "{low} {high}");
        }
        assert!(ratio_of_medians(&[1.0; BOOTSTRAP_VALUES + 1], &[1.0], 0.95).is_none());
    }

    #[test]
    fn what_has_no_ratio_has_no_interval() {
        for (a, b) in [(&[][..], &[1.0][..]), (&[1.0], &[]), (&[0.0, 1.0], &[1.0])] {
            assert_eq!(ratio_of_medians(a, b, 0.95), None);
        }
        let (low, high) = ratio_of_medians(&[4.0; 5], &[2.0; 5], 0.95).unwrap();
        assert!(near(low, 0.5, 1e-8) && near(high, 0.5, 1e-8));
    }

    proptest::proptest! {
        #[test]
        fn the_interval_scales_and_turns_over_with_the_values(
            first in proptest::collection::vec(1.0..1e6, 1..12_usize),
            second in proptest::collection::vec(1.0..1e6, 1..12_usize),
        ) {
            let (low, high) = ratio_of_medians(&first, &second, 0.95).unwrap();
            proptest::prop_assert!(low <= high);
            let ratio = median(&second).unwrap() / median(&first).unwrap();
            // The ratio itself may lie outside only by what halving leaves.
            proptest::prop_assert!(low <= ratio * 1.000_001 && ratio <= high * 1.000_001);
            let doubled: Vec<f64> = second.iter().map(|v| v * 2.0).collect();
            let (low2, high2) = ratio_of_medians(&first, &doubled, 0.95).unwrap();
            proptest::prop_assert!(near(low2, 2.0 * low, 1e-6) && near(high2, 2.0 * high, 1e-6));
        }
    }
}
