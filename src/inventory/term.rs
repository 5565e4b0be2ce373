//! The terms of a selection expression.

use super::check::{self, Fault};
use super::range;
use super::select::TermFault;
use globset::GlobMatcher;
use regex::Regex;
use std::ops::Range;

/// The outcomes that `@` may name.
const OUTCOMES: [&str; 9] = [
    "ok",
    "changed",
    "failed",
    "unreachable",
    "identity",
    "refused",
    "unknown",
    "skipped",
    "interrupted",
];

/// What a term does to a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Adds what it names.
    Add,
    /// Keeps only what it names.
    Keep,
    /// Drops what it names.
    Drop,
}

/// How a term names.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    All,
    Name(String),
    Glob(GlobMatcher),
    Range(Vec<String>),
    Regex(Regex),
    Outcome(String),
}

/// One term of an expression.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) sign: Sign,
    pub(super) kind: Kind,
    /// Its text without the sign.
    pub(super) text: String,
    /// Where it stands in the expression, in bytes.
    pub(super) span: Range<usize>,
}

/// Splits an expression at `,`, `:&` and `:!` outside brackets.
pub(super) fn split(expression: &str) -> Result<Vec<Term>, TermFault> {
    let mut terms = Vec::new();
    let mut start = 0;
    loop {
        let (length, separator) = cut(&expression[start..]);
        let span = trimmed(expression, start..start + length);
        terms.push(term(expression, span)?);
        if separator == 0 {
            return Ok(terms);
        }
        start += length + separator;
    }
}

/// The length of the term at the beginning of a text, and of the separator behind it. The `&`
/// or `!` stays with the next term.
fn cut(text: &str) -> (usize, usize) {
    let regex = text.trim_start().trim_start_matches(['!', '&']).starts_with('~');
    let (mut depth, mut class, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if regex => escaped = true,
            ']' if class => class = false,
            _ if class => {}
            '[' => class = true,
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return (at, 1),
            ':' if depth == 0 && text[at + 1..].starts_with(['&', '!']) => return (at, 1),
            _ => {}
        }
    }
    (text.len(), 0)
}

fn trimmed(expression: &str, span: Range<usize>) -> Range<usize> {
    let text = &expression[span.clone()];
    let start = span.start + (text.len() - text.trim_start().len());
    start..(start + text.trim().len())
}

fn term(expression: &str, span: Range<usize>) -> Result<Term, TermFault> {
    let whole = &expression[span.clone()];
    let (sign, text) = match whole.as_bytes().first() {
        Some(b'&') => (Sign::Keep, whole[1..].trim_start()),
        Some(b'!') => (Sign::Drop, whole[1..].trim_start()),
        _ => (Sign::Add, whole),
    };
    match kind(text) {
        Ok(kind) => Ok(Term { sign, kind, text: text.to_owned(), span }),
        Err(fault) => Err((span, fault)),
    }
}

fn kind(text: &str) -> Result<Kind, Fault> {
    if text.is_empty() {
        return Err(Fault::new(
            "a term is missing here",
            "remove the extra sign, or write a host or group",
        ));
    }
    if let Some(pattern) = text.strip_prefix('~') {
        return regex(pattern);
    }
    check::plain(text)?;
    if let Some(outcome) = text.strip_prefix('@') {
        return known_outcome(outcome);
    }
    if text == "all" {
        return Ok(Kind::All);
    }
    if range::is_range(text) {
        return Ok(Kind::Range(range::expand(text)?));
    }
    if text.contains(['*', '?', '[', '{']) {
        return glob(text);
    }
    if text.contains(':') {
        return Err(Fault::new(
            format!("`{}` joins names with `:`", check::shown(text)),
            "write a,b for both, a:&b for what they share, a:!b to leave b out",
        ));
    }
    check::name(text)?;
    Ok(Kind::Name(text.to_owned()))
}

