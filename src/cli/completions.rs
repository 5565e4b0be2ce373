//! `fleet completions`: a script for a shell.

use super::out;
use crate::record::ExitCode;
use clap_complete::Shell;

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "fleet", &mut script);
        out::result(&String::from_utf8_lossy(&script));
        ExitCode::OK
    }
}
