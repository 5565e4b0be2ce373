//! A plan that was approved earlier: what is carried out now is never more than it.

use crate::record::{Decision, Facts, Finding, Object, Outcome, Problem, RESTART, Verdict, What};
use crate::steps::Tell;
use jiff::Timestamp;
use std::collections::HashSet;

/// One host's share of a plan that was approved earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// The machine-id that the plan was made for; empty where the host has none.
    pub machine_id: String,
    /// The engine's own ID that the plan was made for.
    pub engine_id: String,
    /// What goes.
    pub going: Going,
    /// Containers that were stopped and not started again, with the phase that did it.
    pub restarts: Vec<(String, Object)>,
}

/// What goes by a plan: phases and IDs, and for a volume, whose ID is only a name, when it
/// was made or last changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Going(HashSet<(String, String, Option<Timestamp>)>);

impl Going {
    /// What these decisions let go.
    #[must_use]
    pub fn of<'d>(decisions: impl IntoIterator<Item = &'d Decision>) -> Self {
        Self(decisions.into_iter().map(Decision::identity).collect())
    }

    fn holds(&self, decision: &Decision) -> bool {
        self.0.contains(&decision.identity())
    }
}

impl Approved {
    /// Another machine or engine than the one that the plan was made for.
    pub(super) fn other_machine(&self, facts: &Facts) -> Option<Problem> {
        let engine = facts.docker.as_ref().map_or("", |d| d.engine_id.as_str());
        let what = if self.machine_id != facts.machine_id {
            "machine"
        } else if self.engine_id != engine && !engine.is_empty() {
            "engine"
        } else {
            return None;
        };
        let text = format!("another {what} than the one that the plan was made for");
        Some(Problem::new(Outcome::Refused, text).hint("make a new plan: fleet cleanup --check"))
    }

    /// What was decided now, without what was not approved, and with what is to be started
    /// again. What was approved and no longer qualifies is told.
    pub(super) fn limit(&self, mut decisions: Vec<Decision>, tell: &Tell) -> Vec<Decision> {
        let mut due = 0;
        for decision in decisions.iter_mut().filter(|d| d.decision == Verdict::Go) {
            if self.going.holds(decision) {
                due += 1;
            } else {
                decision.decision = Verdict::Stay;
                "not-planned".clone_into(&mut decision.rule);
                "not in the plan that was approved".clone_into(&mut decision.reason);
            }
        }
        let gone = self.going.0.len() - due;
        if gone > 0 {
            let what = crate::human::count(gone, "planned object");
            let text = format!("{what} no longer qualify or are gone already");
            let finding = Finding { name: "plan-shrunk".into(), text, hint: None };
            tell(What::Found { finding });
        }
        decisions.extend(self.restarts.iter().map(|(phase, object)| Decision {
            phase: phase.clone(),
            object: object.clone(),
            decision: Verdict::Go,
            rule: RESTART.to_owned(),
            reason: "stopped by an earlier run; started again".to_owned(),
        }));
        decisions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::DockerFacts;
    use std::sync::{Arc, Mutex};

    fn object(id: &str) -> Object {
        Object {
            kind: "image".into(),
            id: id.into(),
            names: Vec::new(),
            bytes: None,
            created: None,
            age_seconds: None,
        }
    }

    fn going(id: &str) -> Decision {
        Decision {
            phase: "p".into(),
            object: object(id),
            decision: Verdict::Go,
            rule: "unused".into(),
            reason: String::new(),
        }
    }

    #[test]
    fn nothing_goes_that_was_not_approved() {
        let approved = Approved {
            going: Going::of(&[going("a"), going("gone")]),
            restarts: vec![("stop".into(), object("c"))],
            ..Approved::default()
        };
        let told: Arc<Mutex<Vec<What>>> = Arc::default();
        let tell: Tell = {
            let told = Arc::clone(&told);
            Arc::new(move |what| told.lock().unwrap().push(what))
        };
        let limited = approved.limit(vec![going("a"), going("b")], &tell);
        let seen: Vec<_> =
            limited.iter().map(|d| (d.object.id.as_str(), d.decision, d.rule.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("a", Verdict::Go, "unused"),
                ("b", Verdict::Stay, "not-planned"),
                ("c", Verdict::Go, RESTART)
            ]
        );
        let told = told.lock().unwrap();
        let [What::Found { finding }] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(finding.text, "1 planned object no longer qualify or are gone already");
    }

    #[test]
    fn a_plan_is_for_one_machine_and_its_engine() {
        let approved =
            Approved { machine_id: "m".into(), engine_id: "e".into(), ..Approved::default() };
        let facts = |machine: &str, engine: &str| Facts {
            machine_id: machine.into(),
            docker: Some(DockerFacts { engine_id: engine.into(), ..DockerFacts::default() }),
            ..Facts::default()
        };
        assert_eq!(approved.other_machine(&facts("m", "e")), None);
        assert!(approved.other_machine(&facts("x", "e")).is_some());
        assert!(approved.other_machine(&facts("m", "x")).is_some());
    }
}
