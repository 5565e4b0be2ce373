//! The test beside published tables and outcomes, and beside enumeration.

#![expect(clippy::float_cmp, reason = "these are whole numbers, halves, or not calculated")]

use super::mann_whitney::*;
use super::real;

fn test(first: &[f64], second: &[f64]) -> MannWhitneyTest {
    MannWhitney::default().test(first, second).unwrap()
}

/// Samples without ties of these sizes in which the second has this U.
fn with_u(n: usize, m: usize, u: usize) -> (Vec<f64>, Vec<f64>) {
    let first: Vec<f64> = (0..n).map(|i| real(2 * i)).collect();
    // Value j of the second sample beats all of the first, or what is left of U.
    let beats = |j: usize| u.saturating_sub(j * n).min(n);
    let second = (0..m).map(|j| 2.0 * real(beats(j)) - 1.0 + real(j) / real(m + 1)).collect();
    (first, second)
}

/// Mann & Whitney (1947), table I: P(U ≤ u) in three places, some of them rounded down.
#[test]
fn probabilities_are_those_of_mann_and_whitneys_table() {
    let table: [(usize, usize, &[f64]); 6] = [
        (3, 3, &[0.05, 0.1, 0.2, 0.35, 0.5]),
        (3, 4, &[0.028, 0.057, 0.114, 0.2, 0.314, 0.429]),
        (4, 4, &[0.014, 0.029, 0.057, 0.1, 0.171, 0.243, 0.343, 0.443]),
        (4, 5, &[0.008, 0.016, 0.032, 0.056, 0.095, 0.143, 0.206, 0.278, 0.365, 0.452]),
        (
            5,
            5,
            &[0.004, 0.008, 0.016, 0.028, 0.048, 0.075, 0.111, 0.155, 0.21, 0.274, 0.345, 0.421],
        ),
        (6, 6, &[0.001, 0.002, 0.004, 0.008, 0.013, 0.021, 0.032, 0.047, 0.066, 0.09]),
    ];
    for (n, m, row) in table {
        for (u, below) in row.iter().enumerate() {
            for (first, second) in [with_u(n, m, u), with_u(m, n, u)] {
                let got = test(&first, &second);
                assert_eq!(got.u, real(u), "{n} beside {m}");
                assert!((got.p / 2.0 - below).abs() < 0.001, "{n}, {m}, {u}: {got:?}");
            }
        }
    }
}

/// Auble (1953), as in Siegel, "Nonparametric Statistics" (1956), table K: the largest U
/// that is significant at 0.05 to both sides.
#[test]
fn critical_values_are_those_of_aubles_table() {
    for (n, m, critical) in [
        (4, 4, 0),
        (5, 5, 2),
        (5, 10, 8),
        (6, 6, 5),
        (7, 7, 8),
        (8, 8, 13),
        (9, 9, 17),
        (10, 10, 23),
        (10, 20, 55),
        (15, 15, 64),
        (20, 20, 127),
    ] {
        let p = |u| {
            let (first, second) = with_u(n, m, u);
            test(&first, &second).p
        };
        assert!(p(critical) <= 0.05 && p(critical + 1) > 0.05, "{n} beside {m}");
    }
}

struct Published {
    first: &'static [f64],
    second: &'static [f64],
    u: f64,
    p: f64,
    places: f64,
}

