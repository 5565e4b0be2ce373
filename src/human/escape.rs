//! Makes a peer's bytes safe to show: no control character of theirs reaches a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character could steer a terminal or reorder the text around it: C0 except
/// newline and tab, DEL, C1, and the bidirectional controls.
const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Text with every unsafe character shown as `\u{1b}`. Newlines and tabs stay.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Bytes as text: invalid UTF-8 shown as `\x9f`, unsafe characters as in [`escape`].
#[must_use]
pub fn escape_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => escape(text),
        Err(_) => {
            let mut out = String::with_capacity(bytes.len() + 16);
            for chunk in bytes.utf8_chunks() {
                out.push_str(&escape(chunk.valid()));
                for byte in chunk.invalid() {
                    let _ = write!(out, "\\x{byte:02x}");
                }
            }
            Cow::Owned(out)
        }
    }
}

/// The beginning of a peer's bytes on one line, for an error message: escaped, newlines
/// too, and cut at about `limit` bytes.
#[must_use]
pub fn excerpt(bytes: &[u8], limit: usize) -> String {
    let cut = &bytes[..bytes.len().min(limit)];
    let mut text = escape_bytes(cut).trim_end().replace('\n', "\\n").replace('\t', "\\t");
    if bytes.len() > limit {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_text_is_left_alone() {
        let cases: [(&[u8], &str); 7] = [
            (b"plain\ttext\n", "plain\ttext\n"),
            ("é 漢 🚢".as_bytes(), "é 漢 🚢"),
            (b"\x1b]0;title\x07\x1b[2J", "\\u{1b}]0;title\\u{7}\\u{1b}[2J"),
            (b"a\rb", "a\\u{d}b"),
            (b"bad \xff\xfe end", "bad \\xff\\xfe end"),
            ("c1 \u{9b}2J".as_bytes(), "c1 \\u{9b}2J"),
            ("abc\u{202e}fed".as_bytes(), "abc\\u{202e}fed"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(escape_bytes(bytes), shown);
        }
    }

    #[test]
    fn an_excerpt_is_one_bounded_line() {
        assert_eq!(excerpt(b"HTTP/1.1 400\r\n\r\n", 120), "HTTP/1.1 400\\u{d}\\n\\u{d}");
        assert_eq!(excerpt(&[b'x'; 500], 5), "xxxxx…");
    }

    proptest::proptest! {
        #[test]
        fn nothing_unsafe_survives(bytes: Vec<u8>) {
            proptest::prop_assert!(!escape_bytes(&bytes).contains(is_unsafe));
        }
    }
}
