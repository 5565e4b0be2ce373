//! The image that a Dockerfile begins with, and versions that its arguments name.

use super::super::App;
use super::super::found::{Place, shown};
use super::super::ruby;
use super::super::version::exact;
use super::Image;

/// What Docker Hub's own images may begin with.
const HUB: [&str; 5] =
    ["", "docker.io/library", "library", "registry.docker.com/library", "index.docker.io/library"];

pub(super) fn read(app: &mut App, image: &Image) {
    versions(app, image);
    let Some(stage) = image.shipped.last().map(|at| &image.file.stages[*at]) else { return };
    let Some(from) = stage.instructions.first() else { return };
    let place = image.place(from);
    let whole = image.filled(&stage.base.value);
    let plain = whole.split('@').next().unwrap_or_default();
    let (path, tag) = match plain.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (plain, ""),
    };
    let (registry, name) = path.rsplit_once('/').unwrap_or(("", path));
    if whole.contains('$') {
        app.found
            .note(format!("its base is known only when it is built: {}", shown(&whole)), place);
    } else if name != "ruby" {
        let text = "decide: keep the base image that is used now?";
        app.found.suggest("base_image", whole, text, place);
    } else {
        if !HUB.contains(&registry) {
            app.found.set("registry", registry, place.clone());
        }
        tagged(app, tag, place);
    }
}

/// What the tag of Ruby's image says.
fn tagged(app: &mut App, tag: &str, place: Place) {
    let (version, variant) = tag.split_once('-').unwrap_or((tag, ""));
    if variant.contains("alpine") {
        app.found.note("builds on Alpine; the template needs Debian or Ubuntu", place);
        return;
    }
    if version.starts_with(|c: char| c.is_ascii_digit()) {
        // A preview has a `-` in its version.
        let (version, variant) = match variant.split_once('-') {
            Some((part, rest)) if is_preview(part) => (format!("{version}-{part}"), rest),
            None if is_preview(variant) => (format!("{version}-{variant}"), ""),
            _ => (version.to_owned(), variant),
        };
        ruby::take(app, &version, place.clone());
        app.found.set("variant", variant, place);
    }
}

fn is_preview(part: &str) -> bool {
    part.starts_with("preview") || part.starts_with("rc")
}

/// Versions of node and Yarn that nothing else names.
fn versions(app: &mut App, image: &Image) {
    let arguments =
        [("node_version", "NODE_VERSION", "-slim"), ("yarn_version", "YARN_VERSION", "")];
    for (variable, argument, suffix) in arguments {
        if let Some(version) = image.values.get(argument)
            && app.found.get("javascript").is_some()
            && app.found.get(variable).is_none()
            && let Some(version) = exact(version)
        {
            let place = Place::file(&image.name).what(argument);
            app.found.set(variable, format!("{version}{suffix}"), place);
        }
    }
}
