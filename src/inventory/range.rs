//! Names written as ranges: `web[1:4]` is web1, web2, web3 and web4; `web[1:2,7]` has web7 too.

use super::check::{Fault, shown};

/// The most hosts that one name may stand for.
pub(super) const MOST: usize = 100_000;

/// A part of a name: text, or numbers that take its place in turn.
enum Part<'a> {
    Text(&'a str),
    Numbers(Vec<Span>),
}

/// Numbers from the first to the last, padded to a width.
struct Span {
    first: u64,
    last: u64,
    width: usize,
}

impl Span {
    fn count(&self) -> usize {
        usize::try_from(self.last - self.first).unwrap_or(usize::MAX).saturating_add(1)
    }
}

/// Whether a text holds a range, rather than a glob's `[abc]`.
pub(super) fn is_range(text: &str) -> bool {
    let numbers = |inside: &str| {
        inside.contains([':', ','])
            && (inside.contains(':') || inside.bytes().all(|b| b.is_ascii_digit() || b == b','))
    };
    text.split('[').skip(1).any(|rest| rest.split(']').next().is_some_and(numbers))
}

/// All the names that a name with ranges stands for, the rightmost range counting fastest.
pub(super) fn expand(text: &str) -> Result<Vec<String>, Fault> {
    let parts = parse(text)?;
    let mut count = 1_usize;
    for part in &parts {
        if let Part::Numbers(spans) = part {
            let numbers = spans.iter().map(Span::count).fold(0, usize::saturating_add);
            count = count.saturating_mul(numbers);
        }
    }
    if count > MOST {
        return Err(Fault::new(
            format!("`{}` stands for more than {MOST} names", shown(text)),
            "check the range's last number",
        ));
    }
    let mut names = vec![String::new()];
    for part in &parts {
        names = multiply(names, part);
    }
    Ok(names)
}

fn multiply(mut names: Vec<String>, part: &Part<'_>) -> Vec<String> {
    match part {
        Part::Text(text) => {
            for name in &mut names {
                name.push_str(text);
            }
            names
        }
        Part::Numbers(spans) => names
            .iter()
            .flat_map(|name| {
                spans.iter().flat_map(move |Span { first, last, width }| {
                    (*first..=*last).map(move |number| format!("{name}{number:0width$}"))
                })
            })
            .collect(),
    }
}

fn parse(text: &str) -> Result<Vec<Part<'_>>, Fault> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, behind) = after.split_once(']').ok_or_else(|| {
            Fault::new(format!("`{}` lacks a `]`", shown(text)), "a range is written [1:4]")
        })?;
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Numbers(inside.split(',').map(numbers).collect::<Result<_, _>>()?));
        rest = behind;
    }
    if rest.contains(']') {
        return Err(Fault::new(
            format!("`{}` has a `]` without its `[`", shown(text)),
            "a range is written [1:4]",
        ));
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

fn numbers(inside: &str) -> Result<Span, Fault> {
    let malformed = || {
        Fault::new(
            format!("`[{}]` is not a range", shown(inside)),
            "a range is two whole numbers, [1:4], or zero-padded, [01:10]; a list of them, [1:3,7]; it has no letters or steps",
        )
    };
    let (from, to) = inside.split_once(':').unwrap_or((inside, inside));
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    };
    let (first, last) = number(from).zip(number(to)).ok_or_else(malformed)?;
    if first > last {
        return Err(Fault::new(
            format!("the range `[{inside}]` is empty"),
            format!("the smaller number comes first: [{to}:{from}]"),
        ));
    }
    let padded = |text: &str| text.len() > 1 && text.starts_with('0');
    if padded(to) && to.len() != from.len() || padded(from) && from.len() > to.len() {
        return Err(Fault::new(
            format!("the range `[{inside}]` pads its numbers differently"),
            "write both numbers with as many digits: [01:10]",
        ));
    }
    let width = if padded(from) { from.len() } else { 0 };
    Ok(Span { first, last, width })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges() {
        let cases = [
            ("web", "web"),
            ("web[1:2,7,10:11]", "web1 web2 web7 web10 web11"),
            ("web[1:3]", "web1 web2 web3"),
            ("[01:03]", "01 02 03"),
            ("web[08:10].x", "web08.x web09.x web10.x"),
            ("r[1:2]n[1:2]", "r1n1 r1n2 r2n1 r2n2"),
            ("a[9:10]", "a9 a10"),
            ("a[0:0]", "a0"),
            ("a[098:101]", "a098 a099 a100 a101"),
        ];
        for (text, expected) in cases {
            assert_eq!(expand(text).unwrap().join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn mistakes() {
        let cases = [
            ("web[4:1]", "the range `[4:1]` is empty"),
            ("web[1:100001]", "`web[1:100001]` stands for more than 100000 names"),
            ("a[1:1000]b[1:1000]", "`a[1:1000]b[1:1000]` stands for more than 100000 names"),
            (
                "a[0:18446744073709551615]",
                "`a[0:18446744073709551615]` stands for more than 100000 names",
            ),
            ("a[0:18446744073709551616]", "`[0:18446744073709551616]` is not a range"),
            ("web[1:4", "`web[1:4` lacks a `]`"),
            ("web1:4]", "`web1:4]` has a `]` without its `[`"),
            ("web[]", "`[]` is not a range"),
            ("web[a:c]", "`[a:c]` is not a range"),
            ("web[1:9:2]", "`[1:9:2]` is not a range"),
            ("web[1,]", "`[]` is not a range"),
            ("web[1:010]", "the range `[1:010]` pads its numbers differently"),
            ("web[+1:2]", "`[+1:2]` is not a range"),
        ];
        for (text, expected) in cases {
            assert_eq!(expand(text).unwrap_err().message, expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[a-z0-9:\\[\\],-]{0,24}") {
            if let Ok(names) = expand(&text) {
                prop_assert!(!names.is_empty() && names.len() <= MOST);
            }
        }
    }
}
