//! What an inventory comes to: hosts and apps with every key decided.

use super::select::Selection;
use crate::record::HostName;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use toml::Value;

/// A server, with every key decided.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in the file")]
#[derive(Clone, Debug)]
pub struct Host {
    /// The name by which people and reports know it.
    pub name: HostName,
    /// Where to connect to: a name, an IPv4 address or an IPv6 address without brackets.
    pub address: String,
    /// Whether the inventory gives the address; if not it is the name, and `HostName` of
    /// `ssh_config` may replace it.
    pub address_given: bool,
    /// The port; `None` leaves it to `ssh_config`, and to 22 after that.
    pub port: Option<u16>,
    /// The user to log in as; `None` leaves it to `ssh_config`.
    pub user: Option<String>,
    /// Whether steps that need root get it through sudo.
    pub r#become: bool,
    /// Private keys to try, as absolute paths; empty leaves them to `ssh_config`.
    pub identity_files: Vec<PathBuf>,
    /// Files of known host keys, as absolute paths; empty leaves them to `ssh_config`.
    pub known_hosts: Vec<PathBuf>,
    /// Through what the connection goes.
    pub jump: Option<Jump>,
    /// Images that a cleanup never plans, as globs: those of the defaults, of every group and
    /// of the host together.
    pub protect: Vec<String>,
    /// Whether a rootless Docker is expected on it.
    pub rootless: bool,
    /// Whether its builds run one at a time.
    pub serial: bool,
    /// Every group it is in, directly or through a child, sorted.
    pub groups: Vec<String>,
    /// Its variables: the defaults', the groups' and its own.
    pub vars: BTreeMap<String, Value>,
}

/// Through what a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// Another host of the inventory.
    Host(HostName),
    /// An ssh destination, `user@address:port`, whose parts but the address may be missing; an
    /// address without dots may be an alias of `ssh_config`.
    Destination(String),
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => name.fmt(f),
            Self::Destination(text) => f.pad(text),
        }
    }
}

/// An app: what is built from which template, and where.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The folder in `templates/` that its Dockerfile is made from; whether it exists is not
    /// checked here.
    pub template: String,
    /// The hosts it is built on.
    pub hosts: Selection,
    /// Its checkout on those hosts, an absolute path there.
    pub path: Option<String>,
    /// Its repository on this machine, an absolute path.
    pub repo: Option<PathBuf>,
    /// Its own variables.
    pub vars: BTreeMap<String, Value>,
}
