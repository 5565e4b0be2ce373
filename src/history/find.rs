//! Finds a run by what people type: `last`, `last~2`, a name or its beginning.

use super::{FindError, Reader};
use crate::record::RunId;

/// How many names a message lists.
const LISTED: usize = 3;

impl Reader {
    /// The run that a word on the command line means.
    ///
    /// # Errors
    /// When it means none or several, or the history cannot be read.
    pub fn find(&self, asked: &str) -> Result<RunId, FindError> {
        choose(asked, &self.names()?).map(|name| RunId::from(name.clone()))
    }
}

/// Chooses among all names, newest first.
fn choose<'n>(asked: &str, names: &'n [String]) -> Result<&'n String, FindError> {
    if names.is_empty() {
        return Err(FindError::NoRunYet);
    }
    if let Some(back) = steps_back(asked) {
        return names
            .get(back)
            .ok_or_else(|| FindError::TooFarBack { asked: asked.to_owned(), have: names.len() });
    }
    if let Some(exact) = names.iter().find(|name| *name == asked) {
        return Ok(exact);
    }
    let begin: Vec<_> =
        names.iter().filter(|name| !asked.is_empty() && name.starts_with(asked)).collect();
    match begin.as_slice() {
        [one] => Ok(one),
        [] => Err(FindError::Unknown { asked: asked.to_owned(), near: near(asked, names) }),
        several => Err(FindError::Ambiguous {
            asked: asked.to_owned(),
            candidates: several.iter().take(LISTED).map(|name| (*name).clone()).collect(),
        }),
    }
}

fn steps_back(asked: &str) -> Option<usize> {
    match asked.strip_prefix("last")? {
        "" => Some(0),
        rest => rest.strip_prefix('~')?.parse().ok(),
    }
}

fn near(asked: &str, names: &[String]) -> Vec<String> {
    let mut scored: Vec<_> = names
        .iter()
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
            let got = choose(asked, &names).map_err(|e| e.to_string());
            assert_eq!(got, want.map(|i| &names[i]).map_err(str::to_owned), "{asked}");
        }
        assert_eq!(choose("last", &[]), Err(FindError::NoRunYet));
    }
}