fn regex(pattern: &str) -> Result<Kind, Fault> {
    if pattern.is_empty() {
        return Err(Fault::new("an empty regex", "write it behind the `~`: ~^web[0-9]+$"));
    }
    Regex::new(pattern).map(Kind::Regex).map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default();
        let reason = last.strip_prefix("error: ").unwrap_or(last);
        Fault::new(
            format!("`{}` is not a regex: {}", check::shown(pattern), check::escaped(reason)),
            "a regex ends at a comma outside brackets; write such a comma as \\x2c",
        )
    })
}

fn known_outcome(outcome: &str) -> Result<Kind, Fault> {
    if OUTCOMES.contains(&outcome) {
        return Ok(Kind::Outcome(outcome.to_owned()));
    }
    let help = match check::nearest(outcome, OUTCOMES) {
        Some(near) => format!("did you mean `@{near}`?"),
        None => format!("the outcomes are: {}", OUTCOMES.join(", ")),
    };
    Err(Fault::new(format!("`@{}` is not an outcome", check::shown(outcome)), help))
}

/// `[1-100]`, a class of the characters 0, 1 and -, is never meant.
fn is_mistaken_range(text: &str) -> bool {
    text.split('[').skip(1).any(|rest| {
        let inside = rest.split(']').next().unwrap_or_default();
        let numbers = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        inside.len() > 3 && inside.split_once('-').is_some_and(|(a, b)| numbers(a) && numbers(b))
    })
}

fn glob(text: &str) -> Result<Kind, Fault> {
    if is_mistaken_range(text) {
        return Err(Fault::new(
            format!("`{}` is a class of single characters", check::shown(text)),
            "a range is written with a colon: [1:100]",
        ));
    }
    globset::Glob::new(text).map(|glob| Kind::Glob(glob.compile_matcher())).map_err(|error| {
        Fault::new(
            format!("`{}` is not a glob: {}", check::shown(text), error.kind()),
            "`*` is any characters, `?` one, [a-c] one of these; a range is written [1:4]",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(expression: &str) -> String {
        let mark = |term: &Term| match term.sign {
            Sign::Add => format!("+{}", term.text),
            Sign::Keep => format!("&{}", term.text),
            Sign::Drop => format!("!{}", term.text),
        };
        split(expression).unwrap().iter().map(mark).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn terms() {
        let cases = [
            ("web", "+web"),
            ("a, b", "+a +b"),
            ("a:&b:!c,d", "+a &b !c +d"),
            ("!a", "!a"),
            ("a,!b", "+a !b"),
            ("web[1:3]:!web2", "+web[1:3] !web2"),
            ("~^(web|db){1,2}:&b", "+~^(web|db){1,2} &b"),
            (r"~a\(b,c", r"+~a\(b +c"),
            ("~[(,]x,b", "+~[(,]x +b"),
            ("~(?:a|b),c", "+~(?:a|b) +c"),
            ("{a,b}*", "+{a,b}*"),
        ];
        for (expression, expected) in cases {
            assert_eq!(texts(expression), expected, "{expression:?}");
        }
    }

    #[test]
    fn mistakes() {
        let cases = [
            ("a,", 2..2, "a term is missing here"),
            ("a,,b", 2..2, "a term is missing here"),
            ("a:!", 2..3, "a term is missing here"),
            ("a,@faild", 2..8, "`@faild` is not an outcome"),
            ("a:b", 0..3, "`a:b` joins names with `:`"),
            ("a b", 0..3, "`a b` is not a name"),
            ("a,-x", 2..4, "a text that begins with `-`"),
            ("~", 0..1, "an empty regex"),
            ("~(", 0..2, "`(` is not a regex: unclosed group"),
            ("w[4:1]", 0..6, "the range `[4:1]` is empty"),
            ("w[a", 0..3, "`w[a` is not a glob: unclosed character class; missing ']'"),
        ];
        for (expression, span, message) in cases {
            let (at, fault) = split(expression).unwrap_err();
            assert_eq!((at, fault.message.as_str()), (span, message), "{expression:?}");
        }
    }

    proptest! {
        #[test]
        fn any_expression_is_answered(text in "[a-c,:&!~@*\\[\\]{}()\\\\ é]{0,16}") {
            let _ = split(&text);
        }
    }
}
