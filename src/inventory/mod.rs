//! The inventory: from TOML files to hosts, groups, apps and variables, and the expressions
//! that select among them.
//!
//! [`Inventory::find`] finds the project, [`Inventory::load`] reads it and tells every mistake
//! at once, [`Inventory::select`] chooses hosts, [`Inventory::explain`] tells where values come
//! from. Nothing here contacts a host. Users read `docs/inventory.md`.

mod app;
mod blame;
mod check;
mod dynamic;
mod error;
mod explain;
mod groups;
mod host;
mod jump;
mod layers;
mod load;
mod program;
mod range;
mod raw;
mod read;
mod resolve;
mod select;
mod source;
mod syntax;
mod term;
#[cfg(test)]
mod tests;
mod trust;
mod value;
mod vars;

pub use blame::VarMistake;
pub use error::{InventoryError, Mistake, SelectError};
pub use explain::{Explained, Origin};
pub use host::{App, Host, Jump};
pub use select::{LastRun, Selection};
pub use trust::Trust;
pub use vars::merge as merge_vars;

use crate::record::HostName;
use select::{Candidates, Outcomes};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// A whole inventory, checked and with every key decided.
#[derive(Debug)]
pub struct Inventory {
    project: PathBuf,
    hosts: Vec<Host>,
    apps: Vec<App>,
    by_name: HashMap<HostName, usize>,
    /// Each group's hosts, those of its children too, by position.
    members: BTreeMap<String, Vec<usize>>,
    parts: Parts,
}

/// What an inventory was made from, kept to explain it.
#[derive(Debug)]
struct Parts {
    raw: raw::Raw,
    groups: groups::Groups,
    sources: source::Sources,
    /// For each host, the number of its table.
    origins: Vec<usize>,
}

impl Inventory {
    /// The project folder: the nearest one, from `start` upwards, that holds `inventory/`.
    ///
    /// # Errors
    ///
    /// No folder holds it.
    pub fn find(start: &Path) -> Result<PathBuf, InventoryError> {
        load::find(start)
    }

    /// Reads an inventory. The path is a project folder (which holds `inventory/`), a folder of
    /// `*.toml` files, one file, or a program that prints Ansible's dynamic-inventory JSON.
    ///
    /// # Errors
    ///
    /// All mistakes of all files together; see [`InventoryError::mistakes`].
    pub fn load(path: &Path, trust: Trust) -> Result<Self, InventoryError> {
        load::load(path, trust)
    }

    /// The folder that relative paths start from: the one that holds `inventory/`.
    #[must_use]
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// Every host, in inventory order: by file name, then as written.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// Every app, in inventory order.
    #[must_use]
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// The host of a name; takes a [`HostName`] or a text.
    #[must_use]
    pub fn host(&self, name: impl AsRef<str>) -> Option<&Host> {
        self.by_name.get(name.as_ref()).and_then(|at| self.hosts.get(*at))
    }

    /// The app of a name.
    #[must_use]
    pub fn app(&self, name: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.name == name)
    }

    /// Every group's name, sorted.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The hosts of a group, those of its children too, in inventory order; none for a group
    /// that does not exist.
    pub fn group(&self, name: &str) -> impl Iterator<Item = &Host> {
        self.members.get(name).into_iter().flatten().filter_map(|at| self.hosts.get(*at))
    }

    /// The files that were read or run, in order, relative to the project folder where that
    /// holds them.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.parts.sources.paths()
    }

    /// The hosts of a selection, each once, in inventory order.
    ///
    /// # Errors
    ///
    /// A term names nothing, `@outcome` is used without a last run, or nothing is left.
    pub fn select(
        &self,
        selection: &Selection,
        last: Option<&LastRun>,
    ) -> Result<Vec<&Host>, SelectError> {
        self.choose_hosts(selection, last.map_or(Outcomes::NoRun, Outcomes::Run))
    }

    /// The hosts that an app is built on, in inventory order.
    ///
    /// # Errors
    ///
    /// None for an app of this inventory, whose hosts were checked when it was loaded.
    pub fn app_hosts(&self, app: &App) -> Result<Vec<&Host>, SelectError> {
        self.select_for_app(&app.hosts)
    }

    /// The apps of a selection, each once, in inventory order.
    ///
    /// # Errors
    ///
    /// A term names nothing or is an `@outcome`, or nothing is left.
    pub fn select_apps(&self, selection: &Selection) -> Result<Vec<&App>, SelectError> {
        let candidates = Candidates {
            noun: "app",
            names: self.apps.iter().map(|app| app.name.as_str()).collect(),
            groups: None,
            outcomes: Outcomes::Never("is an outcome of hosts, not of apps"),
        };
        let chosen = candidates.choose(selection)?;
        Ok(chosen.into_iter().filter_map(|at| self.apps.get(at)).collect())
    }

    /// Where each key and variable of a host comes from.
    #[must_use]
    pub fn explain(&self, host: &Host) -> Vec<Explained> {
        explain::explain(self, host)
    }

    fn select_for_app(&self, selection: &Selection) -> Result<Vec<&Host>, SelectError> {
        let why = "would make an app's hosts depend on the last run";
        self.choose_hosts(selection, Outcomes::Never(why))
    }

    fn choose_hosts(
        &self,
        selection: &Selection,
        outcomes: Outcomes<'_>,
    ) -> Result<Vec<&Host>, SelectError> {
        let candidates = Candidates {
            noun: "host",
            names: self.hosts.iter().map(|host| host.name.as_str()).collect(),
            groups: Some(&self.members),
            outcomes,
        };
        let chosen = candidates.choose(selection)?;
        Ok(chosen.into_iter().filter_map(|at| self.hosts.get(at)).collect())
    }
}
