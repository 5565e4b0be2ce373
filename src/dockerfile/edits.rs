//! Edits that several rules make: an instruction or a command taken out, a flag put in.

use super::finding::Edit;
use super::shell::{Joint, Script};
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
            .then(|| command.span.start..next.span.start)?
    } else {
        let before = &script.commands[number - 1];
        (chained(before.joint) && before.depth == command.depth)
            .then(|| before.span.end..command.span.end)?
    };
    let is_plain = !text.slice(span.clone()).contains(['#', '(', ')', '{', '}']);
    let simple = command.depth == 0 && matches!(command.joint, Joint::And | Joint::Next | Joint::End);
    (simple && is_plain).then(|| Edit::replace(span, ""))
}
