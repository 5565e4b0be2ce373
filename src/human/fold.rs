//! Folds many names that differ by a number into one, as selections write it:
//! `web1,web2,web3` → `web[1:3]`.

use std::collections::BTreeMap;

/// Names folded by their last number, in order of first appearance of each shape.
/// Zero-padded numbers fold only with numbers of the same width.
#[must_use]
pub fn fold_names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut shapes: Vec<(String, String, usize)> = Vec::new();
    let mut numbers: BTreeMap<(String, String, usize), Vec<u64>> = BTreeMap::new();
    for name in names {
        let shape = split(name);
        let key = (shape.prefix.to_owned(), shape.suffix.to_owned(), shape.width);
        let entry = numbers.entry(key.clone()).or_default();
        if entry.is_empty() {
            shapes.push(key);
        }
        entry.push(shape.number.unwrap_or(0));
    }
    shapes
        .iter()
        .map(|key| {
            let mut list = numbers.remove(key).unwrap_or_default();
            list.sort_unstable();
            list.dedup();
            show(key, &list)
        })
        .collect::<Vec<_>>()
        .join(",")
}

struct Shape<'n> {
    prefix: &'n str,
    number: Option<u64>,
    /// Digits of a zero-padded number, 0 for a plain one, `usize::MAX` for none.
    width: usize,
    suffix: &'n str,
}

fn split(name: &str) -> Shape<'_> {
    let whole = Shape { prefix: name, number: None, width: usize::MAX, suffix: "" };
    let Some(end) = name.rfind(|c: char| c.is_ascii_digit()).map(|i| i + 1) else { return whole };
    let start = name[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |i| i + name[i..].chars().next().map_or(1, char::len_utf8));
    let digits = &name[start..end];
    let Ok(number) = digits.parse() else { return whole };
    let width = if digits.len() > 1 && digits.starts_with('0') { digits.len() } else { 0 };
    Shape { prefix: &name[..start], number: Some(number), width, suffix: &name[end..] }
}

fn show((prefix, suffix, width): &(String, String, usize), list: &[u64]) -> String {
    if *width == usize::MAX {
        return prefix.clone();
    }
    let pad = |n: u64| format!("{n:0w$}", w = *width);
    if let [one] = list {
        return format!("{prefix}{}{suffix}", pad(*one));
    }
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for &n in list {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => spans.push((n, n)),
        }
    }
    let inner: Vec<_> = spans
        .iter()
        .map(|(a, b)| if a == b { pad(*a) } else { format!("{}:{}", pad(*a), pad(*b)) })
        .collect();
    format!("{prefix}[{}]{suffix}", inner.join(","))
}

#[cfg(test)]
mod tests {
    use super::fold_names;

    #[test]
    fn names_fold_by_their_last_number() {
        let cases: [(&[&str], &str); 6] = [
            (&[], ""),
            (&["web1"], "web1"),
            (&["web1", "web2", "web3", "web7"], "web[1:3,7]"),
            (&["db", "web2", "web1"], "db,web[1:2]"),
            (&["a01-x", "a02-x", "a10-x"], "a[01:02]-x,a10-x"),
            (&["127.0.2.1", "127.0.2.2"], "127.0.2.[1:2]"),
        ];
        for (names, folded) in cases {
            assert_eq!(fold_names(names.iter().copied()), folded);
        }
    }
}
