//! The builds of a run gathered by what makes them alike, and the numbers of each gathering.

use crate::record::{Build, BuildEnd, HostRun, Run, Scenario};
use std::collections::HashMap;

/// The builds of one app on one host in one scenario, all of the same Dockerfile.
pub(in crate::report) struct Series<'r> {
    pub(in crate::report) host: &'r HostRun,
    pub(in crate::report) app: &'r str,
    pub(in crate::report) scenario: Scenario,
    pub(in crate::report) dockerfile: &'r str,
    pub(in crate::report) sha256: &'r str,
    /// In order of time.
    pub(in crate::report) builds: Vec<&'r Build>,
}

impl<'r> Series<'r> {
    /// Those that ended with an image.
    pub(in crate::report) fn built(&self) -> impl Iterator<Item = &'r Build> {
        self.builds.iter().copied().filter(|build| build.end == BuildEnd::Built)
    }

    /// How many ended without an image.
    pub(in crate::report) fn failed(&self) -> usize {
        self.builds.len() - self.built().count()
    }

    /// The median of a number over the builds that have it.
    pub(in crate::report) fn median(&self, number: impl Fn(&Build) -> Option<i64>) -> Option<i64> {
        median(self.built().filter_map(number))
    }

    /// The median wall time, in milliseconds.
    pub(in crate::report) fn milliseconds(&self) -> Option<u64> {
        self.median(wall).and_then(|ms| u64::try_from(ms).ok())
    }

    /// The shortest and the longest wall time, in milliseconds.
    pub(in crate::report) fn range(&self) -> Option<(u64, u64)> {
        let times = || self.built().map(|build| build.wall_milliseconds);
        Some((times().min()?, times().max()?))
    }

    /// The build whose wall time is nearest to the median, the faster one of two.
    pub(in crate::report) fn typical(&self) -> Option<&'r Build> {
        let middle = self.milliseconds()?;
        self.built().min_by_key(|b| (b.wall_milliseconds.abs_diff(middle), b.wall_milliseconds))
    }
}

/// Wall time, in milliseconds.
pub(in crate::report) fn wall(build: &Build) -> Option<i64> {
    i64::try_from(build.wall_milliseconds).ok()
}

/// The middle value, or the mean of the two in the middle.
pub(in crate::report) fn median(values: impl IntoIterator<Item = i64>) -> Option<i64> {
    let mut values: Vec<i64> = values.into_iter().collect();
    values.sort_unstable();
    let (low, high) =
        (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some(low.midpoint(*high))
}

/// All series: apps and their Dockerfiles in order of appearance, then scenarios, then hosts.
pub(in crate::report) fn of_run(run: &Run) -> Vec<Series<'_>> {
    let mut subjects: HashMap<(&str, &str, &str), usize> = HashMap::new();
    let mut all: Vec<(usize, Series<'_>)> = Vec::new();
    for host in &run.hosts {
        let mut own: HashMap<(usize, Scenario), usize> = HashMap::new();
        for build in &host.builds {
            let next = subjects.len();
            let key =
                (build.app.as_str(), build.dockerfile.as_str(), build.dockerfile_sha256.as_str());
            let subject = *subjects.entry(key).or_insert(next);
            let at = *own.entry((subject, build.scenario)).or_insert_with(|| {
                all.push((subject, empty(host, build)));
                all.len() - 1
            });
            all[at].1.builds.push(build);
        }
    }
    // The order of hosts stays, as the sort is stable.
    all.sort_by_key(|(subject, series)| (app_order(&subjects, series, *subject), series.scenario));
    all.into_iter().map(|(_, series)| series).collect()
}

/// Dockerfiles of one app stand together.
fn app_order(
    subjects: &HashMap<(&str, &str, &str), usize>,
    series: &Series<'_>,
    own: usize,
) -> (usize, usize) {
    let same = subjects.iter().filter(|((app, ..), _)| *app == series.app).map(|(_, at)| *at);
    (same.min().unwrap_or(own), own)
}

fn empty<'r>(host: &'r HostRun, build: &'r Build) -> Series<'r> {
    Series {
        host,
        app: &build.app,
        scenario: build.scenario,
        dockerfile: &build.dockerfile,
        sha256: &build.dockerfile_sha256,
        builds: Vec::new(),
    }
}

/// One app with one Dockerfile in the scenario that takes longest: where its time goes.
pub(in crate::report) struct Subject<'s, 'r> {
    pub(in crate::report) app: &'r str,
    pub(in crate::report) dockerfile: &'r str,
    pub(in crate::report) scenario: Scenario,
    /// A series per host that has at least one image.
    pub(in crate::report) series: Vec<&'s Series<'r>>,
}

/// The subjects of a run; none for an app that was never built.
pub(in crate::report) fn subjects<'s, 'r>(all: &'s [Series<'r>]) -> Vec<Subject<'s, 'r>> {
    let same = |a: &Series<'_>, b: &Series<'_>| {
        (a.app, a.dockerfile, a.sha256) == (b.app, b.dockerfile, b.sha256)
    };
    all.chunk_by(same).filter_map(slowest).collect()
}

fn slowest<'s, 'r>(of_app: &'s [Series<'r>]) -> Option<Subject<'s, 'r>> {
    let scenarios = of_app.chunk_by(|a, b| a.scenario == b.scenario);
    let (_, series) = scenarios
        .filter_map(|series| Some((middle(series)?, series)))
        .reduce(|best, other| if other.0 > best.0 { other } else { best })?;
    let first = series.first()?;
    Some(Subject {
        app: first.app,
        dockerfile: first.dockerfile,
        scenario: first.scenario,
        series: series.iter().filter(|s| s.milliseconds().is_some()).collect(),
    })
}

/// The median over hosts of their median wall times.
pub(in crate::report) fn middle<'s, 'r: 's>(
    series: impl IntoIterator<Item = &'s Series<'r>>,
) -> Option<i64> {
    median(series.into_iter().filter_map(|s| s.median(wall)))
}

/// Whether apps were built with more than one Dockerfile, which tables then name.
pub(in crate::report) fn has_several_dockerfiles(all: &[Series<'_>]) -> bool {
    all.windows(2)
        .any(|pair| pair[0].app == pair[1].app && pair[0].dockerfile != pair[1].dockerfile)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_two() {
        for (values, want) in
            [(&[][..], None), (&[7], Some(7)), (&[9, 1, 5], Some(5)), (&[4, 1, 2, 9], Some(3))]
        {
            assert_eq!(median(values.iter().copied()), want);
        }
    }
}
