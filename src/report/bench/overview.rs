//! How long builds take: a row for each series, or for hosts with the same verdict where they are many.

use super::series::{self, Series};
use super::targets::Grade;
use crate::human;
use crate::record::{BuildEnd, Scenario};
use crate::report::document::{Table, Tone};
use crate::report::fleet;

/// More rows than this are folded.
const MOST_ROWS: usize = 24;

/// What a series is told as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum Told {
    Graded(Grade),
    Failed,
    TimedOut,
}

pub(in crate::report) fn told(series: &Series<'_>) -> Told {
    match series.median(series::wall) {
        Some(milliseconds) => Told::Graded(Grade::of(milliseconds)),
        None if series.builds.iter().any(|b| b.end == BuildEnd::TimedOut) => Told::TimedOut,
        None => Told::Failed,
    }
}

impl Told {
    pub(in crate::report) const fn as_str(self) -> &'static str {
        match self {
            Self::Graded(grade) => grade.as_str(),
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Graded(Grade::Excellent | Grade::Good) => Tone::Plain,
            Self::Graded(Grade::Acceptable) => Tone::Warn,
            Self::Graded(Grade::TooSlow) | Self::Failed | Self::TimedOut => Tone::Bad,
        }
    }
}

pub(super) fn table(all: &[Series<'_>]) -> Table {
    let named = series::has_several_dockerfiles(all);
    let hosts = if all.len() > MOST_ROWS { "hosts" } else { "host" };
    let head = ["app", "scenario"].into_iter().chain(named.then_some("Dockerfile"));
    let mut table = Table::new(head.chain([hosts, "runs", "median", "range", "verdict"]));
    let at = 2 + usize::from(named);
    table.left = (1..=at).chain([at + 4]).collect();
    let mut before: Option<(&str, Scenario, &str)> = None;
    for group in groups(all) {
        let first = group[0];
        let key = (first.app, first.scenario, first.dockerfile);
        let same = before.filter(|b| b.0 == key.0);
        let app = if same.is_some() { "" } else { first.app };
        let scenario = if before == Some(key) { "" } else { first.scenario.as_str() };
        before = Some(key);
        let cells = [app, scenario].into_iter().chain(named.then_some(first.dockerfile));
        table.row(told(first).tone(), cells.map(str::to_owned).chain(numbers(&group)));
    }
    table
}

fn groups<'s, 'r>(all: &'s [Series<'r>]) -> Vec<Vec<&'s Series<'r>>> {
    if all.len() <= MOST_ROWS {
        return all.iter().map(|series| vec![series]).collect();
    }
    let same = |a: &Series<'_>, b: &Series<'_>| {
        (a.app, a.dockerfile, a.sha256, a.scenario) == (b.app, b.dockerfile, b.sha256, b.scenario)
    };
    let folded = all.chunk_by(same).flat_map(|of_one| {
        let mut groups = fleet::group(of_one, |s| (told(s), s.failed() > 0));
        groups.sort_by_key(|(told, _)| std::cmp::Reverse(*told));
        groups.into_iter().map(|(_, group)| group)
    });
    folded.collect()
}

/// Names of hosts that are longer than this are a number.
const LONGEST_NAMES: usize = 24;

pub(super) fn named(hosts: &[&crate::record::HostRun]) -> String {
    let names = fleet::fold(hosts.iter().copied());
    if names.len() > LONGEST_NAMES { human::count(hosts.len(), "host") } else { names }
}

fn names(group: &[&Series<'_>]) -> String {
    named(&group.iter().map(|s| s.host).collect::<Vec<_>>())
}

/// Names, runs, the median of the medians, the range of all runs, the verdict.
fn numbers(group: &[&Series<'_>]) -> [String; 5] {
    let runs: usize = group.iter().map(|s| s.builds.len()).sum();
    let failed: usize = group.iter().map(|s| s.failed()).sum();
    let median = series::middle(group.iter().copied());
    let low = group.iter().filter_map(|s| s.range()).map(|(low, _)| low).min();
    let high = group.iter().filter_map(|s| s.range()).map(|(_, high)| high).max();
    // A range is never broken over lines.
    let range = low.zip(high).filter(|(low, high)| low != high);
    let word = told(group[0]).as_str();
    [
        names(group),
        runs.to_string(),
        median.map_or_else(|| "–".to_owned(), super::time),
        range.map_or_else(String::new, |(low, high)| {
            format!("{}–{}", human::duration(low), human::duration(high)).replace(' ', "\u{a0}")
        }),
        if failed > 0 && median.is_some() {
            format!("{word}, {failed} failed")
        } else {
            word.to_owned()
        },
    ]
}
