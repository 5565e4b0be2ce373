//! Reads OpenSSH's client configuration as data: it never runs a command.

mod criteria;
mod error;
mod files;
mod glob;
mod keywords;
mod lexer;
mod local;
mod resolve;
mod resolved;
mod settings;
#[cfg(test)]
mod tests;
mod tokens;
mod values;

use std::path::Path;

pub use error::{ConfigError, Warning};
pub use local::Local;
pub use resolved::{IdentityAgent, Resolved};
pub use values::Destination;

use files::{Item, Origin, read_tree};

/// The configuration files of a user, with all that they include.
#[derive(Clone, Debug)]
pub struct SshConfig {
    local: Local,
    files: Vec<Vec<Item>>,
}

impl SshConfig {
    /// Reads the user's file and then the system's, whose values count less;
    /// one that is missing counts as empty.
    ///
    /// # Errors
    /// A file that cannot be read or that others may write, includes in a
    /// circle, and lines that cannot be cut into words.
    pub fn load(user_file: Option<&Path>, system_file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_for(Local::detect(), user_file, system_file)
    }

    /// [`SshConfig::load`] on behalf of `local`.
    ///
    /// # Errors
    /// As [`SshConfig::load`].
    pub fn load_for(
        local: Local,
        user_file: Option<&Path>,
        system_file: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut files = Vec::new();
        for (origin, file) in [(Origin::User, user_file), (Origin::System, system_file)] {
            if let Some(file) = file {
                files.push(read_tree(&local, origin, file)?);
            }
        }
        Ok(Self { local, files })
    }
}
