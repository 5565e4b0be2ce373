//! Inventories that a program prints, in the JSON of Ansible's dynamic inventories.

use super::check::{self, Fault};
use super::error::Draft;
use super::raw::{Connection, Raw, RawGroup, RawHost};
use super::read::{group_name, host_name, merge_defaults, twice};
use super::source::{Located, Place};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use toml::Value;

/// A JSON object.
type Object = Map<String, Json>;

/// Takes in what one program printed.
pub(super) struct Printed<'a> {
    /// The program's place: printed values have no lines of their own.
    pub(super) place: Place,
    pub(super) drafts: &'a mut Vec<Draft>,
}

impl Printed<'_> {
    /// Reads a whole document into `raw`.
    pub(super) fn read(&mut self, text: &[u8], raw: &mut Raw) {
        let document = match serde_json::from_slice::<Json>(text) {
            Ok(Json::Object(document)) => document,
            Ok(_) => return self.wrong("", "its output is not a JSON object", HELP),
            Err(error) => return self.wrong("", &format!("its output is not JSON: {error}"), HELP),
        };
        let mut hosts = BTreeMap::new();
        for (name, group) in &document {
            if name != "_meta" {
                self.group(name, group, raw, &mut hosts);
            }
        }
        self.host_vars(&document, &mut hosts);
        raw.hosts.extend(hosts.into_values());
    }

    fn wrong(&mut self, at: &str, message: &str, help: &str) {
        let message = match at {
            "" => message.to_owned(),
            at => format!("{}: {message}", check::shown(at)),
        };
        self.drafts.push(Draft::at(self.place, Fault::new(message, help)));
    }

    fn fault(&mut self, at: &str, fault: &Fault) {
        self.wrong(at, &fault.message, &fault.help);
    }

    fn located<T>(&self, value: T) -> Located<T> {
        Located { value, place: self.place }
    }

    fn group(
        &mut self,
        name: &str,
        group: &Json,
        raw: &mut Raw,
        hosts: &mut BTreeMap<String, RawHost>,
    ) {
        let implied = matches!(name, "all" | "ungrouped");
        if let (false, Err(fault)) = (implied, group_name(name)) {
            return self.fault(name, &fault);
        }
        let (members, children, vars) = match group {
            // The old form: a group is the list of its hosts.
            Json::Array(_) => (self.names(name, Some(group)), Vec::new(), None),
            Json::Object(group) => (
                self.names(name, group.get("hosts")),
                self.names(name, group.get("children")),
                group.get("vars"),
            ),
            _ => return self.wrong(name, "a group must be an object or an array", HELP),
        };
        for member in members {
            if let Some(host) = self.host(&member, hosts).filter(|_| !implied) {
                host.groups.push(Located { value: name.to_owned(), place: host.pattern.place });
            }
        }
        let mut table = RawGroup::new(self.place);
        let mut address = None;
        self.vars(name, vars, &mut table.connection, &mut address);
        if address.is_some() {
            self.wrong(
                name,
                "a group has no `ansible_host`",
                "print it in _meta.hostvars, per host",
            );
        }
        if implied {
            return merge_defaults(&mut raw.defaults, table.connection, self.drafts);
        }
        table.children = children.into_iter().map(|child| self.located(child)).collect();
        match raw.groups.get(name) {
            Some(first) => {
                self.drafts.push(twice(&format!("group `{name}`"), self.place, first.place));
            }
            None => drop(raw.groups.insert(name.to_owned(), table)),
        }
    }

    fn names(&mut self, at: &str, list: Option<&Json>) -> Vec<String> {
        let items = match list {
            None | Some(Json::Null) => return Vec::new(),
            Some(Json::Array(items)) => items,
            Some(_) => {
                self.wrong(at, "`hosts` and `children` must be arrays of names", HELP);
                return Vec::new();
            }
        };
        let names =
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect::<Vec<_>>();
        if names.len() < items.len() {
            self.wrong(at, "`hosts` and `children` must be arrays of names", HELP);
        }
        names
    }

    /// The host of a name, made if it is new.
    fn host<'h>(
        &mut self,
        name: &str,
        hosts: &'h mut BTreeMap<String, RawHost>,
    ) -> Option<&'h mut RawHost> {
        if let Err(fault) = host_name(name) {
            self.fault(name, &fault);
            return None;
        }
        let pattern = self.located(name.to_owned());
        Some(hosts.entry(name.to_owned()).or_insert_with(|| {
            let mut host = RawHost::new(pattern);
            host.names = vec![name.to_owned()];
            host
        }))
    }

    fn host_vars(&mut self, document: &Object, hosts: &mut BTreeMap<String, RawHost>) {
        let Some(meta) = document.get("_meta") else { return };
        let Some(host_vars) = meta.get("hostvars") else { return };
        let Some(host_vars) = host_vars.as_object() else {
            return self.wrong("_meta.hostvars", "must be an object", HELP);
        };
        for (name, vars) in host_vars {
            let Some(host) = self.host(name, hosts) else { continue };
            let mut address = None;
            self.vars(name, Some(vars), &mut host.connection, &mut address);
            host.address = address;
        }
    }

    /// Reads variables, those that Ansible gives a meaning as the keys they mean.
    fn vars(
        &mut self,
        at: &str,
        vars: Option<&Json>,
        into: &mut Connection,
        address: &mut Option<Located<String>>,
    ) {
        let vars = match vars {
            None | Some(Json::Null) => return,
            Some(Json::Object(vars)) => vars,
            Some(_) => return self.wrong(at, "`vars` must be an object", HELP),
        };
        for (name, value) in vars {
            let at = format!("{at}.{name}");
            match name.as_str() {
                "ansible_host" => *address = self.checked(&at, value, check::address),
                "ansible_user" => {
                    into.user = self
                        .checked(&at, value, |text| check::user(text).map(|()| text.to_owned()));
                }
                "ansible_port" => into.port = self.port(&at, value),
                _ => self.var(&at, name, value, into),
            }
        }
    }

    fn checked(
        &mut self,
        at: &str,
        value: &Json,
        check: impl FnOnce(&str) -> Result<String, Fault>,
    ) -> Option<Located<String>> {
        let Some(text) = value.as_str() else {
            self.wrong(at, "must be a string", HELP);
            return None;
        };
        match check(text) {
            Ok(value) => Some(self.located(value)),
            Err(fault) => {
                self.fault(at, &fault);
                None
            }
        }
    }

    /// A port, which Ansible's plugins print as a number or as a text.
    fn port(&mut self, at: &str, value: &Json) -> Option<Located<u16>> {
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let port = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
        if port.is_none() {
            self.wrong(at, "is not a port", "print a whole number from 1 to 65535");
        }
        port.map(|port| self.located(port))
    }

    fn var(&mut self, at: &str, name: &str, value: &Json, into: &mut Connection) {
        if let Err(fault) = check::variable(name) {
            return self.fault(at, &fault);
        }
        match to_toml(value) {
            Ok(Some(value)) => drop(into.vars.insert(name.to_owned(), self.located(value))),
            // TOML has no null: a variable without a value is no variable.
            Ok(None) => {}
            Err(fault) => self.fault(at, &fault),
        }
    }
}

/// What every mistake in printed JSON advises.
const HELP: &str =
    "run it by hand with --list and compare with docs/inventory.md, \"A program that prints\"";

fn to_toml(value: &Json) -> Result<Option<Value>, Fault> {
    Ok(Some(match value {
        Json::Null => return Ok(None),
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Integer(whole),
            (None, Some(float)) if !number.is_u64() => Value::Float(float),
            _ => return Err(Fault::new(format!("{number} is too large"), "print it as a string")),
        },
        Json::String(text) => {
            check::plain(text)?;
            Value::String(text.clone())
        }
        Json::Array(items) => {
            let items = items.iter().filter_map(|item| to_toml(item).transpose());
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Json::Object(object) => {
            let mut table = toml::Table::new();
            for (key, value) in object {
                check::plain(key)?;
                table.extend(to_toml(value)?.map(|value| (key.clone(), value)));
            }
            Value::Table(table)
        }
    }))
}
