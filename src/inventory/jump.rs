//! What a connection goes through: which host or destination a `jump` means, and no circles.

use super::check::{self, Fault};
use super::error::Draft;
use super::host::Jump;
use super::source::{Located, Place};
use crate::record::HostName;
use std::collections::{BTreeMap, HashMap};

/// Switches an inherited jump off.
const NONE: &str = "none";

/// Checks that a text is `[ssh://][user@]address[:port]`.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    check::filled(text)?;
    if text.contains(',') {
        return Err(Fault::new(
            "a jump names one host",
            "for a chain, give the first host its own `jump`",
        ));
    }
    let destination = text.strip_prefix("ssh://").unwrap_or(text);
    let address = match destination.split_once('@') {
        Some((user, address)) => {
            check::user(user)?;
            address
        }
        None => destination,
    };
    let (address, port) = split_port(address);
    if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Err(Fault::new(
            format!("`{}` has no valid port", check::shown(text)),
            "a port is a whole number from 1 to 65535; an IPv6 address needs brackets before it",
        ));
    }
    if HostName::is_valid(address) { Ok(()) } else { check::address(address).map(drop) }
}

/// Splits a port off, where the colon is not an IPv6 address's.
fn split_port(text: &str) -> (&str, Option<&str>) {
    if text.ends_with(']') || text.parse::<std::net::Ipv6Addr>().is_ok() {
        return (text, None);
    }
    text.rsplit_once(':').map_or((text, None), |(address, port)| (address, Some(port)))
}

/// The hosts by name, and what was found out about the jumps so far.
pub(super) struct Jumps<'a> {
    hosts: &'a HashMap<HostName, usize>,
    known: BTreeMap<Place, Option<Jump>>,
}

impl<'a> Jumps<'a> {
    pub(super) fn new(hosts: &'a HashMap<HostName, usize>) -> Self {
        Self { hosts, known: BTreeMap::new() }
    }

    /// What a `jump` means for a host. `own` says whether the host's own table holds it.
    pub(super) fn resolve(
        &mut self,
        host: &HostName,
        text: &Located<String>,
        own: bool,
        drafts: &mut Vec<Draft>,
    ) -> Option<Jump> {
        if text.value == NONE {
            return None;
        }
        // The bastion that all hosts share does not go through itself.
        if !own && text.value == host.as_str() {
            return None;
        }
        let (hosts, place) = (self.hosts, text.place);
        // A generated inventory has one place for everything, so its jumps are not remembered.
        if place.start == place.end {
            return look_up(hosts, text, drafts);
        }
        self.known.entry(place).or_insert_with(|| look_up(hosts, text, drafts)).clone()
    }
}

fn look_up(
    hosts: &HashMap<HostName, usize>,
    text: &Located<String>,
    drafts: &mut Vec<Draft>,
) -> Option<Jump> {
    if let Some((name, _)) = hosts.get_key_value(text.value.as_str()) {
        return Some(Jump::Host(name.clone()));
    }
    let bare = !text.value.contains(['@', ':', '.']);
    let near = check::nearest(&text.value, hosts.keys().map(HostName::as_str)).filter(|_| bare);
    if let Some(near) = near {
        let name = &text.value;
        drafts.push(Draft::at(
            text.place,
            Fault::new(
                format!("unknown jump `{name}`"),
                format!("did you mean `{near}`? For an alias of ssh_config write `ssh://{name}`"),
            ),
        ));
        return None;
    }
    let destination = text.value.strip_prefix("ssh://").unwrap_or(&text.value);
    Some(Jump::Destination(destination.to_owned()))
}

/// Notes every circle of jumps: `next` says for each host which it goes through.
pub(super) fn circles(
    names: &[HostName],
    next: &[Option<(usize, Place)>],
    drafts: &mut Vec<Draft>,
) {
    let mut walked_by = vec![usize::MAX; next.len()];
    for start in 0..next.len() {
        let mut at = start;
        while walked_by[at] == usize::MAX {
            walked_by[at] = start;
            match next[at] {
                Some((through, _)) => at = through,
                None => break,
            }
        }
        let Some((_, place)) = next[at].filter(|_| walked_by[at] == start) else { continue };
        let mut circle = vec![names[at].as_str()];
        let mut on = next[at];
        while let Some((through, _)) = on.filter(|(through, _)| *through != at) {
            circle.push(names[through].as_str());
            on = next[through];
        }
        circle.push(names[at].as_str());
        drafts.push(Draft::at(
            place,
            Fault::new(
                format!("jumps go in a circle: {}", circle.join(" → ")),
                "one of them must be reached directly: remove its `jump`, or write jump = \"none\"",
            ),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations() {
        let good = [
            "bastion",
            "bastion.example.org",
            "root@203.0.113.1",
            "root@203.0.113.1:2222",
            "[2001:db8::1]:22",
            "a@[2001:db8::1]",
            "2001:db8::1",
            "ssh://my_alias",
            "b:22",
        ];
        for text in good {
            assert_eq!(check(text), Ok(()), "{text:?}");
        }
        for text in
            ["", "-J", "a b", "a,b", "a:0", "a:x", "a:70000", "@a", "R@a", "a@", "[a]:1", "ssh://"]
        {
            assert!(check(text).is_err(), "{text:?}");
        }
    }

    fn told(links: &[Option<usize>]) -> usize {
        let names: Vec<_> =
            (0..links.len()).map(|n| HostName::new(&format!("h{n}")).unwrap()).collect();
        let place = Place { file: 0, start: 0, end: 0 };
        let next: Vec<_> = links.iter().map(|link| link.map(|to| (to, place))).collect();
        let mut drafts = Vec::new();
        circles(&names, &next, &mut drafts);
        drafts.len()
    }

    #[test]
    fn each_circle_is_told_once() {
        assert_eq!(told(&[None, Some(0), Some(1)]), 0);
        assert_eq!(told(&[Some(1), Some(0), Some(0)]), 1);
        assert_eq!(told(&[Some(0), Some(2), Some(3), Some(1), Some(3)]), 2);
    }
}
