//! Why a host could not be reached, and what that means for its state.

use crate::human::{duration, excerpt};
use crate::record::{Outcome, Problem};
use std::time::Duration;

/// Where a connection attempt stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The TCP connection (or the jump host's channel) was being opened.
    Connect,
    /// SSH was being negotiated; the host key had not been accepted yet.
    Handshake,
    /// The key was accepted, the login was not yet.
    Authentication,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Handshake => "the SSH handshake",
            Self::Authentication => "authentication",
        })
    }
}

/// What is wrong with the identity that a host showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityFault {
    /// No file knows the host.
    Unknown,
    /// A file records another key; `file:line` of the record.
    Changed(String),
    /// A file revokes this key; `file:line` of the record.
    Revoked(String),
    /// A host certificate that does not hold.
    Certificate(String),
}

/// Why a connection attempt ended without a connection.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectErrorKind {
    /// The name has no address.
    #[error("cannot resolve {address}: {reason}")]
    Resolve {
        /// The name.
        address: String,
        /// The resolver's words.
        reason: String,
    },
    /// The peer or the network said no to the TCP connection.
    #[error("{reason}")]
    Connect {
        /// For example `connection refused 10.0.0.1:22`.
        reason: String,
    },
    /// A deadline passed.
    #[error("no answer within {} during {stage}{}", duration(millis(*.after)), quoted(.said))]
    Timeout {
        /// Where it stood.
        stage: Stage,
        /// The deadline.
        after: Duration,
        /// The peer's first bytes.
        said: Vec<u8>,
    },
    /// The peer closed the connection.
    #[error("the peer closed the connection during {stage}{}", quoted(.said))]
    Closed {
        /// Where it stood.
        stage: Stage,
        /// The peer's first or last words.
        said: Vec<u8>,
    },
    /// The peer does not speak SSH 2.
    #[error("not SSH-2{}", quoted(.said))]
    NotSsh {
        /// The peer's first bytes.
        said: Vec<u8>,
    },
    /// The protocol went wrong.
    #[error("SSH failed during {stage}: {reason}")]
    Protocol {
        /// Where it stood.
        stage: Stage,
        /// What.
        reason: String,
    },
    /// The host key was not accepted. No authentication packet was sent.
    #[error("{}", identity_text(.fault, .fingerprint))]
    Identity {
        /// What is wrong with it.
        fault: IdentityFault,
        /// The SHA-256 fingerprint of the key that was shown.
        fingerprint: String,
        /// The hop that showed it.
        name: String,
        /// The key itself.
        key: Option<Box<russh::keys::PublicKey>>,
    },
    /// The login was refused.
    #[error("auth: {reason}")]
    Authentication {
        /// What was tried and what the server said.
        reason: String,
        /// What to do about it.
        hint: String,
    },
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

fn quoted(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        ", peer said nothing".to_owned()
    } else {
        format!(", peer said \"{}\"", excerpt(bytes, 120))
    }
}

fn identity_text(fault: &IdentityFault, fingerprint: &str) -> String {
    match fault {
        IdentityFault::Unknown => format!("unknown host key {fingerprint}"),
        IdentityFault::Changed(place) => {
            format!("host key CHANGED: shown {fingerprint}, another is recorded at {place}")
        }
        IdentityFault::Revoked(place) => {
            format!("host key REVOKED: {fingerprint} is revoked at {place}")
        }
        IdentityFault::Certificate(reason) => {
            format!("host certificate rejected ({reason}): {fingerprint}")
        }
    }
}

/// A failed attempt, with the hop at which it failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{kind}", via(.jump.as_ref()))]
pub struct ConnectError {
    /// The jump host that failed; `None` when it was the host itself.
    pub jump: Option<String>,
    /// What failed.
    #[source]
    pub kind: ConnectErrorKind,
}

fn via(jump: Option<&String>) -> String {
    jump.map_or_else(String::new, |name| format!("jump host {name}: "))
}

impl ConnectError {
    /// Whether trying again may help without doing harm: nothing was sent that an
    /// intrusion counter would hold against us.
    #[must_use]
    pub fn is_worth_a_retry(&self) -> bool {
        match &self.kind {
            ConnectErrorKind::Resolve { .. } => true,
            ConnectErrorKind::Closed { stage: Stage::Connect | Stage::Handshake, said } => {
                said.is_empty() || said.starts_with(b"Exceeded MaxStartups")
            }
            _ => false,
        }
    }

    /// The host's state and the line for the user. `host` is the inventory's name.
    #[must_use]
    pub fn problem(&self, host: &str) -> Problem {
        let reason = self.to_string();
        match &self.kind {
            ConnectErrorKind::Identity { fault, fingerprint, name, .. } => {
                let hint = match fault {
                    IdentityFault::Unknown => format!(
                        "compare the fingerprint on the host, then: fleet trust {host} {fingerprint}"
                    ),
                    IdentityFault::Changed(place) => format!(
                        "if the host was reinstalled, remove the line at {place} and run: fleet trust {host} {fingerprint}"
                    ),
                    IdentityFault::Revoked(_) => {
                        format!("do not connect; give {name} a new host key")
                    }
                    IdentityFault::Certificate(_) => {
                        format!("renew the host certificate of {name}")
                    }
                };
                Problem::new(Outcome::Identity, reason).hint(hint)
            }
            ConnectErrorKind::Authentication { hint, .. } => {
                Problem::new(Outcome::Unreachable, reason).hint(hint.clone())
            }
            ConnectErrorKind::Closed { said, .. } | ConnectErrorKind::Timeout { said, .. }
                if said.starts_with(b"Not allowed at this time") =>
            {
                Problem::new(Outcome::Unreachable, reason)
                    .hint("sshd penalises this address; wait some minutes")
            }
            _ => Problem::new(Outcome::Unreachable, reason),
        }
    }
}
