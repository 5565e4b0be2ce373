//! Versions as files of different tools write them.

/// A version's numbers without what tools put around them: `ruby-3.4.5`, `v22.1.0`, `3.4.5p100`.
/// `None` for a range, an alias, another implementation.
pub(super) fn exact(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.strip_prefix("ruby-").or_else(|| text.strip_prefix('v')).unwrap_or(text);
    let text = match text.find('p') {
        Some(at) if text[at + 1..].bytes().all(|b| b.is_ascii_digit()) => &text[..at],
        _ => text,
    };
    let is_version = text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        && !text.contains(['x', 'X']);
    is_version.then_some(text)
}

/// The version that a range is anchored at: `~> 3.4.1`, `^20.1`, `22.x`. `None` where the range
/// leaves the first number open.
pub(super) fn anchored(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = ["~>", "^", "~"].iter().find_map(|sign| text.strip_prefix(sign));
    let rest = rest.unwrap_or(text).trim();
    let rest = rest.strip_suffix(".x").unwrap_or(rest);
    exact(rest.strip_suffix(".x").unwrap_or(rest))
}

/// The first so many numbers of a version.
pub(super) fn numbers(version: &str, count: usize) -> String {
    version.split('.').take(count).collect::<Vec<_>>().join(".")
}

/// Whether one version is the other, or names its first numbers alone.
pub(super) fn agree(one: &str, other: &str) -> bool {
    let begins = |long: &str, short: &str| long.starts_with(&format!("{short}."));
    one == other || begins(one, other) || begins(other, one)
}

/// The first number of a version.
pub(super) fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// The texts in quotes on a line of Ruby, before a comment.
pub(super) fn quoted(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', '#']) {
        let mark = rest.as_bytes()[at];
        let inner = &rest[at + 1..];
        let Some(end) = inner.find(char::from(mark)).filter(|_| mark != b'#') else { break };
        found.push(&inner[..end]);
        rest = &inner[end + 1..];
    }
    found
}

/// The version of a tool in `.tool-versions`, with its line.
pub(super) fn of_tool<'t>(text: &'t str, names: &[&str]) -> Option<(&'t str, usize)> {
    text.lines().zip(1..).find_map(|(line, number)| {
        let mut words = line.split('#').next()?.split_whitespace();
        names.contains(&words.next()?).then_some(())?;
        Some((words.next()?, number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_their_tools_write_them() {
        let cases = [
            ("3.4.5\n", Some("3.4.5")),
            ("ruby-3.4.5", Some("3.4.5")),
            ("3.4.5p100", Some("3.4.5")),
            ("v22.1.0", Some("22.1.0")),
            ("3.5.0-preview1", Some("3.5.0-preview1")),
            ("jruby-9.4", None),
            ("lts/*", None),
            (">= 3.2", None),
            ("20.x", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(exact(text), expected, "{text}");
        }
        let cases = [("~> 3.4.1", Some("3.4.1")), ("22.x", Some("22")), ("^20", Some("20"))];
        for (text, expected) in cases.into_iter().chain([(">=18", None), ("18 || 20", None)]) {
            assert_eq!(anchored(text), expected, "{text}");
        }
        assert_eq!(quoted("ruby '3.4', \"~> 2\" # 'x'"), ["3.4", "~> 2"]);
        assert_eq!(of_tool("nodejs 22.1.0\nruby 3.4.5 # x\n", &["ruby"]), Some(("3.4.5", 2)));
    }
}
