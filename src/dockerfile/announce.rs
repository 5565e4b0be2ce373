//! Which here-documents a line announces, as BuildKit reads it.

use super::text::{Span, Text};

/// The here-documents that a line announces: the word, the name that ends it, whether tabs
/// are stripped.
pub(super) fn announced(text: &Text, joined: &[Span]) -> Vec<(Span, String, bool)> {
    let mut found = Vec::new();
    let mut quote = None;
    for span in joined {
        let line = text.slice(span.clone());
        for word in words(line, &mut quote) {
            let content = line[word.clone()].trim_start_matches(|c: char| c.is_ascii_digit());
            let Some(rest) = content.strip_prefix("<<") else { continue };
            let (strip, rest) = rest.strip_prefix('-').map_or((false, rest), |r| (true, r));
            let name: String = rest.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
            if !name.is_empty() && !name.contains('<') {
                found.push((span.start + word.start..span.start + word.end, name, strip));
            }
        }
    }
    found
}

/// Words between spaces outside quotes; a quote may have been opened on a line before.
fn words(line: &str, quote: &mut Option<u8>) -> Vec<Span> {
    let mut found = Vec::new();
    let (mut start, mut escaped) = (None, false);
    for (at, byte) in line.bytes().enumerate() {
        if matches!(byte, b' ' | b'\t') && quote.is_none() && !escaped {
            found.extend(start.take().map(|from| from..at));
            continue;
        }
        start.get_or_insert(at);
        match *quote {
            _ if escaped => {}
            Some(open) if byte == open => *quote = None,
            None if matches!(byte, b'\'' | b'"') => *quote = Some(byte),
            _ => {}
        }
        escaped = byte == b'\\' && !escaped && *quote != Some(b'\'');
    }
    found.extend(start.map(|from| from..line.len()));
    found
}
