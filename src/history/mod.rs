//! The store: every run's events in one embedded `SQLite` file, crash-safe, for two processes at once.

mod error;
mod find;
mod place;
mod reader;
mod store;
mod writer;

#[cfg(test)]
mod tests;

pub use error::{FindError, HistoryError};
pub use place::folder;
pub use reader::{Log, Reader, RunSummary};
pub use writer::{OnFailure, Writer};

/// The name of the store in its folder.
pub const FILE: &str = "history.sqlite3";
