//! The identity table: records, what the server shows, and who may differ.

/// How our answer may differ from that of `ssh`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Agree {
    /// Not at all.
    Exactly,
    /// We refuse what it accepts, on purpose.
    Stricter,
}
use Agree::{Exactly, Stricter};

#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) host: &'static str,
    pub(crate) port: u16,
    /// Which key or certificate the server shows.
    pub(crate) shows: &'static str,
    /// `{x}` stands for a key by name, `{#name}` for a hashed host name.
    pub(crate) records: &'static str,
    pub(crate) agree: Agree,
}

pub(crate) const fn case(name: &'static str, shows: &'static str, records: &'static str) -> Case {
    Case { name, host: "web.example.com", port: 22, shows, records, agree: Exactly }
}

pub(crate) const fn at(port: u16, case: Case) -> Case {
    Case { port, ..case }
}

pub(crate) const fn named(host: &'static str, case: Case) -> Case {
    Case { host, ..case }
}

pub(crate) const fn stricter(case: Case) -> Case {
    Case { agree: Stricter, ..case }
}

pub(crate) const CASES: &[Case] = &[
    case("plain", "ed", "web.example.com {ed}\n"),
    case("empty", "ed", ""),
    case("other host", "ed", "db.example.com {ed}\n"),
    case("changed", "ed", "web.example.com {ed2}\n"),
    case("second key of the type", "ed", "web.example.com {ed2}\nweb.example.com {ed}\n"),
    case("other type", "ed", "web.example.com {ec}\n"),
    case("ecdsa", "ec", "web.example.com {ec}\n"),
    case("rsa", "rsa", "web.example.com {rsa}\n"),
    case("hashed", "ed", "{#web.example.com} {ed}\n"),
    case("hashed, other", "ed", "{#db.example.com} {ed}\n"),
    case("hashed, changed", "ed", "{#web.example.com} {ed2}\n"),
    case("hash in a list", "ed", "{#web.example.com},x {ed}\n"),
    case("damaged hash", "ed", "|1|AAAA|BBBB {ed}\nweb.example.com {ed}\n"),
    named("WEB.Example.com", case("upper case asked", "ed", "web.example.com {ed}\n")),
    case("upper case recorded", "ed", "WEB.example.COM {ed}\n"),
    at(2222, case("port", "ed", "[web.example.com]:2222 {ed}\n")),
    at(2222, case("port, hashed", "ed", "{#[web.example.com]:2222} {ed}\n")),
    at(2222, case("port, plain record", "ed", "web.example.com {ed}\n")),
    at(2222, case("port, plain record changed", "ed", "web.example.com {ed2}\n")),
    at(2222, case("port, both", "ed", "[web.example.com]:2222 {ed2}\nweb.example.com {ed}\n")),
    at(2222, case("port without brackets", "ed", "web.example.com:2222 {ed}\n")),
    at(2222, case("other port", "ed", "[web.example.com]:2223 {ed}\n")),
    at(2222, case("port glob", "ed", "[*.example.com]:2222 {ed}\n")),
    at(2222, case("port any", "ed", "[web.example.com]:* {ed}\n")),
    at(2222, case("star with port", "ed", "* {ed}\n")),
    at(2222, case("plain glob with port", "ed", "*.example.com {ed}\n")),
    at(
        2222,
        stricter(case(
            "revoked without port",
            "ed",
            "@revoked web.example.com {ed}\n[web.example.com]:2222 {ed}\n",
        )),
    ),
    case("22 in brackets", "ed", "[web.example.com]:22 {ed}\n"),
    case("star", "ed", "* {ed}\n"),
    case("glob", "ed", "*.example.com {ed}\n"),
    case("question marks", "ed", "w?b.example.c?? {ed}\n"),
    case("negated", "ed", "*.example.com,!web.example.com {ed}\n"),
    case("negated first", "ed", "!web.example.com,*.example.com {ed}\n"),
    case("negated other", "ed", "*.example.com,!db.example.com {ed}\n"),
    case("only negated", "ed", "!db.example.com {ed}\n"),
    case("list", "ed", "db.example.com,web.example.com,10.0.0.1 {ed}\n"),
    named("2001:db8::1", case("IPv6", "ed", "2001:db8::1 {ed}\n")),
    named("2001:db8::1", at(2222, case("IPv6 port", "ed", "[2001:db8::1]:2222 {ed}\n"))),
    case("revoked", "ed", "@revoked web.example.com {ed}\n"),
    case("revoked and good", "ed", "web.example.com {ed}\n@revoked web.example.com {ed}\n"),
    case("revoked by glob", "ed", "@revoked * {ed}\nweb.example.com {ed}\n"),
    case("revoked hashed", "ed", "@revoked {#web.example.com} {ed}\nweb.example.com {ed}\n"),
    case("revoked elsewhere", "ed", "@revoked db.example.com {ed}\nweb.example.com {ed}\n"),
    case("other key revoked", "ed", "@revoked * {ed2}\nweb.example.com {ed}\n"),
    case("revoked as a certificate", "ed", "@revoked * {cert}\nweb.example.com {ed}\n"),
    stricter(case("revoked with a tab", "ed", "@revoked\t* {ed}\nweb.example.com {ed}\n")),
    case("unknown marker", "ed", "@trusted web.example.com {ed}\n"),
    case("unknown marker and good", "ed", "@trusted * {ed2}\nweb.example.com {ed}\n"),
    case("authority line, plain key", "ed", "@cert-authority * {ed}\n"),
    case("tabs", "ed", "\tweb.example.com\t{ed}\n"),
    case("CRLF", "ed", "# x\r\n\r\nweb.example.com {ed}\r\n"),
    case("CRLF and comment", "ed", "web.example.com {ed} me@here\r\n"),
    case("BOM", "ed", "\u{feff}web.example.com {ed}\n"),
    case("BOM and list", "ed", "\u{feff}x,web.example.com {ed}\n"),
    case("BOM and comment", "ed", "\u{feff}# x\nweb.example.com {ed}\n"),
    stricter(case("BOM and revoked", "ed", "\u{feff}@revoked * {ed}\nweb.example.com {ed}\n")),
    case("bad UTF-8", "ed", "\u{1}BAD\u{1} {ed2}\nweb.example.com {ed} \u{1}BAD\u{1}\n"),
    case("no final newline", "ed", "web.example.com {ed}"),
    case("comments", "ed", "# one\n  # two\n\n   \nweb.example.com {ed} # three\n"),
    case("garbage", "ed", "garbage\nweb.example.com\nweb.example.com {ed}\n"),
    case("garbage only", "ed", "web.example.com ssh-ed25519 AAAA\n"),
    case("garbage for the host", "ed", "web.example.com ssh-ed25519 AAAA\nweb.example.com {ed}\n"),
    case("wrong type word", "ed", "web.example.com ssh-rsa {ed:blob}\n"),
    case("old RSA1 line", "ed", "web.example.com 1024 35 1234567\nweb.example.com {ed}\n"),
    case("unknown key type", "ed", "web.example.com ssh-new AAAAB3NzaC1uZXc=\n"),
    stricter(case(
        "damaged revocation",
        "ed",
        "@revoked * ssh-ed25519 AAAA\nweb.example.com {ed}\n",
    )),
];
