//! One spelling for an instruction that builders and Dockerfiles write in several ways.

/// What a Dockerfile's lines begin with.
const INSTRUCTIONS: &[&str] = &[
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

const DIGEST: &str = "sha256:";

/// The name that equal steps have in common: one blank between words, the instruction in
/// capitals, without the builder's own numbers, the ids of mounts, digests, and the registry
/// that is meant where none is written.
pub(super) fn normal(name: &str) -> String {
    let mut words = unnumbered(name).split_whitespace().map(word);
    let first = words.next().unwrap_or_default();
    let upper = first.to_ascii_uppercase();
    let first = if INSTRUCTIONS.contains(&upper.as_str()) { upper } else { first };
    words.fold(first, |mut line, word| {
        line.push(' ');
        line.push_str(&word);
        line
    })
}

/// Without `[build 3/9] ` or `Step 3/9 : ` at its beginning.
fn unnumbered(name: &str) -> &str {
    let name = name.trim_start();
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let counted = name.strip_prefix("Step ").and_then(|rest| rest.split_once(':'));
    match bracketed.or(counted) {
        Some((place, rest)) if place.split_whitespace().next_back().is_some_and(is_place) => rest,
        _ => name,
    }
}

/// `3/9`
fn is_place(word: &str) -> bool {
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    word.split_once('/').is_some_and(|(n, of)| number(n) && number(of))
}

fn word(word: &str) -> String {
    let word = undigested(word);
    if let Some(mount) = word.strip_prefix("--mount=") {
        let options: Vec<_> = mount.split(',').filter(|o| !o.starts_with("id=")).collect();
        return format!("--mount={}", options.join(","));
    }
    match word.strip_prefix("docker.io/library/").or_else(|| word.strip_prefix("docker.io/")) {
        Some(image) => image.to_owned(),
        None => word,
    }
}

/// Without `@sha256:…`, and with every other digest as `sha256:`.
fn undigested(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((head, tail)) = rest.split_once(DIGEST) {
        let digits = tail.bytes().take_while(u8::is_ascii_hexdigit).count();
        match head.strip_suffix('@') {
            Some(image) if digits > 0 => out.push_str(image),
            _ => out.extend([head, DIGEST]),
        }
        rest = &tail[digits..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn one_step_has_one_name() {
        let cases = [
            ("RUN  bundle   install", "RUN bundle install"),
            ("run bundle install", "RUN bundle install"),
            ("[build 3/9] RUN bundle install", "RUN bundle install"),
            ("[3/9] RUN bundle install", "RUN bundle install"),
            ("Step 3/9 : RUN bundle install", "RUN bundle install"),
            ("[internal] load build context", "[internal] load build context"),
            ("RUN [ -f a ] && b", "RUN [ -f a ] && b"),
            (
                "RUN --mount=type=cache,id=shop-7f3a,target=/a b",
                "RUN --mount=type=cache,target=/a b",
            ),
            ("RUN --mount=type=cache,target=/a b", "RUN --mount=type=cache,target=/a b"),
            ("FROM docker.io/library/ruby:3.4@sha256:00ffaa AS base", "FROM ruby:3.4 AS base"),
            ("FROM ruby:3.4 AS base", "FROM ruby:3.4 AS base"),
            ("FROM ruby@sha256:beef", "FROM ruby"),
            ("writing image sha256:0123abc done", "writing image sha256: done"),
            ("exporting to image", "exporting to image"),
            ("", ""),
        ];
        for (name, want) in cases {
            assert_eq!(normal(name), want, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn blanks_between_words_do_not_matter(words in proptest::collection::vec("\\PC{0,12}", 0..8)) {
            let (one, many) = (words.join(" "), words.join(" \t  "));
            proptest::prop_assert_eq!(normal(&one), normal(&many));
        }
    }
}
