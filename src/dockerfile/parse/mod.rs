//! Reads the syntax tree of `parse-dockerfile`, and works round what it leaves out:
//! here-documents that do not come first, several of them, `\\` at the end of a line, comments
//! behind a backslash, an empty `ENTRYPOINT []`, and all but the first mistake.

mod convert;

use super::scan::{Scan, keyword, scan};
use super::text::{Span, Text};
use super::tree::{Dockerfile, Instruction, Stage};
use convert::Convert;
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
