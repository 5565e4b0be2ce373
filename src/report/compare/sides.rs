//! What the runs of one side measured, gathered by what it is matched by.

use super::{BuildKey, SideRun};
use crate::human;
use crate::record::{Build, BuildEnd, HostRun, Run, Scenario};
use std::collections::HashMap;

/// How many names a message lists.
const LISTED: usize = 5;

/// The runs of a side.
pub(super) struct Side<'r> {
    runs: &'r [Run],
    /// The builds of each key in order of time, with their keys by host, app and scenario.
    keys: Vec<BuildKey>,
    builds: HashMap<BuildKey, Vec<&'r Build>>,
}

impl<'r> Side<'r> {
    pub(super) fn of(runs: &'r [Run]) -> Self {
        let mut builds: HashMap<BuildKey, Vec<&Build>> = HashMap::new();
        let mut keys = Vec::new();
        for host in runs.iter().flat_map(|run| &run.hosts) {
            for build in &host.builds {
                let key = BuildKey {
                    host: host.host.clone(),
                    app: build.app.clone(),
                    scenario: build.scenario,
                };
                let known = builds.entry(key.clone()).or_default();
                if known.is_empty() {
                    keys.push(key);
                }
                known.push(build);
            }
        }
        builds.values_mut().for_each(|builds| builds.sort_by_key(|build| build.started));
        let side = Self { runs, keys, builds };
        side.in_order()
    }

    /// With the keys in the order of the inventory's hosts, then by app and scenario.
    fn in_order(mut self) -> Self {
        let mut places = HashMap::new();
        for host in self.hosts() {
            let next = places.len();
            places.entry(&host.host).or_insert(next);
        }
        self.keys.sort_by(|a, b| {
            let place = |key: &BuildKey| places.get(&key.host).copied();
            (place(a), &a.app, a.scenario).cmp(&(place(b), &b.app, b.scenario))
        });
        self
    }

    /// The hosts of all runs, one after the other.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &'r HostRun> + use<'r> {
        self.runs.iter().flat_map(|run| &run.hosts)
    }

    pub(super) fn keys(&self) -> &[BuildKey] {
        &self.keys
    }

    /// The builds of a key, in order of time.
    pub(super) fn builds(&self, key: &BuildKey) -> &[&'r Build] {
        self.builds.get(key).map_or(&[], Vec::as_slice)
    }

    /// What this side built and the other one did not.
    pub(super) fn without(&self, other: &Self) -> Vec<BuildKey> {
        self.keys.iter().filter(|key| !other.builds.contains_key(*key)).cloned().collect()
    }

    pub(super) fn runs(&self) -> Vec<SideRun> {
        let of = |run: &Run| SideRun {
            run: run.start.run.clone(),
            label: run.start.label().map(str::to_owned),
            dockerfiles: run.dockerfiles().into_iter().map(str::to_owned).collect(),
            started: run.started,
            ended: run.ended,
            hosts: run.hosts.len(),
        };
        self.runs.iter().map(of).collect()
    }

    /// What there is to compare, in a line.
    pub(super) fn contents(&self) -> String {
        let hosts = self.hosts().map(|h| h.host.as_str());
        let hosts = human::fold_names(hosts);
        let measured = self.hosts().any(|host| !host.metrics.is_empty());
        let what = match (self.keys.is_empty(), measured) {
            (false, _) => self.built(),
            (true, true) => "no build, only metrics,".to_owned(),
            (true, false) => "no build and no metric".to_owned(),
        };
        format!("{what} of {hosts}")
    }

    fn built(&self) -> String {
        let mut apps: Vec<&str> = self.keys.iter().map(|key| key.app.as_str()).collect();
        apps.sort_unstable();
        apps.dedup();
        let more = apps.len().saturating_sub(LISTED);
        let mut listed: Vec<_> = apps.into_iter().take(LISTED).map(str::to_owned).collect();
        if more > 0 {
            listed.push(format!("{more} more"));
        }
        let built = |s: &Scenario| self.keys.iter().any(|key| key.scenario == *s);
        let scenarios: Vec<_> =
            Scenario::ALL.into_iter().filter(built).map(Scenario::as_str).collect();
        format!("{} ({})", listed.join(", "), scenarios.join(", "))
    }
}

/// Whether a build ended with an image; no other one enters a number.
pub(super) fn is_built(build: &Build) -> bool {
    build.end == BuildEnd::Built
}
