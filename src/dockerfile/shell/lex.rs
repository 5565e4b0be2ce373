//! Cuts shell text into words and operators in one pass, however deep its quotes are nested.

use super::join::Joined;
use crate::dockerfile::text::Span;
use crate::dockerfile::tree::Word;

/// One token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `&&`, `||`, `;`, `|`, `&`, `(`, `)`, a newline.
    Operator(&'static str),
    /// `>` and its like with its target.
    Redirect(String, Word),
}

pub(super) struct Lexer<'j> {
    joined: &'j Joined,
    bytes: &'j [u8],
    at: usize,
    /// Names of here-documents that begin after this line.
    heredocs: Vec<(String, bool)>,
    pub(super) has_comment: bool,
}

const OPERATORS: [&str; 10] = ["&&", "||", ";;", "|&", ";", "|", "&", "(", ")", "\n"];
const REDIRECTS: [&str; 12] =
    ["&>>", "<<<", "<<-", "&>", ">>", "<<", ">&", "<&", ">|", "<>", ">", "<"];

impl<'j> Lexer<'j> {
    pub(super) fn new(joined: &'j Joined) -> Self {
        let bytes = joined.text.as_bytes();
        Self { joined, bytes, at: 0, heredocs: Vec::new(), has_comment: false }
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let rest = &self.joined.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits < 4
            && let Some(redirect) = REDIRECTS.into_iter().find(|op| rest[digits..].starts_with(op))
        {
            self.at += digits + redirect.len();
            self.skip_blanks();
            let target = self.word(false);
            if redirect.starts_with("<<") && redirect != "<<<" {
                self.heredocs.push((target.value.clone(), redirect == "<<-"));
            }
            return Some(Token::Redirect(redirect.to_owned(), target));
        }
        if let Some(operator) = OPERATORS.into_iter().find(|op| rest.starts_with(op)) {
            self.at += operator.len();
            if operator == "\n" {
                self.skip_heredocs();
            }
            return Some(Token::Operator(operator));
        }
        Some(Token::Word(self.word(false)))
    }

    /// A word that only a blank ends.
    pub(super) fn next_plain(&mut self) -> Option<Word> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        (self.at < self.bytes.len()).then(|| self.word(true))
    }

    /// Blanks, continuations, and a comment up to the end of its line.
    fn skip_blanks(&mut self) {
        let begin = self.at;
        while let Some(byte) = self.bytes.get(self.at) {
            let next = self.bytes.get(self.at + 1);
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if next == Some(&b'\n') => self.at += 2,
                b'#' if self.at > begin || self.is_line_start() => {
                    self.has_comment = true;
                    let rest = &self.bytes[self.at..];
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
    }

    fn is_line_start(&self) -> bool {
        self.at == 0 || matches!(self.bytes[self.at - 1], b'\n' | b';' | b'&' | b'|' | b'(' | b')')
    }

    fn skip_heredocs(&mut self) {
        for (name, strip) in std::mem::take(&mut self.heredocs) {
            while self.at < self.bytes.len() {
                let rest = &self.bytes[self.at..];
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let line = self.joined.text[self.at..self.at + length].trim_end_matches('\r');
                self.at = (self.at + length + 1).min(self.bytes.len());
                if (if strip { line.trim_start_matches('\t') } else { line }) == name {
                    break;
                }
            }
        }
    }

    fn word(&mut self, plain: bool) -> Word {
        let start = self.at;
        let mut value = Vec::new();
        // What is open: `"`, `(`, `{`, a backtick, or `D` for quotes inside one of those.
        let mut open: Vec<u8> = Vec::new();
        while let Some(&byte) = self.bytes.get(self.at) {
            if open.is_empty() && ends_word(byte, plain) {
                break;
            }
            self.step(byte, &mut open, &mut value);
        }
        if self.at == start {
            // Nothing that begins a word: a `)` where none is open, for example.
            self.at = (start + 1).min(self.bytes.len());
            while !self.joined.text.is_char_boundary(self.at) {
                self.at += 1;
            }
        }
        let span: Span = self.joined.span(start..self.at);
        Word { span, value: String::from_utf8_lossy(&value).into_owned() }
    }

    /// Takes one byte, or two where one escapes the other.
    fn step(&mut self, byte: u8, open: &mut Vec<u8>, value: &mut Vec<u8>) {
        let raw = open.iter().any(|o| *o != b'"');
        let next = self.bytes.get(self.at + 1).copied();
        self.at += 1;
        match (open.last(), byte) {
            (_, b'\\') => {
                if raw || (open.last() == Some(&b'"') && !next.is_some_and(is_escapable)) {
                    value.push(byte);
                }
                if let Some(next) = next {
                    if next != b'\n' {
                        value.push(next);
                    }
                    self.at += 1;
                }
            }
            (None | Some(b'(' | b'{'), b'\'') => {
                let rest = &self.bytes[self.at..];
                let length = memchr::memchr(b'\'', rest).unwrap_or(rest.len());
                value.extend(raw.then_some(b'\''));
                value.extend_from_slice(&rest[..length]);
                value.extend(raw.then_some(b'\''));
                self.at = (self.at + length + 1).min(self.bytes.len());
            }
            (Some(b'"'), b'"') => drop(open.pop()),
            (None, b'"') => open.push(b'"'),
            (last, _) => {
                value.push(byte);
                let closes = matches!(
                    (last, byte),
                    (Some(b'('), b')')
                        | (Some(b'{'), b'}')
                        | (Some(b'`'), b'`')
                        | (Some(b'D'), b'"')
                );
                if closes {
                    open.pop();
                } else if byte == b'$' && matches!(next, Some(b'(' | b'{')) {
                    value.extend(next);
                    open.extend(next);
                    self.at += 1;
                } else if byte == b'`' && last != Some(&b'`') {
                    open.push(b'`');
                } else if byte == b'(' && last == Some(&b'(') {
                    open.push(b'(');
                } else if byte == b'"' && matches!(last, Some(b'(' | b'{')) {
                    open.push(b'D');
                }
            }
        }
    }
}

fn is_escapable(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'$' | b'`' | b'\n')
}

fn ends_word(byte: u8, plain: bool) -> bool {
    byte.is_ascii_whitespace()
        || (!plain && matches!(byte, b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'))
}
