//! Surveys in, verdicts out.

use super::*;
use crate::docker::Container;
use jiff::Timestamp;

const NOW: i64 = 1_764_000_000;
const DAY: i64 = 86_400;

/// A pulled image of one tag, so many days old.
fn image(tag: &str, days: i64) -> Image {
    Image {
        id: format!("sha256:{tag}"),
        tags: vec![tag.into()],
        digests: vec![format!("{}@sha256:d", repository(tag))],
        created: Timestamp::from_second(NOW - days * DAY).ok(),
        ..Image::default()
    }
}

fn survey(images: Vec<Image>) -> Survey {
    Survey { images, now: Timestamp::from_second(NOW).unwrap(), ..Survey::default() }
}

fn rules(survey: &Survey, with: &str) -> Vec<String> {
    let parameters = Parameters::from_table(&with.parse().unwrap()).unwrap();
    let decisions = decide(survey, &parameters);
    decisions
        .iter()
        .map(|d| format!("{} {}", d.object.names.first().unwrap_or(&d.object.id), d.rule))
        .collect()
}

const ALL: &str = "aggressive = true\nkeep_tags = 0";

#[test]
fn nothing_is_looked_at_unless_it_is_asked_for() {
    assert!(rules(&survey(vec![image("shop:1", 99)]), "").is_empty());
    assert_eq!(rules(&survey(vec![image("shop:1", 99)]), ALL), ["shop:1 unused"]);
}

#[test]
fn the_newest_tags_of_each_repository_stay() {
    let images = (1..=5).map(|n| image(&format!("shop:{n}"), 99 - n)).chain([image("blog:1", 99)]);
    assert_eq!(
        rules(&survey(images.collect()), "aggressive = true"),
        [
            "shop:1 unused",
            "shop:2 unused",
            "shop:3 newest",
            "shop:4 newest",
            "shop:5 newest",
            "blog:1 newest"
        ]
    );
}

#[test]
fn each_protection_keeps_it() {
    let one = |change: fn(&mut Image), with: &str| {
        let mut image = image("shop:1", 99);
        change(&mut image);
        rules(&survey(vec![image]), &format!("{ALL}\n{with}"))
    };
    assert_eq!(one(|i| i.digests.clear(), ""), ["shop:1 built-here"]);
    assert_eq!(one(|i| i.digests.clear(), "images = [\"shop:1\"]"), ["shop:1 named"]);
    assert_eq!(
        one(|i| drop(i.labels.insert("fleet.keep".into(), String::new())), ""),
        ["shop:1 label"]
    );
    assert_eq!(
        one(|i| drop(i.labels.insert("service".into(), "shop".into())), ""),
        ["shop:1 kamal"]
    );
    assert_eq!(one(|_| (), "protect = [\"shop:*\"]"), ["shop:1 protected"]);
    assert_eq!(one(|_| (), "bases = [\"docker.io/library/shop:1\"]"), ["shop:1 base"]);
    assert_eq!(one(|_| (), "keep = \"100d\""), ["shop:1 young"]);
    let mut used = survey(vec![image("shop:1", 99)]);
    used.containers.push(Container { image_id: "sha256:shop:1".into(), ..Container::default() });
    assert_eq!(rules(&used, &format!("{ALL}\nimages = [\"shop:1\"]")), ["shop:1 in-use"]);
    let mut swarm = survey(vec![image("shop:1", 99)]);
    swarm.swarm = true;
    assert_eq!(rules(&swarm, ALL), ["shop:1 swarm"]);
    let mut containerd = survey(vec![image("shop:1", 99)]);
    containerd.containerd_store = true;
    assert_eq!(rules(&containerd, ALL), ["shop:1 built-here"]);
}

#[test]
fn kamal_keeps_the_newest_five_versions_and_what_is_called_latest() {
    let mut images: Vec<_> = (1..=7).map(|n| image(&format!("shop:v{n}"), 90 - n)).collect();
    images.push(image("shop:latest-production", 99));
    for image in &mut images {
        image.labels.insert("service".into(), "shop".into());
    }
    let got = rules(&survey(images), ALL);
    let gone: Vec<_> = got.iter().filter(|line| line.ends_with("unused")).collect();
    assert_eq!(gone, ["shop:v1 unused", "shop:v2 unused"]);
}

#[test]
fn one_kept_tag_keeps_the_image_and_all_its_tags() {
    let mut both = image("shop:1", 99);
    both.tags.push("keep/me:stable".into());
    assert_eq!(
        rules(&survey(vec![both]), &format!("{ALL}\nprotect = [\"*:stable\"]")),
        ["shop:1 protected"]
    );
}

#[test]
fn only_what_is_named_is_looked_at_without_aggressive() {
    let images = vec![image("shop:1", 99), image("shop:2", 98)];
    assert_eq!(
        rules(&survey(images), "keep_tags = 0\nimages = [\"docker.io/library/shop:2\"]"),
        ["shop:2 named"]
    );
}

#[test]
fn untagged_parents_go_with_the_last_image_that_was_built_on_them() {
    let parent = Image {
        id: "sha256:p".into(),
        created: Timestamp::from_second(NOW - 99 * DAY).ok(),
        ..Image::default()
    };
    let child = Image { parent: Some("sha256:p".into()), ..image("shop:1", 99) };
    assert_eq!(rules(&survey(vec![parent, child]), ALL), ["shop:1 unused", "sha256:p dangling"]);
}

#[test]
fn what_something_is_built_on_stays_and_goes_after_it() {
    let base = image("ruby:3.4", 99);
    let step = Image {
        id: "sha256:step".into(),
        parent: Some(base.id.clone()),
        created: Timestamp::from_second(NOW - 99 * DAY).ok(),
        ..Image::default()
    };
    let mut app = Image { parent: Some(step.id.clone()), ..image("shop:1", 99) };
    app.digests.clear();
    let survey = survey(vec![base, step, app]);
    assert_eq!(rules(&survey, ALL), ["shop:1 built-here", "ruby:3.4 parent"]);
    assert_eq!(
        rules(&survey, &format!("{ALL}\nimages = [\"shop:1\"]")),
        ["shop:1 named", "sha256:step dangling", "ruby:3.4 unused"]
    );
    assert_eq!(rules(&survey, "keep_tags = 0\nimages = [\"ruby:3.4\"]"), ["ruby:3.4 parent"]);
}

#[test]
fn names_have_one_spelling() {
    for (name, whole) in [
        ("ruby", "docker.io/library/ruby:latest"),
        ("ruby:3.4", "docker.io/library/ruby:3.4"),
        ("me/shop", "docker.io/me/shop:latest"),
        ("registry:5000/shop", "registry:5000/shop:latest"),
        ("registry.example/me/shop:1", "registry.example/me/shop:1"),
        ("localhost/shop:1", "localhost/shop:1"),
        ("ruby:3.4@sha256:d", "docker.io/library/ruby@sha256:d"),
        ("ruby@sha256:d", "docker.io/library/ruby@sha256:d"),
    ] {
        assert_eq!(canonical(name), whole);
    }
}
