//! Why a folder cannot be scanned at all.

use crate::human::escape;
use std::io;
use std::path::PathBuf;

/// A folder that is none, or that holds no Rails app.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// It is not there, is no folder, or may not be read.
    #[error("{}: {reason}", escape(&path.display().to_string()))]
    Folder {
        /// As it was named.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// It has neither a `Gemfile` nor a `config/application.rb`.
    #[error("{}: no Rails app: neither Gemfile nor config/application.rb", escape(&_0.display().to_string()))]
    NoApp(PathBuf),
}

impl ScanError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "name the folder of the app's checkout on this machine",
            Self::NoApp(_) => "name the folder that holds the app's Gemfile",
        }
    }
}
