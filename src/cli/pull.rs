//! `fleet pull`: a file from many hosts, each into a file of its own.

use super::args::{Global, Touch};
use super::carry_out::{Wish, carry_out};
use super::fault::Fault;
use super::push::{TIMEOUT, here};
use crate::playbook::Playbook;
use crate::record::ExitCode;
use clap::ValueHint;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each host's file is checked by its SHA-256 and appears whole, or not at all, for its owner alone:
  fleet pull --hosts web /var/log/app.log                 ./web1/app.log, ./web2/app.log, ...
  fleet pull --hosts web /var/log/app.log 'logs/{host}'   logs/web1, logs/web2, ...
A file that is here and differs is replaced only with --force.")]
pub(super) struct Pull {
    /// Which hosts
    #[arg(long, value_name = "EXPR")]
    hosts: String,

    /// The file on the hosts; relative to the login's home
    remote: String,

    /// The folder for a folder per host, or a path with {host} in it
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    local: PathBuf,

    /// Refuse a file that is larger
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    max_size: String,

    /// Replace files that are here and differ
    #[arg(short, long)]
    force: bool,

    /// Read it as root, through sudo
    #[arg(short, long)]
    r#become: bool,

    #[command(flatten)]
    touch: Touch,
}

impl Pull {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let mut with = toml::Table::new();
        with.insert("from".into(), self.remote.clone().into());
        with.insert("to".into(), here(global, &self.local)?.into());
        with.insert("max_size".into(), self.max_size.clone().into());
        for (name, on) in [("force", self.force), ("become", self.r#become)] {
            if on {
                with.insert(name.into(), true.into());
            }
        }
        let playbook = Playbook::of("pull", "pull", with);
        let wish = Wish { timeout: TIMEOUT, ..Wish::new("pull", playbook, &self.hosts) };
        carry_out(global, &self.touch, wish).await
    }
}
