//! What a text in an inventory may hold, before anything else looks at it.

use crate::record::HostName;
use std::fmt::Write as _;
use std::net::Ipv6Addr;

/// How much of a refused text a message repeats, in characters.
const SHOWN: usize = 60;

/// Why a text is refused, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) help: String,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// Whether a character could steer a terminal, reorder the text around it or hide in it.
pub(super) const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text with every unsafe character shown as `\u{1b}`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_escaped(&mut out, c);
    }
    out
}

/// Adds one character to a text that will be shown.
pub(super) fn push_escaped(out: &mut String, c: char) {
    if is_unsafe(c) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
    } else {
        out.push(c);
    }
}

/// A refused text as messages show it: escaped and cut.
pub(super) fn shown(text: &str) -> String {
    let mut out = escaped(&text.chars().take(SHOWN).collect::<String>());
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

/// Every text: nothing that could reach a terminal, a shell or an option parser by surprise.
pub(super) fn plain(text: &str) -> Result<(), Fault> {
    if let Some(c) = text.chars().find(|c| is_unsafe(*c)) {
        let kind = if c.is_control() { "the control character" } else { "the invisible character" };
        return Err(Fault::new(
            format!("{kind} U+{:04X} in a text", u32::from(c)),
            "remove it; texts are one line of visible characters",
        ));
    }
    if text.starts_with('-') {
        return Err(Fault::new(
            "a text that begins with `-`",
            "it could be taken for an option; begin it with something else",
        ));
    }
    Ok(())
}

/// A text that must say something.
pub(super) fn filled(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new("an empty text", "write a value, or leave the key out"));
    }
    plain(text)
}

/// The name of a host, group, app or template.
pub(super) fn name(text: &str) -> Result<(), Fault> {
    filled(text)?;
    if HostName::is_valid(text) {
        return Ok(());
    }
    Err(Fault::new(
        format!("`{}` is not a name", shown(text)),
        "a name is a letter or digit, then at most 63 letters, digits, `.`, `_` or `-`",
    ))
}

/// The name of a variable, as templates can write it.
pub(super) fn variable(text: &str) -> Result<(), Fault> {
    filled(text)?;
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| first(c) || c.is_ascii_digit();
    if text.len() <= 64 && text.starts_with(first) && text.chars().all(rest) {
        return Ok(());
    }
    Err(Fault::new(
        format!("`{}` cannot name a variable", shown(text)),
        "a variable is a letter or `_`, then at most 63 letters, digits or `_`",
    ))
}

/// The name of a user on a host.
pub(super) fn user(text: &str) -> Result<(), Fault> {
    filled(text)?;
    let first = |c: char| c.is_ascii_lowercase() || c == '_';
    let rest = |c: char| first(c) || c.is_ascii_digit() || c == '-';
    if text.len() <= 32 && text.starts_with(first) && text.chars().all(rest) {
        return Ok(());
    }
    Err(Fault::new(
        format!("`{}` is not a user name", shown(text)),
        "a user name is a lowercase letter or `_`, then at most 31 lowercase letters, digits, `_` or `-`",
    ))
}

/// An address: a host name, an IPv4 or an IPv6 address, the last bare or in brackets.
/// Gives it back without brackets.
pub(super) fn address(text: &str) -> Result<String, Fault> {
    filled(text)?;
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match inner.parse::<Ipv6Addr>() {
            Ok(_) => Ok(inner.to_owned()),
            Err(_) => Err(not_an_address(text)),
        };
    }
    if text.contains(':') && text.parse::<Ipv6Addr>().is_err() {
        return Err(Fault::new(
            format!("`{}` is not an address", shown(text)),
            "an address has no port in it: write `port = …` beside it",
        ));
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-');
    let first = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if first && text.len() <= 254 && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(not_an_address(text))
    }
}

fn not_an_address(text: &str) -> Fault {
    Fault::new(
        format!("`{}` is not an address", shown(text)),
        "an address is a name such as web1.example.org, an IPv4 address, or an IPv6 address in brackets",
    )
}

/// The nearest of some names, where one is near enough to have been meant.
pub(super) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    names
        .into_iter()
        // The distance is at least the difference in length: most names need no closer look.
        .filter(|name| name.len().abs_diff(wanted.len()) <= limit)
        .map(|name| (strsim::damerau_levenshtein(wanted, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses() {
        let cases = [
            ("web1.example.org", Some("web1.example.org")),
            ("203.0.113.20", Some("203.0.113.20")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[::1]", Some("::1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("203.0.113.20:22", None),
            ("[203.0.113.20]", None),
            ("-oProxyCommand=x", None),
            (".example", None),
            ("web 1", None),
            ("web_1", None),
            ("", None),
            ("wéb", None),
        ];
        for (text, expected) in cases {
            assert_eq!(address(text).ok().as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn users() {
        for good in ["root", "_apt", "deploy-1", "a"] {
            assert_eq!(user(good), Ok(()), "{good:?}");
        }
        for bad in ["", "Root", "-x", "1a", "a b", "a@b", &"a".repeat(33)] {
            assert!(user(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_nearest_name_must_be_near() {
        assert_eq!(nearest("adress", ["user", "address"]), Some("address"));
        assert_eq!(nearest("bastoin", ["bastion", "web"]), Some("bastion"));
        assert_eq!(nearest("zebra", ["user", "port"]), None);
    }

    proptest! {
        #[test]
        fn whatever_passes_is_safe_to_show(text in any::<String>()) {
            if plain(&text).is_ok() {
                prop_assert!(!text.starts_with('-'));
                prop_assert!(!text.contains(|c: char| c.is_control()));
            }
            prop_assert!(!shown(&text).contains(is_unsafe));
            prop_assert_eq!(name(&text).is_ok(), HostName::is_valid(&text));
        }
    }
}
