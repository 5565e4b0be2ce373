//! Why the history cannot be read or written, and why a run cannot be found.

use std::path::{Path, PathBuf};

/// The history cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The folder or file is not one to trust with what is in the history.
    #[error("the history at {} is refused: {reason}", path.display())]
    Refused {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system said no.
    #[error("the history at {} cannot be opened: {reason}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Its words.
        reason: String,
    },
    /// The file has a schema that this version does not know.
    #[error("the history {} was written by a newer fleet (schema {found}, this one knows {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// The file is not what was written.
    #[error("the history {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found, and where.
        reason: String,
    },
    /// `SQLite` failed in another way: disk full, locked for too long, …
    #[error("the history {} failed: {reason}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// Its words.
        reason: String,
    },
    /// The writer was closed before.
    #[error("the history is closed")]
    Closed,
}

impl HistoryError {
    /// The next thing to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { .. } => Some("make it a plain folder of your own with mode 0700"),
            Self::Io { .. } => Some("check its owner and mode, and the room on its disk"),
            Self::Newer { .. } => Some("use the newer fleet, or another project folder"),
            Self::Damaged { .. } => {
                Some("move it aside (with its -wal and -shm files); a new one is begun")
            }
            Self::Store { .. } => Some("check the room on its disk and other fleets that run"),
            Self::Closed => None,
        }
    }

    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string() }
    }

    pub(super) fn refused(path: &Path, reason: impl Into<String>) -> Self {
        Self::Refused { path: path.to_owned(), reason: reason.into() }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }

    /// Sorts what `SQLite` said: damage is told apart from a full disk or a lock.
    pub(super) fn store(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode};
        let (path, reason) = (path.to_owned(), error.to_string());
        let damage = match error {
            Error::SqliteFailure(e, _) => {
                // SQLITE_ERROR on our constant statements means that a table is not as made.
                matches!(e.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                    || e.extended_code == 1
            }
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..)
            | Error::SqlInputError { .. } => true,
            _ => false,
        };
        if damage { Self::Damaged { path, reason } } else { Self::Store { path, reason } }
    }
}

/// A run that was asked for cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Nothing was ever run.
    #[error("there is no run yet")]
    NoRunYet,
    /// `last~N` goes back further than the history.
    #[error("`{asked}` goes back too far: the history holds {}", crate::human::count(*have, "run"))]
    TooFarBack {
        /// What was asked for.
        asked: String,
        /// How many runs there are.
        have: usize,
    },
    /// No run begins like this.
    #[error("no run is called `{asked}`{}", nearest(near))]
    Unknown {
        /// What was asked for.
        asked: String,
        /// Runs with similar names.
        near: Vec<String>,
    },
    /// Several runs begin like this.
    #[error("`{asked}` may be {}", candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        asked: String,
        /// The newest of the runs that begin like it.
        candidates: Vec<String>,
    },
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

fn nearest(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) }
}
