//! The identity table's part about host certificates.

use crate::cases::{Case, at, case, named, stricter};

pub(crate) const CASES: &[Case] = &[
    case("certificate", "cert", "@cert-authority *.example.com {ca}\n"),
    case("certificate, exact", "cert", "@cert-authority web.example.com {ca}\n"),
    case("certificate, hashed", "cert", "@cert-authority {#web.example.com} {ca}\n"),
    case("certificate, other CA", "cert", "@cert-authority *.example.com {ca2}\n"),
    case("certificate, other host", "cert", "@cert-authority db.example.com {ca}\n"),
    case("certificate, unmarked CA", "cert", "*.example.com {ca}\n"),
    case("certificate, marker tab", "cert", "@cert-authority\t* {ca}\n"),
    case("certificate, two CAs", "cert", "@cert-authority * {ca2}\n@cert-authority * {ca}\n"),
    at(2222, case("certificate, port, plain", "cert", "@cert-authority *.example.com {ca}\n")),
    at(2222, case("certificate, port", "cert", "@cert-authority [*.example.com]:2222 {ca}\n")),
    case("expired", "expired", "@cert-authority * {ca}\n"),
    case("not yet", "future", "@cert-authority * {ca}\n"),
    case("wrong principal", "elsewhere", "@cert-authority * {ca}\n"),
    case("several principals", "several", "@cert-authority * {ca}\n"),
    named("WEB.EXAMPLE.COM", case("principal case asked", "cert", "@cert-authority * {ca}\n")),
    case("upper case principal", "upper", "@cert-authority * {ca}\n"),
    stricter(case("wildcard principal", "wild", "@cert-authority * {ca}\n")),
    stricter(case("no principal", "nobody", "@cert-authority * {ca}\n")),
    case("user certificate", "user", "@cert-authority * {ca}\n"),
    case("critical option", "critical", "@cert-authority * {ca}\n"),
    case("revoked CA", "cert", "@cert-authority * {ca}\n@revoked * {ca}\n"),
    case("revoked key in it", "cert", "@cert-authority * {ca}\n@revoked * {ed}\n"),
    case("revoked other", "cert", "@cert-authority * {ca}\n@revoked * {ca2}\n"),
    case("expired, key on record", "expired", "@cert-authority * {ca}\nweb.example.com {ed}\n"),
    case("certificate, no CA, key on record", "cert", "web.example.com {ed}\n"),
    case("certificate, no CA, changed", "cert", "web.example.com {ed2}\n"),
    case("SHA-1 signature", "sha1", "@cert-authority * {rsaca}\n"),
    case("RSA CA", "rsacert", "@cert-authority * {rsaca}\n"),
];
