//! Findings of many hosts in few lines: those that differ only in their numbers are one.

use super::document::{Block, Text, Tone};
use super::fleet;
use crate::record::{Finding, HostRun, Run};
use std::borrow::Borrow;

/// One line per finding, with all hosts it was found on.
pub(super) fn lines(run: &Run) -> Vec<Block> {
    told(run.hosts.iter().flat_map(|h| h.findings.iter().map(move |f| (h, f))))
}

/// One line per finding of these, which need not be among those of the run.
pub(super) fn told<'h, F: Borrow<Finding>>(
    findings: impl IntoIterator<Item = (&'h HostRun, F)>,
) -> Vec<Block> {
    let findings: Vec<(&HostRun, F)> = findings.into_iter().collect();
    let findings = findings.iter().map(|(host, finding)| (*host, finding.borrow()));
    fleet::group(findings, |(host, f)| (f.name.as_str(), shape(&f.text), general_hint(host, f)))
        .into_iter()
        .map(|((_, _, hint), on)| {
            let label = if hint.is_some() { "advice:" } else { "note:" };
            let hosts = fleet::fold(on.iter().map(|(h, _)| *h));
            let text = together(&on.iter().map(|(_, f)| f.text.as_str()).collect::<Vec<_>>());
            let hint = hint.map_or_else(String::new, |hint| {
                format!(" ({})", hint.replace(HOSTS, &quoted(&hosts)))
            });
            Block::Line(
                Text::default()
                    .add(Tone::Warn, label)
                    .add(Tone::Plain, format!(" {hosts}: {text}{hint}")),
            )
        })
        .collect()
}

/// Stands for the hosts in a hint that names its own. No text of a host has it: what comes
/// from there is escaped.
const HOSTS: &str = "\u{0}";

fn general_hint(host: &HostRun, finding: &Finding) -> Option<String> {
    let hint = finding.hint.as_ref()?;
    let own = format!("--hosts {}", host.host);
    let words = hint.match_indices(&own).find(|(at, _)| {
        let rest = &hint[at + own.len()..];
        rest.is_empty() || rest.starts_with(' ')
    });
    Some(words.map_or_else(
        || hint.clone(),
        |(at, _)| format!("{}--hosts {HOSTS}{}", &hint[..at], &hint[at + own.len()..]),
    ))
}

/// A selection as a shell takes it.
fn quoted(hosts: &str) -> String {
    if hosts.contains('[') { format!("'{hosts}'") } else { hosts.to_owned() }
}

/// The words of a text without its numbers.
fn shape(text: &str) -> Vec<&str> {
    text.split(' ').map(|word| if number(word).is_some() { "" } else { word }).collect()
}

fn number(word: &str) -> Option<f64> {
    word.starts_with(|c: char| c.is_ascii_digit()).then(|| word.parse().ok()).flatten()
}

/// Texts of one shape as one, with ranges for the numbers that differ.
fn together(texts: &[&str]) -> String {
    let words: Vec<Vec<&str>> = texts.iter().map(|text| text.split(' ').collect()).collect();
    let Some(first) = words.first() else { return String::new() };
    let column = |at: usize| words.iter().filter_map(move |words| words.get(at).copied());
    let by_number = |a: &&str, b: &&str| {
        number(a).unwrap_or_default().total_cmp(&number(b).unwrap_or_default())
    };
    let word = |at: usize, word: &str| match (
        column(at).min_by(by_number),
        column(at).max_by(by_number),
    ) {
        (Some(low), Some(high)) if number(word).is_some() && low != high => format!("{low}–{high}"),
        _ => word.to_owned(),
    };
    first.iter().enumerate().map(|(at, text)| word(at, text)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_numbers_are_one() {
        let cases: [(&[&str], &str); 3] = [
            (&["7.1 GB of cache", "12 GB of cache", "9 GB of cache"], "7.1–12 GB of cache"),
            (&["only 3 % free", "only 3 % free"], "only 3 % free"),
            (&["no number"], "no number"),
        ];
        for (texts, want) in cases {
            assert!(texts.iter().all(|text| shape(text) == shape(texts[0])));
            assert_eq!(together(texts), want);
        }
        assert_ne!(shape("7 GB of cache"), shape("7 MB of cache"));
    }
}
