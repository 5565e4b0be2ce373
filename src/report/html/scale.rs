//! Places numbers on a line: from 0 to the largest of them, in thousandths of its length.

/// What `ticks` steps by: 1, 2 and 5 s, then parts of minutes and hours.
const TIME_STEPS: [u64; 16] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000, 600_000,
    1_200_000, 3_600_000, 7_200_000, 18_000_000,
];
const MOST_TICKS: u64 = 6;

#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    most: u64,
}

impl Scale {
    pub(super) fn to(numbers: impl IntoIterator<Item = u64>) -> Self {
        Self { most: numbers.into_iter().max().unwrap_or(0).max(1) }
    }

    /// The place of a number, from 0 to 1000.
    pub(super) fn x(self, number: u64) -> u64 {
        let x = u128::from(number) * 1_000 / u128::from(self.most);
        u64::try_from(x).unwrap_or(1_000).min(1_000)
    }

    /// Round times on the scale, 0 first.
    pub(super) fn times(self) -> Vec<u64> {
        let step = TIME_STEPS.into_iter().find(|step| self.most / step <= MOST_TICKS);
        let step = step.unwrap_or(self.most);
        (0..=self.most / step).map(|n| n * step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn numbers_are_placed_in_thousandths_and_nothing_leaves_the_line() {
        let scale = Scale::to([50, 200]);
        assert_eq!([0, 50, 200, 999].map(|n| scale.x(n)), [0, 250, 1_000, 1_000]);
        assert_eq!(Scale::to([]).x(0), 0);
        assert_eq!(Scale::to([u64::MAX]).x(u64::MAX), 1_000);
    }

    #[test]
    fn ticks_are_few_and_round() {
        assert_eq!(
            Scale::to([771_000]).times(),
            [0, 120_000, 240_000, 360_000, 480_000, 600_000, 720_000]
        );
        assert_eq!(Scale::to([8_400]).times(), [0, 2_000, 4_000, 6_000, 8_000]);
        assert!(Scale::to([u64::MAX]).times().len() <= 2);
    }
}
