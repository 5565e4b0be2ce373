//! Numbers and findings.

use serde::{Deserialize, Serialize};

/// When a number was measured, seen from the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// Before the change.
    Before,
    /// After the change.
    After,
}

/// A number with its name and unit. Raw: statistics are computed when read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// Its stable name, for example `disk.free`.
    pub name: String,
    /// Before or after the change.
    pub moment: Moment,
    /// The value; `None` when it was asked for and did not come.
    pub value: Option<u64>,
    /// `bytes`, `count`, `milliseconds`.
    pub unit: Unit,
}

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// A number of things.
    Count,
    /// Milliseconds.
    Milliseconds,
}

/// Something that a user should know, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable name for grouping equal findings over hosts.
    pub name: String,
    /// What was seen, as a lower-case fragment.
    pub text: String,
    /// The next thing to do.
    pub hint: Option<String>,
}
