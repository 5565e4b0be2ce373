//! A mended text: lines that go, lines that come.

use super::{Page, shown};
use crate::dockerfile::finding::{Finding, Safety};
use crate::dockerfile::fix::{self, Hunk};
use std::fmt::Write as _;

/// The most lines of one change that are shown.
const LINES: usize = 14;

impl Page<'_> {
    /// What a fix would write.
    pub(super) fn fix(&self, out: &mut String, finding: &Finding) {
        let Some(fix) = &finding.fix else { return };
        let text = &self.linted.file.text;
        let what = match fix.safety {
            Safety::Same | Safety::Modes if text.branches => {
                "not written into a template with tags; by hand"
            }
            Safety::Same => "written by --fix; paths, owners and modes stay the same",
            Safety::Modes => "written by --fix=modes only, because modes change",
            Safety::Proposal => "a proposal, for you to judge",
        };
        self.paragraph(out, "mended", what);
        for hunk in fix::hunks(text, fix) {
            self.hunk(out, &hunk);
        }
    }

    fn hunk(&self, out: &mut String, hunk: &Hunk) {
        let secret = |line: &str| self.mask(line);
        for (sign, color, lines) in [('-', "31", &hunk.old), ('+', "32", &hunk.new)] {
            for (number, line) in lines.iter().enumerate() {
                if number == LINES {
                    let gutter = " ".repeat(self.gutter());
                    let _ = writeln!(out, "{gutter} {sign} … {} more lines", lines.len() - LINES);
                    break;
                }
                self.changed(out, (sign, color), hunk.line + number, &secret(line));
            }
        }
    }

    /// A line of a change; what does not fit goes on below.
    fn changed(&self, out: &mut String, (sign, color): (char, &str), number: usize, line: &str) {
        let width = self.gutter();
        let room = self.look.width.saturating_sub(width + 3).max(20);
        let chars: Vec<char> = line.chars().map(shown).collect();
        let most = room * 4;
        let cut = if chars.len() > most { &chars[..most] } else { &chars[..] };
        let mut pieces = pieces(cut, room).into_iter();
        let first = pieces.next().unwrap_or_default();
        let numbered = format!("{number:>width$}");
        let _ = writeln!(
            out,
            "{} {}",
            self.paint("2", &numbered),
            self.paint(color, &format!("{sign} {first}"))
        );
        for piece in pieces {
            let _ = writeln!(
                out,
                "{} {}",
                " ".repeat(width),
                self.paint(color, &format!("      {piece}"))
            );
        }
    }

    /// A line of a change without the secrets that the file holds.
    fn mask(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for hidden in self.hidden {
            let value = self.linted.file.text.show(hidden.clone());
            if !value.is_empty() && line.contains(&*value) {
                line = line.replace(&*value, &"*".repeat(value.chars().count().min(12)));
            }
        }
        line
    }
}

/// A line in pieces that fit, cut at blanks where there are some; all but the first have four
/// columns less.
fn pieces(line: &[char], room: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = line;
    loop {
        let room = if pieces.is_empty() { room } else { room - 4 };
        if rest.len() <= room {
            pieces.push(rest.iter().collect());
            return pieces;
        }
        let blank = rest[..=room].iter().rposition(|c| *c == ' ').filter(|at| *at > room / 2);
        let cut = blank.unwrap_or(room);
        pieces.push(rest[..cut].iter().collect());
        rest = &rest[cut + usize::from(blank.is_some())..];
    }
}
