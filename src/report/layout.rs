//! Sets a report for a terminal: columns, wrapping, colours.

use super::cut::{cut, cut_inside};
use super::document::{Block, Row, Table, Text, Tone};
use super::{View, amounts};
use console::{Style, measure_text_width};

/// Blanks between two columns.
const GUTTER: usize = 2;
/// No column gets narrower than this; a terminal that needs it is not readable anyway.
const NARROWEST: usize = 4;

/// The whole text, with a newline at its end.
pub(super) fn render(blocks: &[Block], view: &View) -> String {
    let mut lines: Vec<String> = Vec::new();
    for block in blocks {
        match block {
            Block::Title(title) => {
                let text = Text::default().add(Tone::Bold, title);
                lines.extend(wrap_text(&text, view));
            }
            Block::Line(text) => lines.extend(wrap_text(text, view)),
            Block::Table(table) => {
                gap(&mut lines);
                lines.extend(table_lines(table, view));
                lines.push(String::new());
            }
            Block::Verbatim(said) => {
                let width = view.width.saturating_sub(4).max(1);
                lines.extend(said.iter().map(|line| format!("    {}", cut(line, width))));
            }
            Block::Gap => gap(&mut lines),
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.push(String::new());
    lines.join("\n")
}

fn gap(lines: &mut Vec<String>) {
    if lines.last().is_some_and(|line| !line.is_empty()) {
        lines.push(String::new());
    }
}

/// The width of a table in which nothing is wrapped.
pub(super) fn natural_width(table: &Table) -> usize {
    let widths = natural_widths(&amounts::aligned(table));
    widths.iter().sum::<usize>() + GUTTER * widths.len().saturating_sub(1)
}

fn natural_widths(table: &Table) -> Vec<usize> {
    let columns = table.head.len();
    (0..columns)
        .map(|column| {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(column));
            cells.chain(table.head.get(column)).map(|c| measure_text_width(c)).max().unwrap_or(0)
        })
        .collect()
}

fn table_lines(table: &Table, view: &View) -> Vec<String> {
    let table = &amounts::aligned(table);
    let mut widths = natural_widths(table);
    let room = view.width.saturating_sub(GUTTER * widths.len().saturating_sub(1));
    for (column, keeps) in &table.cut {
        let mut limits = vec![usize::MAX; widths.len()];
        limits[*column] = *keeps;
        shrink(&mut widths, &limits, room);
    }
    shrink(&mut widths, &longest_pieces(table), room);
    shrink(&mut widths, &[], room);
    let head = Row { cells: table.head.clone(), tone: Tone::Bold };
    std::iter::once(&head)
        .chain(&table.rows)
        .flat_map(|row| row_lines(table, row, &widths, view))
        .collect()
}

/// Makes columns narrower until they fit, the widest first, none below its own limit.
fn shrink(widths: &mut [usize], limits: &[usize], room: usize) {
    while widths.iter().sum::<usize>() > room {
        let limit = |column: usize| limits.get(column).copied().unwrap_or(0).max(NARROWEST);
        let widest = (0..widths.len())
            .filter(|&column| widths[column] > limit(column))
            .max_by_key(|&column| widths[column]);
        match widest {
            Some(column) => widths[column] -= 1,
            None => return,
        }
    }
}

/// The widths down to which columns can be wrapped without breaking a name or a number.
fn longest_pieces(table: &Table) -> Vec<usize> {
    let longest = |cell: &String| {
        cell.split_inclusive([' ', ','])
            .map(|p| measure_text_width(p.trim_end()))
            .max()
            .unwrap_or(0)
    };
    (0..table.head.len())
        .map(|column| {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(column));
            cells.chain(table.head.get(column)).map(longest).max().unwrap_or(0)
        })
        .collect()
}

/// One row, which takes several lines where a cell is wrapped.
fn row_lines(table: &Table, row: &Row, widths: &[usize], view: &View) -> Vec<String> {
    let set = |(column, (cell, width)): (usize, (&String, &usize))| {
        match table.cut.iter().any(|(cut, _)| *cut == column) {
            // Names differ at their ends.
            true if column == 0 => vec![cut_inside(cell, *width)],
            true => vec![cut(cell, *width)],
            false => wrap(cell, *width),
        }
    };
    let cells: Vec<Vec<String>> = row.cells.iter().zip(widths).enumerate().map(set).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|at| {
            let mut line = String::new();
            for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
                if column > 0 {
                    line.push_str(&" ".repeat(GUTTER));
                }
                let text = cell.get(at).map_or("", String::as_str);
                let pad = " ".repeat(width.saturating_sub(measure_text_width(text)));
                if table.is_left(column) {
                    line.extend([text, &pad]);
                } else {
                    line.extend([&pad, text]);
                }
            }
            paint(row.tone, line.trim_end(), view.color)
        })
        .collect()
}

