//! How often the test speaks when there is nothing to say, and when there is.
//!
//! The numbers stand in `docs/comparison.md`; `FLEET_UPDATE=1` writes them there.

use super::noise::Noise;
use super::{MannWhitney, holm};
use std::fmt::Write as _;

const COMPARISONS: usize = 1000;
const LEVEL: f64 = 0.05;
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/comparison.md");
const BEGIN: &str = "<!-- simulated: begin -->\n";
const END: &str = "<!-- simulated: end -->\n";

/// Comparisons of builds with these medians that come out significant.
fn significant(runs: usize, spread: f64, change: f64, test: &mut MannWhitney) -> usize {
    let mut noise = Noise::new(1_947);
    let side = |median: f64, noise: &mut Noise| -> Vec<f64> {
        (0..runs).map(|_| noise.lognormal(median, spread).round()).collect()
    };
    (0..COMPARISONS)
        .filter(|_| {
            let before = side(760_000.0, &mut noise);
            let after = side(760_000.0 * (1.0 - change), &mut noise);
            let p = test.test(&before, &after).unwrap().p;
            holm(&[p])[0] <= LEVEL
        })
        .count()
}

/// 0.05 of 1,000, and two and a half standard deviations of such a count on top.
#[test]
fn without_a_difference_few_comparisons_are_significant() {
    let mut test = MannWhitney::default();
    for (runs, spread) in [(10, 0.05), (10, 0.1), (5, 0.05), (5, 0.1)] {
        let count = significant(runs, spread, 0.0, &mut test);
        assert!(count <= 67, "{count} of {COMPARISONS} with {runs} runs and {spread}");
        assert!(count > 0, "a test that never speaks has no power either");
    }
}

fn table() -> String {
    let mut test = MannWhitney::default();
    let mut out = String::from(
        "| builds a side | spread | no difference | 10 % faster | 20 % faster | 50 % faster |\n\
         |---:|---:|---:|---:|---:|---:|\n",
    );
    for runs in [4, 5, 10, 20] {
        for spread in [0.05, 0.1, 0.2] {
            let _ = write!(out, "| {runs} | {:.0} % |", spread * 100.0);
            for change in [0.0, 0.1, 0.2, 0.5] {
                let _ = write!(out, " {} |", significant(runs, spread, change, &mut test));
            }
            out.push('\n');
        }
    }
    out
}

#[test]
fn the_page_has_the_simulated_numbers() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the page has a place for them");
    let (_, tail) = rest.split_once(END).expect("the place has an end");
    let made = format!("{head}{BEGIN}{}{END}{tail}", table());
    if std::env::var_os("FLEET_UPDATE").is_some() {
        return std::fs::write(PAGE, &made).unwrap();
    }
    assert!(
        made == page,
        "docs/comparison.md is not what the simulation gives: make comparison-page"
    );
}
