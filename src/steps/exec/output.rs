//! What is shown and what is kept of a command's output: whole escaped lines, bounded.

use crate::human::escape_bytes;
use crate::record::{Output, Stream, What};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fmt::Write as _;

/// Bytes of a line that are shown; the rest of it is left out and counted.
const LINE: usize = 8 << 10;

/// Bytes kept from the beginning.
const HEAD: usize = 256 << 10;

/// Bytes kept from the end.
const TAIL: usize = 768 << 10;

/// Splits one stream into whole lines.
pub(super) struct Lines {
    stream: Stream,
    line: Vec<u8>,
    over: usize,
}

impl Lines {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, line: Vec::new(), over: 0 }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], tell: impl Fn(What)) {
        while let Some(at) = memchr::memchr(b'\n', bytes) {
            self.add(&bytes[..at]);
            self.emit(&tell);
            bytes = &bytes[at + 1..];
        }
        self.add(bytes);
    }

    /// The last line, where no newline ended it.
    pub(super) fn finish(&mut self, tell: impl Fn(What)) {
        if !self.line.is_empty() {
            self.emit(&tell);
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        let room = LINE.saturating_sub(self.line.len());
        let taken = bytes.len().min(room);
        self.line.extend_from_slice(&bytes[..taken]);
        self.over += bytes.len() - taken;
    }

    fn emit(&mut self, tell: &impl Fn(What)) {
        // A terminal's own line end is no content.
        let text = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        let mut line = escape_bytes(text).into_owned();
        if self.over > 0 {
            let _ = write!(line, " … {} bytes more", self.over);
        }
        tell(What::Output { stream: self.stream, line });
        self.line.clear();
        self.over = 0;
    }
}

/// Keeps the beginning and the end of all output, and a digest of the whole.
#[derive(Default)]
pub(super) struct Keeper {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    bytes: u64,
    unshown: u64,
    digest: Sha256,
}

impl Keeper {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.digest.update(bytes);
        let room = HEAD.saturating_sub(self.head.len());
        let (head, rest) = bytes.split_at(bytes.len().min(room));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(TAIL)..];
        let excess = (self.tail.len() + rest.len()).saturating_sub(TAIL);
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// Bytes that never reached us because the reader was too slow.
    pub(super) fn unshown(&mut self, bytes: u64) {
        self.unshown = bytes;
        self.bytes += bytes;
    }

    pub(super) fn output(&mut self) -> Output {
        let kept = self.head.len() as u64 + self.tail.len() as u64;
        Output {
            head: escape_bytes(&self.head).into_owned(),
            tail: escape_bytes(self.tail.make_contiguous()).into_owned(),
            omitted_bytes: self.bytes - kept,
            bytes: self.bytes,
            sha256: hex(&self.digest.clone().finalize()),
            unshown_bytes: self.unshown,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let seen = RefCell::new(Vec::new());
        let tell = |what| {
            if let What::Output { line, .. } = what {
                seen.borrow_mut().push(line);
            }
        };
        let mut lines = Lines::new(Stream::Stdout);
        chunks.iter().for_each(|chunk| lines.feed(chunk, tell));
        lines.finish(tell);
        seen.into_inner()
    }

    #[test]
    fn lines_come_whole_escaped_and_bounded() {
        assert_eq!(lines(&[b"a\nb", b"c\n", b"last"]), ["a", "bc", "last"]);
        assert_eq!(lines(&[b"dos\r\n\x1b[2J\n\n"]), ["dos", "\\u{1b}[2J", ""]);
        let long = lines(&[&vec![b'x'; 1 << 20], b"\nnext\n"]);
        assert_eq!(long[0].len(), LINE + " … 1040384 bytes more".len());
        assert_eq!(long[1], "next");
    }

    #[test]
    fn beginning_and_end_are_kept_and_the_hole_is_counted() {
        let mut keeper = Keeper::default();
        (0..40).for_each(|i| keeper.add(&vec![b'a' + i % 26; 100_000]));
        let output = keeper.output();
        assert_eq!(output.bytes, 4_000_000);
        assert_eq!((output.head.len(), output.tail.len()), (HEAD, TAIL));
        assert_eq!(output.omitted_bytes, 4_000_000 - (HEAD + TAIL) as u64);
        assert!(output.head.starts_with('a') && output.tail.ends_with('n'));
        let mut small = Keeper::default();
        small.add(b"hello\n");
        let output = small.output();
        assert_eq!(
            (output.head.as_str(), output.tail.as_str(), output.omitted_bytes),
            ("hello\n", "", 0)
        );
        assert_eq!(
            output.sha256,
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
    }
}
