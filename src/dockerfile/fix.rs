//! Writes fixes into a file's text, until nothing is left to mend.

use super::context::Context;
use super::finding::{Edit, Finding, Fix, Safety};
use super::text::Text;
use super::{lint, parse};

/// How often a file is gone through; each fix can make room for the next.
const ROUNDS: usize = 10;

/// A mended file.
#[derive(Debug)]
pub struct Mended {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The rules whose fixes were written, with the line in the text that they were written to.
    pub applied: Vec<(&'static str, usize)>,
}

/// Writes every fix that is at least this safe.
#[must_use]
pub fn mend(text: &Text, context: &dyn Context, allowed: Safety) -> Mended {
    mend_some(text, context, allowed, |_| true)
}

/// Writes those fixes of some findings that are at least this safe.
pub(super) fn mend_some(
    text: &Text,
    context: &dyn Context,
    allowed: Safety,
    wanted: impl Fn(&Finding) -> bool,
) -> Mended {
    let mut mended = Mended { bytes: text.bytes.clone(), applied: Vec::new() };
    // The lines of a template that tags choose between are not all there at once.
    if text.branches {
        return mended;
    }
    for _ in 0..ROUNDS {
        let now = Text::new(text.name.clone(), mended.bytes.clone(), text.template);
        let file = parse(now);
        let mistakes = file.mistakes.len();
        let mut edits: Vec<Edit> = Vec::new();
        let mut applied = Vec::new();
        let mut findings = lint(&file, context);
        findings.retain(&wanted);
        // Where two fixes want the same place, the one goes first that matters more.
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in findings {
            let Some(fix) = finding.fix.filter(|fix| fix.safety <= allowed) else { continue };
            if fix.edits.iter().all(|edit| edits.iter().all(|other| !overlap(edit, other))) {
                applied.push((finding.rule.name, file.text.line(finding.span.start)));
                edits.extend(fix.edits);
            }
        }
        if edits.is_empty() {
            break;
        }
        let bytes = apply(&file.text.bytes, &edits);
        let after = parse(Text::new(text.name.clone(), bytes.clone(), text.template));
        // A fix that breaks a file is none.
        if after.mistakes.len() > mistakes {
            break;
        }
        mended.bytes = bytes;
        mended.applied.extend(applied);
    }
    mended
}

fn overlap(one: &Edit, other: &Edit) -> bool {
    one.span.start <= other.span.end && other.span.start <= one.span.end
}

/// The bytes with edits that do not overlap.
#[must_use]
pub(super) fn apply(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in sorted {
        if edit.span.start < at || edit.span.end > bytes.len() {
            continue;
        }
        out.extend_from_slice(&bytes[at..edit.span.start]);
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.span.end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// Lines that a fix takes out and puts in, with the first one's number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) line: usize,
    pub(super) old: Vec<String>,
    pub(super) new: Vec<String>,
}

/// A fix as lines before and after.
pub(super) fn hunks(text: &Text, fix: &Fix) -> Vec<Hunk> {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| edit.span.start);
    let mut groups: Vec<(usize, usize, Vec<Edit>)> = Vec::new();
    for edit in edits {
        let first = text.line(edit.span.start);
        // A line that is taken out with its end does not touch the next.
        let last = text.line(edit.span.end.saturating_sub(1).max(edit.span.start));
        match groups.last_mut() {
            Some((_, end, all)) if first <= *end => {
                *end = last.max(*end);
                all.push(edit);
            }
            _ => groups.push((first, last, vec![edit])),
        }
    }
    groups.into_iter().map(|(first, last, edits)| hunk(text, first, last, edits)).collect()
}

fn hunk(text: &Text, first: usize, last: usize, mut edits: Vec<Edit>) -> Hunk {
    let start = text.line_span(first).start;
    let end = edits.iter().map(|e| e.span.end).max().unwrap_or(0).max(text.line_span(last).end);
    for edit in &mut edits {
        edit.span = edit.span.start - start..edit.span.end - start;
    }
    let before = &text.bytes[start..end];
    let after = apply(before, &edits);
    let lines = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        text.lines().map(str::to_owned).collect()
    };
    let (mut old, mut new) = (lines(before), lines(&after));
    let mut line = first;
    // Lines that stay are not worth showing.
    while !old.is_empty() && !new.is_empty() && old[0] == new[0] {
        old.remove(0);
        new.remove(0);
        line += 1;
    }
    while !old.is_empty() && old.last() == new.last() {
        old.pop();
        new.pop();
    }
    Hunk { line, old, new }
}
