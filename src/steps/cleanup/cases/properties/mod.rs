//! On any survey and with any flags: nothing that is protected goes, what lies on something
//! goes before it, and once the plan is carried out there is nothing left to do.

use super::*;
use proptest::prelude::*;
use surveys::{HEX, any_flags, any_survey};

mod oracle;
mod surveys;

const HOUR: i64 = 3_600;

/// Parameters as they are written, for the code to read and for the oracle to look at.
#[derive(Clone, Debug, Default)]
struct Flags {
    keep_hours: u64,
    keep_cache_hours: u64,
    keep_tags: usize,
    max_cache: Option<u64>,
    aggressive: bool,
    anonymous_volumes: bool,
    stop: Vec<String>,
    containers: Vec<String>,
    images: Vec<String>,
    volumes: Vec<String>,
    bases: Vec<String>,
    protect: Vec<String>,
}

impl Flags {
    fn parameters(&self) -> Parameters {
        let mut with = toml::Table::new();
        with.insert("keep".into(), format!("{}h", self.keep_hours).into());
        with.insert("keep_cache".into(), format!("{}h", self.keep_cache_hours).into());
        with.insert("keep_tags".into(), i64::try_from(self.keep_tags).unwrap().into());
        if let Some(bytes) = self.max_cache {
            with.insert("max_cache".into(), bytes.to_string().into());
        }
        with.insert("aggressive".into(), self.aggressive.into());
        with.insert("anonymous_volumes".into(), self.anonymous_volumes.into());
        let lists = [
            ("stop", &self.stop),
            ("containers", &self.containers),
            ("images", &self.images),
            ("volumes", &self.volumes),
            ("bases", &self.bases),
            ("protect", &self.protect),
        ];
        for (name, list) in lists {
            with.insert(name.into(), list.clone().into());
        }
        Parameters::from_table(&with).unwrap()
    }
}

/// What is there once a plan is carried out: what it stopped runs again.
fn afterwards(mut survey: Survey, decisions: &[Decision]) -> Survey {
    for of_phase in decisions.chunk_by(|a, b| a.phase == b.phase) {
        survey.carry_out(of_phase);
    }
    for container in &mut survey.containers {
        if container.state == survey::STOPPED_BY_US {
            "running".clone_into(&mut container.state);
        }
    }
    survey
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_plan_takes_what_is_protected(survey in any_survey(), flags in any_flags()) {
        let decisions = Cleanup { parameters: flags.parameters() }.decide(survey.clone());
        let broken = oracle::broken(&survey, &flags, &decisions);
        prop_assert!(broken.is_empty(), "{broken:#?}");
    }

    #[test]
    fn what_lies_on_something_goes_before_it(survey in any_survey(), flags in any_flags()) {
        let decisions = Cleanup { parameters: flags.parameters() }.decide(survey.clone());
        let going: Vec<&str> = going(&decisions).map(|d| d.object.id.as_str()).collect();
        let at = |id: &str| going.iter().position(|going| *going == id);
        let images = survey.images.iter().filter_map(|i| Some((i.id.as_str(), i.parent.as_deref()?)));
        let records = survey.cache().iter();
        let records = records.flat_map(|r| r.lies_on().map(move |parent| (r.id.as_str(), parent)));
        for (child, parent) in images.chain(records) {
            if let Some(parent_at) = at(parent) {
                let child_at = at(child);
                prop_assert!(child_at.is_some(), "{parent} goes and {child} on it stays");
                prop_assert!(child_at < Some(parent_at), "{parent} goes before {child}");
            }
        }
    }

    #[test]
    fn a_second_plan_is_empty(survey in any_survey(), flags in any_flags()) {
        let cleanup = Cleanup { parameters: flags.parameters() };
        let decisions = cleanup.decide(survey.clone());
        let again = cleanup.decide(afterwards(survey, &decisions));
        // What is to be stopped runs again, and would be stopped again.
        let again: Vec<_> = going(&again).filter(|d| d.phase != "stop-containers").map(line).collect();
        prop_assert!(again.is_empty(), "{again:?}");
    }
}
