//! The only place that prints. A reader that went away is no error: the run goes on.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static FAILED: AtomicBool = AtomicBool::new(false);

/// Writes to standard output.
pub(super) fn result(text: &str) {
    let mut stdout = io::stdout().lock();
    check(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// Tells, once, when standard output takes nothing any more, unless its reader just left.
pub(super) fn check(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        notice(&format!("error: standard output: {error}\n"));
    }
}

/// Whether part of the result could not be written.
pub(super) fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Writes to standard error.
pub(super) fn notice(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether standard output gets colours.
    pub(super) fn on_stdout(self) -> bool {
        self.on(io::stdout().is_terminal())
    }

    /// Whether standard error gets colours.
    pub(super) fn on_stderr(self) -> bool {
        self.on(io::stderr().is_terminal())
    }

    fn on(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }
}

/// Columns of the terminal; 80 where there is none, so that a file reads well.
pub(super) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    columns
        .or_else(|| console::Term::stdout().size_checked().map(|(_, width)| usize::from(width)))
        .unwrap_or(80)
        .clamp(40, 200)
}

/// Whether standard output is read by eye as it comes.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a phrase to be typed, which no habit of saying yes does.
pub(super) fn ask_for(question: &str, phrase: &str) -> bool {
    notice(question);
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && answer.trim() == phrase
}

/// Asks a question that `y` or `yes` answers with yes, and everything else with no.
pub(super) fn ask(question: &str) -> bool {
    notice(question);
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
