//! The files of an inventory, places in them, and the line that a message shows.

use super::check;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::path::{Path, PathBuf};

/// The most characters of a source line that a message shows.
const WIDEST: usize = 200;

/// Words in a key whose value no message may repeat.
const SECRETIVE: [&str; 6] = ["passw", "passphrase", "secret", "token", "api_key", "credential"];

/// Where something is written: a file of the inventory and bytes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// The file's number in [`Sources`].
    pub(super) file: usize,
    /// The first byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

/// A value and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// One file that was read.
#[derive(Debug)]
pub(super) struct Source {
    /// The file, as messages name it.
    pub(super) path: PathBuf,
    /// Its text; `None` for a program's output, which has no lines worth pointing at.
    pub(super) text: Option<String>,
}

/// All files that were read, in order.
#[derive(Debug, Default)]
pub(super) struct Sources(Vec<Source>);

impl Sources {
    /// Adds a file and gives its number.
    pub(super) fn add(&mut self, path: &Path, text: Option<String>) -> usize {
        self.0.push(Source { path: path.to_owned(), text });
        self.0.len() - 1
    }

    /// The file's path, as messages name it.
    pub(super) fn path(&self, place: Place) -> &Path {
        self.0.get(place.file).map_or_else(|| Path::new(""), |source| &source.path)
    }

    /// Every file's path.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|source| source.path.as_path())
    }

    /// What is written there.
    pub(super) fn slice(&self, place: Place) -> Option<&str> {
        self.0.get(place.file)?.text.as_ref()?.get(place.start..place.end)
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, place: Place) -> Option<usize> {
        let text = self.0.get(place.file)?.text.as_ref()?;
        Some(text.get(..place.start)?.matches('\n').count() + 1)
    }

    /// The line to show for a place, if the file has lines.
    pub(super) fn excerpt(&self, place: Place) -> Option<Excerpt> {
        let source = self.0.get(place.file)?;
        let text = source.text.as_ref()?;
        Some(Excerpt::cut(source.path.display().to_string(), text, place.start, place.end))
    }
}

/// One line of a source, made safe to show, with the part of it that is meant.
#[derive(Clone, Debug)]
pub(super) struct Excerpt {
    name: String,
    shown: String,
    /// The line's number, from 1.
    pub(super) line: usize,
    /// The character in that line, from 1.
    pub(super) column: usize,
    /// The marked bytes of `shown`.
    marked: (usize, usize),
}

impl Excerpt {
    /// Cuts the line around some bytes of a text.
    pub(super) fn cut(name: String, text: &str, start: usize, end: usize) -> Self {
        let start = floor(text, start);
        let head = &text[..start];
        let begin = head.rfind('\n').map_or(0, |at| at + 1);
        let stop = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[begin..stop].trim_end_matches('\r');
        let from = (start - begin).min(line.len());
        let to = floor(line, end.saturating_sub(begin)).clamp(from, line.len());
        let (shown, marked) = window(&masked(line), line, from, to);
        Self {
            name,
            shown,
            line: head.matches('\n').count() + 1,
            column: text[begin..start].chars().count() + 1,
            marked,
        }
    }

    /// The marked part, as miette wants it.
    pub(super) fn span(&self) -> SourceSpan {
        SourceSpan::new(self.marked.0.into(), self.marked.1 - self.marked.0)
    }
}

/// miette is always handed the one line, whatever it asks for.
impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.shown.as_bytes(),
            SourceSpan::new(0.into(), self.shown.len()),
            self.line - 1,
            self.column - 1,
            1,
        )))
    }
}

/// The last character boundary at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The line's characters, those of a secret's value replaced by asterisks.
fn masked(line: &str) -> Vec<char> {
    let Some((key, value)) = line.split_once('=') else {
        return line.chars().collect();
    };
    // An inline table may hold a secret behind another key, so the whole line counts.
    let lower = line.to_lowercase();
    if !SECRETIVE.iter().any(|word| lower.contains(word)) {
        return line.chars().collect();
    }
    let hidden = value.chars().map(|c| if c.is_alphanumeric() { '*' } else { c });
    key.chars().chain(['=']).chain(hidden).collect()
}

/// At most [`WIDEST`] characters around the marked bytes, escaped, and where the mark is then.
fn window(chars: &[char], line: &str, from: usize, to: usize) -> (String, (usize, usize)) {
    let first = line[..from].chars().count();
    let last = first + line[from..to].chars().count();
    let begin = if chars.len() > WIDEST { first.saturating_sub(WIDEST / 3) } else { 0 };
    let stop = chars.len().min(begin + WIDEST);
    let mut shown = String::new();
    if begin > 0 {
        shown.push('…');
    }
    let mut marked = (shown.len(), shown.len());
    for (at, c) in chars.iter().enumerate().take(stop).skip(begin) {
        if at == first {
            marked.0 = shown.len();
        }
        if *c == '\t' {
            shown.push(' ');
        } else {
            check::push_escaped(&mut shown, *c);
        }
        if at < last {
            marked.1 = shown.len();
        }
    }
    if first >= stop {
        marked.0 = shown.len();
    }
    marked.1 = marked.1.max(marked.0);
    if stop < chars.len() {
        shown.push('…');
    }
    (shown, marked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(text: &str, start: usize, end: usize) -> (String, String, usize, usize) {
        let cut = Excerpt::cut("f".into(), text, start, end);
        let part = cut.shown[cut.marked.0..cut.marked.1].to_owned();
        (cut.shown.clone(), part, cut.line, cut.column)
    }

    #[test]
    fn the_line_and_the_mark() {
        let text = "a = 1\r\nbé = \"x\"\nc";
        let at = text.find("\"x\"").unwrap();
        assert_eq!(marked(text, at, at + 3), ("bé = \"x\"".into(), "\"x\"".into(), 2, 6));
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!("k = \"{}HERE{}\"", "x".repeat(100_000), "y".repeat(100_000));
        let at = text.find("HERE").unwrap();
        let (shown, part, _, column) = marked(&text, at, at + 4);
        assert_eq!(part, "HERE");
        assert_eq!(column, at + 1);
        assert!(
            shown.chars().count() <= WIDEST + 2 && shown.starts_with('…') && shown.ends_with('…')
        );
    }

    #[test]
    fn escapes_and_secrets() {
        let (shown, part, ..) = marked("a = \"\u{1b}[2J\" x", 11, 12);
        assert_eq!((shown.as_str(), part.as_str()), ("a = \"\\u{1b}[2J\" x", "x"));
        let (shown, ..) = marked("sudo_password = \"hunter2\"", 0, 1);
        assert_eq!(shown, "sudo_password = \"*******\"");
    }

    proptest! {
        #[test]
        fn any_place_in_any_text(text in any::<String>(), a in 0_usize..99, b in 0_usize..99) {
            let cut = Excerpt::cut("f".into(), &text, a.min(text.len()), b);
            prop_assert!(cut.shown.get(cut.marked.0..cut.marked.1).is_some());
            prop_assert!(!cut.shown.contains(check::is_unsafe));
        }
    }
}
