//! Reads the values of single keywords.

use std::time::Duration;

/// A host to pass through, as `ProxyJump` names it: `[user@]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The user, if one is named.
    pub user: Option<String>,
    /// A name, itself to be resolved, or an address without brackets.
    pub host: String,
    /// The port, if one is named.
    pub port: Option<u16>,
}

/// Reads the list of a `ProxyJump`, nearest host first; empty for `none`.
pub(super) fn jumps(rest: &str) -> Option<Vec<Destination>> {
    if rest.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    let list = rest.split('#').next().unwrap_or_default().trim_end();
    list.split(',').map(destination).collect()
}

fn destination(text: &str) -> Option<Destination> {
    let text = text.strip_prefix("ssh://").unwrap_or(text);
    let (user, address) = match text.rsplit_once('@') {
        Some((user, address)) => (Some(user.to_owned()), address),
        None => (None, text),
    };
    let (host, port) = match address.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']')?;
            let port = match after {
                "" => None,
                after => Some(after.strip_prefix(':')?),
            };
            (host, port)
        }
        None if address.matches(':').count() > 1 => (address, None),
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(self::port(port)?),
    };
    let sound = is_name(host) && user.as_deref().is_none_or(is_user);
    sound.then(|| Destination { user, host: host.to_owned(), port })
}

/// Whether `text` can be a host's name or address.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._:%-".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

fn is_user(text: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "'`\";&<>|(){}\\".contains(c);
    !text.is_empty() && !text.starts_with('-') && !text.contains(odd)
}

/// Reads a port from 1 to 65535.
pub(super) fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

/// Reads `yes` or `no`.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// Reads seconds, or a sum such as `1h30m`.
pub(super) fn time(text: &str) -> Option<Duration> {
    let mut total: u64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = rest.split_at(end.unwrap_or(rest.len()));
        let mut chars = unit.chars();
        let scale = match chars.next() {
            None | Some('s' | 'S') => 1,
            Some('m' | 'M') => 60,
            Some('h' | 'H') => 3_600,
            Some('d' | 'D') => 86_400,
            Some('w' | 'W') => 604_800,
            Some(_) => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(scale)?)?;
        rest = chars.as_str();
    }
    i32::try_from(total).is_ok().then(|| Duration::from_secs(total))
}
