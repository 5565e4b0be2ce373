//! Reads the syntax tree of `parse-dockerfile`, and works round what it leaves out:
//! here-documents that do not come first, several of them, `\\` at the end of a line, comments
//! behind a backslash, an empty `ENTRYPOINT []`, and all but the first mistake.

use super::scan::{Logical, Scan, keyword, scan};
use super::shell::{Script, plain_words};
use super::text::{Span, Text};
use super::tree::{Body, Dockerfile, Flag, Instruction, Stage, Word};
use parse_dockerfile as syntax;

/// The most mistakes that are looked for in one file.
const MOST: usize = 20;

/// Parses a file. What cannot be understood is left out and noted.
#[must_use]
pub fn parse(text: Text) -> Dockerfile {
    let scan = scan(&text);
    let mut padded = padded(&text, &scan);
    let mut mistakes: Vec<(Span, String)> = Vec::new();
    for logical in &scan.logicals {
        if let Some(name) = &logical.unterminated {
            let name = name.chars().take(64).collect::<String>();
            let reason = format!("the here-document `{name}` never ends");
            mistakes.push((logical.head.clone(), reason));
        }
    }
    // A mistake ends the crate's parsing: its instruction is blanked, and parsing begins again.
    let mut instructions = Vec::new();
    for _ in 0..MOST {
        instructions.clear();
        let Some((span, reason)) = read(&text, &scan, &padded, &mut instructions) else { break };
        let gone = span.is_empty();
        blank(&mut padded, span.clone());
        mistakes.push((span, reason));
        if gone {
            break;
        }
    }
    build(text, scan, instructions, mistakes)
}

fn blank(padded: &mut String, span: Span) {
    let spaces: String =
        padded[span.clone()].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    padded.replace_range(span, &spaces);
}

/// A text of the same length that the crate reads as BuildKit would read the file.
fn padded(text: &Text, scan: &Scan) -> String {
    let mut bytes = text.plain.clone().into_bytes();
    let fill = |bytes: &mut [u8]| {
        bytes.iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    };
    for logical in &scan.logicals {
        for heredoc in &logical.heredocs {
            if let Some(at) = memchr::memmem::find(&bytes[heredoc.word.clone()], b"<<") {
                bytes[heredoc.word.start + at..][..2].fill(b'_');
            }
        }
        fill(&mut bytes[logical.head.end..logical.span.end]);
        // `\\` at the end is a backslash, not a continuation.
        let end = logical.head.end;
        let trimmed = bytes[logical.head.start..end].trim_ascii_end().len() + logical.head.start;
        if trimmed >= logical.head.start + 2 && bytes[trimmed - 2..trimmed] == [scan.escape; 2] {
            bytes[trimmed - 2..trimmed].fill(b'_');
        }
    }
    for logical in &scan.logicals {
        let head = logical.head.clone();
        let line = text.slice(head.clone());
        // An empty list takes the base image's program away.
        if keyword(line) == Some("ENTRYPOINT") && line[10..].split_whitespace().eq(["[]"]) {
            let at = head.start + line.find('[').unwrap_or(0);
            bytes[at..at + 2].fill(b'_');
        }
    }
    for slip in &scan.slips {
        fill(&mut bytes[slip.comment.clone()]);
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Reads until the end or the first mistake, and says what to blank for it.
fn read(
    text: &Text,
    scan: &Scan,
    padded: &str,
    instructions: &mut Vec<Instruction>,
) -> Option<(Span, String)> {
    // The crate counts from behind a byte order mark.
    let shift = if padded.starts_with('\u{feff}') { 3 } else { 0 };
    let convert = Convert { text, scan, shift };
    let failed = |error: &syntax::Error| convert.mistake(error);
    let parsed = match syntax::parse_iter(padded) {
        Ok(parsed) => parsed,
        Err(error) => return Some(failed(&error)),
    };
    for instruction in parsed {
        match instruction {
            Ok(instruction) => instructions.extend(convert.instruction(&instruction, false)),
            Err(error) => return Some(failed(&error)),
        }
    }
    None
}

struct Convert<'t> {
    text: &'t Text,
    scan: &'t Scan,
    shift: usize,
}

impl Convert<'_> {
    fn mistake(&self, error: &syntax::Error) -> (Span, String) {
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

    fn instruction(&self, read: &syntax::Instruction<'_>, onbuild: bool) -> Option<Instruction> {
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
            syntax::Command::Exec(words) => Script::of_exec(
                words.value.iter().map(|w| Word { span: self.span(&w.span), value: w.value.to_string() }).collect(),
            ),
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

fn build(
    text: Text,
    scan: Scan,
    instructions: Vec<Instruction>,
    mistakes: Vec<(Span, String)>,
) -> Dockerfile {
    let mut globals = Vec::new();
    let mut stages: Vec<Stage> = Vec::new();
    // Names are alike whatever their case; the last of a name counts.
    let mut names: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for instruction in instructions {
        if instruction.keyword == "FROM" && !instruction.onbuild {
            let words = instruction.words();
            let Some(base) = words.first().cloned() else { continue };
            let name = words.get(1).cloned();
            let parent = names.get(&base.value.to_ascii_lowercase()).copied();
            names.extend(name.iter().map(|n| (n.value.to_ascii_lowercase(), stages.len())));
            stages.push(Stage { base, name, parent, instructions: vec![instruction] });
        } else if let Some(stage) = stages.last_mut() {
            stage.instructions.push(instruction);
        } else {
            globals.push(instruction);
        }
    }
    let syntax = directive(&text);
    let slips = scan.slips.into_iter().map(|s| (s.backslash, s.comment)).collect();
    Dockerfile { text, syntax, globals, stages, comments: scan.comments, mistakes, slips }
}

/// The frontend of a `# syntax=` line at the top.
fn directive(text: &Text) -> Option<String> {
    for line in 1..=text.count() {
        let content = text.slice(text.line_span(line)).trim_start_matches('\u{feff}').trim();
        let (name, value) = content.strip_prefix('#')?.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("syntax") {
            return Some(value.trim().to_owned());
        }
    }
    None
}

/// Whether a here-document is a script for a shell, by what the `RUN` says before it.
pub(super) fn is_script(before: &str) -> bool {
    let words: Vec<&str> = before.split_whitespace().collect();
    match words.as_slice() {
        [] => true,
        [shell, flags @ ..] => {
            let name = shell.rsplit('/').next().unwrap_or_default();
            matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
                && flags.iter().all(|flag| flag.starts_with(['-', '+']) || *flag == "pipefail")
        }
    }
}
