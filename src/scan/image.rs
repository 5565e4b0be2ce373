//! What a Dockerfile that is there says of the image: its base, packages, port, user, folder, command.

use super::App;
use super::found::{Place, Problem, shown};
use super::packages::{BUILD, NODE, of_database};
use super::ruby;
use super::version::exact;
use crate::dockerfile::{Body, Command, Dockerfile, Instruction, Text, parse};
use std::collections::{HashMap, HashSet};

/// What Docker Hub's own images may begin with.
const HUB: [&str; 5] =
    ["", "docker.io/library", "library", "registry.docker.com/library", "index.docker.io/library"];

/// Options of apt-get whose value is the next word.
const TAKES: [&str; 6] = ["-o", "-t", "-c", "-a", "--target-release", "--option"];

/// The longest value of an argument, and about the longest word with values filled in.
const LONGEST: usize = 1024;

/// A Dockerfile with what is needed to tell places in it.
struct Image {
    name: String,
    file: Dockerfile,
    /// The stages of the image itself, the last one first.
    shipped: Vec<usize>,
    /// Values of arguments and variables.
    values: HashMap<String, String>,
}

pub(super) fn read(app: &mut App) {
    let name = app.kamal.dockerfile.clone();
    let name = name.map_or_else(|| "Dockerfile".into(), |n| n.trim_start_matches("./").to_owned());
    let Some(text) = app.text(&name) else { return };
    let file = parse(Text::new(name.clone(), text.into_bytes(), false));
    if let Some((line, reason)) = file.mistakes().next() {
        app.found.problems.push(Problem::new(name.clone(), reason).line(line));
    }
    let image = Image { name, shipped: file.shipped(), values: values(&file), file };
    base(app, &image);
    versions(app, &image);
    packages(app, &image);
    port(app, &image);
    user(app, &image);
    folder(app, &image);
    command(app, &image);
}

impl Image {
    fn place(&self, at: &Instruction) -> Place {
        Place::line(&self.name, self.file.text.line(at.span.start))
    }

    /// The last such instruction that counts for the image.
    fn last(&self, keyword: &str) -> Option<&Instruction> {
        let stages = self.shipped.iter().map(|at| &self.file.stages[*at]);
        let instructions = stages.flat_map(|stage| stage.instructions.iter().rev());
        let mut own = instructions.filter(|instruction| !instruction.onbuild);
        own.find(|instruction| instruction.keyword == keyword)
    }

