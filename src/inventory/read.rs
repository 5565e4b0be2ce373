//! Reads one TOML file into [`Raw`], noting every mistake rather than stopping at the first.
//!
//! The parsed document is walked by hand: serde's derive stops at the first unknown key or
//! wrong type, and a user with five mistakes would need six attempts.

use super::check::{self, Fault};
use super::error::Draft;
use super::raw::{Connection, Raw, RawGroup, RawHost, Vars};
use super::source::{Located, Place};
use super::value::{Key, Node, Reader};
use super::{app, jump, syntax};
use std::collections::btree_map::Entry;
use toml::de::DeTable;

/// The tables of a file.
const TABLES: [&str; 4] = ["defaults", "hosts", "groups", "apps"];
/// What `[defaults]` may hold.
const DEFAULTS: [&str; 8] =
    ["user", "port", "become", "identity_file", "known_hosts", "jump", "protect", "vars"];
/// What a host may hold.
const HOST: [&str; 12] = [
    "address",
    "port",
    "user",
    "groups",
    "become",
    "identity_file",
    "known_hosts",
    "jump",
    "protect",
    "rootless",
    "serial",
    "vars",
];
/// What a group may hold.
const GROUP: [&str; 9] = [
    "children",
    "user",
    "port",
    "become",
    "identity_file",
    "known_hosts",
    "jump",
    "protect",
    "vars",
];

/// Reads a file's text into `raw`. Gives false where it is not TOML, so that nothing is
/// concluded from what it seems to lack.
pub(super) fn file(reader: &mut Reader<'_>, text: &str, raw: &mut Raw) -> bool {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        syntax::tell(reader, text, &errors);
        return false;
    }
    for (key, node) in reader.entries(document.into_inner()) {
        match key.name.as_str() {
            "defaults" => defaults(reader, node, raw),
            "hosts" => each(reader, &key, node, |reader, key, node| host(reader, key, node, raw)),
            "groups" => each(reader, &key, node, |reader, key, node| group(reader, key, node, raw)),
            "apps" => {
                each(reader, &key, node, |reader, key, node| app::read(reader, key, node, raw));
            }
            _ => reader.unknown(&key, "an inventory file", &TABLES),
        }
    }
    true
}

/// Reads every named table in a table.
fn each<'i>(
    reader: &mut Reader<'_>,
    key: &Key,
    node: Node<'i>,
    mut read: impl FnMut(&mut Reader<'_>, Key, DeTable<'i>),
) {
    let Some(table) = reader.table(&key.name, node) else { return };
    for (key, node) in reader.entries(table) {
        if let Some(table) = reader.table(&key.name, node) {
            read(reader, key, table);
        }
    }
}

fn defaults(reader: &mut Reader<'_>, node: Node<'_>, raw: &mut Raw) {
    let Some(table) = reader.table("defaults", node) else { return };
    let mut read = Connection::default();
    for (key, node) in reader.entries(table) {
        if connection(reader, &key, node, &mut read).is_some() {
            reader.unknown(&key, "[defaults]", &DEFAULTS);
        }
    }
    merge_defaults(&mut raw.defaults, read, reader.drafts);
}

