//! Whether a host certificate may speak for a host, by OpenSSH's rules.

use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate};

/// Tells why `certificate` is void whoever signed it, if it is.
pub(super) fn forgery(certificate: &Certificate) -> Option<&'static str> {
    certificate.verify_signature().is_err().then_some("its signature does not verify")
}

/// Tells why `certificate`, signed by a trusted authority, does not speak for
/// `host` at the time `now` (seconds since 1970), if it does not.
pub(super) fn objection(certificate: &Certificate, host: &str, now: u64) -> Option<String> {
    if certificate.cert_type() != CertType::Host {
        return Some("it is not a host certificate".to_owned());
    }
    if now < certificate.valid_after() {
        return Some("it is not valid yet".to_owned());
    }
    if now >= certificate.valid_before() {
        return Some("it has expired".to_owned());
    }
    // Newer OpenSSH no longer takes an empty list as "any host", and a
    // certificate for every host is no proof of which one this is.
    if certificate.valid_principals().is_empty() {
        return Some("it names no host".to_owned());
    }
    let host = host.to_ascii_lowercase();
    // Newer OpenSSH takes wildcards here, older does not; we take what both do.
    if !certificate.valid_principals().contains(&host) {
        return Some(format!("it does not name {host}"));
    }
    if let Some((option, _)) = certificate.critical_options().iter().next() {
        return Some(format!("critical option {option:?} is not supported"));
    }
    weak_signature(certificate)
}

/// SHA-1 and DSA are not among OpenSSH's `CASignatureAlgorithms`.
fn weak_signature(certificate: &Certificate) -> Option<String> {
    let algorithm = certificate.signature().algorithm();
    let weak = matches!(algorithm, Algorithm::Dsa | Algorithm::Rsa { hash: None });
    weak.then(|| format!("it is signed with {algorithm}"))
}
