//! A report as Markdown: the content of the terminal's, without its width.

use super::document::{Block, Table, Text, Tone};
use super::{View, body};
use crate::record::Run;
use std::fmt::Write as _;

pub(super) fn render(run: &Run, view: &View) -> String {
    let wide = View { width: usize::MAX, ..*view };
    document(&format!("{} {}", run.start.verb, run.start.run), body(run, &wide))
}

/// A title and what stands under it.
pub(super) fn document(title: &str, blocks: Vec<Block>) -> String {
    let mut out = format!("# {}\n", escape(title));
    for block in blocks {
        match block {
            Block::Title(title) => _ = write!(out, "\n**{}**\n", escape(&title)),
            Block::Line(text) => _ = write!(out, "\n{}\n", line(&text)),
            Block::Table(content) => table(&mut out, &content),
            Block::Verbatim(said) => verbatim(&mut out, &said),
            Block::Gap => {}
        }
    }
    out
}

fn line(text: &Text) -> String {
    text.0
        .iter()
        .map(|(tone, piece)| match tone {
            Tone::Plain | Tone::Dim => escape(piece),
            _ if piece.trim().is_empty() => piece.clone(),
            _ => format!("**{}**", escape(piece)),
        })
        .collect()
}

fn table(out: &mut String, table: &Table) {
    let row = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| indented(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<_> = (0..table.head.len())
        .map(|column| if table.is_left(column) { "---" } else { "---:" })
        .collect();
    let _ = write!(out, "\n{}| {} |\n", row(&table.head), rule.join(" | "));
    table.rows.iter().for_each(|r| out.push_str(&row(&r.cells)));
}

/// Markdown drops blanks at the beginning of a cell, and makes one of two inside it.
fn indented(cell: &str) -> String {
    let text = |text: &str| escape(text).replace("  ", ", ");
    cell.strip_prefix("  ").map_or_else(|| text(cell), |rest| format!("&emsp;{}", text(rest)))
}

/// An indented block, since a fence could be closed by what a command printed.
fn verbatim(out: &mut String, said: &[String]) {
    out.push('\n');
    for line in said {
        let _ = writeln!(out, "    {line}");
    }
}

/// Text from a host is never read as markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
