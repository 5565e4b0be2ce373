//! The content of a terminal's report as HTML: every verb has a page by it.

use super::said;
use crate::report::document::{Block, Row, Table, Text, Tone};
use maud::{Markup, html};

pub(super) fn all(blocks: &[Block]) -> Markup {
    html! { @for block in blocks { (one(block)) } }
}

fn one(block: &Block) -> Markup {
    match block {
        Block::Title(title) => html! { h3 { (said(title)) } },
        Block::Line(text) => html! { p { (line(text)) } },
        Block::Table(content) => table(content),
        Block::Verbatim(lines) => html! { pre.mono { @for line in lines { (said(line)) "\n" } } },
        Block::Gap => html! {},
    }
}

fn line(text: &Text) -> Markup {
    html! {
        @for (tone, piece) in &text.0 {
            @match tone {
                Tone::Plain => (said(piece)),
                Tone::Dim => span.dim { (said(piece)) },
                Tone::Bold | Tone::Good | Tone::Warn => b { (said(piece)) },
                Tone::Bad => b.bad { (said(piece)) },
            }
        }
    }
}

pub(super) fn table(table: &Table) -> Markup {
    html! {
        div.scroll role="region" aria-label="table" tabindex="0" {
            table.data {
                thead { tr { @for (at, cell) in table.head.iter().enumerate() {
                    // An empty heading would be announced as one.
                    @if cell.is_empty() { td {} } @else { th.n[!table.is_left(at)] scope="col" { (said(cell)) } }
                } } }
                tbody { @for row in &table.rows { (cells(table, row)) } }
            }
        }
    }
}

fn cells(table: &Table, row: &Row) -> Markup {
    let over = row.tone == Tone::Bad;
    html! {
        tr.over[over].dim[row.tone == Tone::Dim] {
            @for (at, cell) in row.cells.iter().enumerate() {
                @if at == 0 && !cell.is_empty() {
                    th scope="row" { (indented(cell)) }
                } @else {
                    td.n[!table.is_left(at)] { (said(cell)) }
                }
            }
        }
    }
}

/// Two blanks in front mean that the row belongs to the one above.
pub(super) fn indented(cell: &str) -> Markup {
    match cell.strip_prefix("  ") {
        Some(rest) => html! { "\u{2003}" (said(rest)) },
        None => html! { (said(cell)) },
    }
}
