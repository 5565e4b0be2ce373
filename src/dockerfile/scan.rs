//! Cuts a Dockerfile into instructions as BuildKit's own parser does: continuations, comments
//! inside them, here-documents anywhere in the line.

use super::announce::announced;
use super::text::{Span, Text};

/// The keywords that begin an instruction.
pub(super) const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// A here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that announces it, such as `<<EOF`.
    pub word: Span,
    /// Its lines, without the one that ends it.
    pub body: Span,
}

/// A backslash with a comment behind it, which continues nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    /// The backslash.
    pub(super) backslash: usize,
    /// The comment, to the end of the line.
    pub(super) comment: Span,
}

/// One instruction as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Logical {
    /// From its first character to the end of its last line, here-documents included.
    pub(super) span: Span,
    /// The part before the here-documents.
    pub(super) head: Span,
    pub(super) heredocs: Vec<Heredoc>,
    /// The name of a here-document that never ends.
    pub(super) unterminated: Option<String>,
}

/// A file in instructions and comments.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) escape: u8,
    pub(super) logicals: Vec<Logical>,
    /// Every comment line, inside instructions too.
    pub(super) comments: Vec<Span>,
    pub(super) slips: Vec<Slip>,
}

/// Cuts a file.
pub(super) fn scan(text: &Text) -> Scan {
    let mut scanner = Scanner {
        text,
        line: 1,
        scan: Scan {
            escape: escape(text),
            logicals: Vec::new(),
            comments: Vec::new(),
            slips: Vec::new(),
        },
    };
    while scanner.line <= text.count() {
        scanner.step();
    }
    scanner.scan
}

/// The escape character that a directive at the top chooses.
pub(super) fn escape(text: &Text) -> u8 {
    for line in 1..=text.count() {
        let content = text.slice(text.line_span(line)).trim_start_matches('\u{feff}').trim();
        let Some(directive) = content.strip_prefix('#') else { break };
        let Some((name, value)) = directive.split_once('=') else { break };
        if name.trim().eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { b'`' } else { b'\\' };
        }
    }
    b'\\'
}

struct Scanner<'t> {
    text: &'t Text,
    line: usize,
    scan: Scan,
}

/// Spaces that may stand before an instruction.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}')
}

/// A line's parts: where its content begins, and where it ends without a continuation.
struct Line {
    start: usize,
    end: usize,
    continues: bool,
}

impl Scanner<'_> {
    fn step(&mut self) {
        let span = self.text.line_span(self.line);
        let content = self.text.slice(span.clone());
        let trimmed = content.trim_start_matches('\u{feff}').trim_start_matches(is_blank);
        let start = span.end - trimmed.len();
        if trimmed.is_empty() {
            self.line += 1;
        } else if trimmed.starts_with('#') {
            self.scan.comments.push(start..span.end);
            self.line += 1;
        } else {
            self.instruction(start);
        }
    }

    fn instruction(&mut self, start: usize) {
        let mut joined: Vec<Span> = Vec::new();
        let mut end = start;
        let mut first = true;
        while self.line <= self.text.count() {
            let span = self.text.line_span(self.line);
            let content = self.text.slice(span.clone());
            let trimmed = content.trim_start_matches(is_blank);
            self.line += 1;
            if !first && trimmed.is_empty() {
                continue;
            }
            if !first && trimmed.starts_with('#') {
                self.scan.comments.push(span.end - trimmed.len()..span.end);
                continue;
            }
            let begin = if first { start } else { span.start };
            let line = self.cut(begin..span.end);
            joined.push(line.start..line.end);
            end = span.end;
            first = false;
            if !line.continues {
                break;
            }
        }
        let head = start..end;
        let mut logical =
            Logical { span: head.clone(), head, heredocs: Vec::new(), unterminated: None };
        if self.can_hold_heredocs(&joined) {
            self.heredocs(&joined, &mut logical);
        }
        self.scan.logicals.push(logical);
    }

    /// Where a line ends and whether the next belongs to it.
    fn cut(&mut self, span: Span) -> Line {
        let content = self.text.slice(span.clone());
        let trimmed = content.trim_end_matches([' ', '\t']);
        let bytes = trimmed.as_bytes();
        let escape = self.scan.escape;
        if bytes.last() == Some(&escape) {
            let before = bytes.len().checked_sub(2).map(|at| bytes[at]);
            let continues = before != Some(escape);
            let end = span.start + bytes.len() - usize::from(continues);
            return Line { start: span.start, end, continues };
        }
        if let Some(backslash) = slip(content, escape)
            && self.next_is_no_instruction()
        {
            let at = span.start + backslash;
            let hash = content[backslash..].find('#').map_or(span.end, |found| at + found);
            self.scan.slips.push(Slip { backslash: at, comment: hash..span.end });
            return Line { start: span.start, end: at, continues: true };
        }
        Line { start: span.start, end: span.end, continues: false }
    }

    /// Whether the next line with content cannot begin an instruction.
    fn next_is_no_instruction(&self) -> bool {
        // A long run of comments is not worth looking through again for each line.
        for line in self.line..=self.text.count().min(self.line + 50) {
            let content = self.text.slice(self.text.line_span(line)).trim_start_matches(is_blank);
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            return keyword(content).is_none();
        }
        false
    }

    fn can_hold_heredocs(&self, joined: &[Span]) -> bool {
        let mut words = joined
            .iter()
            .flat_map(|span| self.text.slice(span.clone()).split(is_blank))
            .filter(|word| !word.is_empty());
        let mut first = words.next().unwrap_or_default();
        if first.eq_ignore_ascii_case("ONBUILD") {
            first = words.next().unwrap_or_default();
        }
        ["RUN", "COPY", "ADD"].iter().any(|keyword| first.eq_ignore_ascii_case(keyword))
            && !words.find(|w| !w.starts_with("--")).is_some_and(|w| w.starts_with("[\""))
    }

    fn heredocs(&mut self, joined: &[Span], logical: &mut Logical) {
        for (word, name, strip) in announced(self.text, joined) {
            let is_over = self.line > self.text.count();
            let end = self.text.bytes.len();
            let begin = if is_over { end } else { self.text.line_span(self.line).start };
            let mut stop = None;
            while self.line <= self.text.count() {
                let span = self.text.line_span(self.line);
                self.line += 1;
                let content = self.text.slice(span.clone());
                let content = if strip { content.trim_start_matches('\t') } else { content };
                if content == name {
                    stop = Some(span);
                    break;
                }
            }
            let Some(stop) = stop else {
                logical.unterminated = Some(name);
                logical.span.end = end;
                logical.heredocs.push(Heredoc { word, body: begin..end });
                return;
            };
            logical.span.end = stop.end;
            logical.heredocs.push(Heredoc { word, body: begin..stop.start });
        }
    }
}

/// The keyword that a line begins with.
pub(super) fn keyword(line: &str) -> Option<&'static str> {
    let word = line.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    if line[word.len()..].starts_with(|c: char| !c.is_whitespace() && c != '\\' && c != '`') {
        return None;
    }
    KEYWORDS.into_iter().find(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// The escape character in `\  # comment`, outside quotes.
pub(super) fn slip(line: &str, escape: u8) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if let Some(open) = quote {
            quote = (byte != open).then_some(open);
        } else if byte == b'\'' || byte == b'"' {
            quote = Some(byte);
        } else if byte == escape {
            let rest = line[at + 1..].trim_start_matches([' ', '\t']);
            if rest.starts_with('#') && rest.len() < bytes.len() - at - 1 {
                return Some(at);
            }
        }
        at += 1;
    }
    None
}
