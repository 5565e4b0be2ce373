//! What a Dockerfile that is there says of the image: its base, packages, port, user, folder, command.

mod base;
mod install;

use super::App;
use super::found::{Place, Problem, shown};
use crate::dockerfile::{Body, Dockerfile, Instruction, Text, parse};
use std::collections::HashMap;

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
    base::read(app, &image);
    install::read(app, &image);
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
