//! What we agree to in a handshake, and what it means when one fails.

use super::client::Traced;
use super::connect::Hop;
use super::error::{ConnectErrorKind, IdentityFault, Stage};
use super::known_hosts::Verdict;
use super::wire::Tap;
use russh::client::Config;
use russh::keys::Algorithm;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn config(hop: &Hop) -> Arc<Config> {
    let mut config = Config {
        client_id: russh::SshId::Standard(
            concat!("SSH-2.0-fleet_", env!("CARGO_PKG_VERSION")).into(),
        ),
        nodelay: true,
        keepalive_interval: Some(Duration::from_secs(15)),
        keepalive_max: 3,
        inactivity_timeout: None,
        // Throughput over a long line is window per round trip.
        window_size: 16 << 20,
        ..Config::default()
    };
    let preferred = &mut config.preferred;
    preferred.cipher = vec![
        russh::cipher::AES_256_GCM,
        russh::cipher::CHACHA20_POLY1305,
        russh::cipher::AES_256_CTR,
        russh::cipher::AES_128_CTR,
    ]
    .into();
    preferred.compression = vec![russh::compression::NONE].into();
    preferred.key = host_key_order(hop).into();
    if hop.known_hosts.has_ca_for(&hop.key_name, hop.key_port) {
        preferred.host_key_certificates = vec![Algorithm::Ed25519].into();
    }
    Arc::new(config)
}

/// Host key types, those on record first: else a host with several keys would look
/// unknown because it showed another one. SHA-1 signatures (`ssh-rsa`) are never offered.
fn host_key_order(hop: &Hop) -> Vec<Algorithm> {
    let modern = russh::Preferred::DEFAULT
        .key
        .iter()
        .filter(|a| !matches!(a, Algorithm::Rsa { hash: None }))
        .cloned();
    let recorded = hop.known_hosts.algorithms_for(&hop.key_name, hop.key_port);
    let is_rsa = |a: &Algorithm| matches!(a, Algorithm::Rsa { .. });
    let same_type = |a: &Algorithm, b: &Algorithm| (is_rsa(a) && is_rsa(b)) || a == b;
    let (mut first, rest): (Vec<_>, Vec<_>) =
        modern.partition(|a| recorded.iter().any(|r| same_type(a, r)));
    first.extend(rest);
    first
}

pub(super) fn handshake_error(
    error: &russh::Error,
    hop: &Hop,
    seen: &Traced,
    tap: &Tap,
) -> ConnectErrorKind {
    let said = tap.said();
    if let Some((verdict, fingerprint)) = &seen.verdict {
        let fault = match verdict {
            Verdict::Unknown => Some(IdentityFault::Unknown),
            Verdict::Changed { file, line, .. } => {
                Some(IdentityFault::Changed(format!("{}:{line}", file.display())))
            }
            Verdict::Revoked { file, line } => {
                Some(IdentityFault::Revoked(format!("{}:{line}", file.display())))
            }
            Verdict::CertificateRejected { reason } => {
                Some(IdentityFault::Certificate(reason.clone()))
            }
            Verdict::Ok { .. } | Verdict::OkByCa { .. } => None,
        };
        if let (Some(fault), russh::Error::UnknownKey) = (fault, error) {
            return ConnectErrorKind::Identity {
                fault,
                fingerprint: fingerprint.clone(),
                name: hop.name.clone(),
                key: seen.key.clone().map(Box::new),
            };
        }
    }
    if let Some(weak) = &seen.weak {
        return ConnectErrorKind::Protocol { stage: Stage::Handshake, reason: weak.clone() };
    }
    if !said.starts_with(b"SSH-2.0-") && !said.starts_with(b"SSH-1.99-") && !said.is_empty() {
        return if said.starts_with(b"Exceeded MaxStartups") || said.starts_with(b"Not allowed") {
            ConnectErrorKind::Closed { stage: Stage::Handshake, said }
        } else {
            ConnectErrorKind::NotSsh { said }
        };
    }
    match error {
        russh::Error::Disconnect | russh::Error::HUP | russh::Error::IO(_) => {
            let said = seen.farewell.clone().map_or(said, String::into_bytes);
            ConnectErrorKind::Closed { stage: Stage::Handshake, said }
        }
        russh::Error::NoCommonAlgo { kind, ours, theirs } => ConnectErrorKind::Protocol {
            stage: Stage::Handshake,
            reason: crate::human::excerpt(
                format!("no common {kind:?}: we offer {ours:?}, it offers {theirs:?}").as_bytes(),
                400,
            ),
        },
        other => ConnectErrorKind::Protocol {
            stage: Stage::Handshake,
            reason: crate::human::excerpt(other.to_string().as_bytes(), 200),
        },
    }
}
