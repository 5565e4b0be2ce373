//! The commands of a `RUN`, each word with its place: enough of the shell's grammar to know
//! what is run, not what it means.

mod join;
mod lex;
mod read;

use super::parse;
use super::scan::Heredoc;
use super::text::{Span, Text};
use super::tree::Word;
use join::Joined;

/// How a `RUN` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A line for the shell.
    #[default]
    Shell,
    /// A JSON array, without a shell.
    Exec,
    /// A here-document that the shell reads.
    Heredoc,
}

/// What a `RUN` runs.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Simple commands, in order.
    pub commands: Vec<Command>,
    /// How it is written.
    pub form: Form,
    /// All of it, without the keyword and the flags.
    pub span: Span,
    /// Whether a comment of the shell's stands in it.
    pub has_comment: bool,
}

/// What stands behind a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Joint {
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `|`.
    Pipe,
    /// `&`.
    Background,
    /// `;` or a line's end.
    Next,
    /// Nothing.
    #[default]
    End,
}

/// A simple command.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// `A=1` before the program.
    pub assignments: Vec<Word>,
    /// Operators such as `>` with their targets.
    pub redirects: Vec<(String, Word)>,
    /// From the first word to the last.
    pub span: Span,
    /// What stands behind it.
    pub joint: Joint,
    /// How deep in parentheses, braces, ifs and loops.
    pub depth: usize,
}

impl Command {
    /// The program's name without its folder, past `sudo`, `env` and the like.
    #[must_use]
    pub fn program(&self) -> &str {
        self.arguments_from().map_or("", |at| {
            let value = self.words[at].value.as_str();
            value.rsplit('/').next().unwrap_or(value)
        })
    }

    /// The words behind the program.
    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        self.arguments_from().map_or(&[], |at| &self.words[at + 1..])
    }

    /// The arguments that are no options.
    pub fn operands(&self) -> impl Iterator<Item = &Word> {
        self.arguments().iter().filter(|word| !word.value.starts_with('-'))
    }

    /// Whether an argument is exactly this.
    #[must_use]
    pub fn has(&self, argument: &str) -> bool {
        self.arguments().iter().any(|word| word.value == argument)
    }

    fn arguments_from(&self) -> Option<usize> {
        let mut at = 0;
        loop {
            let word = self.words.get(at)?;
            match word.value.as_str() {
                "sudo" | "env" | "exec" | "command" | "time" | "nice" | "nohup" | "eatmydata"
                | "fakeroot" => {
                    at += 1;
                    while self.words.get(at).is_some_and(|w| {
                        w.value.starts_with('-') || w.value.split_once('=').is_some()
                    }) {
                        at += 1;
                    }
                }
                "gosu" | "su-exec" => at += 2,
                _ => return Some(at),
            }
        }
    }
}

impl Script {
    /// The commands of a line for the shell and of the here-documents behind it.
    pub(super) fn of_shell(text: &Text, span: Span, escape: u8, heredocs: &[Heredoc]) -> Self {
        let joined = Joined::of_line(text, span.clone(), escape);
        let (mut commands, mut has_comment) = read::commands(&joined);
        let mut form = Form::Shell;
        let before = joined.before_heredoc();
        if !heredocs.is_empty() && parse::is_script(before) {
            form = Form::Heredoc;
            for heredoc in heredocs {
                let body = text.slice(heredoc.body.clone());
                if !is_for_a_shell(body) {
                    continue;
                }
                let (more, comment) =
                    read::commands(&Joined::of_text(body.to_owned(), heredoc.body.start));
                commands.retain(|command| command.program() != "" || !command.redirects.is_empty());
                commands.extend(more);
                has_comment |= comment;
            }
        }
        Self { commands, form, span, has_comment }
    }

    /// The command of a JSON array; what `sh -c` is given counts as commands.
    pub(super) fn of_exec(words: Vec<Word>, span: Span) -> Self {
        let Some((first, last)) = words.first().zip(words.last()) else { return Self::default() };
        let shell = first.value.rsplit('/').next().is_some_and(|n| n == "sh" || n == "bash");
        if shell && words.len() >= 3 && words[words.len() - 2].value.ends_with('c') {
            let (mut commands, has_comment) =
                read::commands(&Joined::of_text(last.value.clone(), last.span.start));
            // Escapes in JSON move places, so that only the whole can be pointed at.
            commands.iter_mut().for_each(|command| command.point_at(&last.span));
            return Self { commands, form: Form::Exec, span, has_comment };
        }
        let command = Command { words, span: span.clone(), ..Command::default() };
        Self { commands: vec![command], form: Form::Exec, span, has_comment: false }
    }

    /// The commands of a script that lies in a file, all of them pointing at `place`, with
    /// their lines there.
    pub(super) fn of_file(content: &str, place: &Span) -> (Self, Vec<usize>) {
        if !is_for_a_shell(content) {
            return (Self::default(), Vec::new());
        }
        let (mut commands, has_comment) = read::commands(&Joined::of_text(content.to_owned(), 0));
        let (mut line, mut seen) = (1, 0);
        let lines = commands.iter().map(|command| {
            let start = command.span.start.max(seen);
            line += memchr::memchr_iter(b'\n', &content.as_bytes()[seen..start]).count();
            seen = start;
            line
        });
        let lines: Vec<usize> = lines.collect();
        commands.iter_mut().for_each(|command| command.point_at(place));
        (Self { commands, form: Form::Shell, span: place.clone(), has_comment }, lines)
    }
}

/// Lines that continuations join, without comments and empty lines between them.
pub(super) fn joined(text: &Text, span: Span, escape: u8) -> String {
    Joined::of_line(text, span, escape).text
}

/// Splits `A=1 B="x y"` as `ENV` and `ARG` do.
pub(super) fn plain_words(text: &Text, span: Span, escape: u8) -> Vec<Word> {
    read::plain_words(&Joined::of_line(text, span, escape))
}

impl Command {
    fn point_at(&mut self, place: &Span) {
        self.span = place.clone();
        let targets = self.redirects.iter_mut().map(|(_, word)| word);
        let words = self.words.iter_mut().chain(&mut self.assignments).chain(targets);
        words.for_each(|word| word.span = place.clone());
    }
}

/// Whether a script has no `#!`, or one that names a shell.
fn is_for_a_shell(body: &str) -> bool {
    let Some(rest) = body.trim_start().strip_prefix("#!") else { return true };
    let line = rest.lines().next().unwrap_or_default();
    line.split_whitespace().any(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
    })
}

#[cfg(test)]
mod tests;
