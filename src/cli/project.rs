//! The project that a verb works in: inventory, selection, ways to hosts, keys, history.

use super::args::Global;
use super::fault::Fault;
use super::out;
use crate::history;
use crate::inventory::{Host, Inventory, LastRun, Selection, Trust};
use crate::plan::Plan;
use crate::record::HostName;
use crate::ssh::{Deadlines, Dialer, Keyring, Route, Router, Unknown};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// An inventory and where it was found.
pub(super) struct Project {
    pub(super) inventory: Inventory,
    history: PathBuf,
}

impl Project {
    /// Finds and reads the inventory.
    pub(super) fn open(global: &Global) -> Result<Self, Fault> {
        let start = match &global.directory {
            Some(directory) => directory.clone(),
            None => std::env::current_dir()
                .map_err(|e| Fault::usage(format!("no current folder: {e}")))?,
        };
        if !start.is_dir() {
            return Err(Fault::usage(format!("no folder {}", start.display()))
                .hint("-C names the folder to work in"));
        }
        let inventory = match &global.inventory {
            Some(path) => Inventory::load(&start.join(path), Trust::Named),
            None => Inventory::find(&start).and_then(|p| Inventory::load(&p, Trust::Found)),
        }
        .map_err(Fault::file)?;
        let history = history::folder(Some(inventory.project()));
        Ok(Self { inventory, history })
    }

    /// The hosts of an expression, without those of another.
    pub(super) fn select(&self, hosts: &str, not: Option<&str>) -> Result<Vec<&Host>, Fault> {
        let mut selection = Selection::parse(hosts).map_err(Fault::file)?;
        if let Some(not) = not {
            selection = selection.without(Selection::parse(not).map_err(Fault::file)?);
        }
        let uses_last = [Some(hosts), not].into_iter().flatten().any(|e| e.contains('@'));
        let last = if uses_last { self.last_run()? } else { None };
        self.inventory.select(&selection, last.as_ref()).map_err(Fault::file)
    }

    fn last_run(&self) -> Result<Option<LastRun>, Fault> {
        let reader = self.history()?;
        let outcomes = reader.last_outcomes().map_err(Fault::history)?;
        Ok(outcomes.map(|all| all.into_iter().map(|(h, o)| (h, o.as_str().to_owned())).collect()))
    }

    /// The history, to read.
    pub(super) fn history(&self) -> Result<history::Reader, Fault> {
        history::Reader::open(&self.history).map_err(Fault::history)
    }

    /// The machine that last answered for each host of a plan.
    pub(super) fn machines(&self, plan: &Plan) -> Result<HashMap<HostName, String>, Fault> {
        let reader = self.history()?;
        let mut machines = HashMap::new();
        for host in &plan.hosts {
            if let Some((machine, _)) = reader.last_identity(&host.name).map_err(Fault::history)? {
                machines.insert(host.name.clone(), machine);
            }
        }
        Ok(machines)
    }

    /// The history, to write.
    pub(super) fn recorder(
        &self,
        on_failure: Box<dyn FnOnce(&history::HistoryError) + Send>,
    ) -> Result<history::Writer, Fault> {
        history::Writer::open(&self.history, on_failure).map_err(Fault::history)
    }

    /// The ways to these hosts. Warnings about the user's files are told once.
    pub(super) fn routes(&self, hosts: &[&Host], quiet: bool) -> Result<Vec<Route>, Fault> {
        let mut router =
            Router::new(&self.inventory).map_err(|e| Fault::usage(e.to_string()).hint(e.hint()))?;
        let routes = hosts
            .iter()
            .map(|host| router.route(host))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| Fault::usage(e.to_string()).hint(e.hint()))?;
        if !quiet {
            for warning in router.warnings() {
                out::notice(&format!("warning: {warning}\n"));
            }
        }
        Ok(routes)
    }
}

/// Reads the keys that these ways need and makes the dialer.
pub(super) async fn dialer(
    routes: &[Route],
    connect: Duration,
    unknown: Unknown,
) -> Result<Dialer, Fault> {
    let named: BTreeSet<PathBuf> = routes
        .iter()
        .flat_map(|route| route.jumps.iter().chain([&route.host]))
        .flat_map(|hop| hop.identity_files.iter().cloned())
        .collect();
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let default: Vec<PathBuf> = ["id_ed25519", "id_ecdsa", "id_rsa"]
        .iter()
        .map(|name| home.join(".ssh").join(name))
        .collect();
    let agent = std::env::var_os("SSH_AUTH_SOCK").filter(|s| !s.is_empty()).map(PathBuf::from);
    let keyring = Keyring::load(named, default.clone(), agent, &mut passphrase)
        .await
        .map_err(|e| Fault::usage(e.to_string()).hint(e.hint))?;
    let deadlines = Deadlines { connect, ..Deadlines::default() };
    Ok(Dialer::new(keyring, default, deadlines, unknown))
}

/// Asks once, on the terminal itself, never on a pipe.
fn passphrase(path: &Path) -> Option<Zeroizing<String>> {
    if !out::can_ask() {
        return None;
    }
    let question = format!("passphrase of {}: ", path.display());
    rpassword::prompt_password(question).ok().map(Zeroizing::new)
}
