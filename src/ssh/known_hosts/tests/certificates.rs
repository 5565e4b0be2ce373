//! Host certificates: which speak for a host, and why others do not.

use russh::keys::PublicKeyOrCertificate;
use russh::keys::ssh_key::certificate::{Builder, CertType};

use super::{HOST, NOW, key, known, private, short};

fn certificate(change: impl Fn(&mut Builder)) -> PublicKeyOrCertificate {
    certificate_of(CertType::Host, change)
}

fn certificate_of(kind: CertType, change: impl Fn(&mut Builder)) -> PublicKeyOrCertificate {
    let mut builder =
        Builder::new([7; 16], key(1).key_data().clone(), NOW - 10, NOW + 10).expect("a validity");
    builder.cert_type(kind).expect("a type");
    change(&mut builder);
    builder.sign(&private(3)).expect("signed").into()
}

#[test]
fn certificates() {
    let named = certificate(|b| {
        b.valid_principal(HOST).expect("a name");
    });
    let cases = [
        (&named, NOW, "@cert-authority *.example.com {3}", "ca 1"),
        (&named, NOW, "@cert-authority * {4}", "unknown"),
        (&named, NOW, "*.example.com {3}", "changed 1"),
        (&named, NOW + 10, "@cert-authority * {3}", "rejected: it has expired"),
        (&named, NOW - 11, "@cert-authority * {3}", "rejected: it is not valid yet"),
        (&named, NOW + 10, "@cert-authority * {3}\n* {1}", "ok 2"),
        (&named, NOW, "@cert-authority * {3}\n@revoked * {3}", "revoked 2"),
        (&named, NOW, "@cert-authority * {3}\n@revoked * {1}", "revoked 2"),
    ];
    for (offered, now, template, want) in cases {
        let verdict = known(template).check(HOST, 22, offered, now);
        assert_eq!(short(&verdict), want, "{template}");
    }
}

#[test]
fn faulty_certificates() {
    let cases = [
        (
            certificate(|b| {
                b.all_principals_valid().expect("any");
            }),
            "rejected: it names no host",
        ),
        (
            certificate(|b| {
                b.valid_principal("db").expect("a name");
            }),
            "rejected: it does not name web.example.com",
        ),
        (
            certificate_of(CertType::User, |b| {
                b.valid_principal(HOST).expect("a name");
            }),
            "rejected: it is not a host certificate",
        ),
        (
            certificate(|b| {
                b.valid_principal(HOST).expect("a name");
                b.critical_option("x", "").expect("an option");
            }),
            "rejected: critical option \"x\" is not supported",
        ),
    ];
    for (offered, want) in cases {
        let verdict = known("@cert-authority * {3}").check(HOST, 22, &offered, NOW);
        assert_eq!(short(&verdict), want);
    }
}

#[test]
fn a_forged_certificate_counts_for_nothing() {
    let PublicKeyOrCertificate::Certificate(good) = certificate(|b| {
        b.valid_principal(HOST).expect("a name");
    }) else {
        unreachable!("a certificate was made");
    };
    let mut bytes = good.to_bytes().expect("bytes");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let forged = russh::keys::Certificate::from_bytes(&bytes).expect("well-formed");
    let verdict = known("@cert-authority * {3}\n* {1}").check(HOST, 22, &forged.into(), NOW);
    assert_eq!(short(&verdict), "rejected: its signature does not verify");
}
