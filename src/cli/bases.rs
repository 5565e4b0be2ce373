//! The images that the templates of apps build on, which no cleanup takes.

use super::out;
use crate::human::escape;
use crate::inventory::{Host, Inventory, merge_vars};
use crate::template::render_dockerfile;
use std::collections::{BTreeMap, BTreeSet};

/// The base images of every app of the inventory, as this host's variables make them. An app
/// whose template cannot be rendered here is named in `silent`.
pub(super) fn of(inventory: &Inventory, host: &Host, silent: &mut BTreeSet<String>) -> Vec<String> {
    let mut bases = BTreeSet::new();
    for app in inventory.apps() {
        let vars = merge_vars(&host.vars, &app.vars, &BTreeMap::new());
        // Templates of ours take their base image from this variable.
        bases.extend(vars.get("base_image").and_then(|v| v.as_str()).map(str::to_owned));
        let folder = inventory.project().join("templates").join(&app.template);
        match render_dockerfile(&folder, &vars) {
            Ok(dockerfile) => bases.extend(from(&dockerfile)),
            Err(_) => _ = silent.insert(app.name.clone()),
        }
    }
    bases.into_iter().collect()
}

/// Says whose base images are not known.
pub(super) fn tell(silent: &BTreeSet<String>) {
    if !silent.is_empty() {
        let apps: Vec<_> = silent.iter().map(|name| escape(name)).collect();
        out::notice(&format!(
            "warning: the templates of these apps cannot be rendered: {}; only a base_image \
             among their variables is protected\n",
            apps.join(", ")
        ));
    }
}

/// What the FROM lines of a Dockerfile name, but for its own stages.
fn from(dockerfile: &str) -> Vec<String> {
    let mut stages: Vec<String> = Vec::new();
    let mut images = Vec::new();
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace().filter(|word| !word.starts_with("--"));
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("FROM")) {
            continue;
        }
        let Some(image) = words.next() else { continue };
        if image != "scratch" && !stages.iter().any(|stage| stage.eq_ignore_ascii_case(image)) {
            images.push(image.to_owned());
        }
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("AS")) {
            stages.extend(words.next().map(str::to_owned));
        }
    }
    images
}

#[cfg(test)]
mod tests {
    use super::from;

    #[test]
    fn stages_and_scratch_are_no_base_images() {
        for (dockerfile, bases) in [
            ("FROM ruby:3.4\n", &["ruby:3.4"][..]),
            ("from --platform=linux/amd64 ruby AS base\nFROM Base\nFROM node\n", &["ruby", "node"]),
            ("FROM scratch\nCOPY from /\n", &[]),
            ("# FROM old\nRUN echo\n", &[]),
        ] {
            assert_eq!(from(dockerfile), bases, "{dockerfile}");
        }
    }
}
