//! Whom a `known_hosts` line speaks of: patterns, or one hashed name.

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

use crate::ssh::pattern;

/// OpenSSH takes only salts as long as a SHA-1 digest.
const SALT_LEN: usize = 20;
const SSH_PORT: u16 = 22;

/// The first field of a line.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// A comma-separated list, kept as bytes: names need not be UTF-8.
    Patterns(Vec<u8>),
    /// One name that only its owner can recognise.
    Hashed { salt: Vec<u8>, hash: [u8; 20] },
}

impl Names {
    /// Reads the field, or says what is wrong with it.
    pub(super) fn parse(field: &[u8]) -> Result<Self, &'static str> {
        if !field.starts_with(b"|") {
            return Ok(Self::Patterns(field.to_vec()));
        }
        let parsed = std::str::from_utf8(field).ok().and_then(|text| text.parse().ok());
        match parsed {
            Some(HostPatterns::HashedName { salt, hash }) if salt.len() == SALT_LEN => {
                Ok(Self::Hashed { salt, hash })
            }
            _ => Err("the hashed name is damaged"),
        }
    }

    /// Tells whether the line speaks of `name`, as [`recorded_name`] makes it.
    pub(super) fn contain(&self, name: &str) -> bool {
        match self {
            Self::Patterns(list) => pattern::matches_host(list, name),
            Self::Hashed { salt, hash } => hashes_to(name, salt, hash),
        }
    }
}

fn hashes_to(name: &str, salt: &[u8], hash: &[u8; 20]) -> bool {
    Hmac::<Sha1>::new_from_slice(salt).is_ok_and(|mut mac| {
        mac.update(name.as_bytes());
        mac.verify_slice(hash).is_ok()
    })
}

/// The name under which OpenSSH records `host`: lower case, and with the port
/// unless that is 22.
pub(super) fn recorded_name(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == SSH_PORT { host } else { format!("[{host}]:{port}") }
}

/// Whether `host` can stand in a line without meaning something else there.
pub(super) fn is_recordable(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:%-".contains(c);
    !host.is_empty()
        && host.len() <= 255
        && !host.starts_with(['-', '.', '%'])
        && host.chars().all(plain)
}
