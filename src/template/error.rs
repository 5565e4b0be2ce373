//! What can be wrong with a template itself, with the place.

/// A template that cannot be used, or that cannot be rendered with these values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {reason}", line.map_or_else(String::new, |line| format!(":{line}")))]
pub struct TemplateError {
    /// The file, as messages name it.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

impl TemplateError {
    pub(super) fn new(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, reason: reason.into(), hint: String::new() }
    }

    pub(super) fn line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}
