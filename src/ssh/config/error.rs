//! Mistakes and doubts about `ssh_config`, each with its place.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) file: Arc<Path>,
    pub(super) line: usize,
}

impl At {
    pub(super) fn error(&self, text: impl Into<String>, hint: impl Into<String>) -> ConfigError {
        ConfigError {
            file: self.file.to_path_buf(),
            line: Some(self.line),
            text: text.into(),
            hint: hint.into(),
        }
    }

    pub(super) fn warning(&self, text: impl Into<String>) -> Warning {
        Warning { file: self.file.to_path_buf(), line: self.line, text: text.into() }
    }
}

/// Why the configuration, or what it says of one host, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1, unless the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong, as a fragment.
    pub text: String,
    /// The next thing to do.
    pub hint: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.text),
            None => write!(f, "{}: {}", self.file.display(), self.text),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A setting that does not do here what it does for `ssh`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is not as the user may think, as a fragment.
    pub text: String,
}
