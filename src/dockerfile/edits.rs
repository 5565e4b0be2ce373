//! Edits that several rules make: an instruction or a command taken out, a flag put in.

use super::finding::Edit;
use super::shell::{Command, Form, Joint, Script};
use super::text::{Span, Text};
use super::tree::Instruction;

/// An instruction's lines, with the end of the last.
pub(super) fn lines(text: &Text, instruction: &Instruction) -> Span {
    let first = text.line_span(text.line(instruction.span.start)).start;
    let last = text.line(instruction.span.end.saturating_sub(1).max(instruction.span.start));
    let end = text.line_span(last).end;
    // The line's own end, of one byte or two.
    let rest = text.bytes.get(end..).unwrap_or_default();
    let ending = if rest.starts_with(b"\r\n") { 2 } else { usize::from(!rest.is_empty()) };
    first..end + ending
}

/// Takes an instruction out.
pub(super) fn remove(text: &Text, instruction: &Instruction) -> Edit {
    Edit::replace(lines(text, instruction), "")
}

/// Puts a flag behind the keyword.
pub(super) fn add_flag(text: &Text, instruction: &Instruction, flag: &str) -> Edit {
    let at = keyword_end(text, instruction);
    Edit::insert(at, format!(" {flag}"))
}

fn keyword_end(text: &Text, instruction: &Instruction) -> usize {
    let keyword = instruction.keyword_span(text);
    if !instruction.onbuild {
        return keyword.end;
    }
    // The keyword behind `ONBUILD`.
    let rest = text.slice(keyword.end..instruction.head.end);
    let start = rest.len() - rest.trim_start().len();
    keyword.end + start + instruction.keyword.len()
}

/// Takes one command out of a `RUN`; the whole instruction where it is the only one. `None`
/// where what stands around it does not allow that.
pub(super) fn drop_command(text: &Text, instruction: &Instruction, number: usize) -> Option<Edit> {
    let script: &Script = instruction.script()?;
    let command = script.commands.get(number)?;
    if script.commands.len() == 1 {
        return Some(remove(text, instruction));
    }
    let chained = |joint: Joint| matches!(joint, Joint::And | Joint::Next);
    let span = if number == 0 {
        let next = &script.commands[1];
        (chained(command.joint) && next.depth == command.depth)
            .then_some(command.span.start..next.span.start)?
    } else {
        let before = &script.commands[number - 1];
        (chained(before.joint) && before.depth == command.depth)
            .then_some(before.span.end..command.span.end)?
    };
    let is_plain = !text.slice(span.clone()).contains(['#', '(', ')', '{', '}']);
    let simple =
        command.depth == 0 && matches!(command.joint, Joint::And | Joint::Next | Joint::End);
    (simple && is_plain).then(|| Edit::replace(span, ""))
}

/// Makes one `RUN` of two that follow each other: the second's commands behind the first's.
/// `None` where the first would change what the second does, or a comment is in the way.
pub(super) fn join(text: &Text, first: &Instruction, second: &Instruction) -> Option<Vec<Edit>> {
    let (one, two) = (first.script()?, second.script()?);
    let flags = |i: &Instruction| {
        i.flags.iter().map(|f| text.slice(f.span.clone()).to_owned()).collect::<Vec<_>>()
    };
    let shell = |script: &Script| {
        script.form == Form::Shell && !script.has_comment && !script.commands.is_empty()
    };
    let between = text.slice(first.span.end..second.span.start);
    let fits = shell(one)
        && shell(two)
        && flags(first) == flags(second)
        && first.heredocs.is_empty()
        && second.heredocs.is_empty()
        && !first.onbuild
        && !second.onbuild
        && between.trim().is_empty()
        && between.matches('\n').count() == 1
        && !one.commands.iter().any(|command| leaks(command.program(), command))
        && one.commands.last().is_some_and(|c| c.joint == Joint::End)
        && two.commands.iter().all(|c| matches!(c.joint, Joint::And | Joint::End) && c.depth == 0);
    if !fits {
        return None;
    }
    let escape = if text.slice(first.span.clone()).contains("`\n") { "`" } else { "\\" };
    Some(vec![Edit::replace(one.span.end..two.span.start, format!(" {escape}\n && "))])
}

/// Whether a command changes the shell for what stands behind it.
fn leaks(program: &str, command: &Command) -> bool {
    !command.assignments.is_empty() && command.words.is_empty()
        || command.joint == Joint::Background
        || command.depth > 0
        || matches!(command.joint, Joint::Next | Joint::Or)
        || matches!(
            program,
            "cd" | "pushd"
                | "export"
                | "set"
                | "exec"
                | "trap"
                | "umask"
                | "shopt"
                | "alias"
                | "."
                | "source"
                | "unset"
                | "ulimit"
                | "eval"
                | "exit"
                | "return"
                | "declare"
                | "newgrp"
        )
        || command.words.first().is_some_and(|word| word.value == "exec")
}
