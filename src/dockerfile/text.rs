//! The bytes of a Dockerfile with their lines, and a text of the same length that can be parsed.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes from one place to another, in the file.
pub type Span = Range<usize>;

/// A Dockerfile as it was read: every span points into [`Text::bytes`].
#[derive(Clone, Debug)]
pub struct Text {
    /// The file's name, as messages show it.
    pub name: String,
    /// Exactly what stands in the file.
    pub bytes: Vec<u8>,
    /// The same length, but always UTF-8, and without the tags of a template.
    pub(super) plain: String,
    /// Whether the file is a template, with tags in double braces.
    pub template: bool,
    /// Whether a template has tags that choose or repeat lines.
    pub branches: bool,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Text {
    /// Takes a file's bytes. Of a template, tags count as unknown words.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Vec<u8>, template: bool) -> Self {
        let mut plain = utf8(&bytes);
        let branches = template && blank_tags(&mut plain);
        let plain = String::from_utf8(plain).unwrap_or_else(|e| utf8_lossy(e.as_bytes()));
        let ends = memchr::memchr_iter(b'\n', &bytes).map(|at| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { name: name.into(), bytes, plain, template, branches, lines }
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The character of a byte in its line, from 1.
    #[must_use]
    pub fn column(&self, at: usize) -> usize {
        let start = self.lines[self.line(at) - 1];
        let at = at.min(self.bytes.len());
        String::from_utf8_lossy(&self.bytes[start..at]).chars().count() + 1
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// A line without its end, as bytes of the file.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Span {
        let start = self.lines[line.clamp(1, self.lines.len()) - 1];
        let end = self.lines.get(line).map_or(self.bytes.len(), |next| next - 1);
        let carriage = end > start && self.bytes[end - 1] == b'\r';
        start..end - usize::from(carriage)
    }

    /// What stands there in the file, for people.
    #[must_use]
    pub fn show(&self, span: Span) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes.get(span).unwrap_or_default())
    }

    /// What stands there, to be parsed.
    pub(super) fn slice(&self, span: Span) -> &str {
        self.plain.get(span).unwrap_or_default()
    }
}

/// Invalid bytes become `?`, one for one, so that places stay.
fn utf8(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        plain.extend_from_slice(chunk.valid().as_bytes());
        plain.extend(std::iter::repeat_n(b'?', chunk.invalid().len()));
    }
    plain
}

fn utf8_lossy(bytes: &[u8]) -> String {
    bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect()
}

/// Makes one word of each `{{ value }}` and nothing of `{% tag %}` and `{# comment #}`.
/// Says whether there were tags.
fn blank_tags(plain: &mut [u8]) -> bool {
    let mut tags = false;
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'{', &plain[at..]).map(|found| at + found) {
        at = open + 1;
        let close = match plain.get(at) {
            Some(b'{') => b"}}",
            Some(b'%') => b"%}",
            Some(b'#') => b"#}",
            _ => continue,
        };
        let Some(length) = memchr::memmem::find(&plain[at + 1..], close) else { return tags };
        let end = at + 1 + length + 2;
        let is_value = close == b"}}";
        tags |= close == b"%}";
        for byte in &mut plain[open..end] {
            match *byte {
                b'\n' | b'\r' => {}
                _ if !is_value => *byte = b' ',
                b if !b.is_ascii_alphanumeric() && !matches!(b, b'{' | b'}') => *byte = b'_',
                _ => {}
            }
        }
        at = end;
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again() {
        let text = Text::new("f", b"FROM a\r\nRUN \xffx\xc3\xa9y\n".to_vec(), false);
        assert_eq!((text.line(0), text.line(7), text.line(8), text.count()), (1, 1, 2, 3));
        assert_eq!(text.show(text.line_span(1)), "FROM a");
        assert_eq!(text.column(16), 8);
        assert_eq!(text.slice(8..16), "RUN ?x\u{e9}y".get(0..8).unwrap());
    }

    #[test]
    fn tags_of_a_template_become_words_of_the_same_length() {
        let source = "FROM {{ base }}\n{% if x %}\nRUN a\n{% endif %}{# no\nno #}X {{ un";
        let text = Text::new("f", source.into(), true);
        let expected = "FROM {{_base_}}\n          \nRUN a\n                \n     X {{ un";
        assert_eq!((text.plain.as_str(), text.branches), (expected, true));
    }
}
