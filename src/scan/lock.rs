//! `Gemfile.lock`, or without one the gems that `Gemfile` names.

use super::App;
use super::found::{Place, Problem};
use super::version::quoted;
use std::collections::BTreeMap;

/// Where gems come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A gem server.
    Gem,
    /// A folder.
    Path,
    /// A git repository.
    Git,
}

/// What a lock file holds.
#[derive(Debug, Default)]
pub(super) struct Lock {
    /// The file that it was read from.
    file: &'static str,
    /// Gems with the line that first names them.
    gems: BTreeMap<String, usize>,
    /// The gems that the `Gemfile` itself names.
    direct: BTreeMap<String, usize>,
    /// Where gems come from, with the line.
    pub(super) remotes: Vec<(Kind, String, usize)>,
    /// The platforms that it is made for.
    pub(super) platforms: Vec<String>,
    /// The line of `PLATFORMS`.
    pub(super) platforms_line: usize,
    /// Ruby's version, as written, and the line.
    pub(super) ruby: Option<(String, usize)>,
}

impl Lock {
    /// Where a gem stands, if it is there.
    pub(super) fn gem(&self, name: &str) -> Option<Place> {
        self.gems.get(name).map(|line| Place::line(self.file, *line).what(name))
    }

    /// Where a gem stands that the `Gemfile` itself names.
    pub(super) fn direct(&self, name: &str) -> Option<Place> {
        self.direct.get(name).map(|line| Place::line(self.file, *line).what(name))
    }

    /// The first of these gems that is there.
    pub(super) fn any(&self, names: &[&str]) -> Option<Place> {
        names.iter().find_map(|name| self.gem(name))
    }

    /// A place in it.
    pub(super) fn place(&self, line: usize) -> Place {
        Place::line(self.file, line)
    }

    /// The file as a whole.
    pub(super) fn whole(&self) -> Place {
        Place::file(self.file)
    }

    /// Whether it tells of any gem: only then it tells which are missing.
    pub(super) fn is_known(&self) -> bool {
        !self.gems.is_empty()
    }
}

/// Reads what there is.
pub(super) fn read(app: &mut App) -> Lock {
    if let Some(text) = app.text("Gemfile.lock") {
        let (lock, problem) = parse(&text);
        app.found.problems.extend(problem);
        return lock;
    }
    let text = app.text("Gemfile").unwrap_or_default();
    if !app.folder.has("Gemfile.lock") {
        app.found.note(
            "there is no Gemfile.lock, which the template copies: make it with bundle lock",
            Place::file("Gemfile"),
        );
    }
    of_gemfile(&text)
}

fn of_gemfile(text: &str) -> Lock {
    let mut lock = Lock { file: "Gemfile", ..Lock::default() };
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        let names_gem = line.starts_with("gem ") || line.starts_with("gem(");
        if let Some(name) = quoted(line).first().filter(|_| names_gem) {
            lock.gems.entry((*name).to_owned()).or_insert(number);
            lock.direct.entry((*name).to_owned()).or_insert(number);
        }
    }
    lock
}

/// The lock, and what is wrong with it.
fn parse(text: &str) -> (Lock, Option<Problem>) {
    let mut lock = Lock { file: "Gemfile.lock", ..Lock::default() };
    let mut problem = None;
    let mut section = "";
    for (line, number) in text.lines().zip(1..) {
        let entry = line.trim();
        let indent = line.len() - line.trim_start().len();
        if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
            let found = || Problem::new(lock.file, "holds the marks of a merge").line(number);
            problem.get_or_insert_with(found);
        } else if indent == 0 && !entry.is_empty() {
            section = entry;
            if section == "PLATFORMS" {
                lock.platforms_line = number;
            }
        } else if !entry.is_empty() {
            lock.take(section, indent, entry, number);
        }
    }
    if problem.is_none() && !lock.is_known() {
        problem = Some(Problem::new(lock.file, "names no gem"));
    }
    (lock, problem)
}

impl Lock {
    fn take(&mut self, section: &str, indent: usize, entry: &str, line: usize) {
        let name = || entry.split([' ', '!', '(']).next().unwrap_or_default().to_owned();
        let kind = match section {
            "GEM" => Some(Kind::Gem),
            "PATH" => Some(Kind::Path),
            "GIT" => Some(Kind::Git),
            _ => None,
        };
        match (kind, section) {
            (Some(kind), _) => match (indent, entry.strip_prefix("remote: ")) {
                (2, Some(remote)) => self.remotes.push((kind, remote.to_owned(), line)),
                (4, _) => drop(self.gems.entry(name()).or_insert(line)),
                _ => {}
            },
            (None, "DEPENDENCIES") => drop(self.direct.entry(name()).or_insert(line)),
            (None, "PLATFORMS") => self.platforms.push(entry.to_owned()),
            (None, "RUBY VERSION") => {
                let version = entry.strip_prefix("ruby ").unwrap_or(entry);
                self.ruby = Some((version.to_owned(), line));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_told_apart() {
        let text = "GIT\n  remote: https://github.com/acme/x.git\n  revision: abc\n  specs:\n    x (1.0)\n\
            \nPATH\n  remote: engines/pay\n  specs:\n    pay (0.1)\n\nGEM\n  remote: https://rubygems.org/\n  specs:\n\
            \u{20}   pg (1.5.9-x86_64-linux)\n    rails (8.0.1)\n      railties (= 8.0.1)\n\nPLATFORMS\n  arm64-darwin-23\n\
            \nDEPENDENCIES\n  pg (~> 1.1)\n  x!\n\nRUBY VERSION\n   ruby 3.4.5p100\n\nBUNDLED WITH\n   2.6.2\n";
        let (lock, problem) = parse(text);
        assert_eq!(problem, None);
        assert_eq!(lock.gems.keys().collect::<Vec<_>>(), ["pay", "pg", "rails", "x"]);
        assert_eq!(lock.direct.keys().collect::<Vec<_>>(), ["pg", "x"]);
        assert_eq!(lock.gem("pg").unwrap().to_string(), "Gemfile.lock:15 (pg)");
        assert!(lock.remotes.contains(&(Kind::Path, "engines/pay".into(), 8)));
        assert_eq!(lock.platforms, ["arm64-darwin-23"]);
        assert_eq!(lock.ruby, Some(("3.4.5p100".into(), 27)));
    }

    #[test]
    fn a_broken_lock_is_named_with_its_line() {
        let (lock, problem) = parse("GEM\n  specs:\n    pg (1.5)\n<<<<<<< HEAD\n    rails (8.0)\n");
        assert_eq!(problem.unwrap().to_string(), "Gemfile.lock:4: holds the marks of a merge");
        assert!(lock.gem("rails").is_some());
        assert!(parse("\u{0}junk\n").1.is_some());
    }
}