/// Separated samples have one arrangement to each side; R's `?wilcox.test` (Hollander &
/// Wolfe (1973), 69f, where one side is 0.1272); `SciPy`'s page of `mannwhitneyu`.
#[test]
fn exact_outcomes_are_those_published() {
    let cases = [
        Published {
            first: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
            second: &[11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0],
            u: 64.0,
            p: 2.0 / 12_870.0,
            places: 1e-15,
        },
        Published {
            first: &[1.15, 0.88, 0.90, 0.74, 1.21],
            second: &[0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
            u: 35.0,
            p: 0.2544,
            places: 1e-4,
        },
        Published {
            first: &[20.0, 11.0, 17.0, 12.0],
            second: &[19.0, 22.0, 16.0, 29.0, 24.0],
            u: 17.0,
            p: 1.0 / 9.0,
            places: 1e-12,
        },
    ];
    for case in cases {
        let got = test(case.first, case.second);
        assert_eq!((got.u, got.exact), (case.u, true));
        assert!(smallest_probability(case.first.len(), case.second.len()) <= got.p + 1e-15);
        assert!((got.p - case.p).abs() <= case.places, "{} for {}", got.p, case.p);
    }
}

/// Dalgaard on R-help, 3 September 2014: 35 of 51 values are equal; a million shuffles
/// gave 0.000151 (standard error 0.000012).
#[test]
fn many_ties_have_their_own_distribution() {
    let mut first = vec![359.0; 23];
    first.extend([335.0, 303.0]);
    let mut second = vec![359.0; 12];
    second.extend([
        332.0, 85.0, 220.0, 231.0, 300.0, 237.0, 183.0, 286.0, 355.0, 250.0, 105.0, 298.0, 28.6,
        128.0,
    ]);
    let got = test(&second, &first);
    assert_eq!((first.len(), second.len(), got.u), (25, 26, 485.0));
    assert!(got.exact && (got.p - 0.000_151).abs() < 3.0 * 0.000_012, "{got:?}");
}

/// `SciPy`'s page of `mannwhitneyu`; R's `?wilcox.test`: ozone in May and August of
/// `airquality`, with ties.
#[test]
fn approximations_are_those_published() {
    let may = [
        41.0, 36.0, 12.0, 18.0, 28.0, 23.0, 19.0, 8.0, 7.0, 16.0, 11.0, 14.0, 18.0, 14.0, 34.0,
        6.0, 30.0, 11.0, 1.0, 11.0, 4.0, 32.0, 23.0, 45.0, 115.0, 37.0,
    ];
    let august = [
        39.0, 9.0, 16.0, 78.0, 35.0, 66.0, 122.0, 89.0, 110.0, 44.0, 28.0, 65.0, 22.0, 59.0, 23.0,
        31.0, 44.0, 21.0, 9.0, 45.0, 168.0, 73.0, 76.0, 118.0, 84.0, 85.0,
    ];
    let approximate = |a: &[f64], b: &[f64]| Pooled::of(a, b).unwrap().approximate();
    let got = approximate(&august, &may);
    assert_eq!(got.u, 127.5);
    assert!((got.p - 0.000_120_8).abs() < 5e-8, "{}", got.p);
    let got = approximate(&[20.0, 11.0, 17.0, 12.0], &[19.0, 22.0, 16.0, 29.0, 24.0]);
    assert!((got.p - 0.111_346_886_533_140_41).abs() < 1e-12, "{}", got.p);
}

#[test]
fn the_approximation_takes_over_where_it_is_near() {
    let first: Vec<f64> = (0..30).map(|i| real(i * i)).collect();
    let second: Vec<f64> = (0..30).map(|i| real(i * i + 5 * i)).collect();
    let exact = test(&first, &second);
    let approximate = Pooled::of(&first, &second).unwrap().approximate();
    assert!(exact.exact && (exact.p - approximate.p).abs() < 0.002, "{exact:?}");
    let more: Vec<f64> = (0..31).map(real).collect();
    assert!(!test(&first, &more).exact);
}

#[test]
fn equal_values_show_nothing_and_no_values_are_no_test() {
    assert_eq!(test(&[5.0; 6], &[5.0; 9]).p, 1.0);
    assert_eq!(test(&[5.0; 40], &[5.0; 40]).p, 1.0);
    for (a, b) in [(&[][..], &[1.0][..]), (&[1.0], &[]), (&[f64::NAN], &[1.0])] {
        assert_eq!(MannWhitney::default().test(a, b), None);
    }
}

/// Every choice, one by one.
fn by_enumeration(first: &[f64], second: &[f64]) -> f64 {
    let pooled = Pooled::of(first, second).unwrap();
    let (chosen, sum) = pooled.smaller();
    let mean = chosen * (pooled.ranks.len() + 1);
    let (mut far, mut all) = (0, 0);
    for choice in 0_u32..1 << pooled.ranks.len() {
        if choice.count_ones() as usize == chosen {
            let picked = pooled.ranks.iter().enumerate();
            let picked = picked.filter(|(at, _)| choice & (1 << at) != 0);
            let this: usize = picked.map(|(_, rank)| rank).sum();
            all += 1;
            far += usize::from(this.abs_diff(mean) >= sum.abs_diff(mean));
        }
    }
    real(far) / real(all)
}

proptest::proptest! {
    #[test]
    fn it_is_what_enumeration_gives(
        first in proptest::collection::vec(0_u8..6, 1..6_usize),
        second in proptest::collection::vec(0_u8..6, 1..6_usize),
    ) {
        let first: Vec<f64> = first.into_iter().map(f64::from).collect();
        let second: Vec<f64> = second.into_iter().map(f64::from).collect();
        let (one, other) = (test(&first, &second), test(&second, &first));
        proptest::prop_assert!((one.p - by_enumeration(&first, &second)).abs() < 1e-12);
        // Which side is called first changes nothing.
        proptest::prop_assert!((one.p - other.p).abs() < 1e-12);
        proptest::prop_assert_eq!(one.u + other.u, real(first.len() * second.len()));
    }
}
