//! The lines that are meant, with what is marked in them.

use super::{Page, shown, wrap};
use crate::dockerfile::finding::Finding;
use crate::dockerfile::text::Span;
use std::fmt::Write as _;

/// A line of the file with what is marked in it.
struct Marked {
    line: usize,
    span: Span,
    label: String,
    is_main: bool,
}

impl Page<'_> {
    /// Every line that belongs to a finding.
    pub(super) fn snippet(&self, out: &mut String, finding: &Finding, color: &str) {
        let text = &self.linted.file.text;
        let mut marks: Vec<Marked> = finding
            .also
            .iter()
            .map(|(span, label)| (span, label, false))
            .chain([(&finding.span, &finding.label, true)])
            .map(|(span, label, is_main)| Marked {
                line: text.line(span.start),
                span: span.clone(),
                label: label.clone(),
                is_main,
            })
            .collect();
        marks.sort_by_key(|mark| (mark.line, mark.span.start));
        let mut last = 0;
        for mark in &marks {
            if mark.line != last {
                if last != 0 && mark.line > last + 1 {
                    let _ = writeln!(out, "{} ⋮", " ".repeat(self.gutter()));
                }
                self.line(out, mark);
                last = mark.line;
            }
            self.mark(out, mark, if mark.is_main { color } else { "34" });
        }
    }

    /// The line's characters that fit, with the number of the first of them.
    fn window(&self, mark: &Marked) -> (Vec<char>, usize) {
        let text = &self.linted.file.text;
        let line = text.line_span(mark.line);
        let room = self.look.width.saturating_sub(self.gutter() + 4).max(20);
        // Of a line of megabytes only what is near the mark is looked at.
        let near = mark.span.start.saturating_sub(4 * room).max(line.start);
        let far = line.end.min(mark.span.start.max(line.start) + 8 * room);
        let mut bytes = text.bytes.get(near..far).unwrap_or_default().to_vec();
        for hidden in self.hidden.iter().filter(|h| h.start < far && h.end > near) {
            bytes[hidden.start.max(near) - near..hidden.end.min(far) - near].fill(b'*');
        }
        let head = String::from_utf8_lossy(&bytes[..mark.span.start.clamp(near, far) - near]);
        let before = head.chars().count();
        let chars: Vec<char> = String::from_utf8_lossy(&bytes).chars().map(shown).collect();
        let cut = near > line.start || chars.len() > room;
        let from = if cut { before.saturating_sub(room / 3) } else { 0 };
        let mut part: Vec<char> = chars.iter().copied().skip(from).take(room).collect();
        if (far < line.end || chars.len() > from + room) && !part.is_empty() {
            part.truncate(room - 1);
            part.push('…');
        }
        if from > 0 || near > line.start {
            part.first_mut().into_iter().for_each(|c| *c = '…');
        }
        (part, before - from)
    }

    fn line(&self, out: &mut String, mark: &Marked) {
        let (shown, _) = self.window(mark);
        let line: String = shown.into_iter().collect();
        let width = self.gutter();
        let _ = writeln!(
            out,
            "{} │ {}",
            self.paint("2", &format!("{:>width$}", mark.line)),
            line.trim_end()
        );
    }

    fn mark(&self, out: &mut String, mark: &Marked, color: &str) {
        let text = &self.linted.file.text;
        let (shown, from) = self.window(mark);
        let end = mark.span.end.min(text.line_span(mark.line).end).max(mark.span.start);
        let end = end.min(mark.span.start + 4 * self.look.width);
        let length = text.show(mark.span.start..end).chars().count();
        let length = length.clamp(1, shown.len().saturating_sub(from).max(1));
        let middle = (length - 1) / 2;
        let line: String = (0..length).map(|at| if at == middle { '┬' } else { '─' }).collect();
        let gutter = " ".repeat(self.gutter());
        let blank = " ".repeat(from);
        let _ = writeln!(out, "{gutter} · {blank}{}", self.paint(color, &line));
        let indent = from + middle;
        let room = self.look.width.saturating_sub(self.gutter() + 3 + indent + 4);
        let (indent, room) = if room < 24 {
            // No room to the right of the mark: the label stands below it, further left.
            let left = indent.saturating_sub(24 - room);
            (left, room + (indent - left))
        } else {
            (indent, room)
        };
        for (number, line) in wrap(&mark.label, room.max(16)).iter().enumerate() {
            let hook = if number == 0 { "╰── " } else { "    " };
            let _ = writeln!(
                out,
                "{gutter} · {}{}",
                " ".repeat(indent),
                self.paint(color, &format!("{hook}{line}"))
            );
        }
    }
}
