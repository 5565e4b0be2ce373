//! Selection expressions: `web,db:&hetzner:!web3`.

use super::check::{self, Fault};
use super::error::SelectError;
use super::term::{self, Kind, Sign, Term};
use crate::record::HostName;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;

/// How each host of the last run ended: `ok`, `changed`, `failed` and so on.
pub type LastRun = BTreeMap<HostName, String>;

/// A selection expression that was understood; what it names is looked up when it is used.
///
/// What it selects is every plain term's hosts together, of those only the hosts in every
/// `&` term, and of those only the hosts in no `!` term. The order of terms does not matter.
#[derive(Clone, Debug)]
pub struct Selection {
    expression: String,
    terms: Vec<Term>,
    without: Vec<Selection>,
}

impl Selection {
    /// Understands an expression.
    ///
    /// # Errors
    ///
    /// The expression is empty, or a term is not a name, glob, range, regex or outcome.
    pub fn parse(expression: &str) -> Result<Self, SelectError> {
        let fail = |(span, fault)| SelectError::new(expression, span, fault);
        if expression.trim().is_empty() {
            let help = "write a host, a group, or `all`";
            return Err(fail((0..expression.len(), Fault::new("an empty selection", help))));
        }
        let terms = term::split(expression).map_err(fail)?;
        Ok(Self { expression: expression.to_owned(), terms, without: Vec::new() })
    }

    /// Leaves out whatever another selection selects, as `--not` does.
    #[must_use]
    pub fn without(mut self, other: Selection) -> Self {
        self.without.push(other);
        self
    }

    /// The expression as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression)
    }
}

/// What a selection chooses from.
pub(super) struct Candidates<'a> {
    /// `host` or `app`.
    pub(super) noun: &'static str,
    /// Every name, in inventory order.
    pub(super) names: Vec<&'a str>,
    /// Group members by group, as positions in `names`.
    pub(super) groups: Option<&'a BTreeMap<String, Vec<usize>>>,
    /// What `@outcome` means.
    pub(super) outcomes: Outcomes<'a>,
}

