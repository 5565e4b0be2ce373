//! The content of a report without its looks: lines, tables and verbatim text.

use crate::human;

/// What a piece of text means to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Bold,
    Good,
    Warn,
    Bad,
    Dim,
}

/// One line of text in pieces of different tones.
#[derive(Clone, Debug, Default)]
pub(super) struct Text(pub(super) Vec<(Tone, String)>);

impl Text {
    pub(super) fn plain(text: impl AsRef<str>) -> Self {
        Self::default().add(Tone::Plain, text)
    }

    pub(super) fn add(mut self, tone: Tone, text: impl AsRef<str>) -> Self {
        self.0.push((tone, one_line(text.as_ref())));
        self
    }
}

/// A row of a table; the last ones may stand out as a total.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) tone: Tone,
}

/// A table: the first column is text, the others are numbers unless said otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Columns after the first that hold text and stand to the left.
    pub(super) left: Vec<usize>,
    /// Columns that a terminal cuts instead of wrapping them, in the order in which they
    /// give way, with the width that each keeps while another can.
    pub(super) cut: Vec<(usize, usize)>,
}

impl Table {
    pub(super) fn new<T: AsRef<str>>(head: impl IntoIterator<Item = T>) -> Self {
        let head = head.into_iter().map(|cell| one_line(cell.as_ref())).collect();
        Self { head, ..Self::default() }
    }

    pub(super) fn row<T: AsRef<str>>(&mut self, tone: Tone, cells: impl IntoIterator<Item = T>) {
        // Two blanks at the beginning of a cell are an indent and stay.
        let cells = cells.into_iter().map(|cell| one_line(cell.as_ref())).collect();
        self.rows.push(Row { cells, tone });
    }

    pub(super) fn is_left(&self, column: usize) -> bool {
        column == 0 || self.left.contains(&column)
    }
}

/// One part of a report.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// The line that says what follows.
    Title(String),
    /// A line that may be wrapped.
    Line(Text),
    /// A table.
    Table(Table),
    /// What a command printed.
    Verbatim(Vec<String>),
    /// An empty line.
    Gap,
}

/// Escaped, and without line ends and tabs, which would break a line or a table.
pub(super) fn one_line(text: &str) -> String {
    human::escape(text).replace(['\n', '\t'], " ")
}
