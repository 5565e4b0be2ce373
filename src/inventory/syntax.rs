//! Syntax errors, and for a key that is written twice its first place, which the parser does
//! not tell.

use super::check::{self, Fault};
use super::error::Draft;
use super::read::twice;
use super::source::Place;
use super::value::Reader;
use std::collections::BTreeSet;
use std::ops::Range;

/// The most syntax errors that are told of one file; later ones mostly follow from the first.
const SYNTAX_ERRORS: usize = 5;

/// Notes a file's first syntax errors.
pub(super) fn tell(reader: &mut Reader<'_>, text: &str, errors: &[toml::de::Error]) {
    let mut doubles = BTreeSet::new();
    let mut told = 0;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let message = check::escaped(error.message());
        let double = message.contains("duplicate key");
        let table = table_start(text, span.start);
        // The keys of a table that is there twice mostly are there twice too.
        if double && !is_header(text, span.start) && doubles.contains(&table) {
            continue;
        }
        if double {
            doubles.extend(is_header(text, span.start).then_some(table));
            let draft = written_twice(reader.file, text, span);
            reader.drafts.push(draft);
        } else {
            let help = "correct the TOML syntax: https://toml.io";
            reader.wrong(reader.place(span), Fault::new(message, help));
        }
        told += 1;
        if told == SYNTAX_ERRORS {
            return;
        }
    }
}

fn written_twice(file: usize, text: &str, span: Range<usize>) -> Draft {
    let place = |span: Range<usize>| Place { file, start: span.start, end: span.end };
    let name = text.get(span.clone()).unwrap_or_default();
    let what = format!("`{}`", check::shown(name.trim_matches(['"', '\''])));
    if let Some(first) = first(text, &span) {
        return twice(&what, place(span), place(first));
    }
    let help = "remove one, or give it another name";
    Draft::at(place(span), Fault::new(format!("{what} is written twice"), help)).label("again")
}

/// Whether a place is in a table's header.
fn is_header(text: &str, at: usize) -> bool {
    line(text, at).1.trim_start().starts_with('[')
}

/// Where the line of the header begins that a place belongs to; 0 before the first.
fn table_start(text: &str, at: usize) -> usize {
    let (start, own) = line(text, at);
    if own.trim_start().starts_with('[') {
        return start;
    }
    lines(text, start)
        .filter(|(_, it)| it.trim_start().starts_with('['))
        .last()
        .map_or(0, |it| it.0)
}

/// The first place of a key whose second place is known: an earlier header of the same name,
/// or an earlier line of the same table. Keys within inline tables are not looked for.
fn first(text: &str, second: &Range<usize>) -> Option<Range<usize>> {
    let (start, own) = line(text, second.start);
    let name = text.get(second.clone())?.trim_matches(['"', '\'']);
    let wanted = bare(own)?;
    let from = if is_header(text, second.start) { 0 } else { table_start(text, second.start) };
    let found = lines(text, start)
        .filter(|(begin, it)| *begin >= from && bare(it).as_ref() == Some(&wanted))
        .find_map(|(begin, it)| Some(begin + it.split(['=', ']']).next()?.rfind(name)?))?;
    Some(found..found + name.len())
}

/// The key or header of a line, without quotes and spaces.
fn bare(line: &str) -> Option<String> {
    let line = line.trim_start();
    let end = if line.starts_with('[') { line.rfind(']')? + 1 } else { line.find('=')? };
    Some(line[..end].chars().filter(|c| !matches!(c, '"' | '\'' | ' ' | '\t')).collect())
}

/// The line around a place, and where it begins.
fn line(text: &str, at: usize) -> (usize, &str) {
    let start = text.get(..at).and_then(|head| head.rfind('\n')).map_or(0, |end| end + 1);
    (start, text[start..].lines().next().unwrap_or_default())
}

/// The lines before a place, and where each begins.
fn lines(text: &str, before: usize) -> impl Iterator<Item = (usize, &str)> {
    text[..before].split_inclusive('\n').scan(0, |start, line| {
        let begin = *start;
        *start += line.len();
        Some((begin, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<usize> {
        let error = toml::from_str::<toml::Table>(text).unwrap_err();
        first(text, &error.span().unwrap()).map(|span| span.start)
    }

    #[test]
    fn first_places() {
        assert_eq!(found("[hosts.a]\nx = 1\n[hosts.b]\n[ hosts . \"a\" ]\n"), Some(7));
        assert_eq!(found("x = 1\n[a]\nx = 1\ny = 2\n\"x\" = 3\n"), Some(10));
        assert_eq!(found("v = { x = 1, x = 2 }\n"), None);
    }
}
