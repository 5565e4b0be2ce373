//! Where each of a host's values comes from, for `fleet hosts NAME --explain`.

use super::host::Host;
use super::layers::{Layer, Layers};
use super::raw::Connection;
use super::source::{Located, Place};
use super::{Inventory, Parts};
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// Where a value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file, relative to the project folder where that holds it; empty for what is built in.
    pub file: PathBuf,
    /// The line, from 1; `None` for a program's output and for what is built in.
    pub line: Option<usize>,
    /// The layer: `built in`, `defaults`, `group web` or `host web1`.
    pub layer: String,
}

impl Origin {
    fn built_in() -> Self {
        Self { file: PathBuf::new(), line: None, layer: "built in".into() }
    }
}

/// `inventory/hosts.toml:12 (group web)`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.as_os_str().is_empty() {
            return f.write_str(&self.layer);
        }
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, " ({})", self.layer)
    }
}

/// One key of a host, its value and where that comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The key as users write it, variables as `vars.NAME`; one line per layer for `protect`,
    /// whose layers add up.
    pub key: String,
    /// The value as TOML.
    pub value: String,
    /// Where it is written.
    pub source: Origin,
    /// What it covers, the nearest layer first.
    pub overridden: Vec<(String, Origin)>,
}

/// Explains every key and variable of a host.
pub(super) fn explain(inventory: &Inventory, host: &Host) -> Vec<Explained> {
    let parts = &inventory.parts;
    let Some(number) = inventory.by_name.get(&host.name) else { return Vec::new() };
    let written = &parts.raw.hosts[parts.origins[*number]];
    let direct: Vec<usize> =
        written.groups.iter().filter_map(|group| parts.groups.number(&group.value)).collect();
    let order = parts.groups.upwards(&direct);
    let layers = Layers::stack(&parts.raw, &parts.groups, &order, written);
    let explainer = Explainer { parts, host, layers };
    let flag = |value: Option<&Located<bool>>| {
        (value.is_some_and(|it| it.value), value.map(|it| it.place))
    };
    let mut lines = vec![
        explainer.own("address", &host.address, written.address.as_ref().map(|it| it.place)),
        explainer.key("port", |table| &table.port, "(ssh_config, or 22)"),
        explainer.key("user", |table| &table.user, "(ssh_config)"),
        explainer.key("become", |table| &table.r#become, "false"),
        explainer.key("identity_file", |table| &table.identity_files, "(ssh_config)"),
        explainer.key("known_hosts", |table| &table.known_hosts, "(ssh_config)"),
        explainer.key("jump", |table| &table.jump, "(none)"),
        explainer.own("groups", &host.groups, written.groups.first().map(|it| it.place)),
    ];
    for (key, (value, place)) in
        [("rootless", flag(written.rootless.as_ref())), ("serial", flag(written.serial.as_ref()))]
    {
        lines.push(explainer.own(key, &value, place));
    }
    lines.extend(explainer.protect());
    lines.extend(explainer.vars());
    lines
}

struct Explainer<'a> {
    parts: &'a Parts,
    host: &'a Host,
    layers: Layers<'a>,
}

impl<'a> Explainer<'a> {
    fn origin(&self, layer: Layer, place: Place) -> Origin {
        Origin {
            file: self.parts.sources.path(place).to_owned(),
            line: self.parts.sources.line(place),
            layer: match layer {
                Layer::Defaults => "defaults".into(),
                Layer::Group(group) => format!("group {}", self.parts.groups.name(group)),
                Layer::Host => format!("host {}", self.host.name),
            },
        }
    }

    /// A key that only the host's own table holds; without it the value is built in.
    fn own(&self, key: &str, value: &impl serde::Serialize, place: Option<Place>) -> Explained {
        Explained {
            key: key.into(),
            value: show(value),
            source: place.map_or_else(Origin::built_in, |place| self.origin(Layer::Host, place)),
            overridden: Vec::new(),
        }
    }

    /// A key of which one layer's value covers the others'.
    fn key<T: serde::Serialize + 'a>(
        &self,
        key: &str,
        get: impl Fn(&'a Connection) -> &'a Option<Located<T>>,
        otherwise: &str,
    ) -> Explained {
        let every = self.layers.every(get);
        let found = every.map(|(layer, it)| (show(&it.value), self.origin(layer, it.place)));
        let built_in = (otherwise.to_owned(), Origin::built_in());
        covered(key, found.collect(), built_in)
    }

    fn protect(&self) -> Vec<Explained> {
        let every = self.layers.every(|table| &table.protect);
        let line = |(layer, globs): (Layer, &Located<Vec<String>>)| Explained {
            key: "protect".into(),
            value: show(&globs.value),
            source: self.origin(layer, globs.place),
            overridden: Vec::new(),
        };
        every.map(line).collect()
    }

    fn vars(&self) -> Vec<Explained> {
        let names: BTreeSet<&String> =
            self.layers.iter().flat_map(|(_, table)| table.vars.keys()).collect();
        let line = |name: &String| {
            let found = self.layers.iter().filter_map(|(layer, table)| {
                let value = table.vars.get(name)?;
                Some((show(&value.value), self.origin(layer, value.place)))
            });
            covered(&format!("vars.{name}"), found.collect(), (String::new(), Origin::built_in()))
        };
        names.into_iter().map(line).collect()
    }
}

/// The last of some values, and those it covers.
fn covered(key: &str, mut found: Vec<(String, Origin)>, otherwise: (String, Origin)) -> Explained {
    let (value, source) = found.pop().unwrap_or(otherwise);
    found.reverse();
    Explained { key: key.into(), value, source, overridden: found }
}

/// A value as TOML would write it on one line.
fn show(value: &impl serde::Serialize) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}
