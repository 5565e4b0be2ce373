//! Whole plans: surveys in, decisions of all phases out.

use super::*;
use crate::docker::{Container, Image, Network, Volume};
use jiff::Timestamp;

const NOW: i64 = 1_764_000_000;
const DAY: i64 = 86_400;

fn days_ago(days: i64) -> Option<Timestamp> {
    Timestamp::from_second(NOW - days * DAY).ok()
}

fn plan(survey: &Survey, with: &str) -> Vec<String> {
    let parameters = Parameters::from_table(&with.parse().unwrap()).unwrap();
    let decisions = Cleanup { parameters }.decide(survey.clone());
    decisions
        .iter()
        .filter(|d| d.decision == Verdict::Go)
        .map(|d| format!("{} {}", d.phase, d.object.names.first().unwrap_or(&d.object.id)))
        .collect()
}

/// A container that goes, and the image, the volume and the network that only it uses.
fn chain() -> Survey {
    let id = "sha256:1".to_owned();
    let image = Image { id: id.clone(), created: days_ago(90), ..Image::default() };
    let container = Container {
        id: "c1".into(),
        name: "old".into(),
        image_id: id,
        state: "exited".into(),
        created: days_ago(60),
        finished: days_ago(50),
        written_bytes: Some(10),
        volumes: vec!["data".into()],
        networks: vec!["n1".into(), "net".into()],
        ..Container::default()
    };
    let created = "2025-01-01T00:00:00Z".to_owned();
    let network = Network {
        id: "n1".into(),
        name: "net".into(),
        created,
        scope: "local".into(),
        ..Network::default()
    };
    let volume = Volume { name: "data".into(), driver: "local".into(), ..Volume::default() };
    Survey {
        images: vec![image],
        containers: vec![container],
        volumes: vec![volume],
        networks: vec![network],
        now: Timestamp::from_second(NOW).unwrap(),
        ..Survey::default()
    }
}

#[test]
fn later_phases_see_what_earlier_ones_leave() {
    assert_eq!(
        plan(&chain(), "volumes = [\"data\"]"),
        ["stopped-containers old", "dangling-images sha256:1", "volumes data", "networks net"]
    );
    // Without the phase that takes the container, everything that it uses stays.
    assert!(plan(&chain(), "volumes = [\"data\"]\nskip = [\"3\"]").is_empty());
}

#[test]
fn what_is_stopped_by_the_plan_is_not_removed_by_it() {
    let mut survey = chain();
    survey.containers[0].state = "running".into();
    assert_eq!(plan(&survey, "stop = [\"old\"]\nvolumes = [\"data\"]"), ["stop-containers old"]);
}

#[test]
fn stops_come_first_and_starts_last() {
    let mut survey = chain();
    let running = Container {
        id: "c2".into(),
        name: "web".into(),
        state: "running".into(),
        ..Container::default()
    };
    survey.containers.push(running);
    let with = "stop = [\"web\"]";
    let parameters = Parameters::from_table(&with.parse().unwrap()).unwrap();
    let mut cleanup = Cleanup { parameters };
    let decisions = cleanup.decide(survey);
    let verbs = |cleanup: &Cleanup| -> Vec<String> {
        let actions = cleanup.actions(going(&decisions));
        assert!(actions.iter().enumerate().all(|(n, a)| a.number as usize == n));
        actions.into_iter().map(|a| format!("{} {}", a.verb, a.object.id)).collect()
    };
    assert_eq!(
        verbs(&cleanup),
        ["stop c2", "remove c1", "remove sha256:1", "remove n1", "start c2"]
    );
    cleanup.parameters.leave_stopped = true;
    assert_eq!(verbs(&cleanup), ["stop c2", "remove c1", "remove sha256:1", "remove n1"]);
}
