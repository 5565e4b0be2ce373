//! Sets the numbers and the sizes of a column under each other: `14   1.2 GB` above `3  900 MB`.

use super::document::Table;
use console::measure_text_width;

/// What stands between the number and the size of an amount.
const BETWEEN: &str = "  ";

/// The same table with its amounts padded; other columns stay as they are.
pub(super) fn aligned(table: &Table) -> Table {
    let mut table = table.clone();
    for column in (0..table.head.len()).filter(|column| !table.is_left(*column)).collect::<Vec<_>>()
    {
        let mut cells: Vec<&mut String> =
            table.rows.iter_mut().filter_map(|row| row.cells.get_mut(column)).collect();
        let sizes = cells.iter().filter_map(|cell| amount(cell));
        let Some(width) = sizes.map(|(_, size)| measure_text_width(size)).max() else { continue };
        for cell in &mut cells {
            **cell = padded(cell, width);
        }
    }
    table
}

/// The number and the size of an amount.
fn amount(cell: &str) -> Option<(&str, &str)> {
    cell.split_once(BETWEEN).filter(|(number, _)| is_number(number))
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit())
}

fn padded(cell: &str, width: usize) -> String {
    match amount(cell) {
        Some((number, size)) => {
            let pad = " ".repeat(width.saturating_sub(measure_text_width(size)));
            format!("{number}{BETWEEN}{pad}{size}")
        }
        None if is_number(cell) => format!("{cell}{}", " ".repeat(width + BETWEEN.len())),
        None => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn numbers_stand_under_numbers() {
        let cases = [
            ("14  1.2 GB", "14    1.2 GB"),
            ("0", "0          "),
            ("3  ≥ 900 MB", "3  ≥ 900 MB"),
            ("41/80 GB", "41/80 GB"),
            ("unknown", "unknown"),
        ];
        for (cell, want) in cases {
            assert_eq!(padded(cell, 8), want, "{cell}");
        }
    }
}
