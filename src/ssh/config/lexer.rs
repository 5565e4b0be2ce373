//! Cuts the text of an `ssh_config` file into keywords and arguments.

use std::path::Path;
use std::sync::Arc;

use super::ConfigError;
use super::error::At;

/// One line with a keyword.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) at: At,
    /// In lower case.
    pub(super) keyword: String,
    /// With quotes and escapes taken off, up to a comment.
    pub(super) args: Vec<String>,
    /// All behind the keyword as written; a few keywords take that.
    pub(super) rest: String,
}

/// Reads all lines of `content`.
///
/// # Errors
/// A keyword without argument, a quote without end, a byte order mark.
pub(super) fn lex(file: &Arc<Path>, content: &[u8]) -> Result<Vec<Line>, ConfigError> {
    let text = String::from_utf8_lossy(content);
    let mut lines = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let at = At { file: Arc::clone(file), line: index + 1 };
        if index == 0 && line.starts_with('\u{feff}') {
            return Err(at.error("byte order mark", "save the file without it"));
        }
        lines.extend(lex_line(at, line)?);
    }
    Ok(lines)
}

fn lex_line(at: At, line: &str) -> Result<Option<Line>, ConfigError> {
    // A C string ends at NUL, and so does the line that `ssh` sees.
    let line = line.split('\0').next().unwrap_or_default();
    let line = line.trim_end_matches([' ', '\t', '\r', '\u{c}']);
    let line = line.trim_start_matches([' ', '\t', '\r']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (keyword, rest) = split_keyword(line);
    if rest.is_empty() {
        let text = format!("no argument after keyword {keyword:?}");
        return Err(at.error(text, "give it one, or delete the line"));
    }
    let Some(args) = split_args(rest) else {
        return Err(at.error("a quote has no end", "close it on the same line"));
    };
    Ok(Some(Line { at, keyword: keyword.to_ascii_lowercase(), args, rest: rest.to_owned() }))
}

/// The keyword ends at blanks, at one `=` with or without blanks, or both.
fn split_keyword(line: &str) -> (&str, &str) {
    if let Some((keyword, rest)) = line.strip_prefix('"').and_then(|quoted| quoted.split_once('"'))
    {
        return (keyword, after_equals(rest));
    }
    let end = line.find([' ', '\t', '\r', '=']).unwrap_or(line.len());
    (&line[..end], after_equals(&line[end..]))
}

fn after_equals(rest: &str) -> &str {
    let blanks = [' ', '\t', '\r'];
    let rest = rest.trim_start_matches(blanks);
    rest.strip_prefix('=').map_or(rest, |value| value.trim_start_matches(blanks))
}

/// Splits at blanks outside quotes, up to a comment; `None` without a closing
/// quote. An unknown escape stands for itself.
pub(super) fn split_args(text: &str) -> Option<Vec<String>> {
    let mut args = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        match chars.peek() {
            None | Some('#') => return Some(args),
            Some(_) => args.push(take_arg(&mut chars)?),
        }
    }
}

fn take_arg(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut arg = String::new();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => {
                let escaped = |next: &char| {
                    matches!(next, '\'' | '"' | '\\') || (quote.is_none() && *next == ' ')
                };
                arg.push(chars.next_if(escaped).unwrap_or('\\'));
            }
            (' ' | '\t', None) => return Some(arg),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, _) => arg.push(c),
        }
    }
    quote.is_none().then_some(arg)
}
