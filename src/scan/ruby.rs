//! Ruby's version, and the files that `bundle install` reads.

use super::App;
use super::found::{Place, shown};
use super::lock::Kind;
use super::version::{agree, anchored, exact, numbers, of_tool, quoted};

const VERSION: &str = "ruby_version";
const FILES: &str = "gem_files";

pub(super) fn read(app: &mut App) {
    let gemfile = app.text("Gemfile").unwrap_or_default();
    if let Some(text) = app.text(".ruby-version") {
        version(app, text.lines().next().unwrap_or_default(), Place::line(".ruby-version", 1));
    }
    if let Some(text) = app.text(".tool-versions")
        && let Some((found, line)) = of_tool(&text, &["ruby"])
    {
        version(app, found, Place::line(".tool-versions", line));
    }
    let range = read_gemfile(app, &gemfile);
    if let Some((found, line)) = app.lock.ruby.clone() {
        let place = app.lock.place(line);
        version(app, &found, place);
    }
    if app.found.get(VERSION).is_none()
        && let Some((found, place)) = range
    {
        let text = format!("decide: the Gemfile takes a range, {}", shown(&found));
        match anchored(&found) {
            Some(version) => app.found.suggest(VERSION, numbers(version, 2), text, place),
            None => app.found.note(text, place),
        }
    }
    folders(app);
}

/// Takes a version, or tells that it is none that the template could use.
fn version(app: &mut App, text: &str, place: Place) {
    match exact(text) {
        Some(version) => take(app, version, place),
        None => {
            let text = format!("decide {VERSION}: `{}` is no version of Ruby's own", shown(text));
            app.found.note(text, place);
        }
    }
}

/// Takes an exact version, unless a file that counts more names it more or less exactly.
pub(super) fn take(app: &mut App, version: &str, place: Place) {
    if !app.found.text(VERSION).is_some_and(|known| agree(known, version)) {
        app.found.set(VERSION, version, place);
    }
}

/// Reads the `Gemfile`; gives the range of versions that it takes.
fn read_gemfile(app: &mut App, text: &str) -> Option<(String, Place)> {
    let mut range = None;
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        let place = Place::line("Gemfile", number);
        if line.starts_with("ruby ") || line.starts_with("ruby(") {
            let texts = quoted(line);
            match texts.first() {
                Some(file) if line.contains("file:") || line.contains("File.") => {
                    let file = file.trim_start_matches("./");
                    needs(app, file, place);
                }
                Some(text) => match exact(text) {
                    Some(version) => take(app, version, place),
                    None => range = Some((texts.join(", "), place)),
                },
                None => {}
            }
        } else if let Some(file) = line.strip_prefix("eval_gemfile").and_then(|l| quoted(l).pop()) {
            needs(app, file, place);
        } else if line == "gemspec" || line.starts_with("gemspec ") {
            app.found.note("add to gem_files what the gemspec reads", place);
        }
    }
    range
}

/// A file or folder that `bundle install` reads.
fn needs(app: &mut App, file: &str, place: Place) {
    if app.folder.has(file) {
        app.found.add(FILES, file, place);
    } else {
        let text =
            format!("{} is not in the app's folder, but bundle install reads it", shown(file));
        app.found.note(text, place);
    }
}

/// Gems that lie in folders of the app.
fn folders(app: &mut App) {
    let paths = app.lock.remotes.iter().filter(|(kind, ..)| *kind == Kind::Path);
    let paths: Vec<_> = paths.map(|(_, path, line)| (path.clone(), *line)).collect();
    for (path, line) in paths.iter().filter(|(path, _)| path != ".") {
        needs(app, path, app.lock.place(*line));
    }
}
