//! Findings for people and for programs: one pure function per format, rows in [`FORMATS`].

mod github;
mod json;
mod sarif;
mod terminal;

pub(super) use terminal::wrap;

use super::finding::{Finding, Severity};
use super::tree::Dockerfile;

/// One file with what was found in it.
#[derive(Debug)]
pub struct Linted {
    /// The file.
    pub file: Dockerfile,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The rules whose fixes were written, with their lines.
    pub applied: Vec<(&'static str, usize)>,
}

/// How to show it to people.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether with colours.
    pub color: bool,
    /// Only the findings' lines, without why and how.
    pub brief: bool,
    /// The fuller text every time, not only the first.
    pub verbose: bool,
}

/// A format.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// All files in one text.
    pub render: fn(&[Linted], &Look) -> String,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every format; the first is the default.
pub static FORMATS: [Format; 4] = [
    Format { name: "terminal", render: terminal::render },
    Format { name: "json", render: json::render },
    Format { name: "sarif", render: sarif::render },
    Format { name: "github", render: github::render },
];

impl Linted {
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}
