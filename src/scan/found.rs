//! What readers find: facts with their places, what is open, what is broken.

use crate::human::excerpt;
use serde::Serialize;
use std::fmt;
use toml::Value;

/// The most bytes of a text of the app's that a message repeats.
const SHOWN: usize = 80;

/// The most items of a list, and the most things left open: more is no app's.
const ITEMS: usize = 100;
const OPEN: usize = 200;

/// Where something was read, escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, from the app's folder.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What in it: a gem, a key.
    pub what: Option<String>,
}

impl Place {
    pub(super) fn file(file: impl Into<String>) -> Self {
        Self { file: shown(&file.into()), line: None, what: None }
    }

    pub(super) fn line(file: impl Into<String>, line: usize) -> Self {
        Self { line: Some(line), ..Self::file(file) }
    }

    pub(super) fn what(mut self, what: impl Into<String>) -> Self {
        self.what = Some(shown(&what.into()));
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
        self.what.as_ref().map_or(Ok(()), |what| write!(f, " ({what})"))
    }
}

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// The variable.
    pub variable: &'static str,
    /// Its value.
    pub value: Value,
    /// What says so; for a list, one or more.
    pub from: Vec<Place>,
}

/// What the files do not decide.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Open {
    /// The variable that it is about, with a value that it could have.
    pub suggestion: Option<(&'static str, Value)>,
    /// What to decide, or to look at: one line, escaped.
    pub text: String,
    /// What gave rise to it.
    pub from: Option<Place>,
}

/// A file that could not be read, or not as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, from the app's folder.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The character in the line, from 1, where it is known.
    pub column: Option<usize>,
    /// What is wrong: one line, escaped.
    pub reason: String,
}

impl Problem {
    pub(super) fn new(file: impl Into<String>, reason: impl AsRef<str>) -> Self {
        let reason = excerpt(reason.as_ref().as_bytes(), 200);
        Self { file: shown(&file.into()), line: None, column: None, reason }
    }

    pub(super) fn line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn column(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().map_while(|number| number) {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// A text of the app's on one line, escaped and cut.
pub(super) fn shown(text: &str) -> String {
    excerpt(text.as_bytes(), SHOWN)
}

/// Everything that was found so far.
#[derive(Default)]
pub(super) struct Found {
    pub(super) facts: Vec<Fact>,
    pub(super) open: Vec<Open>,
    pub(super) problems: Vec<Problem>,
}

impl Found {
    /// The value that a variable has so far.
    pub(super) fn get(&self, variable: &str) -> Option<&Value> {
        self.facts.iter().find(|fact| fact.variable == variable).map(|fact| &fact.value)
    }

    /// The text that a variable has so far.
    pub(super) fn text(&self, variable: &str) -> Option<&str> {
        self.get(variable).and_then(Value::as_str)
    }

    /// Gives a variable its value. One that has another already keeps it, and that is told.
    pub(super) fn set(&mut self, variable: &'static str, value: impl Into<Value>, from: Place) {
        let value = value.into();
        let Some(fact) = self.facts.iter().find(|fact| fact.variable == variable) else {
            self.facts.push(Fact { variable, value, from: vec![from] });
            return;
        };
        if fact.value != value {
            let text = format!("{} says otherwise", fact.from.first().unwrap_or(&from));
            self.suggest(variable, value, text, from);
        }
    }

    /// Adds a text to a list, once.
    pub(super) fn add(&mut self, variable: &'static str, text: &str, from: Place) {
        let at = self.facts.iter().position(|fact| fact.variable == variable);
        let at = at.unwrap_or_else(|| {
            self.facts.push(Fact { variable, value: Value::Array(Vec::new()), from: Vec::new() });
            self.facts.len() - 1
        });
        let Fact { value: Value::Array(items), from: places, .. } = &mut self.facts[at] else {
            return;
        };
        if items.len() == ITEMS || items.iter().any(|item| item.as_str() == Some(text)) {
            return;
        }
        items.push(text.into());
        if !places.contains(&from) {
            places.push(from);
        }
    }

    /// Leaves something to be looked at. What of it is the app's must be [`shown`].
    pub(super) fn note(&mut self, text: impl Into<String>, from: Place) {
        self.leave(Open { suggestion: None, text: text.into(), from: Some(from) });
    }

    /// Leaves something to be decided, with a value that it could have.
    pub(super) fn suggest(
        &mut self,
        variable: &'static str,
        value: impl Into<Value>,
        text: impl Into<String>,
        from: Place,
    ) {
        let suggestion = Some((variable, value.into()));
        self.leave(Open { suggestion, text: text.into(), from: Some(from) });
    }

    fn leave(&mut self, open: Open) {
        if self.open.len() < OPEN && !self.open.contains(&open) {
            self.open.push(open);
        }
    }
}
