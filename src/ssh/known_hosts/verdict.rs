//! The decision about the key that a host has shown.

use std::path::PathBuf;

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PublicKeyOrCertificate};

use super::names::recorded_name;
use super::parse::{Entry, Role};
use super::{KnownHosts, certificate};

/// What the records say of a host's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key is on record.
    Ok {
        /// The file with the key.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// The key has a valid certificate of an authority on record.
    OkByCa {
        /// The file with the authority.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Nothing is on record for this host.
    Unknown,
    /// Only other keys are on record; also if their types differ.
    Changed {
        /// The file with the nearest of them.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Its fingerprint.
        known: String,
    },
    /// The key, or the authority that signed it, is revoked.
    Revoked {
        /// The file with the revocation.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// An authority on record signed the key, and not for this use of it.
    CertificateRejected {
        /// Why, as a fragment about "it", the certificate.
        reason: String,
    },
}

impl Verdict {
    /// Whether a connection may go on.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::Ok { .. } | Self::OkByCa { .. })
    }
}

impl KnownHosts {
    /// Judges the key or certificate that `host` has shown on `port`, at the
    /// time `now` (seconds since 1970).
    ///
    /// With a `HostKeyAlias`, pass it as `host` and 22 as `port`: OpenSSH
    /// records aliases without a port. Like OpenSSH, a host with no record
    /// under its port is looked up without; that can only find a match, a
    /// revocation or a faulty certificate, never a change.
    #[must_use]
    pub fn check(
        &self,
        host: &str,
        port: u16,
        offered: &PublicKeyOrCertificate,
        now: u64,
    ) -> Verdict {
        let offer = Offer::new(offered, host, now);
        let name = recorded_name(host, port);
        let plain = recorded_name(host, 22);
        // OpenSSH reads revocations of the plain name only when it falls back
        // to it; a key revoked on one port of a host is good on none.
        let revoked = [&name, &plain].iter().find_map(|name| self.revocation(name, &offer));
        if let Some(entry) = revoked {
            return Verdict::Revoked { file: entry.file.to_path_buf(), line: entry.line };
        }
        if let Some(reason) = offer.certificate.and_then(certificate::forgery) {
            return Verdict::CertificateRejected { reason: reason.to_owned() };
        }
        match self.judge(&name, &offer) {
            Verdict::Unknown => match self.judge(&plain, &offer) {
                Verdict::Changed { .. } => Verdict::Unknown,
                verdict => verdict,
            },
            verdict => verdict,
        }
    }

    fn revocation(&self, name: &str, offer: &Offer<'_>) -> Option<&Entry> {
        self.entries_for(name, Role::Revoked).find(|entry| offer.involves(&entry.key))
    }

    fn judge(&self, name: &str, offer: &Offer<'_>) -> Verdict {
        let rejected = match self.judge_certificate(name, offer) {
            Some(Verdict::CertificateRejected { reason }) => Some(reason),
            Some(verdict) => return verdict,
            None => None,
        };
        // A key may be on record by itself, whatever its certificate says.
        match (self.judge_key(name, offer.key), rejected) {
            (verdict @ Verdict::Ok { .. }, _) | (verdict, None) => verdict,
            (_, Some(reason)) => Verdict::CertificateRejected { reason },
        }
    }

    fn judge_certificate(&self, name: &str, offer: &Offer<'_>) -> Option<Verdict> {
        let certificate = offer.certificate?;
        let authority = self
            .entries_for(name, Role::Authority)
            .find(|entry| entry.key == *certificate.signature_key())?;
        Some(match certificate::objection(certificate, offer.host, offer.now) {
            Some(reason) => Verdict::CertificateRejected { reason },
            None => Verdict::OkByCa { file: authority.file.to_path_buf(), line: authority.line },
        })
    }

    fn judge_key(&self, name: &str, key: &KeyData) -> Verdict {
        let mut nearest: Option<&Entry> = None;
        for entry in self.entries_for(name, Role::Host) {
            if entry.key == *key {
                return Verdict::Ok { file: entry.file.to_path_buf(), line: entry.line };
            }
            let same_type = |e: &Entry| e.key.algorithm() == key.algorithm();
            if nearest.is_none_or(|best| !same_type(best) && same_type(entry)) {
                nearest = Some(entry);
            }
        }
        nearest.map_or(Verdict::Unknown, |entry| Verdict::Changed {
            file: entry.file.to_path_buf(),
            line: entry.line,
            known: entry.key.fingerprint(HashAlg::Sha256).to_string(),
        })
    }
}

/// What a host has shown, taken apart.
struct Offer<'a> {
    host: &'a str,
    now: u64,
    key: &'a KeyData,
    certificate: Option<&'a Certificate>,
}

impl<'a> Offer<'a> {
    fn new(offered: &'a PublicKeyOrCertificate, host: &'a str, now: u64) -> Self {
        let (key, certificate) = match offered {
            PublicKeyOrCertificate::PublicKey { key, .. } => (key.key_data(), None),
            PublicKeyOrCertificate::Certificate(cert) => (cert.public_key(), Some(cert)),
        };
        Self { host, now, key, certificate }
    }

    /// Whether `revoked` is the key shown, or the one that signed it.
    fn involves(&self, revoked: &KeyData) -> bool {
        let revoked = match revoked {
            KeyData::Certificate(certificate) => certificate.public_key(),
            key => key,
        };
        let authority = self.certificate.map(Certificate::signature_key);
        *revoked == *self.key || authority == Some(revoked)
    }
}
