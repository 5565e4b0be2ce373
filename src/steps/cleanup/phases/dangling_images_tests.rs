//! Surveys in, verdicts out.

use super::*;
use crate::docker::Container;
use crate::record::Verdict;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

const NOW: i64 = 1_764_000_000;
const DAY: i64 = 86_400;

fn image(id: &str) -> Image {
    Image {
        id: format!("sha256:{id}"),
        created: Timestamp::from_second(NOW - 10 * DAY).ok(),
        bytes: 10,
        ..Image::default()
    }
}

fn container(image: &str, state: &str) -> Container {
    Container {
        id: "c".into(),
        name: "web".into(),
        image_id: format!("sha256:{image}"),
        state: state.into(),
        ..Container::default()
    }
}

fn survey(images: Vec<Image>, containers: Vec<Container>) -> Survey {
    Survey { images, containers, now: Timestamp::from_second(NOW).unwrap(), ..Survey::default() }
}

fn parameters(text: &str) -> Parameters {
    Parameters::from_table(&text.parse::<toml::Table>().unwrap()).unwrap()
}

fn rules(survey: &Survey, with: &str) -> BTreeMap<String, String> {
    decide(survey, &parameters(with))
        .into_iter()
        .map(|d| (short(&d.object.id).to_owned(), format!("{:?} {}", d.decision, d.rule)))
        .collect()
}

fn one(image: Image, containers: Vec<Container>, with: &str) -> String {
    rules(&survey(vec![image], containers), with).into_values().next().unwrap()
}

#[test]
fn an_old_unused_untagged_image_goes() {
    assert_eq!(one(image("a"), vec![], ""), "Go dangling");
}

#[test]
fn each_protection_keeps_it() {
    let with = |change: fn(&mut Image)| {
        let mut image = image("a");
        change(&mut image);
        image
    };
    let tagged = with(|i| i.tags = vec!["shop:latest".into()]);
    let labelled = with(|i| i.labels = [("fleet.keep".into(), String::new())].into());
    let digest = with(|i| i.digests = vec!["registry.example/shop@sha256:aa".into()]);
    let young = with(|i| i.created = Timestamp::from_second(NOW - DAY + 1).ok());
    let future = with(|i| i.created = Timestamp::from_second(NOW + DAY).ok());
    let undated = with(|i| i.created = Timestamp::from_second(0).ok());
    let nodate = with(|i| i.created = None);
    assert_eq!(one(tagged, vec![], ""), "Stay tagged");
    assert_eq!(one(labelled, vec![], ""), "Stay label");
    assert_eq!(one(digest.clone(), vec![], "protect = [\"registry.example/*\"]"), "Stay protected");
    assert_eq!(one(digest, vec![], ""), "Go dangling");
    assert_eq!(one(young, vec![], ""), "Stay young");
    assert_eq!(one(future, vec![], ""), "Stay young");
    assert_eq!(one(undated, vec![], ""), "Stay undated");
    assert_eq!(one(nodate, vec![], ""), "Stay undated");
    for state in ["running", "exited", "created", "paused", "restarting", "dead", ""] {
        assert_eq!(one(image("a"), vec![container("a", state)], ""), "Stay in-use", "{state}");
    }
}

#[test]
fn a_container_made_from_an_id_keeps_that_image() {
    let made_from = Container { image: "sha256:a".into(), ..container("other", "exited") };
    assert_eq!(one(image("a"), vec![made_from], ""), "Stay in-use");
}

#[test]
fn keep_sets_the_age_and_zero_asks_for_none() {
    let mut fresh = image("a");
    fresh.created = Timestamp::from_second(NOW - 60).ok();
    assert_eq!(one(fresh.clone(), vec![], "keep = \"1h\""), "Stay young");
    assert_eq!(one(fresh.clone(), vec![], "keep = \"30s\""), "Go dangling");
    assert_eq!(one(fresh, vec![], "keep = \"0\""), "Go dangling");
    assert_eq!(one(image("a"), vec![container("a", "exited")], "keep = \"0\""), "Stay in-use");
}

