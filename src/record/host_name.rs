//! The name by which people know a host.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The longest name, in bytes.
const LONGEST: usize = 64;

/// A host's name: a letter or digit, then up to 63 letters, digits, dots, underscores and
/// hyphens. A clone shares the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(Arc<str>);

/// A text that cannot name a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a host name: {0:?} (a letter or digit, then at most 63 letters, digits, `.`, `_`, `-`)"
)]
pub struct HostNameError(String);

impl HostName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// The text is empty, too long, or holds a character that names do not have.
    pub fn new(text: &str) -> Result<Self, HostNameError> {
        if Self::is_valid(text) {
            Ok(Self(text.into()))
        } else {
            Err(HostNameError(text.chars().take(LONGEST).collect()))
        }
    }

    /// Whether a text could name a host.
    #[must_use]
    pub fn is_valid(text: &str) -> bool {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        text.len() <= LONGEST
            && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && text.bytes().all(allowed)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for HostName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Lets a map keyed by host names be asked with a plain text.
impl Borrow<str> for HostName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, HostNameError> {
        Self::new(text)
    }
}

impl Serialize for HostName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HostName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_none() {
        let longest = "a".repeat(64);
        for good in ["a", "web1", "hel1-web.example_x", "9", &longest] {
            assert_eq!(HostName::new(good).unwrap().as_str(), good);
        }
        let too_long = "a".repeat(65);
        for bad in ["", "-a", ".a", "_a", "a b", "a/b", "a\n", "é", "a:b", "a\u{202e}", &too_long]
        {
            assert!(HostName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn json_is_a_checked_string() {
        let name = HostName::new("web1").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"web1\"");
        assert_eq!(serde_json::from_str::<HostName>("\"web1\"").unwrap(), name);
        assert!(serde_json::from_str::<HostName>("\"-oProxyCommand=x\"").is_err());
    }

    #[test]
    fn clones_share_and_display_pads() {
        let name = HostName::new("db").unwrap();
        assert!(Arc::ptr_eq(&name.0, &name.clone().0));
        assert_eq!(format!("{name:>4}|"), "  db|");
    }
}
