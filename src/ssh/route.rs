//! From the inventory and `ssh_config` to the way to a host.

use super::config::{ConfigError, Destination, IdentityAgent, Resolved, SshConfig};
use super::connect::{Hop, Route};
use super::known_hosts::{KnownHosts, KnownHostsError};
use crate::inventory::{Host, Inventory, Jump};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Jump hosts on one way at most.
const MOST_JUMPS: usize = 16;

/// Why there is no way to a host.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// `ssh_config` says something that cannot be followed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of known host keys cannot be used.
    #[error(transparent)]
    KnownHosts(#[from] KnownHostsError),
    /// Jump hosts that never end.
    #[error("{host}: more than {MOST_JUMPS} jump hosts, which looks like a circle in ssh_config")]
    Circle {
        /// The host.
        host: String,
    },
    /// A destination that cannot be read.
    #[error("jump \"{destination}\" is no [user@]host[:port]")]
    Destination {
        /// As written.
        destination: String,
    },
}

impl RouteError {
    /// The next thing to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Config(error) => error.hint.clone(),
            Self::KnownHosts(error) => error.hint().to_owned(),
            Self::Circle { .. } => "look at its ProxyJump lines with: ssh -G HOST".into(),
            Self::Destination { .. } => "write it as deploy@bastion.example:22".into(),
        }
    }
}

/// Finds ways; reads each file of the user's once.
pub struct Router<'i> {
    inventory: &'i Inventory,
    config: SshConfig,
    home: PathBuf,
    login: String,
    known: HashMap<Vec<PathBuf>, Arc<KnownHosts>>,
    warnings: Vec<String>,
}

impl<'i> Router<'i> {
    /// Reads the user's and the system's `ssh_config`.
    ///
    /// # Errors
    /// When one of them cannot be trusted or read.
    pub fn new(inventory: &'i Inventory) -> Result<Self, RouteError> {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        let user_file = home.join(".ssh/config");
        let config = SshConfig::load(Some(&user_file), Some(Path::new("/etc/ssh/ssh_config")))?;
        let login = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
        Ok(Self {
            inventory,
            config,
            home,
            login: login.unwrap_or_else(|_| "root".into()),
            known: HashMap::new(),
            warnings: Vec::new(),
        })
    }

    /// What was passed over in the user's files, each once.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The way to a host.
    ///
    /// # Errors
    /// When a file of the user's stands in the way; nothing was contacted.
    pub fn route(&mut self, host: &Host) -> Result<Route, RouteError> {
        let mut hops = self.hops(host, 0)?;
        let host = hops.pop().ok_or_else(|| RouteError::Circle { host: host.name.to_string() })?;
        Ok(Route { jumps: hops, host })
    }

    fn hops(&mut self, host: &Host, depth: usize) -> Result<Vec<Hop>, RouteError> {
        let resolved = self.config.resolve(host.name.as_str(), host.user.as_deref())?;
        let mut hops = match &host.jump {
            Some(Jump::Host(name)) => match self.inventory.host(name) {
                Some(jump) => self.next(host, depth, |me, depth| me.hops(jump, depth))?,
                None => Vec::new(),
            },
            Some(Jump::Destination(text)) => {
                let destination = parse(text)?;
                self.next(host, depth, |me, depth| me.through(&destination, depth))?
            }
            None => self.all_through(&resolved, host.name.as_str(), depth)?,
        };
        let files = if host.known_hosts.is_empty() { None } else { Some(host.known_hosts.clone()) };
        let address =
            if host.address_given { host.address.clone() } else { resolved.hostname.clone() };
        let named = host.identity_files.clone();
        hops.push(self.hop(
            host.name.as_str(),
            address,
            host.port,
            host.user.clone(),
            named,
            files,
            &resolved,
        )?);
        Ok(hops)
    }

    fn next<T>(
        &mut self,
        host: &Host,
        depth: usize,
        go: impl FnOnce(&mut Self, usize) -> Result<T, RouteError>,
    ) -> Result<T, RouteError> {
        if depth >= MOST_JUMPS {
            return Err(RouteError::Circle { host: host.name.to_string() });
        }
        go(self, depth + 1)
    }

    fn all_through(
        &mut self,
        resolved: &Resolved,
        host: &str,
        depth: usize,
    ) -> Result<Vec<Hop>, RouteError> {
        if depth >= MOST_JUMPS {
            return Err(RouteError::Circle { host: host.to_owned() });
        }
        let mut hops = Vec::new();
        for (position, destination) in resolved.proxy_jump.iter().enumerate() {
            let mut way = self.through(destination, depth + 1)?;
            // Only the first of a list is reached by its own way; the others through it.
            if position > 0 {
                way.drain(..way.len().saturating_sub(1));
            }
            hops.append(&mut way);
        }
        Ok(hops)
    }

