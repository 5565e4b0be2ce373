//! Finds a run by what people type: `last`, `last~2`, a name or its beginning, a label.

use super::{FindError, Reader};
use crate::record::RunId;

/// How many names a message lists.
const LISTED: usize = 3;

impl Reader {
    /// The run that a word on the command line means: a name, a label (the newest run that has
    /// it), the beginning of a name, or one of these with `~N` for the Nth before it.
    ///
    /// # Errors
    /// When it means none or several, or the history cannot be read.
    pub fn find(&self, asked: &str) -> Result<RunId, FindError> {
        choose(asked, &self.names()?, &self.labels()?)
    }
}

/// Chooses among all names and labels, newest first.
fn choose(asked: &str, names: &[String], labels: &[(String, RunId)]) -> Result<RunId, FindError> {
    let id = |name: &String| RunId::from(name.clone());
    if names.is_empty() {
        return Err(FindError::NoRunYet);
    }
    if let Some(back) = steps_back("last", asked) {
        let too_far = || FindError::TooFarBack { asked: asked.to_owned(), have: names.len() };
        return names.get(back).map(id).ok_or_else(too_far);
    }
    if let Some(exact) = names.iter().find(|name| *name == asked) {
        return Ok(id(exact));
    }
    if let Some(found) = labelled(asked, labels) {
        return found;
    }
    let begin: Vec<_> =
        names.iter().filter(|name| !asked.is_empty() && name.starts_with(asked)).collect();
    match begin.as_slice() {
        [one] => Ok(id(one)),
        [] => Err(FindError::Unknown { asked: asked.to_owned(), near: near(asked, names, labels) }),
        several => Err(FindError::Ambiguous {
            asked: asked.to_owned(),
            candidates: several.iter().take(LISTED).map(|name| (*name).clone()).collect(),
        }),
    }
}

/// The run that a label means, where there is such a label.
fn labelled(asked: &str, labels: &[(String, RunId)]) -> Option<Result<RunId, FindError>> {
    let back = |label: &str| steps_back(label, asked);
    let label = labels.iter().map(|(label, _)| label).find(|label| back(label).is_some())?;
    let mut runs = labels.iter().filter(|(other, _)| other == label).map(|(_, run)| run);
    let have = runs.clone().count();
    let too_far = || FindError::TooFarBack { asked: asked.to_owned(), have };
    Some(runs.nth(back(label)?).cloned().ok_or_else(too_far))
}

/// N in `NAME~N`; 0 for `NAME`.
fn steps_back(name: &str, asked: &str) -> Option<usize> {
    match asked.strip_prefix(name)? {
        "" => Some(0),
        rest => rest.strip_prefix('~')?.parse().ok(),
    }
}

fn near(asked: &str, names: &[String], labels: &[(String, RunId)]) -> Vec<String> {
    let mut labels: Vec<_> = labels.iter().map(|(label, _)| label).collect();
    labels.sort();
    labels.dedup();
    let mut scored: Vec<_> = labels
        .into_iter()
        .chain(names)
        .map(|name| (strsim::jaro_winkler(asked, name), name))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(LISTED).map(|(_, name)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_by_what_people_type() {
        let names = ["20261124-153012-7f3a", "20261124-090000-0001", "20261120-080000-beef"]
            .map(str::to_owned);
        let cases: [(&str, Result<usize, &str>); 10] = [
            ("last", Ok(0)),
            ("last~0", Ok(0)),
            ("last~2", Ok(2)),
            ("20261124-153012-7f3a", Ok(0)),
            ("20261120", Ok(2)),
            ("last~3", Err("`last~3` goes back too far: the history holds 3 runs")),
            ("20261124", Err("`20261124` may be 20261124-153012-7f3a, 20261124-090000-0001")),
            ("", Err("no run is called ``")),
            ("xyz", Err("no run is called `xyz`")),
            (
                "20261120-080000-bee0",
                Err("no run is called `20261120-080000-bee0`; near: 20261120-080000-beef, \
                     20261124-090000-0001"),
            ),
        ];
        for (asked, want) in cases {
            let got = choose(asked, &names, &[]).map_err(|e| e.to_string());
            let want = want.map(|i| RunId::from(names[i].clone())).map_err(str::to_owned);
            assert_eq!(got, want, "{asked}");
        }
        assert_eq!(choose("last", &[], &[]), Err(FindError::NoRunYet));
    }

    #[test]
    fn a_label_means_the_newest_run_that_has_it() {
        let names = ["20261124-02", "20261124-01", "20261123-01", "base~1"].map(str::to_owned);
        let labels = [("base", 0), ("20261124", 1), ("base", 2), ("last", 2)];
        let labels = labels.map(|(label, at)| (label.to_owned(), RunId::from(names[at].clone())));
        let too_far = "`base~2` goes back too far: the history holds 2 runs";
        let near = "no run is called `bases`; near: base, base~1";
        let cases: [(&str, Result<usize, &str>); 8] = [
            ("base", Ok(0)),
            ("base~0", Ok(0)),
            // A name is stronger than a label, and a label than the beginning of a name.
            ("base~1", Ok(3)),
            ("20261124", Ok(1)),
            ("last", Ok(0)),
            ("20261123", Ok(2)),
            ("base~2", Err(too_far)),
            ("bases", Err(near)),
        ];
        for (asked, want) in cases {
            let got = choose(asked, &names, &labels).map_err(|e| e.to_string());
            let want = want.map(|i| RunId::from(names[i].clone())).map_err(str::to_owned);
            assert_eq!(got, want, "{asked}");
        }
    }
}
