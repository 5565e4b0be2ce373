//! What a cleanup is asked to do.

use super::PHASES;
use crate::steps::ParameterError;
use globset::{Glob, GlobSet, GlobSetBuilder};
use std::time::Duration;

/// Parameters of a cleanup, checked.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// Objects younger than this stay.
    pub keep: Duration,
    only: Vec<String>,
    skip: Vec<String>,
    protect: GlobSet,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(24 * 3_600),
            only: Vec::new(),
            skip: Vec::new(),
            protect: GlobSet::empty(),
        }
    }
}

impl Parameters {
    /// Reads them from a step's table.
    ///
    /// # Errors
    /// When a value has the wrong type or names no phase, with the parameter's name.
    pub fn from_table(with: &toml::Table) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        if let Some(keep) = with.get("keep") {
            let text = keep
                .as_str()
                .ok_or_else(|| ParameterError::new("keep", "must be a text such as \"24h\""))?;
            parameters.keep = crate::human::parse_duration(text)
                .map_err(|reason| ParameterError::new("keep", reason))?;
        }
        parameters.only = phases("only", with)?;
        parameters.skip = phases("skip", with)?;
        parameters.protect = globs(&texts("protect", with)?)?;
        Ok(parameters)
    }

    /// Whether a phase of this name runs.
    #[must_use]
    pub fn runs(&self, phase: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == phase);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// Whether a `protect` pattern of the inventory covers one of these names.
    #[must_use]
    pub fn protects<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        names.any(|name| self.protect.is_match(name))
    }
}

fn texts(key: &str, with: &toml::Table) -> Result<Vec<String>, ParameterError> {
    let wrong = || ParameterError::new(key, "must be a list of texts");
    match with.get(key) {
        None => Ok(Vec::new()),
        Some(toml::Value::Array(list)) => {
            list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn phases(key: &str, with: &toml::Table) -> Result<Vec<String>, ParameterError> {
    let mut names = texts(key, with)?;
    for name in &mut names {
        if let Some(phase) = PHASES.iter().find(|phase| phase.number.to_string() == *name) {
            phase.name.clone_into(name);
        }
        if !PHASES.iter().any(|phase| phase.name == *name) {
            let known: Vec<_> = PHASES.iter().map(|phase| phase.name).collect();
            return Err(ParameterError {
                parameter: key.to_owned(),
                reason: format!("no phase is called \"{}\"", crate::human::escape(name)),
                hint: Some(format!("phases: {}", known.join(", "))),
            });
        }
    }
    Ok(names)
}

fn globs(patterns: &[String]) -> Result<GlobSet, ParameterError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = Glob::new(pattern).map_err(|e| ParameterError::new("protect", e.to_string()))?;
        set.add(glob);
    }
    set.build().map_err(|e| ParameterError::new("protect", e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Parameters, ParameterError> {
        Parameters::from_table(&text.parse::<toml::Table>().unwrap())
    }

    #[test]
    fn phases_are_chosen_by_only_and_skip() {
        let all = read("").unwrap();
        assert!(all.runs("measure") && all.runs("dangling-images") && all.runs("report"));
        let only = read("only = [\"dangling-images\"]").unwrap();
        assert!(only.runs("dangling-images") && !only.runs("report"));
        let skip = read("skip = [\"4\"]").unwrap();
        assert!(!skip.runs("dangling-images") && skip.runs("measure"));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (text, parameter) in [
            ("keep = \"soon\"", "keep"),
            ("keep = 24", "keep"),
            ("only = [\"dangling\"]", "only"),
            ("skip = \"measure\"", "skip"),
            ("protect = [\"a[\"]", "protect"),
        ] {
            assert_eq!(read(text).unwrap_err().parameter, parameter, "{text}");
        }
    }
}
