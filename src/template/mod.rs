//! Templates: their variables, checked, and strict rendering, in which what is not defined is an
//! error and no value can add an instruction.
//!
//! A template is a folder with a `template.toml`, which declares its variables and files, and the
//! `*.tera` files themselves. [`Template::load`] reads it from a project or from what fleet ships,
//! [`Template::check`] turns what users wrote into [`Values`], [`Template::render`] makes files.
//! A template reads neither the environment nor any file but those of its folder.

mod engine;
mod error;
mod filters;
mod manifest;
mod place;
mod reference;
#[cfg(test)]
mod tests;
mod value;
mod variable;

pub use error::TemplateError;
pub use place::shipped_names;
pub use reference::reference;
pub use value::ValueFault;
pub use variable::{Kind, Variable};

use engine::Engine;
use manifest::Manifest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Value;

/// Names that every template may use and no app may set.
const GIVEN: [&str; 2] = ["app", "template"];

/// A template, read and compiled.
#[derive(Debug)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its folder; `None` for one that fleet ships.
    pub folder: Option<PathBuf>,
    manifest: Manifest,
    engine: Engine,
}

/// The values of all of a template's variables, every one checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// The value of a variable as text, where it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path inside the app's repository.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether it is a program.
    pub executable: bool,
}

impl Template {
    /// Reads a template: `PROJECT/templates/NAME`, or without that the one that fleet ships.
    ///
    /// # Errors
    /// When there is none, a file cannot be read, or something in it is wrong.
    pub fn load(project: &Path, name: &str) -> Result<Self, TemplateError> {
        let place = place::find(project, name)?;
        let mut manifest = Manifest::parse(&place)?;
        if let Some(other) = manifest.like.take() {
            let other = place::find(project, &other)?;
            manifest.inherit(Manifest::parse(&other)?);
        }
        let engine = Engine::compile(&place, &manifest)?;
        Ok(Self { name: name.to_owned(), folder: place.folder, manifest, engine })
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.manifest.version
    }

    /// One line on what it is for.
    #[must_use]
    pub fn summary(&self) -> &str {
        &self.manifest.summary
    }

    /// What changed, newest first: versions and a line for each.
    pub fn changelog(&self) -> impl Iterator<Item = (&str, &str)> {
        self.manifest.changelog.iter().map(|row| (row.version.as_str(), row.changes.as_str()))
    }

    /// Its variables, in the order in which they are declared.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.manifest.variables.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// The variable of a name.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.manifest.variable(name)
    }

    /// Checks values: each is declared and of its type, and what is missing has a default.
    ///
    /// # Errors
    /// Every fault, in the order of the names.
    pub fn check(&self, given: &BTreeMap<String, Value>) -> Result<Values, Vec<ValueFault>> {
        value::check(&self.manifest, given).map(Values)
    }

    /// Makes the template's files for an app, the Dockerfile first.
    ///
    /// # Errors
    /// When the template refuses these values, or makes too much or takes too long.
    pub fn render(&self, app: &str, values: &Values) -> Result<Vec<File>, TemplateError> {
        let mut all = values.0.clone();
        all.insert("app".into(), app.into());
        all.insert("template".into(), format!("{} {}", self.name, self.manifest.version).into());
        self.engine.render(&self.manifest, &all)
    }
}
