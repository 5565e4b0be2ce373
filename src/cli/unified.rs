//! Two texts side by side as a unified diff, the first of them a stranger's.

use crate::human::escape_bytes;
use console::Style;
use similar::TextDiff;
use std::time::Duration;

/// How long comparing may take; what is not found until then is shown as changed.
const PATIENCE: Duration = Duration::from_secs(2);

/// A unified diff. Nothing of what was found can steer a terminal.
pub(super) fn unified(there: &str, made: &str, found: &[u8], rendered: &str) -> String {
    let found = escape_bytes(found);
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(found.as_ref(), rendered);
    diff.unified_diff().context_radius(3).header(there, made).to_string()
}

/// The same with the usual colours.
pub(super) fn colored(text: &str) -> String {
    let style = Style::new().force_styling(true);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (at, line) in text.lines().enumerate() {
        let styled = match line.as_bytes().first() {
            _ if at < 2 => style.clone().bold().apply_to(line).to_string(),
            Some(b'+') => style.clone().green().apply_to(line).to_string(),
            Some(b'-') => style.clone().red().apply_to(line).to_string(),
            Some(b'@') => style.clone().cyan().apply_to(line).to_string(),
            _ => line.to_owned(),
        };
        out.push_str(&styled);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_unified_and_escaped() {
        let text =
            unified("repo/Dockerfile", "Dockerfile", b"FROM a\nRUN \x1b[2Jx\n", "FROM a\nRUN y\n");
        assert_eq!(
            text,
            "--- repo/Dockerfile\n+++ Dockerfile\n@@ -1,2 +1,2 @@\n FROM a\n-RUN \\u{1b}[2Jx\n+RUN y\n"
        );
        let bare = console::strip_ansi_codes(&colored(&text)).into_owned();
        assert_eq!(bare, text);
    }

    #[test]
    fn two_large_files_without_anything_in_common_end_in_time() {
        let start = std::time::Instant::now();
        let lines = |seed: u64| {
            let line = |n: u64| format!("{:x}\n", (n ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            (0..60_000).map(line).collect::<String>()
        };
        assert!(unified("a", "b", lines(1).as_bytes(), &lines(2)).lines().count() > 60_000);
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
