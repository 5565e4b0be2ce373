//! Decides whether a `Host` or `Match` block counts for a host.

use std::borrow::Cow;

use super::ConfigError;
use super::lexer::Line;
use crate::ssh::pattern;

/// What blocks are compared with at the moment they are reached.
pub(super) struct Subject<'a> {
    /// The name given for the host, or in the final pass the name found.
    pub(super) host: &'a str,
    /// The name found so far.
    pub(super) hostname: Cow<'a, str>,
    /// The name given for the host.
    pub(super) original: &'a str,
    pub(super) user: &'a str,
    pub(super) local_user: &'a str,
    pub(super) final_pass: bool,
}

/// Tells whether a `Host` line speaks of the subject.
pub(super) fn host_matches(line: &Line, subject: &Subject<'_>) -> Result<bool, ConfigError> {
    let mut found = false;
    for arg in &line.args {
        let (negated, name) = match arg.strip_prefix('!') {
            Some(name) => (true, name),
            None => (false, arg.as_str()),
        };
        if arg.is_empty() {
            return Err(line.at.error("empty host pattern", "delete it"));
        }
        if pattern::matches(name.as_bytes(), subject.host.as_bytes()) {
            if negated {
                return Ok(false);
            }
            found = true;
        }
    }
    Ok(found)
}

/// Whether a `Match` line asks for a second pass over the configuration.
pub(super) fn wants_final_pass(line: &Line) -> bool {
    line.args.iter().any(|arg| arg.eq_ignore_ascii_case("final"))
}

struct Criterion {
    negated: bool,
    name: String,
    arg: Option<String>,
}

/// Tells whether a `Match` line speaks of the subject.
///
/// # Errors
/// A malformed line; and a criterion that would have to be run or is not
/// supported, if the result depends on it.
pub(super) fn block_matches(line: &Line, subject: &Subject<'_>) -> Result<bool, ConfigError> {
    let criteria = parse(line)?;
    let mut undecided = None;
    for criterion in &criteria {
        match holds(criterion, subject) {
            Some(holds) if holds == criterion.negated => return Ok(false),
            Some(_) => {}
            None => undecided = undecided.or(Some(criterion)),
        }
    }
    match undecided {
        None => Ok(true),
        Some(criterion) if criterion.name == "exec" => Err(line.at.error(
            "Match exec is never run",
            "replace it by Match host, originalhost, user or localuser",
        )),
        Some(criterion) => Err(line.at.error(
            format!("Match {} is not supported", criterion.name),
            "use all, host, originalhost, user, localuser or final",
        )),
    }
}

fn parse(line: &Line) -> Result<Vec<Criterion>, ConfigError> {
    let mut criteria = Vec::new();
    let mut args = line.args.iter();
    while let Some(word) = args.next() {
        let (negated, word) = match word.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word.as_str()),
        };
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        let name = name.to_ascii_lowercase();
        let alone = matches!(name.as_str(), "all" | "final" | "canonical");
        let arg = match value {
            None if !alone => args.next().cloned(),
            value => value,
        };
        if !alone && arg.as_ref().is_none_or(String::is_empty) {
            let text = format!("Match {name} has no argument");
            return Err(line.at.error(text, "give it one"));
        }
        criteria.push(Criterion { negated, name, arg });
    }
    check_all(line, &criteria)?;
    Ok(criteria)
}

/// `all` stands alone, or behind `final` or `canonical`.
fn check_all(line: &Line, criteria: &[Criterion]) -> Result<(), ConfigError> {
    let Some(index) = criteria.iter().position(|c| c.name == "all") else {
        return Ok(());
    };
    if index + 1 == criteria.len() && index <= 1 {
        return Ok(());
    }
    Err(line.at.error("Match all is combined with other criteria", "use all by itself"))
}

/// Whether the criterion holds, negation aside; `None` if it is not decided
/// here.
fn holds(criterion: &Criterion, subject: &Subject<'_>) -> Option<bool> {
    let arg = criterion.arg.as_deref().unwrap_or_default().as_bytes();
    Some(match criterion.name.as_str() {
        "all" => true,
        "final" | "canonical" => subject.final_pass,
        "host" => pattern::matches_host(arg, &subject.hostname),
        "originalhost" => pattern::matches_host(arg, subject.original),
        "user" => pattern::matches_list(arg, subject.user.as_bytes()),
        "localuser" => pattern::matches_list(arg, subject.local_user.as_bytes()),
        _ => return None,
    })
}
