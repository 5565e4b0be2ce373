//! What a rule is: a row in the table, texts that teach, a pure check.

use super::context::Context;
use super::finding::{Finding, Severity};
use super::ground::Ground;
use super::tree::Dockerfile;

/// One rule.
pub struct Rule {
    /// Its name in kebab case.
    pub name: &'static str,
    /// What hadolint calls the same, for its ignore comments.
    pub codes: &'static [&'static str],
    /// How bad a finding is, unless the check says otherwise.
    pub severity: Severity,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Why that is slow, large or wrong.
    pub why: &'static str,
    /// What a person writes.
    pub before: &'static str,
    /// What to write instead.
    pub after: &'static str,
    /// Looks for it.
    pub check: fn(&'static Rule, &Case<'_>) -> Vec<Finding>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All that a check may look at.
pub struct Case<'c> {
    /// The file.
    pub file: &'c Dockerfile,
    /// What each stage puts where, by stage.
    pub grounds: &'c [Ground],
    /// The folder that is sent to the build.
    pub context: &'c dyn Context,
}
