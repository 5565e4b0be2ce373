//! A playbook: named steps, each of a kind with parameters, read from TOML.

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// A playbook as written, its kinds and parameters not checked yet.
#[derive(Clone, Debug)]
pub struct Playbook {
    /// One line on what it is for.
    pub description: String,
    /// Its steps, in order. Never empty.
    pub steps: Vec<NamedStep>,
}

/// One step as written.
#[derive(Clone, Debug)]
pub struct NamedStep {
    /// Its name.
    pub name: String,
    /// The kind of step.
    pub kind: String,
    /// Its parameters.
    pub with: toml::Table,
}

/// A mistake in a playbook.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct PlaybookError {
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    text: NamedSource<String>,
    #[label]
    at: Option<SourceSpan>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    description: String,
    steps: Spanned<Vec<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    name: Spanned<String>,
    kind: Spanned<String>,
    #[serde(default)]
    with: toml::Table,
}

impl Playbook {
    /// A playbook of one step, as every verb makes it.
    #[must_use]
    pub fn of(name: &str, kind: &str, with: toml::Table) -> Self {
        let step = NamedStep { name: name.to_owned(), kind: kind.to_owned(), with };
        Self { description: String::new(), steps: vec![step] }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, has an unknown key, no step, or two steps of one
    /// name; with the place.
    pub fn load(path: &Path) -> Result<Self, Box<PlaybookError>> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Box::new(PlaybookError {
                message: format!("{}: {e}", path.display()),
                help: None,
                text: NamedSource::new(path.display().to_string(), String::new()),
                at: None,
            })
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads a text. `name` is what errors call it.
    ///
    /// # Errors
    /// As [`Playbook::load`].
    pub fn parse(name: &str, text: &str) -> Result<Self, Box<PlaybookError>> {
        let fault = |message: String, at: Option<std::ops::Range<usize>>, help: Option<&str>| {
            Box::new(PlaybookError {
                message,
                help: help.map(str::to_owned),
                text: NamedSource::new(name, text.to_owned()),
                at: at.map(Into::into),
            })
        };
        let raw: Raw = toml::from_str(text).map_err(|e| {
            fault(
                e.message().to_owned(),
                e.span(),
                Some("keys: description, steps; of a step: name, kind, with"),
            )
        })?;
        if raw.steps.as_ref().is_empty() {
            return Err(fault(
                "a playbook needs at least one step".into(),
                Some(raw.steps.span()),
                None,
            ));
        }
        let mut steps: Vec<NamedStep> = Vec::new();
        for step in raw.steps.into_inner() {
            let (span, name) = (step.name.span(), step.name.into_inner());
            if name.trim().is_empty() || name.chars().any(char::is_control) {
                return Err(fault("a step needs a printable name".into(), Some(span), None));
            }
            if steps.iter().any(|other| other.name == name) {
                return Err(fault(
                    format!("two steps are called \"{name}\""),
                    Some(span),
                    Some("give each step a name of its own"),
                ));
            }
            steps.push(NamedStep { name, kind: step.kind.into_inner(), with: step.with });
        }
        Ok(Self { description: raw.description, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::Playbook;

    #[test]
    fn mistakes_are_named_with_their_place() {
        let cases = [
            ("", "missing field `steps`"),
            ("steps = []", "a playbook needs at least one step"),
            (
                "[[steps]]\nname = \"a\"\nkind = \"ping\"\nwhen = 1",
                "unknown field `when`, expected one of `name`, `kind`, `with`",
            ),
            (
                "[[steps]]\nname = \"a\"\nkind = \"ping\"\n[[steps]]\nname = \"a\"\nkind = \"ping\"",
                "two steps are called \"a\"",
            ),
            ("[[steps]]\nname = \" \"\nkind = \"ping\"", "a step needs a printable name"),
        ];
        for (text, message) in cases {
            assert_eq!(Playbook::parse("p.toml", text).unwrap_err().to_string(), message);
        }
    }
}
