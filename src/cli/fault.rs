//! What ends a verb before or instead of a run: the message, the next thing to do, the exit code.

use crate::record::{ExitCode, Problem};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

/// A mistake of the user's, or something on this machine that stands in the way.
pub(super) struct Fault {
    text: String,
    hint: Option<String>,
    diagnostic: Option<Box<dyn Diagnostic + Send + Sync>>,
    pub(super) code: ExitCode,
}

impl Fault {
    /// Wrong arguments or files: nothing was contacted.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None, diagnostic: None, code: ExitCode::USAGE }
    }

    /// A mistake in a file, to be shown with its place.
    pub(super) fn file(diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self {
            text: String::new(),
            hint: None,
            diagnostic: Some(Box::new(diagnostic)),
            code: ExitCode::USAGE,
        }
    }

    /// The history cannot be used.
    pub(super) fn history(error: impl std::fmt::Display) -> Self {
        let mut fault = Self::usage(format!("history: {error}"));
        fault.code = ExitCode::HISTORY;
        fault
    }

    /// Refused without contacting anything.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self { code: ExitCode::REFUSED, ..Self::usage(text) }
    }

    /// A host that did not give what is needed.
    pub(super) fn host(name: &str, problem: &Problem) -> Self {
        let fault = Self::usage(format!("{name}: {}", problem.reason));
        let hint = problem.hint.clone();
        Self { code: problem.outcome.exit_code(), hint, ..fault }
    }

    /// With the next thing to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The message as the user sees it.
    pub(super) fn render(&self, color: bool) -> String {
        let Some(diagnostic) = &self.diagnostic else {
            let hint = self.hint.as_ref().map_or_else(String::new, |h| format!("hint: {h}\n"));
            return format!("error: {}\n{hint}", self.text);
        };
        let theme =
            if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(super::out::width())
            .with_links(false);
        let mut text = String::new();
        match handler.render_report(&mut text, diagnostic.as_ref()) {
            Ok(()) => text,
            Err(_) => format!("error: {diagnostic}\n"),
        }
    }
}
