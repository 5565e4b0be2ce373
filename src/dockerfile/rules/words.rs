//! Pieces of a file in a message: one line, short, harmless.

use crate::dockerfile::text::{Span, Text};
use crate::human;

/// What stands in the file, on one line, at most about this long.
pub(super) fn one_line(text: &Text, span: Span, limit: usize) -> String {
    let end = span.end.min(span.start + 4 * limit + 400);
    let shown = text.show(span.start..end);
    let pieces = shown.split_whitespace().filter(|word| *word != "\\");
    shown_words(pieces, limit)
}

/// A value in a message.
pub(super) fn shown(value: &str, limit: usize) -> String {
    shown_words(value.split_whitespace(), limit)
}

fn shown_words<'w>(words: impl Iterator<Item = &'w str>, limit: usize) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > limit {
            break;
        }
    }
    if line.chars().count() > limit {
        line = line.chars().take(limit.saturating_sub(1)).collect();
        line.push('…');
    }
    human::escape(&line).into_owned()
}
