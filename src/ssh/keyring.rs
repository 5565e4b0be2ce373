//! The user's keys: files read and unlocked once for all hosts, and the agent.

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{PrivateKey, PublicKey};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long an agent may take for one answer. russh's agent client has no limit of its own.
const AGENT_PATIENCE: Duration = Duration::from_secs(30);

/// Keys that are offered at most where none is named: sshd closes the connection after six
/// refusals.
const KEYS: usize = 5;

/// Of these, keys of the agent.
const AGENT_KEYS: usize = 4;

/// A key file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("identity file {}: {reason}", .path.display())]
pub struct KeyError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// Asks for a passphrase; `None` when nobody can be asked.
pub type AskPassphrase<'a> = &'a mut dyn FnMut(&Path) -> Option<Zeroizing<String>>;

/// One way to prove who we are.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// A private key that was read from a file.
    File(Arc<PrivateKey>),
    /// A key that the agent signs with.
    Agent(PublicKey),
}

impl Identity {
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Self::File(key) => super::known_hosts::fingerprint(key.public_key()),
            Self::Agent(key) => super::known_hosts::fingerprint(key),
        }
    }
}

/// All keys that a run may use.
#[derive(Debug, Default)]
pub struct Keyring {
    files: BTreeMap<PathBuf, Identity>,
    agent: Vec<PublicKey>,
    socket: Option<PathBuf>,
}

impl Keyring {
    /// Reads `named` key files (each must be usable) and `default` ones (used where they
    /// exist and can be unlocked), and lists the agent's keys. A locked file whose key the
    /// agent holds is left to the agent; else `ask` is called once for it.
    ///
    /// # Errors
    /// The first named file that cannot be used.
    pub async fn load(
        named: impl IntoIterator<Item = PathBuf>,
        default: impl IntoIterator<Item = PathBuf>,
        agent: Option<PathBuf>,
        ask: AskPassphrase<'_>,
    ) -> Result<Self, KeyError> {
        let mut ring = Self { files: BTreeMap::new(), agent: Vec::new(), socket: agent };
        ring.agent = ring.ask_agent().await.unwrap_or_default();
        for path in named {
            let identity = ring.read(&path, ask)?;
            ring.files.insert(path, identity);
        }
        for path in default {
            if path.exists() && !ring.files.contains_key(&path) {
                // A default key that cannot be used must not keep others from working.
                if let Ok(identity) = ring.read(&path, &mut |_| None) {
                    ring.files.insert(path, identity);
                }
            }
        }
        Ok(ring)
    }

    /// What to offer for a hop, in order: its own files, else default files and the agent.
    pub(crate) fn offers(&self, named: &[PathBuf], default: &[PathBuf]) -> Vec<Identity> {
        if !named.is_empty() {
            return named.iter().filter_map(|p| self.files.get(p)).cloned().collect();
        }
        let agent = self.agent.iter().take(AGENT_KEYS).cloned().map(Identity::Agent);
        let files = default.iter().filter_map(|p| self.files.get(p)).cloned();
        let mut offers: Vec<Identity> = Vec::new();
        for identity in agent.chain(files) {
            if offers.len() < KEYS
                && offers.iter().all(|o| o.fingerprint() != identity.fingerprint())
            {
                offers.push(identity);
            }
        }
        offers
    }

    /// A fresh conversation with the agent, to sign with.
    pub(crate) async fn agent(&self) -> Result<AgentClient<tokio::net::UnixStream>, String> {
        let socket = self.socket.as_deref().ok_or("no agent: SSH_AUTH_SOCK is not set")?;
        tokio::time::timeout(AGENT_PATIENCE, AgentClient::connect_uds(socket))
            .await
            .map_err(|_| "the agent does not answer".to_owned())?
            .map_err(|e| format!("agent: {e}"))
    }

    async fn ask_agent(&self) -> Result<Vec<PublicKey>, String> {
        let mut client = self.agent().await?;
        let list = tokio::time::timeout(AGENT_PATIENCE, client.request_identities())
            .await
            .map_err(|_| "the agent does not answer".to_owned())?
            .map_err(|e| format!("agent: {e}"))?;
        Ok(list
            .into_iter()
            .filter_map(|identity| match identity {
                AgentIdentity::PublicKey { key, .. } => Some(key),
                AgentIdentity::Certificate { .. } => None,
            })
            .collect())
    }

    fn read(&self, path: &Path, ask: AskPassphrase<'_>) -> Result<Identity, KeyError> {
        let fault = |reason: String, hint: String| KeyError { path: path.to_owned(), reason, hint };
        let meta = std::fs::metadata(path).map_err(|e| {
            fault(e.to_string(), "set identity_file to a private key that exists".into())
        })?;
        if !meta.is_file() {
            return Err(fault("not a file".into(), "name the key file itself".into()));
        }
        if meta.mode() & 0o077 != 0 {
            let mode = meta.mode() & 0o777;
            return Err(fault(
                format!("mode {mode:04o} lets others read it"),
                format!("chmod 600 {}", path.display()),
            ));
        }
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|e| fault(e.to_string(), "name an OpenSSH or PEM private key".into()))?;
        if let Ok(key) = PrivateKey::from_openssh(text.as_bytes()) {
            let public = key.public_key().clone();
            if key.is_encrypted() && self.agent.iter().any(|k| k.key_data() == public.key_data()) {
                return Ok(Identity::Agent(public));
            }
        }
        match russh::keys::decode_secret_key(&text, None) {
            Ok(key) => return Ok(Identity::File(Arc::new(key))),
            Err(russh::keys::Error::KeyIsEncrypted) => {}
            Err(error) => {
                return Err(fault(error.to_string(), "name an OpenSSH or PEM private key".into()));
            }
        }
        let Some(passphrase) = ask(path) else {
            return Err(fault(
                "it is encrypted and nobody can be asked for its passphrase".into(),
                format!("run on a terminal, or: ssh-add {}", path.display()),
            ));
        };
        russh::keys::decode_secret_key(&text, Some(&passphrase))
            .map(|key| Identity::File(Arc::new(key)))
            .map_err(|_| fault("the passphrase is wrong".into(), "try again".into()))
    }
}
