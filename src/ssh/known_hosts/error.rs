//! What can go wrong with a `known_hosts` file, and the next thing to do.

use std::io;
use std::path::PathBuf;

/// Why a `known_hosts` file cannot be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum KnownHostsError {
    /// The file is there and cannot be read; taking it as empty would turn a
    /// changed host key into an unknown one.
    #[error("cannot read {}: {cause}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A directory, socket or pipe stands where the file should be.
    #[error("{} is not a file", file.display())]
    NotAFile {
        /// The path.
        file: PathBuf,
    },
    /// The file is larger than any list of host keys has reason to be.
    #[error("{} is larger than {limit} bytes", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// A revocation cannot be understood. Skipping the line would accept the
    /// very key that it forbids.
    #[error("{}:{line}: @revoked line cannot be understood: {problem}", file.display())]
    BadRevocation {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The name cannot be written to a `known_hosts` file.
    #[error("host name {name:?} cannot be recorded")]
    BadName {
        /// The name.
        name: String,
    },
    /// The key cannot be written as text.
    #[error("the key of {name} cannot be recorded: {problem}")]
    BadKey {
        /// The host's name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The key to be added is revoked for this host.
    #[error("{}:{line}: the key of {name} is revoked", file.display())]
    Revoked {
        /// The host's name.
        name: String,
        /// The file with the revocation.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Another key is on record for a host that was thought unknown.
    #[error("{}:{line}: another key is on record for {name}: {known}", file.display())]
    Conflict {
        /// The host's name.
        name: String,
        /// The file with the other key.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The other key's fingerprint.
        known: String,
    },
    /// Somebody else has kept the file locked for too long.
    #[error("{} is locked by another process", file.display())]
    Locked {
        /// The file.
        file: PathBuf,
    },
    /// The file cannot be written; its old content is intact.
    #[error("cannot write {}: {cause}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl KnownHostsError {
    /// The next thing to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "make the file readable, or name another one",
            Self::NotAFile { .. } => "name a regular file",
            Self::TooLarge { .. } => "remove what does not belong there",
            Self::BadRevocation { .. } => "correct or delete that line",
            Self::BadName { .. } => "use letters, digits, '.', ':', '-', '_' or '%'",
            Self::BadKey { .. } => "check the host's key with ssh-keyscan",
            Self::Revoked { .. } => "give the host a new key; a revoked one is never trusted",
            Self::Conflict { .. } => "find out why the key differs before you trust it",
            Self::Locked { .. } => "wait for the other process, or end it",
            Self::Unwritable { .. } => "check the directory's owner, mode and free space",
        }
    }
}
