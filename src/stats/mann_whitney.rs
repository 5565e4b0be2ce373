//! Whether one of two samples tends to larger values: the test of Wilcoxon, Mann and Whitney.

use super::{choose, real};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Up to so many pairs of a value of one sample with one of the other (30 beside 30) the
/// probability is exact; beyond it is the normal approximation, which is good by then.
pub const EXACT_PAIRS: usize = 900;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitneyTest {
    /// U of the second sample: pairs in which its value is the larger one, ties counting half
    /// (Mann & Whitney, "On a test of whether one of two random variables is stochastically
    /// larger than the other", Annals of Mathematical Statistics 18 (1947)).
    pub u: f64,
    /// The probability of a U at least as far from its mean, to either side, when both samples
    /// come from one distribution.
    pub p: f64,
    /// Whether `p` is exact.
    pub exact: bool,
}

/// The test, with the distributions that it worked out so far.
#[derive(Debug, Default)]
pub struct MannWhitney {
    /// By the sizes of the smaller and the larger sample: most measurements have no ties.
    without_ties: HashMap<(usize, usize), Distribution>,
}

impl MannWhitney {
    /// Tests two samples against each other, to both sides.
    pub fn test(&mut self, first: &[f64], second: &[f64]) -> Option<MannWhitneyTest> {
        let pooled = Pooled::of(first, second)?;
        if first.len().saturating_mul(second.len()) > EXACT_PAIRS {
            return Some(pooled.approximate());
        }
        let (smaller, sum) = pooled.smaller();
        let p = if pooled.is_tied() {
            Distribution::of(&pooled.ranks, smaller).as_far_as(sum)
        } else {
            let sizes = (smaller, pooled.ranks.len());
            let make = || Distribution::of(&pooled.ranks, smaller);
            self.without_ties.entry(sizes).or_insert_with(make).as_far_as(sum)
        };
        Some(MannWhitneyTest { u: pooled.u(), p, exact: true })
    }
}

/// The smallest probability that samples of these sizes can reach: of all ways to deal their
/// values, two keep them apart.
#[must_use]
pub fn smallest_probability(n: usize, m: usize) -> f64 {
    (2.0 / choose(n + m, n)).min(1.0)
}

/// Two samples ranked together. Ranks are doubled, so that the mean ranks of ties are whole.
pub(super) struct Pooled {
    /// Of all values, in ascending order.
    pub(super) ranks: Vec<usize>,
    /// Sums of the ranks of each sample.
    sums: (usize, usize),
    sizes: (usize, usize),
}

impl Pooled {
    pub(super) fn of(first: &[f64], second: &[f64]) -> Option<Self> {
        let tagged = |values: &[f64], tag| values.iter().map(|v| (*v, tag)).collect::<Vec<_>>();
        let mut all = tagged(first, false);
        all.extend(tagged(second, true));
        if first.is_empty() || second.is_empty() || all.iter().any(|(v, _)| !v.is_finite()) {
            return None;
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut pooled =
            Self { ranks: Vec::new(), sums: (0, 0), sizes: (first.len(), second.len()) };
        for equal in all.chunk_by(|a, b| a.0.partial_cmp(&b.0) == Some(Ordering::Equal)) {
            // The mean of the ranks from a to b is (a + b) / 2.
            let rank = 2 * pooled.ranks.len() + equal.len() + 1;
            for (_, is_second) in equal {
                let sum = if *is_second { &mut pooled.sums.1 } else { &mut pooled.sums.0 };
                *sum += rank;
                pooled.ranks.push(rank);
            }
        }
        Some(pooled)
    }

    /// The size of the smaller sample and the sum of its ranks.
    pub(super) fn smaller(&self) -> (usize, usize) {
        let ((n, m), (first, second)) = (self.sizes, self.sums);
        if n <= m { (n, first) } else { (m, second) }
    }

    fn is_tied(&self) -> bool {
        self.ranks.windows(2).any(|pair| pair[0] == pair[1])
    }

    fn u(&self) -> f64 {
        let m = self.sizes.1;
        real(self.sums.1 - m * (m + 1)) / 2.0
    }

    /// The normal approximation with half a step of continuity correction, and the variance
    /// less what ties take from it (Lehmann, "Nonparametrics: Statistical Methods Based on
    /// Ranks" (1975), section 1.4).
    pub(super) fn approximate(&self) -> MannWhitneyTest {
        let (n, m) = (real(self.sizes.0), real(self.sizes.1));
        let all = n + m;
        let ties = self.ranks.chunk_by(|a, b| a == b).map(|tie| real(tie.len()));
        let ties: f64 = ties.map(|t| t.powi(3) - t).sum();
        let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
        let distance = ((self.u() - n * m / 2.0).abs() - 0.5).max(0.0);
        let p = if variance > 0.0 { libm::erfc(distance / (2.0 * variance).sqrt()) } else { 1.0 };
        MannWhitneyTest { u: self.u(), p, exact: false }
    }
}

/// How often each sum of ranks comes up when every choice of so many of the pooled values is
/// equally likely.
#[derive(Debug)]
struct Distribution {
    /// Choices by the sum of their doubled ranks.
    choices: Vec<f64>,
    /// The mean sum.
    mean: usize,
}

impl Distribution {
    /// Counts value by value, by the shift algorithm of Streitberg & Röhmel, "Exact
    /// distributions for permutation and rank tests" (Statistical Software Newsletter 12
    /// (1986)): a choice of k values either leaves the newest out or adds its rank to a
    /// choice of k−1. It takes ties as they are.
    fn of(ranks: &[usize], chosen: usize) -> Self {
        let largest: usize = ranks.iter().rev().take(chosen).sum();
        let mut counts = vec![vec![0.0; largest + 1]; chosen + 1];
        counts[0][0] = 1.0;
        let mut reached = 0;
        for (at, rank) in ranks.iter().enumerate() {
            reached = (reached + rank).min(largest);
            for k in (1..=chosen.min(at + 1)).rev() {
                let (fewer, more) = counts.split_at_mut(k);
                let (from, to) = (&fewer[k - 1][..=reached - rank], &mut more[0][*rank..]);
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
        Self { choices: counts.swap_remove(chosen), mean: chosen * (ranks.len() + 1) }
    }

    /// The share of choices whose sum is at least as far from the mean.
    fn as_far_as(&self, sum: usize) -> f64 {
        let distance = sum.abs_diff(self.mean);
        let far = |(sum, _): &(usize, &f64)| sum.abs_diff(self.mean) >= distance;
        let all: f64 = self.choices.iter().sum();
        let far: f64 = self.choices.iter().enumerate().filter(far).map(|(_, n)| n).sum();
        (far / all).min(1.0)
    }
}
