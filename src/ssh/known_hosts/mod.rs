//! Answers whether a host's key is the one on record, as OpenSSH would.

mod certificate;
mod edit;
mod error;
mod names;
mod parse;
#[cfg(test)]
mod tests;
mod verdict;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Algorithm, HashAlg, PublicKey};

pub use edit::{Added, add, add_if_unknown};
pub use error::KnownHostsError;
pub use verdict::Verdict;

use names::recorded_name;
use parse::{Entry, Role};

/// Ten million keys would not fill it; an accident or an attack might.
const MAX_BYTES: u64 = 16 << 20;

/// The content of all `known_hosts` files that count for this user.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
    warnings: Vec<Warning>,
    missing: Vec<PathBuf>,
}

/// A line that was passed over, to be told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, as a fragment.
    pub text: String,
}

impl KnownHosts {
    /// Reads `files` in order; a missing one counts as empty.
    ///
    /// # Errors
    /// A file that is there and cannot be read, is no regular file, is too
    /// large, or has a revocation that cannot be understood.
    pub fn load(files: &[PathBuf]) -> Result<Self, KnownHostsError> {
        let mut known = Self::default();
        for file in files {
            match read(file)? {
                Some(content) => known.parse(file, &content)?,
                None => known.missing.push(file.clone()),
            }
        }
        Ok(known)
    }

    /// Takes `content` as if it had been read from `file`.
    ///
    /// # Errors
    /// A revocation that cannot be understood.
    pub fn from_bytes(file: &Path, content: &[u8]) -> Result<Self, KnownHostsError> {
        let mut known = Self::default();
        known.parse(file, content)?;
        Ok(known)
    }

    fn parse(&mut self, file: &Path, content: &[u8]) -> Result<(), KnownHostsError> {
        let file: Arc<Path> = Arc::from(file);
        parse::parse(&file, content, &mut self.entries, &mut self.warnings)
    }

    /// The lines that were passed over.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The files that do not exist.
    #[must_use]
    pub fn missing(&self) -> &[PathBuf] {
        &self.missing
    }

    /// The algorithms of the keys on record for a host, to be offered to it
    /// first: a server with several keys else shows one that is not on record.
    ///
    /// An RSA key stands for both of its SHA-2 signatures. Empty for an
    /// unknown host, and for one known only through an authority.
    #[must_use]
    pub fn algorithms_for(&self, host: &str, port: u16) -> Vec<Algorithm> {
        let name = recorded_name(host, port);
        let mut found = Vec::new();
        for entry in self.entries_for(&name, Role::Host) {
            for algorithm in signature_algorithms(entry.key.algorithm()) {
                if !found.contains(&algorithm) {
                    found.push(algorithm);
                }
            }
        }
        found
    }

    /// Whether an authority is on record that may sign this host's key, so
    /// that it is worth asking for a certificate.
    #[must_use]
    pub fn has_ca_for(&self, host: &str, port: u16) -> bool {
        [recorded_name(host, port), recorded_name(host, 22)]
            .iter()
            .any(|name| self.entries_for(name, Role::Authority).next().is_some())
    }

    fn entries_for<'a>(&'a self, name: &str, role: Role) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.role == role && entry.names.contain(name))
    }
}

/// The fingerprint as `ssh-keygen -l` shows it: `SHA256:…`.
#[must_use]
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

fn signature_algorithms(key: Algorithm) -> Vec<Algorithm> {
    if let Algorithm::Rsa { .. } = key {
        [HashAlg::Sha512, HashAlg::Sha256].map(|hash| Algorithm::Rsa { hash: Some(hash) }).to_vec()
    } else {
        vec![key]
    }
}

/// Reads a whole file, or `None` if there is none.
fn read(file: &Path) -> Result<Option<Vec<u8>>, KnownHostsError> {
    let unreadable = |cause| KnownHostsError::Unreadable { file: file.to_owned(), cause };
    let kind = match std::fs::metadata(file) {
        Ok(metadata) => metadata.file_type(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(e)),
    };
    // /dev/null is a usual way of saying "no file"; a pipe would block.
    if !kind.is_file() && !kind.is_char_device() {
        return Err(KnownHostsError::NotAFile { file: file.to_owned() });
    }
    let mut content = Vec::new();
    File::open(file)
        .and_then(|open| open.take(MAX_BYTES + 1).read_to_end(&mut content))
        .map_err(unreadable)?;
    if content.len() as u64 > MAX_BYTES {
        return Err(KnownHostsError::TooLarge { file: file.to_owned(), limit: MAX_BYTES });
    }
    Ok(Some(content))
}
