//! `fleet cleanup`: plan, show, confirm, apply.

use super::args::{Global, Touch};
use super::carry_out::{Wish, carry_out};
use super::fault::Fault;
use crate::playbook::Playbook;
use crate::record::ExitCode;
use crate::steps::PHASES;
use std::fmt::Write as _;
use std::time::Duration;

#[derive(Debug, clap::Args)]
#[command(after_help = phases())]
pub(super) struct Cleanup {
    /// Which hosts
    #[arg(long, value_name = "EXPR")]
    hosts: String,

    /// Keep what is younger than this [default: the variable `keep`, else 24h]
    #[arg(long, value_name = "TIME")]
    keep: Option<String>,

    /// Only these phases
    #[arg(long, value_name = "PHASES", value_delimiter = ',')]
    only: Vec<String>,

    /// Not these phases
    #[arg(long, value_name = "PHASES", value_delimiter = ',')]
    skip: Vec<String>,

    #[command(flatten)]
    touch: Touch,
}

fn phases() -> String {
    let mut text = "Phases:\n".to_owned();
    for phase in PHASES {
        let _ = writeln!(text, "  {} {:<16} {}", phase.number, phase.name, phase.summary);
    }
    text
}

impl Cleanup {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let mut with = toml::Table::new();
        if let Some(keep) = &self.keep {
            with.insert("keep".into(), keep.clone().into());
        }
        for (name, list) in [("only", &self.only), ("skip", &self.skip)] {
            if !list.is_empty() {
                with.insert(name.into(), list.clone().into());
            }
        }
        let wish = Wish {
            verb: "cleanup",
            playbook: Playbook::of("clean up", "cleanup", with),
            hosts: &self.hosts,
            timeout: Duration::from_secs(3_600),
            from_vars: &["keep"],
        };
        carry_out(global, &self.touch, wish).await
    }
}
