//! A Dockerfile as rules see it: stages and instructions, each with its place in the file.

use super::programs;
use super::scan::{self, Heredoc};
use super::shell::{self, Script};
use super::text::{Span, Text};

/// A parsed Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    /// What it was read from.
    pub text: Text,
    /// The frontend that a `# syntax=` line names.
    pub syntax: Option<String>,
    /// `ARG`s before the first `FROM`.
    pub globals: Vec<Instruction>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// Every comment line.
    pub(super) comments: Vec<Span>,
    /// What could not be understood: the place and what is wrong with it.
    pub(super) mistakes: Vec<(Span, String)>,
    /// Backslashes that a comment follows, with the comment.
    pub(super) slips: Vec<(usize, Span)>,
}

/// From one `FROM` to the next.
#[derive(Debug)]
pub struct Stage {
    /// The image or stage that it begins with.
    pub base: Word,
    /// The name behind `AS`.
    pub name: Option<Word>,
    /// The stage that it begins with, by number, where `base` names one.
    pub parent: Option<usize>,
    /// Its instructions, the `FROM` first.
    pub instructions: Vec<Instruction>,
}

/// One instruction.
#[derive(Debug)]
pub struct Instruction {
    /// Its keyword in capitals. Under `ONBUILD`, that of the instruction behind it.
    pub keyword: &'static str,
    /// From its first character to the end of its last line, here-documents included.
    pub span: Span,
    /// The part before the here-documents.
    pub head: Span,
    /// Whether `ONBUILD` stands before it.
    pub onbuild: bool,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// The rest.
    pub body: Body,
    /// Its here-documents.
    pub heredocs: Vec<Heredoc>,
}

/// What stands behind the keyword and the flags.
#[derive(Debug)]
pub enum Body {
    /// `RUN`: commands.
    Run(Script),
    /// `COPY` and `ADD`: sources and where they go.
    Copy {
        /// Paths, globs, addresses; here-documents are not among them.
        sources: Vec<Word>,
        /// Where they go.
        dest: Word,
    },
    /// `ENV` and `ARG`: names and values.
    Pairs(Vec<(Word, Option<Word>)>),
    /// Anything else, in words.
    Words(Vec<Word>),
}

/// A flag such as `--chown=app:app`.
#[derive(Debug)]
pub struct Flag {
    /// All of it.
    pub span: Span,
    /// Its name, without the dashes.
    pub name: String,
    /// Its value, empty where there is none.
    pub value: String,
}

/// A word and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, quotes included.
    pub span: Span,
    /// What it says, without quotes.
    pub value: String,
}

impl Word {
    /// Whether the value is known only when the image is built.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.value.contains(['$', '`']) || self.value.contains("{{")
    }
}

impl Instruction {
    /// The value of a flag.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|flag| flag.name == name).map(|flag| flag.value.as_str())
    }

    /// The commands of a `RUN`.
    #[must_use]
    pub fn script(&self) -> Option<&Script> {
        match &self.body {
            Body::Run(script) => Some(script),
            _ => None,
        }
    }

    /// What a `COPY` or `ADD` takes and where it puts it.
    #[must_use]
    pub fn copy(&self) -> Option<(&[Word], &Word)> {
        match &self.body {
            Body::Copy { sources, dest } => Some((sources, dest)),
            _ => None,
        }
    }

    /// The words of an instruction that is nothing more than words.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        match &self.body {
            Body::Words(words) => words,
            _ => &[],
        }
    }

    /// Whether a `RUN` changes owners or modes itself; scripts that it calls are not looked into.
    #[must_use]
    pub fn changes_owners(&self) -> bool {
        self.script().is_some_and(|script| programs::changes_owners(&script.commands))
    }

    /// Where its keyword stands.
    #[must_use]
    pub fn keyword_span(&self, text: &Text) -> Span {
        let line = text.slice(self.span.clone());
        let length = line.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(line.len());
        self.span.start..self.span.start + length
    }
}

impl Dockerfile {
    /// Line, keyword and stage (from 0; `None` before the first `FROM`) of every
    /// instruction, in the order of the file: what BuildKit's outline can be compared with.
    pub fn outline(&self) -> impl Iterator<Item = (usize, &'static str, Option<usize>)> + '_ {
        let globals = self.globals.iter().map(|i| (i, None));
        let staged = self
            .stages
            .iter()
            .enumerate()
            .flat_map(|(at, stage)| stage.instructions.iter().map(move |i| (i, Some(at))));
        globals.chain(staged).map(|(instruction, stage)| {
            let keyword = if instruction.onbuild { "ONBUILD" } else { instruction.keyword };
            (self.text.line(instruction.span.start), keyword, stage)
        })
    }

    /// Line (from 1) and reason of everything that could not be understood.
    pub fn mistakes(&self) -> impl Iterator<Item = (usize, &str)> {
        self.mistakes.iter().map(|(span, reason)| (self.text.line(span.start), reason.as_str()))
    }

    /// An instruction as builders show it: its lines joined, comments between them left out,
    /// here-documents without their bodies.
    #[must_use]
    pub fn joined(&self, instruction: &Instruction) -> String {
        shell::joined(&self.text, instruction.head.clone(), scan::escape(&self.text))
    }

    /// The stages that end up in the image that a plain build makes, the last one first.
    #[must_use]
    pub fn shipped(&self) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = self.stages.len().checked_sub(1);
        while let Some(at) = next {
            chain.push(at);
            next = self.stages[at].parent;
        }
        chain
    }

    /// Every instruction of the stages.
    pub fn instructions(&self) -> impl Iterator<Item = &Instruction> {
        self.stages.iter().flat_map(|stage| &stage.instructions)
    }
}