#[test]
fn an_age_by_a_wrong_clock_is_not_believed() {
    let mut survey = survey(vec![image("a")], vec![]);
    survey.skew_seconds = -301;
    assert_eq!(rules(&survey, "")["a"], "Stay clock");
    survey.skew_seconds = 300;
    assert_eq!(rules(&survey, "")["a"], "Go dangling");
}

#[test]
fn parents_go_only_together_with_all_their_children() {
    let child =
        |id: &str, parent: &str| Image { parent: Some(format!("sha256:{parent}")), ..image(id) };
    let tagged = Image { tags: vec!["shop:1".into()], ..child("leaf", "mid") };
    let kept = rules(&survey(vec![image("root"), child("mid", "root"), tagged], vec![]), "");
    assert_eq!((kept["root"].as_str(), kept["mid"].as_str()), ("Stay parent", "Stay parent"));

    let chain = survey(vec![image("root"), child("mid", "root"), child("leaf", "mid")], vec![]);
    let decisions = decide(&chain, &parameters(""));
    let order: Vec<_> = decisions.iter().map(|d| short(&d.object.id)).collect();
    assert_eq!(order, ["leaf", "mid", "root"]);
    assert!(decisions.iter().all(|d| d.decision == Verdict::Go));

    let used = survey(chain.images.clone(), vec![container("leaf", "exited")]);
    assert!(rules(&used, "").values().all(|rule| rule.starts_with("Stay")));
}

#[test]
fn a_circle_of_parents_ends() {
    let a = Image { parent: Some("sha256:b".into()), ..image("a") };
    let b = Image { parent: Some("sha256:a".into()), ..image("b") };
    assert_eq!(decide(&survey(vec![a, b], vec![]), &parameters("")).len(), 2);
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn any_survey() -> impl Strategy<Value = Survey> {
        let images = prop::collection::vec(
            (any::<bool>(), prop::option::of(0usize..12), -2i64..60, any::<bool>()),
            0..12,
        );
        (images, prop::collection::vec((0usize..12, any::<bool>()), 0..4)).prop_map(
            |(images, users)| {
                let images = images
                    .into_iter()
                    .enumerate()
                    .map(|(n, (tagged, parent, hours, label))| Image {
                        id: format!("sha256:{n}"),
                        // Only an older image can be a parent.
                        parent: parent.filter(|p| *p < n).map(|p| format!("sha256:{p}")),
                        tags: if tagged { vec![format!("app:{n}")] } else { Vec::new() },
                        created: Timestamp::from_second(NOW - hours * 3_600).ok(),
                        labels: if label && n % 3 == 0 {
                            [("fleet.keep".into(), String::new())].into()
                        } else {
                            BTreeMap::new()
                        },
                        ..Image::default()
                    })
                    .collect();
                let containers = users
                    .into_iter()
                    .map(|(n, up)| container(&n.to_string(), if up { "running" } else { "exited" }))
                    .collect();
                survey(images, containers)
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_protected_goes_parents_follow_children_and_a_second_plan_is_empty(
            survey in any_survey(), hours in 0u64..48,
        ) {
            let mut with = Parameters::default();
            with.keep = Duration::from_secs(hours * 3_600);
            let decisions = decide(&survey, &with);
            prop_assert_eq!(decisions.len(), survey.images.len());
            let going: Vec<&str> = decisions
                .iter()
                .filter(|d| d.decision == Verdict::Go)
                .map(|d| d.object.id.as_str())
                .collect();
            for image in survey.images.iter().filter(|i| going.contains(&i.id.as_str())) {
                prop_assert!(image.tags.is_empty());
                prop_assert!(image.labels.is_empty());
                prop_assert!(survey.containers.iter().all(|c| c.image_id != image.id));
                let at = going.iter().position(|id| *id == image.id);
                for child in survey.images.iter().filter(|c| c.parent.as_ref() == Some(&image.id)) {
                    let child_at = going.iter().position(|id| *id == child.id);
                    prop_assert!(child_at.is_some(), "a parent goes and its child stays");
                    prop_assert!(child_at < at);
                }
            }
            let left = Survey {
                images: survey.images.iter().filter(|i| !going.contains(&i.id.as_str())).cloned().collect(),
                ..survey.clone()
            };
            prop_assert!(decide(&left, &with).iter().all(|d| d.decision == Verdict::Stay));
        }
    }
}
