//! From words and operators to simple commands.

use super::join::Joined;
use super::lex::{Lexer, Token};
use super::{Command, Joint};
use crate::dockerfile::tree::Word;

/// The commands of a text, and whether it has comments.
pub(super) fn commands(joined: &Joined) -> (Vec<Command>, bool) {
    let mut lexer = Lexer::new(joined);
    let mut reader = Reader::default();
    while let Some(token) = lexer.next() {
        reader.take(token);
    }
    reader.end(Joint::End);
    (reader.commands, lexer.has_comment)
}

/// Words between blanks, unquoted.
pub(super) fn plain_words(joined: &Joined) -> Vec<Word> {
    let mut lexer = Lexer::new(joined);
    std::iter::from_fn(|| lexer.next_plain()).collect()
}

/// Deeper than this, commands count as equally deep.
const DEEPEST: usize = 32;

#[derive(Default)]
struct Reader {
    commands: Vec<Command>,
    current: Command,
    depth: usize,
    /// Words up to the next separator name what a loop or a case goes over.
    skipping: bool,
}

impl Reader {
    fn take(&mut self, token: Token) {
        match token {
            Token::Word(word) => self.word(word),
            Token::Redirect(operator, target) => {
                self.grow(&target);
                self.current.redirects.push((operator, target));
            }
            Token::Operator(operator) => {
                self.end(match operator {
                    "&&" => Joint::And,
                    "||" => Joint::Or,
                    "|" | "|&" => Joint::Pipe,
                    "&" => Joint::Background,
                    _ => Joint::Next,
                });
                match operator {
                    "(" => self.depth += 1,
                    ")" => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
    }

    fn word(&mut self, word: Word) {
        if self.skipping {
            return;
        }
        if self.current.words.is_empty() {
            match word.value.as_str() {
                "if" | "while" | "until" | "{" => return self.depth += 1,
                "then" | "else" | "elif" | "do" | "!" => return,
                "fi" | "done" | "esac" | "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    return;
                }
                "for" | "case" | "select" => {
                    self.depth += 1;
                    self.skipping = true;
                    return;
                }
                _ => {}
            }
        }
        self.grow(&word);
        if self.current.words.is_empty() && is_assignment(&word.value) {
            self.current.assignments.push(word);
        } else {
            self.current.words.push(word);
        }
    }

    fn grow(&mut self, word: &Word) {
        let span = &mut self.current.span;
        if *span == (0..0) {
            *span = word.span.clone();
        } else {
            span.end = span.end.max(word.span.end);
        }
    }

    fn end(&mut self, joint: Joint) {
        self.skipping = false;
        let mut command = std::mem::take(&mut self.current);
        let is_empty = command.words.is_empty()
            && command.assignments.is_empty()
            && command.redirects.is_empty();
        if is_empty {
            // An operator behind parentheses belongs to the last command inside them.
            if let Some(last) = self.commands.last_mut()
                && last.joint == Joint::Next
            {
                last.joint = joint;
            }
            return;
        }
        command.joint = joint;
        command.depth = self.depth.min(DEEPEST);
        self.commands.push(command);
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
