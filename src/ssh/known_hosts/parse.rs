//! Turns the bytes of a `known_hosts` file into entries, as OpenSSH reads them.

use std::path::Path;
use std::sync::Arc;

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, PublicKey};

use super::names::Names;
use super::{KnownHostsError, Warning};

const BOM: &[u8] = b"\xef\xbb\xbf";
const CA_MARKER: &[u8] = b"@cert-authority";
const CERTIFICATE_SUFFIX: &[u8] = b"-cert-v01@openssh.com";
const REVOKED_MARKER: &[u8] = b"@revoked";
/// OpenSSH refuses shorter RSA moduli wherever it meets them.
const MIN_RSA_BITS: u32 = 1024;

/// What a line says of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The key is the host's own.
    Host,
    /// The key signs host certificates.
    Authority,
    /// The key must not be accepted, nor what it signed.
    Revoked,
}

/// One line with a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) file: Arc<Path>,
    pub(super) line: usize,
    pub(super) role: Role,
    pub(super) names: Names,
    pub(super) key: KeyData,
}

type Fields = (Role, Names, KeyData);

/// Reads all lines of `content`, adding to `entries` and `warnings`.
///
/// # Errors
/// A revocation that cannot be understood.
pub(super) fn parse(
    file: &Arc<Path>,
    content: &[u8],
    entries: &mut Vec<Entry>,
    warnings: &mut Vec<Warning>,
) -> Result<(), KnownHostsError> {
    for (index, bytes) in content.split(|byte| *byte == b'\n').enumerate() {
        let line = index + 1;
        let mut warn = |text: String| {
            warnings.push(Warning { file: file.to_path_buf(), line, text });
        };
        let bytes = if index == 0 { without_bom(bytes, &mut warn) } else { bytes };
        match parse_line(bytes) {
            Ok(None) => {}
            Ok(Some((role, names, key))) => {
                entries.push(Entry { file: Arc::clone(file), line, role, names, key });
            }
            Err(problem) if mentions_revocation(bytes) => {
                return Err(KnownHostsError::BadRevocation {
                    file: file.to_path_buf(),
                    line,
                    problem,
                });
            }
            Err(problem) => warn(format!("line ignored: {problem}")),
        }
    }
    Ok(())
}

/// OpenSSH takes a byte order mark as part of the first name, so a key behind
/// one is not known to it and must not be to us; a revocation is honoured.
fn without_bom<'a>(line: &'a [u8], warn: &mut impl FnMut(String)) -> &'a [u8] {
    let Some(rest) = line.strip_prefix(BOM) else {
        return line;
    };
    warn("the file starts with a byte order mark, which hides its first name".to_owned());
    if mentions_revocation(rest) { rest } else { line }
}

fn mentions_revocation(line: &[u8]) -> bool {
    let mut rest = trim_start(line);
    while rest.starts_with(b"@") {
        let (marker, after) = split_field(rest);
        if marker.eq_ignore_ascii_case(REVOKED_MARKER) {
            return true;
        }
        rest = after;
    }
    false
}

fn parse_line(line: &[u8]) -> Result<Option<Fields>, String> {
    // A C string ends at NUL, and so does the line that `ssh` sees.
    let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let line = trim_start(line.strip_suffix(b"\r").unwrap_or(line));
    if line.is_empty() || line.starts_with(b"#") {
        return Ok(None);
    }
    let (role, line) = parse_markers(line)?;
    let (names, rest) = split_field(line);
    let (kind, rest) = split_field(rest);
    let (blob, _comment) = split_field(rest);
    if blob.is_empty() {
        return Err("it has no key".to_owned());
    }
    let names = Names::parse(names)?;
    Ok(Some((role, names, parse_key(role, kind, blob)?)))
}

fn parse_markers(line: &[u8]) -> Result<(Role, &[u8]), String> {
    if !line.starts_with(b"@") {
        return Ok((Role::Host, line));
    }
    let (marker, rest) = split_field(line);
    let role = match marker {
        REVOKED_MARKER => Role::Revoked,
        CA_MARKER => Role::Authority,
        other => return Err(format!("unknown marker {}", other.escape_ascii())),
    };
    if rest.starts_with(b"@") {
        return Err("it has more than one marker".to_owned());
    }
    // OpenSSH ends a marker at the line's first blank, so a tab does it only
    // in a line without any. A revocation is honoured all the same.
    let tab_first = line.get(marker.len()) == Some(&b'\t');
    if role == Role::Authority && tab_first && line.contains(&b' ') {
        return Err("a tab follows its marker; use a blank".to_owned());
    }
    Ok((role, rest))
}

fn parse_key(role: Role, kind: &[u8], blob: &[u8]) -> Result<KeyData, String> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| "its key is not text".to_owned());
    let line = format!("{} {}", text(kind)?, text(blob)?);
    let key = if kind.ends_with(CERTIFICATE_SUFFIX) {
        Certificate::from_openssh(&line).map(|found| KeyData::Certificate(Box::new(found)))
    } else {
        PublicKey::from_openssh(&line).map(KeyData::from)
    };
    let key = key.map_err(|e| format!("its key is damaged: {e}"))?;
    match &key {
        KeyData::Rsa(rsa) if rsa.key_size() < MIN_RSA_BITS => {
            Err("its RSA key is too short".to_owned())
        }
        // Kept among revocations: there it can only forbid.
        KeyData::Other(_) if role != Role::Revoked => {
            Err(format!("unsupported key type {}", key.algorithm()))
        }
        _ => Ok(key),
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_blank(*byte));
    start.map_or(&[], |start| &bytes[start..])
}

/// Cuts the first field off, and the blanks behind it.
fn split_field(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| is_blank(*byte));
    let (field, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    (field, trim_start(rest))
}
