//! In which order the builds of an app come.

use crate::record::Scenario;

/// One build to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// The position of its Dockerfile among the app's.
    pub(super) slot: usize,
    pub(super) scenario: Scenario,
    /// Which repetition, from 1; 0 for a build that only fills the cache and is not measured.
    pub(super) round: u32,
    /// Whether what the builds before have left goes first.
    pub(super) clean: bool,
}

/// Round after round, in each the scenarios in their order, in each the Dockerfiles in turns, each
/// second round the other way round: what changes slowly on a host, and what the first of them
/// finds, falls on all alike. A cold round begins without what
/// the rounds before have left, and fills the cache that its warm builds use.
pub(super) fn schedule(slots: usize, scenarios: &[Scenario], runs: u32) -> Vec<Turn> {
    let cold = scenarios.contains(&Scenario::Cold);
    let mut turns = Vec::new();
    if !cold {
        let fill = |slot| Turn { slot, scenario: Scenario::Warm, round: 0, clean: false };
        turns.extend((0..slots).map(fill));
    }
    for round in 1..=runs {
        for &scenario in scenarios {
            turns.extend((0..slots).map(|at| Turn {
                slot: if round % 2 == 1 { at } else { slots - 1 - at },
                scenario,
                round,
                clean: scenario == Scenario::Cold && at == 0 && round > 1,
            }));
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use Scenario::{Cold, Edit, Warm};

    fn shape(turns: &[Turn]) -> Vec<(usize, Scenario, u32)> {
        turns.iter().map(|t| (t.slot, t.scenario, t.round)).collect()
    }

    #[test]
    fn two_dockerfiles_take_turns_in_every_scenario() {
        let turns = schedule(2, &[Cold, Warm], 2);
        let expected = [
            (0, Cold, 1),
            (1, Cold, 1),
            (0, Warm, 1),
            (1, Warm, 1),
            (1, Cold, 2),
            (0, Cold, 2),
            (1, Warm, 2),
            (0, Warm, 2),
        ];
        assert_eq!(shape(&turns), expected);
        let clean: Vec<bool> = turns.iter().map(|t| t.clean).collect();
        assert_eq!(clean, [false, false, false, false, true, false, false, false]);
    }

    #[test]
    fn without_a_cold_build_one_that_is_not_measured_fills_the_cache() {
        assert_eq!(shape(&schedule(1, &[Edit], 2)), [(0, Warm, 0), (0, Edit, 1), (0, Edit, 2)]);
    }
}