/// Adds one file's defaults to those of the files before it.
pub(super) fn merge_defaults(into: &mut Connection, from: Connection, drafts: &mut Vec<Draft>) {
    merge_key("user", &mut into.user, from.user, drafts);
    merge_key("port", &mut into.port, from.port, drafts);
    merge_key("become", &mut into.r#become, from.r#become, drafts);
    merge_key("identity_file", &mut into.identity_files, from.identity_files, drafts);
    merge_key("known_hosts", &mut into.known_hosts, from.known_hosts, drafts);
    merge_key("jump", &mut into.jump, from.jump, drafts);
    merge_key("protect", &mut into.protect, from.protect, drafts);
    for (name, value) in from.vars {
        let mut slot = into.vars.remove(&name);
        merge_key(&name, &mut slot, Some(value), drafts);
        into.vars.extend(slot.map(|value| (name, value)));
    }
}

fn merge_key<T>(
    key: &str,
    into: &mut Option<Located<T>>,
    from: Option<Located<T>>,
    drafts: &mut Vec<Draft>,
) {
    match (&*into, from) {
        (Some(first), Some(second)) => {
            let what = format!("the default `{key}`");
            drafts.push(twice(&what, second.place, first.place));
        }
        (None, from) => *into = from,
        (Some(_), None) => {}
    }
}

/// Two places that say the same thing.
pub(super) fn twice(what: &str, second: Place, first: Place) -> Draft {
    let fault =
        Fault::new(format!("{what} is written twice"), "remove one, or give it another name");
    Draft::at(second, fault).label("again").also(first, format!("{what} is first written here"))
}

fn host(reader: &mut Reader<'_>, key: Key, table: DeTable<'_>, raw: &mut Raw) {
    let mut host = RawHost::new(key.located());
    host.names = host_names(reader, &host.pattern);
    let many = host.names.len() > 1;
    for (key, node) in reader.entries(table) {
        let name = key.name.as_str();
        match name {
            "address" => {
                host.address = reader.convert(name, &node, check::address);
                if many {
                    reader.wrong(key.place, Fault::new(
                        format!("one `address` for the {} hosts of a range", host.names.len()),
                        "give each host its own table, or leave `address` out where the names are addresses",
                    ));
                }
            }
            "groups" => {
                host.groups =
                    reader.list(name, &node, |text| group_name(text).map(|()| text.to_owned()));
            }
            "rootless" => host.rootless = reader.flag(name, &node),
            "serial" => host.serial = reader.flag(name, &node),
            _ => {
                if connection(reader, &key, node, &mut host.connection).is_some() {
                    reader.unknown(&key, "a host", &HOST);
                }
            }
        }
    }
    raw.hosts.push(host);
}

/// The names that a host's key stands for, all of them valid.
fn host_names(reader: &mut Reader<'_>, pattern: &Located<String>) -> Vec<String> {
    let expanded = check::filled(&pattern.value)
        .and_then(|()| super::range::expand(&pattern.value))
        .and_then(|names| names.iter().try_for_each(|name| host_name(name)).map(|()| names));
    expanded.unwrap_or_else(|fault| {
        reader.wrong(pattern.place, fault);
        Vec::new()
    })
}

/// The name of a host; `all` is taken.
pub(super) fn host_name(text: &str) -> Result<(), Fault> {
    reserved(text)?;
    check::name(text)
}

/// The name of a group; `all` is taken.
pub(super) fn group_name(text: &str) -> Result<(), Fault> {
    reserved(text)?;
    check::name(text)
}

fn reserved(text: &str) -> Result<(), Fault> {
    if text == "all" {
        return Err(Fault::new(
            "`all` always means every host",
            "write what all hosts share into [defaults]",
        ));
    }
    Ok(())
}

fn group(reader: &mut Reader<'_>, key: Key, table: DeTable<'_>, raw: &mut Raw) {
    if let Err(fault) = group_name(&key.name) {
        reader.wrong(key.place, fault);
    }
    let mut group = RawGroup::new(key.place);
    for (key, node) in reader.entries(table) {
        if key.name == "children" {
            group.children =
                reader.list("children", &node, |text| group_name(text).map(|()| text.to_owned()));
        } else if connection(reader, &key, node, &mut group.connection).is_some() {
            reader.unknown(&key, "a group", &GROUP);
        }
    }
    match raw.groups.entry(key.name) {
        Entry::Vacant(slot) => {
            slot.insert(group);
        }
        Entry::Occupied(first) => {
            let what = format!("group `{}`", check::shown(first.key()));
            reader.drafts.push(twice(&what, group.place, first.get().place));
        }
    }
}

/// Reads a key that defaults, groups and hosts share; gives the value back if it is none.
fn connection<'i>(
    reader: &mut Reader<'_>,
    key: &Key,
    node: Node<'i>,
    into: &mut Connection,
) -> Option<Node<'i>> {
    let folders = reader.folders;
    let name = key.name.as_str();
    match name {
        "user" => into.user = reader.text(name, &node, check::user),
        "port" => into.port = reader.port(name, &node),
        "become" => into.r#become = reader.flag(name, &node),
        "identity_file" => {
            into.identity_files = Some(reader.whole_list(name, &node, |text| folders.path(text)));
        }
        "known_hosts" => {
            into.known_hosts = Some(reader.whole_list(name, &node, |text| folders.path(text)));
        }
        "jump" => into.jump = reader.text(name, &node, jump::check),
        "protect" => into.protect = Some(reader.whole_list(name, &node, image_glob)),
        "vars" => into.vars = vars(reader, node),
        _ => return Some(node),
    }
    None
}

/// A glob over image names; one that cannot be read would silently protect nothing.
fn image_glob(text: &str) -> Result<String, Fault> {
    check::filled(text)?;
    globset::Glob::new(text).map(|_| text.to_owned()).map_err(|error| {
        Fault::new(
            format!("`{}` is not a glob: {}", check::shown(text), error.kind()),
            "write an image name with `*` for any characters, such as `registry.example/*`",
        )
    })
}

/// A table of variables.
pub(super) fn vars(reader: &mut Reader<'_>, node: Node<'_>) -> Vars {
    let mut vars = Vars::new();
    let Some(table) = reader.table("vars", node) else { return vars };
    for (key, node) in reader.entries(table) {
        if let Err(fault) = check::variable(&key.name) {
            reader.wrong(key.place, fault);
        }
        if let Some(value) = reader.value(node) {
            vars.insert(key.name, value);
        }
    }
    vars
}