/// A cell's text in lines of at most `width`, broken between the items of a list, else at
/// blanks and after commas, and anywhere where there is neither.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let items: Vec<&str> = text.split_inclusive(" · ").collect();
    let is_list = items.iter().all(|item| measure_text_width(item.trim_end()) <= width);
    let pieces = if is_list { items } else { text.split_inclusive([' ', ',']).collect() };
    for piece in pieces {
        let fits =
            |line: &str| measure_text_width(line) + measure_text_width(piece.trim_end()) <= width;
        if !lines.last().is_some_and(|line| fits(line)) {
            lines.push(String::new());
        }
        for c in piece.chars() {
            let Some(line) = lines.last_mut() else { break };
            let full =
                measure_text_width(line) + measure_text_width(c.encode_utf8(&mut [0; 4])) > width;
            if full && c == ' ' {
                continue;
            }
            if full && !line.is_empty() {
                lines.push(c.to_string());
            } else {
                line.push(c);
            }
        }
    }
    if lines.len() > 1 && lines[0].trim().is_empty() {
        lines.remove(0);
    }
    lines
}

/// A line in words; one that does not fit begins a new line, indented by two.
fn wrap_text(text: &Text, view: &View) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used, mut fresh) = (String::new(), 0, true);
    for word in words(text, view.width.saturating_sub(2)) {
        let width: usize = word.iter().map(|(_, piece)| measure_text_width(piece)).sum();
        if !fresh && used + 1 + width > view.width {
            lines.push(std::mem::replace(&mut line, "  ".to_owned()));
            (used, fresh) = (2, true);
        }
        if !fresh {
            line.push(' ');
            used += 1;
        }
        for (tone, piece) in &word {
            line.push_str(&paint(*tone, piece, view.color));
        }
        (used, fresh) = (used + width, false);
    }
    lines.push(line);
    lines
}

type Word = Vec<(Tone, String)>;

/// The words of a text, each in pieces of different tones.
fn words(text: &Text, longest: usize) -> Vec<Word> {
    let mut words: Vec<Word> = vec![Vec::new()];
    for (tone, piece) in &text.0 {
        for (i, part) in piece.split(' ').enumerate() {
            for (j, chunk) in chunks(part, longest).into_iter().enumerate() {
                let last = words.last().and_then(|word| word.last());
                if i > 0 && j == 0 && last.is_some_and(|(_, last)| is_size(last, &chunk)) {
                    if let Some((_, last)) = words.last_mut().and_then(|word| word.last_mut()) {
                        last.extend([" ", &chunk]);
                    }
                    continue;
                }
                if (i > 0 && j == 0) || j > 0 {
                    words.push(Vec::new());
                }
                if let Some(word) = words.last_mut()
                    && !chunk.is_empty()
                {
                    word.push((*tone, chunk));
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a number is followed by its unit, which stays on the same line.
fn is_size(number: &str, unit: &str) -> bool {
    let unit = unit.trim_end_matches([':', ';', ',', ')']);
    number.ends_with(|c: char| c.is_ascii_digit())
        && matches!(unit, "B" | "kB" | "MB" | "GB" | "TB" | "PB" | "%" | "h" | "d" | "m" | "s")
}

/// A list of names that is longer than a line is broken after its commas; nothing else
/// is, so that commands can be copied.
fn chunks(word: &str, longest: usize) -> Vec<String> {
    if measure_text_width(word) > longest {
        let chunks = wrap(word, longest);
        let at_commas = chunks.iter().rev().skip(1).all(|chunk| chunk.ends_with(','));
        if at_commas {
            return chunks;
        }
    }
    vec![word.to_owned()]
}

fn paint(tone: Tone, text: &str, color: bool) -> String {
    let style = Style::new().force_styling(true);
    let style = match tone {
        Tone::Plain => return text.to_owned(),
        _ if !color || text.is_empty() => return text.to_owned(),
        Tone::Bold => style.bold(),
        Tone::Good => style.green(),
        Tone::Warn => style.yellow(),
        Tone::Bad => style.red(),
        Tone::Dim => style.dim(),
    };
    style.apply_to(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_break_at_blanks_and_commas_or_anywhere() {
        let cases: [(&str, usize, &[&str]); 7] = [
            ("short", 9, &["short"]),
            ("28.5.2 (containerd)", 12, &["28.5.2 ", "(containerd)"]),
            ("web[1-3,7,9]", 9, &["web[1-3,", "7,9]"]),
            ("  indented", 10, &["  indented"]),
            ("abcdefgh", 3, &["abc", "def", "gh"]),
            ("", 3, &[""]),
            ("2 of one · 3 of two", 12, &["2 of one · ", "3 of two"]),
        ];
        for (text, width, want) in cases {
            assert_eq!(wrap(text, width), want, "{text}");
        }
    }
}
