//! The file on this machine that goes to hosts.

use crate::human;
use crate::ssh::hex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file and what it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Its permissions, without the bits that lend rights.
    pub(super) mode: u32,
}

impl Source {
    /// Reads a file to its end. The error is for people.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let told = |e: io::Error| format!("{}: {e}", human::escape(&path.to_string_lossy()));
        let file = File::open(path).map_err(told)?;
        let metadata = file.metadata().map_err(told)?;
        if metadata.is_dir() {
            return Err(told(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Err(format!("{}: not a regular file", human::escape(&path.to_string_lossy())));
        }
        let (bytes, sha256) = digest(file).map_err(told)?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
            sha256,
            mode: metadata.permissions().mode() & 0o777,
        })
    }

    /// Whether the file still is what it was.
    pub(super) fn is_unchanged(&self) -> bool {
        Self::read(&self.path).is_ok_and(|now| now.sha256 == self.sha256)
    }
}

/// Size and SHA-256 of all that comes.
pub(super) fn digest(mut from: impl Read) -> io::Result<(u64, String)> {
    let (mut buffer, mut bytes, mut digest) = (vec![0; 1 << 20], 0, Sha256::new());
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hex(&digest.finalize()))),
            Ok(n) => {
                digest.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