    /// A word with the arguments filled in whose values the file gives.
    fn filled(&self, word: &str) -> String {
        let mut out = String::new();
        let mut rest = word;
        while let Some((before, after)) = rest.split_once('$').filter(|_| out.len() < LONGEST) {
            out.push_str(before);
            let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (name, tail) = braced.unwrap_or_else(|| after.split_at(end.unwrap_or(after.len())));
            let (name, default) = name.split_once(":-").unwrap_or((name, "$"));
            out.push_str(self.values.get(name).map_or(default, String::as_str));
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}

/// The values that a file gives its arguments and variables, the first of each.
fn values(file: &Dockerfile) -> HashMap<String, String> {
    let mut values = HashMap::new();
    for instruction in file.globals.iter().chain(file.instructions()) {
        let Body::Pairs(pairs) = &instruction.body else { continue };
        for (name, value) in pairs {
            if let Some(value) = value.as_ref().filter(|value| value.value.len() < LONGEST) {
                values.entry(name.value.clone()).or_insert_with(|| value.value.clone());
            }
        }
    }
    values
}

fn base(app: &mut App, image: &Image) {
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

fn packages(app: &mut App, image: &Image) {
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

fn port(app: &mut App, image: &Image) {
    let Some(instruction) = image.last("EXPOSE") else { return };
    let place = image.place(instruction);
    let text = image.file.joined(instruction);
    let words: Vec<_> = text.split_whitespace().skip(1).map(|word| image.filled(word)).collect();
    let numbers = words.iter().map(|word| word.trim_end_matches("/tcp").parse::<i64>());
    match numbers.collect::<Result<Vec<_>, _>>().as_deref() {
        Ok([number]) => app.found.set("port", *number, place),
        _ => app.found.note(format!("decide port: it exposes {}", shown(&words.join(" "))), place),
    }
}

fn user(app: &mut App, image: &Image) {
    let Some(instruction) = image.last("USER") else {
        if !image.shipped.is_empty() {
            let place = Place::file(&image.name).what("no USER");
            app.found.note("runs as root now: what it wrote to volumes is root's", place);
        }
        return;
    };
    let place = image.place(instruction);
    let text =
        instruction.words().first().map(|word| image.filled(&word.value)).unwrap_or_default();
    let (user, group) = text.split_once(':').unwrap_or((&text, &text));
    if matches!(user, "root" | "0") {
        app.found.note("runs as root now: what it wrote to volumes is root's", place);
        return;
    }
    for (variable, text) in [("uid", user), ("gid", group)] {
        if let Ok(number) = text.parse::<i64>() {
            app.found.set(variable, number, place.clone());
        }
    }
    if user.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') {
        app.found.set("user", user, place);
        made(app, image, user);
    }
}

/// The number that `useradd` gives a user.
fn made(app: &mut App, image: &Image, user: &str) {
    for instruction in image.file.instructions() {
        for command in instruction.script().map(|s| s.commands.as_slice()).unwrap_or_default() {
            if !matches!(command.program(), "useradd" | "adduser") || !command.has(user) {
                continue;
            }
            let words = command.arguments();
            let next = words.iter().zip(words.iter().skip(1));
            let mut options =
                next.filter(|(word, _)| matches!(word.value.as_str(), "-u" | "--uid"));
            let number = options.next().and_then(|(_, value)| value.value.parse::<i64>().ok());
            if let Some(number) = number {
                app.found.set("uid", number, image.place(instruction));
                app.found.set("gid", number, image.place(instruction));
            }
        }
    }
}

fn folder(app: &mut App, image: &Image) {
    let Some(instruction) = image.last("WORKDIR") else { return };
    let text =
        instruction.words().first().map(|word| image.filled(&word.value)).unwrap_or_default();
    let place = image.place(instruction);
    if text.starts_with('/') && !text.contains('$') {
        app.found.set("workdir", text.trim_end_matches('/'), place);
    } else {
        app.found.note(format!("decide workdir: it is {}", shown(&text)), place);
    }
}

/// The command, unless it is the Rails server, with Thruster before it or without.
fn command(app: &mut App, image: &Image) {
    if let Some(instruction) = image.last("ENTRYPOINT") {
        let words: Vec<_> = instruction.words().iter().map(|word| word.value.as_str()).collect();
        if !words.join(" ").ends_with("bin/docker-entrypoint") {
            let text =
                format!("the template has an entrypoint of its own: {}", shown(&words.join(" ")));
            app.found.note(text, image.place(instruction));
        }
    }
    let Some(instruction) = image.last("CMD") else { return };
    let place = image.place(instruction);
    let words: Vec<&str> = instruction.words().iter().map(|word| word.value.as_str()).collect();
    let line = words.join(" ");
    let server = ["bin/rails server", "bin/rails s ", "rails server", "rails s "];
    if server.iter().any(|server| format!("{line} ").contains(server)) {
        return;
    }
    let simple = !line.contains(['&', '|', ';', '<', '>', '$', '`', '"', '\'', '\\']);
    if words.len() > 1 {
        app.found.set("command", words, place);
    } else if simple && !line.trim().is_empty() {
        app.found.set("command", line.split_whitespace().collect::<Vec<_>>(), place);
    } else {
        app.found.suggest(
            "command",
            vec!["sh", "-c", &line],
            "decide: as words, or by a shell",
            place,
        );
    }
}