/// What `@outcome` means for some candidates.
#[derive(Clone, Copy)]
pub(super) enum Outcomes<'a> {
    /// It has no meaning; this says why.
    Never(&'static str),
    /// There is no last run.
    NoRun,
    /// The last run.
    Run(&'a LastRun),
}

impl Candidates<'_> {
    /// The chosen positions, in order.
    pub(super) fn choose(&self, selection: &Selection) -> Result<Vec<usize>, SelectError> {
        let index: HashMap<&str, usize> = self.names.iter().copied().zip(0..).collect();
        let chosen = self.mask(selection, &index)?;
        let chosen: Vec<usize> = (0..self.names.len()).filter(|at| chosen[*at]).collect();
        if chosen.is_empty() {
            let expression = &selection.expression;
            let fault = Fault::new(
                format!("no {}s matched \"{}\"", self.noun, check::shown(expression)),
                format!("`fleet {}s` lists what there is", self.noun),
            );
            return Err(SelectError::new(expression, 0..expression.len(), fault));
        }
        Ok(chosen)
    }

    fn mask(
        &self,
        selection: &Selection,
        index: &HashMap<&str, usize>,
    ) -> Result<Vec<bool>, SelectError> {
        // An expression of exclusions alone starts from everything.
        let bare = selection.terms.iter().all(|term| term.sign != Sign::Add);
        let mut chosen = vec![bare; self.names.len()];
        let mut limits = vec![true; self.names.len()];
        for term in &selection.terms {
            let named = self.named(term, index).map_err(|fault| {
                SelectError::new(&selection.expression, term.span.clone(), fault)
            })?;
            let mut within = vec![false; self.names.len()];
            for at in named {
                within[at] = true;
            }
            for (at, inside) in within.into_iter().enumerate() {
                match term.sign {
                    Sign::Add => chosen[at] |= inside,
                    Sign::Keep => limits[at] &= inside,
                    Sign::Drop => limits[at] &= !inside,
                }
            }
        }
        for other in &selection.without {
            let out = self.mask(other, index)?;
            limits.iter_mut().zip(out).for_each(|(limit, out)| *limit &= !out);
        }
        Ok(chosen.into_iter().zip(limits).map(|(chosen, limit)| chosen && limit).collect())
    }

    /// The positions that a term names; naming nothing is a mistake, save for an outcome that
    /// no host had.
    fn named(&self, term: &Term, index: &HashMap<&str, usize>) -> Result<Vec<usize>, Fault> {
        let found = match &term.kind {
            Kind::All => return Ok((0..self.names.len()).collect()),
            Kind::Outcome(outcome) => return self.outcome(outcome),
            Kind::Name(name) => return self.name(name, index),
            Kind::Glob(glob) => self.filter(|name| glob.is_match(name)),
            Kind::Regex(regex) => self.filter(|name| regex.is_match(name)),
            Kind::Range(names) => {
                names.iter().filter_map(|name| index.get(name.as_str()).copied()).collect()
            }
        };
        if found.is_empty() {
            return Err(self.unmatched(&term.text, &term.kind));
        }
        Ok(found)
    }

    fn filter(&self, keep: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.names.len()).filter(|at| keep(self.names[*at])).collect()
    }

    fn name(&self, name: &str, index: &HashMap<&str, usize>) -> Result<Vec<usize>, Fault> {
        if let Some(at) = index.get(name) {
            return Ok(vec![*at]);
        }
        match self.groups.and_then(|groups| groups.get(name)) {
            Some(members) if members.is_empty() => Err(Fault::new(
                format!("group `{name}` holds no hosts"),
                format!("add \"{name}\" to a host's `groups`"),
            )),
            Some(members) => Ok(members.clone()),
            None => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Fault {
        let kinds = if self.groups.is_some() { "host or group" } else { self.noun };
        let near = near_names(name, &self.names, self.groups);
        let help = if near.is_empty() {
            format!("`fleet {}s` lists what there is", self.noun)
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        Fault::new(format!("no {kinds} is called `{}`", check::shown(name)), help)
    }

    fn unmatched(&self, text: &str, kind: &Kind) -> Fault {
        let message = format!("no {} matches `{}`", self.noun, check::shown(text));
        let groups = self.groups.into_iter().flat_map(BTreeMap::keys);
        let groups: Vec<&str> = match kind {
            Kind::Glob(glob) => groups.map(String::as_str).filter(|it| glob.is_match(it)).collect(),
            _ => Vec::new(),
        };
        if !groups.is_empty() {
            let names = groups.into_iter().take(5).collect::<Vec<_>>().join(",");
            return Fault::new(
                message,
                format!("globs match host names; for groups write {names}"),
            );
        }
        let near = near_names(text, &self.names, None);
        if near.is_empty() {
            return Fault::new(message, format!("`fleet {}s` lists what there is", self.noun));
        }
        Fault::new(message, format!("near it: {}", near.join(", ")))
    }

    fn outcome(&self, outcome: &str) -> Result<Vec<usize>, Fault> {
        match self.outcomes {
            Outcomes::Never(why) => {
                Err(Fault::new(format!("`@{outcome}` {why}"), "name hosts or groups"))
            }
            Outcomes::NoRun => Err(Fault::new(
                format!("`@{outcome}` needs a last run, and there is none"),
                "name hosts or groups; outcomes can be selected after the first run",
            )),
            Outcomes::Run(run) => {
                Ok(self.filter(|name| run.get(name).is_some_and(|ended| ended == outcome)))
            }
        }
    }
}

/// Up to three names that may have been meant, in backquotes.
fn near_names(
    wanted: &str,
    names: &[&str],
    groups: Option<&BTreeMap<String, Vec<usize>>>,
) -> Vec<String> {
    let groups = groups.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
    let mut pool: Vec<&str> = names.iter().copied().chain(groups).collect();
    let mut near = Vec::new();
    while near.len() < 3 {
        let Some(found) = check::nearest(wanted, pool.iter().copied()) else { break };
        near.push(format!("`{found}`"));
        pool.retain(|name| *name != found);
    }
    near
}

/// A part of an expression and what is wrong with it.
pub(super) type TermFault = (Range<usize>, Fault);
