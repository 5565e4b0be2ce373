//! The last lines of a log, as people want to see them when a build failed.

use crate::human;
use std::collections::VecDeque;

/// Lines that are held while the build runs.
const HELD: usize = 200;
/// Lines that are kept in the end.
const KEPT: usize = 30;
/// The most bytes of a line, before it is escaped.
const LONGEST: usize = 400;

/// The last lines, each with the step that printed it.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<(Option<usize>, String)>,
}

impl Tail {
    /// Takes a line of a step, or the builder's own.
    pub(super) fn push(&mut self, step: Option<usize>, line: &[u8]) {
        let shown = shown(line);
        if shown.is_empty() {
            return;
        }
        if self.lines.len() == HELD {
            self.lines.pop_front();
        }
        self.lines.push_back((step, shown));
    }

    /// The last lines. Where steps failed, only theirs and the builder's own.
    pub(super) fn end(self, failed: &[usize]) -> Vec<String> {
        let wanted = |step: &Option<usize>| match step {
            Some(step) => failed.is_empty() || failed.contains(step),
            None => true,
        };
        let lines: Vec<String> =
            self.lines.into_iter().filter(|(step, _)| wanted(step)).map(|(_, line)| line).collect();
        let skip = lines.len().saturating_sub(KEPT);
        lines.into_iter().skip(skip).collect()
    }
}

/// What a terminal would show of a line in the end, without colours, escaped.
fn shown(line: &[u8]) -> String {
    let last = line.rsplit(|b| *b == b'\r').find(|part| !part.is_empty()).unwrap_or_default();
    let text = String::from_utf8_lossy(&last[..last.len().min(4 * LONGEST)]);
    let plain = console::strip_ansi_codes(&text);
    human::excerpt(plain.trim_end().as_bytes(), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_step_that_failed_are_kept_without_what_steers_a_terminal() {
        let mut tail = Tail::default();
        tail.push(Some(1), b"other");
        tail.push(Some(2), b"10%\r50%\r\x1b[91mno such gem\x1b[0m");
        tail.push(None, b"ERROR: \x1b]0;title\x07 failed");
        tail.push(None, b"");
        assert_eq!(tail.end(&[2]), ["no such gem", "ERROR:  failed"]);
    }

    #[test]
    fn there_is_a_limit_to_lines_and_to_their_length() {
        let mut tail = Tail::default();
        (0..500).for_each(|n| tail.push(None, format!("{n} {}", "x".repeat(9_000)).as_bytes()));
        let lines = tail.end(&[]);
        assert_eq!(
            (lines.len(), lines[0].starts_with("470 "), lines[0].len() < 500),
            (30, true, true)
        );
    }
}
