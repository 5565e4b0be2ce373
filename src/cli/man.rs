//! `fleet man`: the manual page, or one page per verb into a folder.

use super::fault::Fault;
use super::out;
use crate::record::ExitCode;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// Write a page per verb into DIR instead
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self) -> Result<ExitCode, Fault> {
        match &self.to {
            Some(folder) => {
                let wrong = |e: std::io::Error| Fault::usage(format!("{}: {e}", folder.display()));
                std::fs::create_dir_all(folder).map_err(wrong)?;
                clap_mangen::generate_to(super::command(), folder).map_err(wrong)?;
            }
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(super::command())
                    .render(&mut page)
                    .map_err(|e| Fault::usage(format!("the page cannot be made: {e}")))?;
                out::result(&String::from_utf8_lossy(&page));
            }
        }
        Ok(ExitCode::OK)
    }
}
