//! Which names in `ARG` and `ENV` hold secrets, and where their values stand, so that no
//! message repeats them.

use super::text::Span;
use super::tree::{Body, Dockerfile, Instruction};

/// Names that BuildKit's own check refuses, too.
const WORDS: [&str; 13] = [
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "password",
    "pword",
    "passwd",
    "secret",
    "token",
    "passphrase",
    "secrets",
    "tokens",
];
/// With one of these in it, a name says where a secret is or that there is none.
const HARMLESS: [&str; 22] = [
    "public",
    "pub",
    "file",
    "path",
    "dir",
    "dummy",
    "gpg",
    "keyring",
    "length",
    "ttl",
    "expiry",
    "id",
    "name",
    "url",
    "type",
    "algorithm",
    "server",
    "keyserver",
    "mode",
    "method",
    "fingerprint",
    "enabled",
];

/// Whether a variable of this name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split(['_', '-', '.']).collect();
    parts.iter().any(|part| WORDS.contains(part))
        && !parts.iter().any(|part| HARMLESS.contains(part))
}

/// Whether a value gives nothing away.
pub(super) fn is_harmless_value(value: &str) -> bool {
    const STANDINS: [&str; 10] = [
        "dummy",
        "placeholder",
        "changeme",
        "none",
        "test",
        "build",
        "precompile",
        "true",
        "false",
        "nothing",
    ];
    let lower = value.to_ascii_lowercase();
    value.is_empty()
        || value.starts_with('/')
        || (value.len() < 4 && value.chars().all(|c| c.is_ascii_digit()))
        || STANDINS.iter().any(|word| lower.contains(word))
        || value.starts_with('$')
}

/// The secrets of an instruction: its name, the whole pair, the value.
pub(super) fn of(instruction: &Instruction) -> impl Iterator<Item = (&str, Span, Option<&str>)> {
    let pairs = match &instruction.body {
        Body::Pairs(pairs) => pairs.as_slice(),
        _ => &[],
    };
    pairs.iter().filter(|(name, _)| is_secret_name(&name.value)).map(|(name, value)| {
        let end = value.as_ref().map_or(name.span.end, |v| v.span.end);
        let value = value.as_ref().map(|v| v.value.as_str());
        (name.value.as_str(), name.span.start..end, value)
    })
}

/// Where values stand that no message may show.
pub(super) fn hidden(file: &Dockerfile) -> Vec<Span> {
    let all = file.globals.iter().chain(file.instructions());
    let secrets = all.flat_map(of).filter(|(_, _, value)| value.is_some_and(|v| !v.is_empty()));
    secrets.map(|(name, span, _)| span.start + name.len() + 1..span.end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hold_secrets() {
        for name in
            ["RAILS_MASTER_KEY", "DB_PASSWORD", "npm_token", "AWS_SECRET_ACCESS_KEY", "AUTH"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "SECRET_KEY_BASE_DUMMY",
            "PGPASSWORD_FILE",
            "SSH_PUBLIC_KEY",
            "GPG_KEY",
            "KEYBOARD",
            "TOKENIZERS_PARALLELISM",
            "KEY_NAME",
            "MONKEY",
            "AWS_ACCESS_KEY_ID",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
