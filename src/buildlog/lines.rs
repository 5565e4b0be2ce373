//! Cuts the bytes of two streams into lines of bounded length.

use crate::record::Stream;

/// The longest line of JSON that is read; BuildKit's own messages are far below it.
pub(super) const LONGEST_JSON: usize = 1 << 20;
/// The most of a line of text that is read.
pub(super) const LONGEST_TEXT: usize = 16 << 10;

/// Lines of which the end has not come yet.
#[derive(Debug)]
pub(super) struct Lines {
    longest: usize,
    held: [Held; 2],
    /// Lines that were cut because they were too long.
    pub(super) dropped: u64,
}

#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    is_cut: bool,
}

fn number(stream: Stream) -> usize {
    match stream {
        Stream::Stdout => 0,
        Stream::Stderr => 1,
    }
}

impl Lines {
    pub(super) fn new(longest: usize) -> Self {
        Self { longest, held: <[Held; 2]>::default(), dropped: 0 }
    }

    /// Hands on every line that is complete, without its end. Of a line that is too long
    /// only the beginning is handed on.
    pub(super) fn feed(&mut self, stream: Stream, bytes: &[u8], mut line: impl FnMut(&[u8])) {
        let held = &mut self.held[number(stream)];
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            held.keep(&rest[..end], self.longest);
            self.dropped += u64::from(held.is_cut);
            line(without_return(&held.bytes));
            *held = Held::default();
            rest = &rest[end + 1..];
        }
        held.keep(rest, self.longest);
    }

    /// Hands on what has no end.
    pub(super) fn end(&mut self, mut line: impl FnMut(Stream, &[u8])) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let held = std::mem::take(&mut self.held[number(stream)]);
            self.dropped += u64::from(held.is_cut);
            if !held.bytes.is_empty() {
                line(stream, without_return(&held.bytes));
            }
        }
    }
}

impl Held {
    fn keep(&mut self, bytes: &[u8], longest: usize) {
        let room = longest.saturating_sub(self.bytes.len());
        self.is_cut |= bytes.len() > room;
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| *b != b'\r').map_or(0, |at| at + 1);
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(longest: usize, chunks: &[(Stream, &str)]) -> (Vec<String>, u64) {
        let mut lines = Lines::new(longest);
        let mut out = Vec::new();
        let mut push = |line: &[u8]| out.push(String::from_utf8_lossy(line).into_owned());
        for (stream, chunk) in chunks {
            lines.feed(*stream, chunk.as_bytes(), &mut push);
        }
        lines.end(|_, line| push(line));
        (out, lines.dropped)
    }

    #[test]
    fn streams_do_not_mix_and_the_last_line_needs_no_end() {
        let chunks =
            [(Stream::Stdout, "a"), (Stream::Stderr, "x\r\ny"), (Stream::Stdout, "b\n\nc")];
        assert_eq!(cut(9, &chunks), (["x", "ab", "", "c", "y"].map(String::from).into(), 0));
    }

    #[test]
    fn a_long_line_is_cut_and_counted_once() {
        let chunks = [(Stream::Stdout, "abcd"), (Stream::Stdout, "efgh\nij\nklmnop")];
        assert_eq!(cut(3, &chunks), (["abc", "ij", "klm"].map(String::from).into(), 2));
    }
}