    fn through(&mut self, to: &Destination, depth: usize) -> Result<Vec<Hop>, RouteError> {
        let resolved = self.config.resolve(&to.host, to.user.as_deref())?;
        let mut hops = self.all_through(&resolved, &to.host, depth)?;
        let address = resolved.hostname.clone();
        hops.push(self.hop(
            &to.host,
            address,
            to.port,
            to.user.clone(),
            Vec::new(),
            None,
            &resolved,
        )?);
        Ok(hops)
    }

    #[expect(clippy::too_many_arguments, reason = "each is one line of what the two sources say")]
    fn hop(
        &mut self,
        name: &str,
        address: String,
        port: Option<u16>,
        user: Option<String>,
        named: Vec<PathBuf>,
        files: Option<Vec<PathBuf>>,
        resolved: &Resolved,
    ) -> Result<Hop, RouteError> {
        let identity_files = if named.is_empty() {
            resolved.identity_files.clone().unwrap_or_default()
        } else {
            named
        };
        let files = files.unwrap_or_else(|| self.usual_files(resolved));
        for warning in &resolved.warnings {
            self.warn(format!("{}:{}: {}", warning.file.display(), warning.line, warning.text));
        }
        if resolved.identity_agent != IdentityAgent::Environment {
            self.warn(format!(
                "{name}: IdentityAgent of ssh_config is not used; set SSH_AUTH_SOCK"
            ));
        }
        if !resolved.certificate_files.is_empty() {
            self.warn(format!("{name}: CertificateFile of ssh_config is not used yet"));
        }
        let port = port.or(resolved.port).unwrap_or(22);
        let alias = resolved.host_key_alias.clone();
        Ok(Hop {
            name: name.to_owned(),
            port,
            user: user.or_else(|| resolved.user.clone()).unwrap_or_else(|| self.login.clone()),
            identity_files,
            record_in: files.first().cloned(),
            known_hosts: self.known(files)?,
            // OpenSSH records an alias without a port.
            key_port: if alias.is_some() { 22 } else { port },
            key_name: alias.unwrap_or_else(|| address.to_lowercase()),
            address,
        })
    }

    fn usual_files(&self, resolved: &Resolved) -> Vec<PathBuf> {
        let ssh = self.home.join(".ssh");
        let mut files = resolved
            .user_known_hosts_files
            .clone()
            .unwrap_or_else(|| vec![ssh.join("known_hosts"), ssh.join("known_hosts2")]);
        files.extend(resolved.global_known_hosts_files.clone().unwrap_or_else(|| {
            vec!["/etc/ssh/ssh_known_hosts".into(), "/etc/ssh/ssh_known_hosts2".into()]
        }));
        files
    }

    fn known(&mut self, files: Vec<PathBuf>) -> Result<Arc<KnownHosts>, RouteError> {
        if let Some(known) = self.known.get(&files) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(KnownHosts::load(&files)?);
        for warning in known.warnings() {
            self.warn(format!("{}:{}: {}", warning.file.display(), warning.line, warning.text));
        }
        self.known.insert(files, Arc::clone(&known));
        Ok(known)
    }

    fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// `[user@]host[:port]`, the host in brackets where it is an IPv6 address.
fn parse(text: &str) -> Result<Destination, RouteError> {
    let wrong = || RouteError::Destination { destination: text.to_owned() };
    let text = text.strip_prefix("ssh://").unwrap_or(text);
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, text),
    };
    let (host, port) = match rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(wrong)?)),
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let port = port.map(|p| p.parse().map_err(|_| wrong())).transpose()?;
    if host.is_empty() {
        return Err(wrong());
    }
    Ok(Destination { user, host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_read_as_ssh_reads_them() {
        let read = |text| parse(text).map(|d| (d.user, d.host, d.port));
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(read("b").unwrap(), (None, "b".into(), None));
        assert_eq!(read("ssh://b").unwrap(), (None, "b".into(), None));
        assert_eq!(read("u@b:22").unwrap(), (some("u"), "b".into(), Some(22)));
        assert_eq!(read("u@[::1]:2222").unwrap(), (some("u"), "::1".into(), Some(2222)));
        for wrong in ["", "u@", "b:x", "[::1]22", "b:99999"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
