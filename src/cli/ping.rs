//! `fleet ping`: the probe as a table.

use super::args::{Global, Touch};
use super::carry_out::{Wish, carry_out};
use super::fault::Fault;
use crate::playbook::Playbook;
use crate::record::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Ping {
    /// Which hosts
    #[arg(value_name = "EXPR", conflicts_with = "hosts")]
    selection: Option<String>,

    /// Which hosts [default: all]
    #[arg(long, value_name = "EXPR")]
    hosts: Option<String>,

    #[command(flatten)]
    touch: Touch,
}

impl Ping {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let playbook = Playbook::of("ping", "ping", toml::Table::new());
        let hosts = self.selection.as_deref().or(self.hosts.as_deref()).unwrap_or("all");
        let wish = Wish::new("ping", playbook, hosts);
        carry_out(global, &self.touch, wish).await
    }
}
