//! From what is written to hosts and apps: names looked up, layers laid over each other.

use super::check::{Fault, shown};
use super::error::Draft;
use super::groups::Groups;
use super::host::{App, Host, Jump};
use super::jump::{self, Jumps};
use super::layers::Layers;
use super::raw::{Raw, RawApp, RawHost};
use super::read::twice;
use super::select::Selection;
use super::source::{Located, Place, Sources};
use super::{Inventory, Parts, vars};
use crate::record::HostName;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use toml::Value;

/// What all hosts with the same `groups` have in common.
struct Shared {
    order: Vec<usize>,
    names: Vec<String>,
    vars: BTreeMap<String, Value>,
}

/// Works out every host and app. `complete` says that every file could be read.
pub(super) fn resolve(
    project: &Path,
    raw: Raw,
    sources: Sources,
    complete: bool,
    drafts: &mut Vec<Draft>,
) -> Inventory {
    let groups = Groups::build(&raw, complete, drafts);
    let (names, origins) = expand(&raw, drafts);
    name_clashes(&raw, &names, &groups, drafts);
    let by_name: HashMap<HostName, usize> = names.iter().cloned().zip(0..).collect();
    let mut jumps = Jumps::new(&by_name);
    let mut shared: HashMap<Vec<usize>, Shared> = HashMap::new();
    let mut hosts = Vec::with_capacity(names.len());
    let mut next = Vec::with_capacity(names.len());
    for (name, origin) in names.iter().zip(&origins) {
        let written = &raw.hosts[*origin];
        let direct = direct_groups(&groups, written);
        let common = shared.entry(direct).or_insert_with_key(|direct| share(&raw, &groups, direct));
        let layers = Layers::stack(&raw, &groups, &common.order, written);
        let mut host = assemble(name, written, &layers, common);
        let text = layers.last(|table| &table.jump);
        let own = written.connection.jump.is_some();
        host.jump = text.and_then(|text| jumps.resolve(name, text, own, drafts));
        next.push(link(&host, text, &by_name));
        hosts.push(host);
    }
    jump::circles(&names, &next, drafts);
    same_machine(&hosts, &origins, &raw, drafts);
    let members = members(&groups, &hosts);
    let mut inventory = Inventory {
        project: project.to_owned(),
        hosts,
        apps: Vec::new(),
        by_name,
        members,
        parts: Parts { raw, groups, sources, origins },
    };
    inventory.apps = apps(&inventory, complete, drafts);
    inventory
}

/// Every host's name with the number of its table; a name that comes again is left out.
fn expand(raw: &Raw, drafts: &mut Vec<Draft>) -> (Vec<HostName>, Vec<usize>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut doubles: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
    let (mut names, mut origins) = (Vec::new(), Vec::new());
    for (number, host) in raw.hosts.iter().enumerate() {
        for text in &host.names {
            if let Some(earlier) = first.get(text.as_str()) {
                doubles.entry((*earlier, number)).or_default().push(text);
            } else if let Ok(name) = HostName::new(text) {
                first.insert(text, number);
                names.push(name);
                origins.push(number);
            }
        }
    }
    for ((earlier, later), texts) in doubles {
        let what = match texts.as_slice() {
            [only] => format!("host `{only}`"),
            [one, rest @ ..] => format!("host `{one}` (and {} more)", rest.len()),
            [] => continue,
        };
        drafts.push(twice(&what, raw.hosts[later].pattern.place, raw.hosts[earlier].pattern.place));
    }
    (names, origins)
}

/// A selection could not tell a host from a group of the same name.
fn name_clashes(raw: &Raw, names: &[HostName], groups: &Groups, drafts: &mut Vec<Draft>) {
    let clash = |name: &HostName| groups.number(name.as_str()).is_some();
    for name in names.iter().filter(|name| clash(name)) {
        let written = raw.hosts.iter().find(|host| host.names.iter().any(|it| it == name.as_str()));
        let Some(host) = written else { continue };
        let by_host = || {
            let mut all = raw.hosts.iter().flat_map(|host| &host.groups);
            all.find(|group| group.value == name.as_str()).map(|group| group.place)
        };
        let group = raw.groups.get(name.as_str()).map(|group| group.place).or_else(by_host);
        let fault = Fault::new(
            format!("`{name}` is both a host and a group"),
            "a selection could not tell them apart; rename one",
        );
        let draft = Draft::at(host.pattern.place, fault).label("a host");
        drafts.push(match group {
            Some(place) => draft.also(place, format!("`{name}` is a group here")),
            None => draft,
        });
    }
}

fn direct_groups(groups: &Groups, host: &RawHost) -> Vec<usize> {
    host.groups.iter().filter_map(|group| groups.number(&group.value)).collect()
}

fn share(raw: &Raw, groups: &Groups, direct: &[usize]) -> Shared {
    let order = groups.upwards(direct);
    let mut names: Vec<String> = order.iter().map(|group| groups.name(*group).to_owned()).collect();
    names.sort();
    let mut merged = BTreeMap::new();
    vars::cover(&mut merged, &raw.defaults.vars);
    for group in order.iter().filter_map(|group| raw.groups.get(groups.name(*group))) {
        vars::cover(&mut merged, &group.connection.vars);
    }
    Shared { order, names, vars: merged }
}

