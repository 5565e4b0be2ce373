//! From the crate's syntax tree to ours.

use crate::dockerfile::scan::{Logical, Scan};
use crate::dockerfile::shell::{Script, plain_words};
use crate::dockerfile::text::{Span, Text};
use crate::dockerfile::tree::{Body, Flag, Instruction, Word};
use parse_dockerfile as syntax;

/// What converting needs to know.
pub(super) struct Convert<'t> {
    pub(super) text: &'t Text,
    pub(super) scan: &'t Scan,
    /// Bytes before what the crate counts from.
    pub(super) shift: usize,
}

impl Convert<'_> {
    /// Where a mistake stands and what it is.
    pub(super) fn mistake(&self, error: &syntax::Error) -> (Span, String) {
        let reason = format!("{error:#}");
        if error.line() == 0 {
            return (0..0, reason);
        }
        let line = self.text.line_span(error.line());
        let at = (line.start + error.column().saturating_sub(1)).min(line.end);
        let found = self.logical(at).map_or(line, |logical| logical.head.clone());
        (found, reason)
    }

    /// The instruction that holds a byte.
    fn logical(&self, at: usize) -> Option<&Logical> {
        let next = self.scan.logicals.partition_point(|logical| logical.span.start <= at);
        let found = &self.scan.logicals[next.checked_sub(1)?];
        (at <= found.span.end).then_some(found)
    }

    /// One instruction.
    pub(super) fn instruction(
        &self,
        read: &syntax::Instruction<'_>,
        onbuild: bool,
    ) -> Option<Instruction> {
        let (keyword, at, flags, body) = match read {
            syntax::Instruction::Onbuild(outer) => {
                let mut inner = self.instruction(&outer.instruction, true)?;
                let logical = self.logical(self.at(outer.onbuild.span.start))?;
                inner.span = logical.span.clone();
                inner.head = logical.head.clone();
                return Some(inner);
            }
            syntax::Instruction::From(i) => {
                let mut words = vec![self.word(&i.image)];
                words.extend(i.as_.as_ref().map(|(_, name)| self.word(name)));
                ("FROM", &i.from, self.flags(&i.options), Body::Words(words))
            }
            syntax::Instruction::Run(i) => {
                let logical = self.logical(self.at(i.run.span.start))?;
                let script = self.script(&i.arguments, logical);
                ("RUN", &i.run, self.flags(&i.options), Body::Run(script))
            }
            syntax::Instruction::Copy(i) => {
                ("COPY", &i.copy, self.flags(&i.options), self.copy(&i.src, &i.dest))
            }
            syntax::Instruction::Add(i) => {
                ("ADD", &i.add, self.flags(&i.options), self.copy(&i.src, &i.dest))
            }
            syntax::Instruction::Env(i) => ("ENV", &i.env, vec![], self.pairs(&i.arguments)),
            syntax::Instruction::Arg(i) => ("ARG", &i.arg, vec![], self.pairs(&i.arguments)),
            other => {
                let (keyword, at, words) = self.plain(other)?;
                (keyword, at, vec![], Body::Words(words))
            }
        };
        let logical = self.logical(self.at(at.span.start))?;
        Some(Instruction {
            keyword,
            span: logical.span.clone(),
            head: logical.head.clone(),
            onbuild,
            flags,
            body,
            heredocs: logical.heredocs.clone(),
        })
    }

    fn plain<'i>(
        &self,
        read: &'i syntax::Instruction<'_>,
    ) -> Option<(&'static str, &'i syntax::Keyword, Vec<Word>)> {
        Some(match read {
            syntax::Instruction::User(i) => ("USER", &i.user, vec![self.word(&i.arguments)]),
            syntax::Instruction::Workdir(i) => {
                ("WORKDIR", &i.workdir, vec![self.word(&i.arguments)])
            }
            syntax::Instruction::Cmd(i) => ("CMD", &i.cmd, self.command(&i.arguments)),
            syntax::Instruction::Entrypoint(i) => {
                ("ENTRYPOINT", &i.entrypoint, self.command(&i.arguments))
            }
            syntax::Instruction::Shell(i) => {
                ("SHELL", &i.shell, i.arguments.iter().map(|w| self.word(w)).collect())
            }
            syntax::Instruction::Expose(i) => ("EXPOSE", &i.expose, vec![]),
            syntax::Instruction::Healthcheck(i) => ("HEALTHCHECK", &i.healthcheck, vec![]),
            syntax::Instruction::Label(i) => ("LABEL", &i.label, vec![]),
            syntax::Instruction::Maintainer(i) => ("MAINTAINER", &i.maintainer, vec![]),
            syntax::Instruction::Stopsignal(i) => ("STOPSIGNAL", &i.stopsignal, vec![]),
            syntax::Instruction::Volume(i) => ("VOLUME", &i.volume, vec![]),
            _ => return None,
        })
    }

    fn at(&self, offset: usize) -> usize {
        offset + self.shift
    }

    fn span(&self, span: &Span) -> Span {
        self.at(span.start)..self.at(span.end)
    }

    fn word(&self, read: &syntax::UnescapedString<'_>) -> Word {
        Word { span: self.span(&read.span), value: unquote(&read.value) }
    }

    fn flags(&self, read: &[syntax::Flag<'_>]) -> Vec<Flag> {
        read.iter()
            .map(|flag| Flag {
                span: self.span(&flag.span()),
                name: flag.name.value.to_ascii_lowercase(),
                value: flag.value.as_ref().map(|v| unquote(&v.value)).unwrap_or_default(),
            })
            .collect()
    }

    fn copy(&self, sources: &[syntax::Source<'_>], dest: &syntax::UnescapedString<'_>) -> Body {
        let sources = sources
            .iter()
            .filter_map(|source| match source {
                syntax::Source::Path(path) => Some(self.word(path)),
                _ => None,
            })
            .filter(|word| !self.text.slice(word.span.clone()).starts_with("<<"))
            .collect();
        Body::Copy { sources, dest: self.word(dest) }
    }

    /// `A=1 B="x y"`, or the old `A x y`.
    fn pairs(&self, read: &syntax::UnescapedString<'_>) -> Body {
        let words = plain_words(self.text, self.span(&read.span), self.scan.escape);
        let Some(first) = words.first() else { return Body::Pairs(vec![]) };
        if !first.value.contains('=') && words.len() > 1 {
            let rest = words[1].span.start..words[words.len() - 1].span.end;
            let value = Word { value: unquote(self.text.slice(rest.clone())), span: rest };
            return Body::Pairs(vec![(first.clone(), Some(value))]);
        }
        Body::Pairs(words.into_iter().map(pair).collect())
    }

    fn command(&self, read: &syntax::Command<'_>) -> Vec<Word> {
        match read {
            syntax::Command::Exec(words) => words.value.iter().map(|w| self.word(w)).collect(),
            syntax::Command::Shell(line) => {
                let span = self.span(&line.span);
                vec![Word { value: self.text.slice(span.clone()).to_owned(), span }]
            }
            _ => vec![],
        }
    }

    fn script(&self, read: &syntax::Command<'_>, logical: &Logical) -> Script {
        match read {
            syntax::Command::Exec(words) => {
                let all = words.value.iter();
                let all =
                    all.map(|w| Word { span: self.span(&w.span), value: w.value.to_string() });
                Script::of_exec(all.collect(), self.span(&words.span))
            }
            syntax::Command::Shell(line) => Script::of_shell(
                self.text,
                self.span(&line.span),
                self.scan.escape,
                &logical.heredocs,
            ),
            _ => Script::default(),
        }
    }
}

fn pair(word: Word) -> (Word, Option<Word>) {
    let Some((name, value)) = word.value.split_once('=') else { return (word, None) };
    let value = Word { span: word.span.clone(), value: value.to_owned() };
    (Word { span: word.span.clone(), value: name.to_owned() }, Some(value))
}

fn unquote(word: &str) -> String {
    let inner = word.strip_prefix('"').and_then(|w| w.strip_suffix('"'));
    let inner = inner.or_else(|| word.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')));
    inner.unwrap_or(word).to_owned()
}
