//! A template's `template.toml`.

use super::error::TemplateError;
use super::place::{MANIFEST, Place};
use super::variable::Variable;
use super::{GIVEN, value};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a template declares.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) version: String,
    pub(super) summary: String,
    /// A template whose variables are this one's too.
    pub(super) like: Option<String>,
    pub(super) files: Vec<FileRow>,
    pub(super) changelog: Vec<Change>,
    /// In the order in which they are written.
    pub(super) variables: Vec<(String, Variable)>,
}

/// A file that the template makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRow {
    /// The file in the template's folder.
    pub(super) source: String,
    /// The path in the app's repository.
    pub(super) path: String,
    #[serde(default)]
    pub(super) executable: bool,
    /// A variable without which the file is not made.
    pub(super) when: Option<String>,
}

/// A line of the changelog.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) version: String,
    pub(super) changes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    template: Head,
    files: Vec<FileRow>,
    changelog: Vec<Change>,
    #[serde(default)]
    variables: BTreeMap<toml::Spanned<String>, Variable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: String,
    summary: String,
    like: Option<String>,
}

impl Manifest {
    /// Reads and checks it.
    pub(super) fn parse(place: &Place) -> Result<Self, TemplateError> {
        let file = place.show(MANIFEST);
        let Some(text) = place.text(MANIFEST) else {
            return Err(TemplateError::new(file, "is missing")
                .hint("a template declares its variables there; see docs/template.md"));
        };
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let wrong = TemplateError::new(&file, error.message());
            match error.span() {
                Some(span) => wrong.line(line_of(text, span.start)),
                None => wrong,
            }
        })?;
        let mut variables: Vec<_> = raw.variables.into_iter().collect();
        variables.sort_by_key(|(name, _)| name.span().start);
        let manifest = Self {
            version: raw.template.version,
            summary: raw.template.summary,
            like: raw.template.like,
            files: raw.files,
            changelog: raw.changelog,
            variables: variables.iter().map(|(n, v)| (n.get_ref().clone(), v.clone())).collect(),
        };
        for (name, variable) in &variables {
            if let Some(reason) = fault(name.get_ref(), variable) {
                let reason = format!("variable `{}` {reason}", name.get_ref());
                return Err(TemplateError::new(file, reason).line(line_of(text, name.span().start)));
            }
        }
        manifest.check_rest(place).map_err(|reason| TemplateError::new(file, reason))?;
        Ok(manifest)
    }

    fn check_rest(&self, place: &Place) -> Result<(), String> {
        if self.files.first().is_none_or(|file| file.path != "Dockerfile") {
            return Err("the first of `files` must have the path \"Dockerfile\"".into());
        }
        for file in &self.files {
            if place.text(&file.source).is_none() {
                return Err(format!("the file `{}` is not in its folder", file.source));
            }
            let plain = |part: &str| !matches!(part, "" | "." | "..");
            if file.path.starts_with('/') || !file.path.split('/').all(plain) {
                return Err(format!("the path `{}` leads out of a repository", file.path));
            }
        }
        let newest = self.changelog.first().map(|change| change.version.as_str());
        if newest != Some(self.version.as_str()) {
            return Err(format!("the changelog does not begin with version {}", self.version));
        }
        Ok(())
    }

    /// Takes over another template's variables, behind its own.
    pub(super) fn inherit(&mut self, other: Self) {
        for (name, variable) in other.variables {
            if self.variable(&name).is_none() {
                self.variables.push((name, variable));
            }
        }
    }

    /// The variable of a name.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|(own, _)| own == name).map(|(_, variable)| variable)
    }
}

/// What is wrong with one variable.
fn fault(name: &str, variable: &Variable) -> Option<String> {
    if GIVEN.contains(&name) {
        return Some("has a name that every template is given".into());
    }
    variable.fault().or_else(|| {
        let default = variable.default.as_ref()?;
        let fault = value::fault(variable, default)?;
        Some(format!("has a default that it refuses: {}", fault.message))
    })
}

/// The line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}
