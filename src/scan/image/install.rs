//! Packages that a Dockerfile installs.

use super::super::App;
use super::super::found::{Place, shown};
use super::super::packages::{BUILD, NODE, of_database};
use super::Image;
use crate::dockerfile::Command;
use std::collections::HashSet;

/// Options of apt-get whose value is the next word.
const TAKES: [&str; 6] = ["-o", "-t", "-c", "-a", "--target-release", "--option"];

pub(super) fn read(app: &mut App, image: &Image) {
    let shipped: HashSet<_> = image.shipped.iter().collect();
    for (at, stage) in image.file.stages.iter().enumerate() {
        let list = if shipped.contains(&at) { "packages" } else { "build_packages" };
        for instruction in &stage.instructions {
            let place = image.place(instruction);
            for command in instruction.script().map(|s| s.commands.as_slice()).unwrap_or_default() {
                install(app, image, list, command, &place);
            }
        }
    }
}

/// Packages that a command installs, without those that the template installs itself.
fn install(app: &mut App, image: &Image, list: &'static str, command: &Command, place: &Place) {
    if adds_source(command) {
        app.found.note("adds a source of packages; base_instructions can do that", place.clone());
    }
    if !matches!(command.program(), "apt-get" | "apt" | "aptitude") || !command.has("install") {
        return;
    }
    let database = app.found.text("database").unwrap_or("sqlite");
    let mut own = [BUILD, of_database(database), &["libjemalloc2"]].concat();
    if list == "build_packages" && app.found.get("javascript").is_some() {
        own.extend(NODE);
    }
    let mut skip = false;
    for word in command.arguments() {
        let value = image.filled(&word.value);
        let is_option = value.starts_with('-');
        if !(skip || is_option || value == "install" || own.contains(&value.as_str())) {
            take(app, list, &value, place);
        }
        skip = is_option && TAKES.contains(&value.as_str());
    }
}

fn take(app: &mut App, list: &'static str, package: &str, place: &Place) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".+:-=~_".contains(c);
    if package.chars().all(plain) {
        app.found.add(list, package, place.clone());
    } else {
        let text = format!("add to {list} what it installs: {}", shown(package));
        app.found.note(text, place.clone());
    }
}

fn adds_source(command: &Command) -> bool {
    let targets = command.redirects.iter().map(|(_, word)| word);
    let mut words = command.words.iter().chain(targets);
    words.any(|word| word.value.starts_with("/etc/apt/sources"))
        || command.program() == "add-apt-repository"
}
