//! Wildcard patterns as OpenSSH understands them: `*`, `?` and lists with `!`.

/// OpenSSH gives up on a list with a longer member; a shorter limit would hide
/// negations, a longer one would match what `ssh` does not.
const MAX_MEMBER: usize = 1022;

/// Tells whether `text` matches `pattern`, in which `*` stands for any run of
/// bytes and `?` for one byte; there is no escaping.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after_star, from)) = retry else {
                    return false;
                };
                retry = Some((after_star, from + 1));
                p = after_star;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Tells whether a member of the comma-separated `list` matches `text` and no
/// member marked with `!` does.
pub(crate) fn matches_list(list: &[u8], text: &[u8]) -> bool {
    let mut found = false;
    for member in list.split(|byte| *byte == b',') {
        let (negated, member) = match member.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, member),
        };
        if member.len() > MAX_MEMBER {
            return false;
        }
        // A trailing comma ends the list; it is no empty member.
        if !member.is_empty() && matches(member, text) {
            if negated {
                return false;
            }
            found = true;
        }
    }
    found
}

/// [`matches_list`] for host names, for which letter case does not count.
pub(crate) fn matches_host(list: &[u8], host: &str) -> bool {
    matches_list(&list.to_ascii_lowercase(), host.to_ascii_lowercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, want) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b", "ab", true),
            ("a*b", "axxb", true),
            ("a*b", "axxbc", false),
            ("*.example.com", "web.example.com", true),
            ("*.example.com", "example.com", false),
            ("web?", "web1", true),
            ("web?", "web", false),
            ("*a*b*c", "xaybzc", true),
            ("[web]:22", "[web]:22", true),
        ] {
            let got = matches(pattern.as_bytes(), text.as_bytes());
            assert_eq!(got, want, "{pattern} on {text}");
        }
    }

    #[test]
    fn lists() {
        for (list, text, want) in [
            ("a,b", "b", true),
            ("a,b,", "", false),
            ("*,!b", "b", false),
            ("!b,*", "b", false),
            ("!b", "a", false),
            ("*,!b", "a", true),
        ] {
            let got = matches_list(list.as_bytes(), text.as_bytes());
            assert_eq!(got, want, "{list} on {text}");
        }
        assert!(matches_host(b"WEB.Example.com", "web.eXample.com"));
    }
}
