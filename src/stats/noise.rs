//! Made-up measurements for tests: the same ones every time.

/// `SplitMix64` (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Above 0, at most 1.
    fn uniform(&mut self) -> f64 {
        super::real(usize::try_from((self.next() >> 11) + 1).unwrap()) / 9_007_199_254_740_992.0
    }

    /// One of some values, all equally likely.
    pub(crate) fn one_of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        let at = self.next() % u64::try_from(values.len()).unwrap();
        &values[usize::try_from(at).unwrap()]
    }

    /// A time whose median is `median`, with this standard deviation of its logarithm: about
    /// the share by which times usually differ (Box & Muller (1958) for the normal deviate).
    pub(crate) fn lognormal(&mut self, median: f64, spread: f64) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.uniform()).cos();
        median * (spread * normal).exp()
    }
}
