//! A `RUN` as the shell gets it, its lines joined, and where each part of it stands in the file.

use crate::dockerfile::scan::slip;
use crate::dockerfile::text::{Span, Text};

/// Text for the shell with the way back to the file.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) text: String,
    /// Where a run of equal bytes begins: in the text, in the file.
    pieces: Vec<(usize, usize)>,
}

impl Joined {
    /// Text that stands in one piece.
    pub(super) fn of_text(text: String, start: usize) -> Self {
        Self { text, pieces: vec![(0, start)] }
    }

    /// Lines that continuations join, without comments and empty lines between them.
    pub(super) fn of_line(text: &Text, span: Span, escape: u8) -> Self {
        let mut joined = Self { text: String::new(), pieces: Vec::new() };
        let mut start = span.start;
        for (number, line) in text.slice(span.clone()).split('\n').enumerate() {
            let trimmed = line.trim_start();
            if number == 0 || !(trimmed.is_empty() || trimmed.starts_with('#')) {
                joined.pieces.push((joined.text.len(), start));
                joined.text.push_str(without_continuation(line, escape));
            }
            start += line.len() + 1;
        }
        joined
    }

    /// Where a byte of the text stands in the file.
    fn place(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(begin, _)| *begin <= at).max(1);
        self.pieces.get(next - 1).map_or(at, |(begin, start)| start + (at - begin))
    }

    /// Where a part of the text stands in the file.
    pub(super) fn span(&self, part: Span) -> Span {
        if part.is_empty() {
            let at = self.place(part.start);
            return at..at;
        }
        self.place(part.start)..self.place(part.end - 1) + 1
    }

    /// What stands before the first here-document.
    pub(super) fn before_heredoc(&self) -> &str {
        self.text.split("<<").next().unwrap_or_default()
    }
}

fn without_continuation(line: &str, escape: u8) -> &str {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let trimmed = line.trim_end_matches([' ', '\t']);
    if let Some(rest) = trimmed.strip_suffix(char::from(escape))
        && !rest.ends_with(char::from(escape))
    {
        return rest;
    }
    // A backslash that a comment follows was meant as a continuation.
    slip(line, escape).map_or(line, |at| &line[..at])
}