fn assemble(name: &HostName, written: &RawHost, layers: &Layers<'_>, shared: &Shared) -> Host {
    let address = written.address.as_ref().map(|address| address.value.clone());
    let mut merged = shared.vars.clone();
    vars::cover(&mut merged, &written.connection.vars);
    Host {
        name: name.clone(),
        address_given: address.is_some(),
        address: address.unwrap_or_else(|| name.to_string()),
        port: layers.last(|table| &table.port).map(|port| port.value),
        user: value(layers.last(|table| &table.user)),
        r#become: layers.last(|table| &table.r#become).is_some_and(|flag| flag.value),
        identity_files: value(layers.last(|table| &table.identity_files)).unwrap_or_default(),
        known_hosts: value(layers.last(|table| &table.known_hosts)).unwrap_or_default(),
        jump: None,
        protect: protect(layers),
        rootless: written.rootless.as_ref().is_some_and(|flag| flag.value),
        serial: written.serial.as_ref().is_some_and(|flag| flag.value),
        groups: shared.names.clone(),
        vars: merged,
    }
}

fn value<T: Clone>(located: Option<&Located<T>>) -> Option<T> {
    located.map(|located| located.value.clone())
}

/// Protection only ever grows: a layer cannot take away what another protects.
fn protect(layers: &Layers<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for (_, globs) in layers.every(|table| &table.protect) {
        for glob in &globs.value {
            if !all.contains(glob) {
                all.push(glob.clone());
            }
        }
    }
    all
}

fn link(
    host: &Host,
    text: Option<&Located<String>>,
    by_name: &HashMap<HostName, usize>,
) -> Option<(usize, Place)> {
    let Some(Jump::Host(through)) = &host.jump else { return None };
    Some((*by_name.get(through)?, text?.place))
}

/// Notes hosts that would be one machine under two names. Behind different jumps one private
/// address can be two machines, so the jump counts too.
fn same_machine(hosts: &[Host], origins: &[usize], raw: &Raw, drafts: &mut Vec<Draft>) {
    let mut seen: HashMap<_, usize> = HashMap::new();
    let mut told: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (number, host) in hosts.iter().enumerate() {
        let jump = host.jump.as_ref().map(ToString::to_string);
        let door = (host.address.to_ascii_lowercase(), host.port.unwrap_or(22), &host.user, jump);
        let Some(first) = seen.get(&door).copied() else {
            seen.insert(door, number);
            continue;
        };
        let (earlier, later) = (origins[first], origins[number]);
        // A range with one address is told where it is read.
        if earlier != later && told.insert((earlier, later)) {
            let (one, other) = (&hosts[first].name, &host.name);
            let fault = Fault::new(
                format!("`{one}` and `{other}` have the same address, port and user"),
                "one machine is one host: remove one, or correct its `address`",
            );
            let at = |origin: usize| raw.hosts[origin].pattern.place;
            let draft = Draft::at(at(later), fault).also(at(earlier), format!("`{one}` is here"));
            drafts.push(draft);
        }
    }
}

fn members(groups: &Groups, hosts: &[Host]) -> BTreeMap<String, Vec<usize>> {
    let mut members: BTreeMap<String, Vec<usize>> =
        groups.names().iter().map(|name| (name.clone(), Vec::new())).collect();
    for (number, host) in hosts.iter().enumerate() {
        for group in &host.groups {
            if let Some(list) = members.get_mut(group) {
                list.push(number);
            }
        }
    }
    members
}

fn apps(inventory: &Inventory, complete: bool, drafts: &mut Vec<Draft>) -> Vec<App> {
    let mut first: BTreeMap<&str, Place> = BTreeMap::new();
    let mut apps = Vec::new();
    for raw in &inventory.parts.raw.apps {
        let name = raw.name.value.as_str();
        if let Some(place) = first.get(name) {
            drafts.push(twice(&format!("app `{}`", shown(name)), raw.name.place, *place));
            continue;
        }
        first.insert(name, raw.name.place);
        apps.extend(app(inventory, raw, complete, drafts));
    }
    apps
}

fn app(
    inventory: &Inventory,
    raw: &RawApp,
    complete: bool,
    drafts: &mut Vec<Draft>,
) -> Option<App> {
    let hosts = raw.hosts.as_ref()?;
    let selection = Selection::parse(&hosts.value).and_then(|selection| {
        // A file that could not be read may hold what seems to be missing.
        if complete {
            inventory.select_for_app(&selection)?;
        }
        Ok(selection)
    });
    let selection = match selection {
        Ok(selection) => selection,
        Err(error) => {
            let place = within(&inventory.parts.sources, hosts, &error.span);
            drafts.push(Draft::at(place, error.into_fault()));
            return None;
        }
    };
    let mut own = BTreeMap::new();
    vars::cover(&mut own, &raw.vars);
    Some(App {
        name: raw.name.value.clone(),
        template: raw.template.as_ref()?.value.clone(),
        hosts: selection,
        path: value(raw.path.as_ref()),
        repo: value(raw.repo.as_ref()),
        vars: own,
    })
}

/// The part of an expression in its file, where the file spells it without escapes.
fn within(sources: &Sources, text: &Located<String>, span: &std::ops::Range<usize>) -> Place {
    let place = text.place;
    let written = sources.slice(place).unwrap_or_default();
    let inner = written.get(1..written.len().saturating_sub(1));
    if inner != Some(text.value.as_str()) {
        return place;
    }
    Place { start: place.start + 1 + span.start, end: place.start + 1 + span.end, ..place }
}
