//! An inventory as it is written: every value with its place, nothing looked up yet.

use super::source::{Located, Place};
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::Value;

/// Variables by name.
pub(super) type Vars = BTreeMap<String, Located<Value>>;

/// The keys that `[defaults]`, groups and hosts share.
#[derive(Debug, Default)]
pub(super) struct Connection {
    pub(super) user: Option<Located<String>>,
    pub(super) port: Option<Located<u16>>,
    pub(super) r#become: Option<Located<bool>>,
    pub(super) identity_files: Option<Located<Vec<PathBuf>>>,
    pub(super) known_hosts: Option<Located<Vec<PathBuf>>>,
    pub(super) jump: Option<Located<String>>,
    pub(super) protect: Option<Located<Vec<String>>>,
    pub(super) vars: Vars,
}

/// A `[hosts."…"]` table, which may stand for many hosts.
#[derive(Debug)]
pub(super) struct RawHost {
    /// The name as written, perhaps with ranges.
    pub(super) pattern: Located<String>,
    /// The names it stands for; empty where the pattern is wrong.
    pub(super) names: Vec<String>,
    pub(super) address: Option<Located<String>>,
    pub(super) groups: Vec<Located<String>>,
    pub(super) rootless: Option<Located<bool>>,
    pub(super) serial: Option<Located<bool>>,
    pub(super) connection: Connection,
}

impl RawHost {
    pub(super) fn new(pattern: Located<String>) -> Self {
        Self {
            pattern,
            names: Vec::new(),
            address: None,
            groups: Vec::new(),
            rootless: None,
            serial: None,
            connection: Connection::default(),
        }
    }
}

/// A `[groups.NAME]` table.
#[derive(Debug)]
pub(super) struct RawGroup {
    pub(super) place: Place,
    pub(super) children: Vec<Located<String>>,
    pub(super) connection: Connection,
}

impl RawGroup {
    pub(super) fn new(place: Place) -> Self {
        Self { place, children: Vec::new(), connection: Connection::default() }
    }
}

/// An `[apps.NAME]` table.
#[derive(Debug)]
pub(super) struct RawApp {
    pub(super) name: Located<String>,
    pub(super) template: Option<Located<String>>,
    pub(super) hosts: Option<Located<String>>,
    pub(super) path: Option<Located<String>>,
    pub(super) repo: Option<Located<PathBuf>>,
    pub(super) vars: Vars,
}

/// All files of an inventory, merged.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) defaults: Connection,
    pub(super) hosts: Vec<RawHost>,
    pub(super) groups: BTreeMap<String, RawGroup>,
    pub(super) apps: Vec<RawApp>,
}
