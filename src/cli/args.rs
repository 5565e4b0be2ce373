//! Flags that verbs share, and their meaning.

use super::out::Color;
use crate::runner::{Batches, Share};
use clap::{Args, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// Flags of every verb.
#[derive(Args, Clone, Debug)]
pub(super) struct Global {
    /// Work in DIR instead of the current folder
    #[arg(short = 'C', value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub(super) directory: Option<PathBuf>,

    /// Read this inventory: a folder, a TOML file, or a program that prints one
    #[arg(long, value_name = "PATH", global = true, value_hint = ValueHint::AnyPath)]
    pub(super) inventory: Option<PathBuf>,

    /// Show more: every object, every connection
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,

    /// Show the result only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub(super) color: Color,
}

/// Flags of every verb that touches hosts.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Args, Clone, Debug)]
pub(super) struct Touch {
    /// Leave these out of the selection
    #[arg(long, value_name = "EXPR")]
    pub(super) not: Option<String>,

    /// Show what would be done; change nothing
    #[arg(long)]
    pub(super) check: bool,

    /// Do it without asking
    #[arg(short, long)]
    pub(super) yes: bool,

    /// Work on at most N hosts at a time [default: all, at most 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) forks: Option<u16>,

    /// Change hosts in batches [default: 1,25%,100% for more than three hosts]
    #[arg(long, value_name = "SIZES")]
    pub(super) batch: Option<Batches>,

    /// Leave the rest alone once more than N hosts have failed [default: 0 for changing verbs]
    #[arg(long, value_name = "N|N%")]
    pub(super) max_fail: Option<Share>,

    /// Wait this long for a host that another run holds
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = duration)]
    pub(super) wait: Duration,

    /// Give up on a host's step after this time [default: 10m, cleanup 1h, push and pull 6h]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) timeout: Option<Duration>,

    /// Give up on opening a connection after this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(super) connect_timeout: Duration,

    /// Trust and record host keys that no file knows; never changed or revoked ones
    #[arg(long)]
    pub(super) accept_new: bool,

    /// Print one JSON document at the end
    #[arg(long, conflicts_with = "events")]
    pub(super) json: bool,

    /// Print one JSON event a line, as they happen
    #[arg(long)]
    pub(super) events: bool,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    crate::human::parse_duration(text)
}
