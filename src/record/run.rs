//! A run: the fold of its events.

use super::{
    ActionRecord, ActionResult, Backup, Build, BuildEnd, Decision, Event, ExitCode, Facts, Finding,
    HostName, Metric, Outcome, Output, Problem, RunStarted, Scenario, Verdict, What,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A run's name: the moment it began plus a random end, so that names sort by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// A new name, for example `20261124-153012-7f3a`.
    #[must_use]
    pub fn new(at: Timestamp, random: u16) -> Self {
        Self(format!("{}-{random:04x}", at.strftime("%Y%m%d-%H%M%S")))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for RunId {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// All that is known of a run, fresh or from the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// How it began.
    pub start: RunStarted,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs or when it was cut off.
    pub ended: Option<Timestamp>,
    /// The process's exit code, once it ended.
    pub exit_code: Option<ExitCode>,
    /// Whether the plan was approved, and by whom, where that was asked.
    pub answer: Option<(bool, String)>,
    /// The hosts, in inventory order.
    pub hosts: Vec<HostRun>,
    #[serde(skip)]
    index: HashMap<HostName, usize>,
}

/// One host's share of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostRun {
    /// The host.
    pub host: HostName,
    /// How it ended; `None` while it is under way or when the run was cut off.
    pub outcome: Option<Outcome>,
    /// Why, when not `ok` or `changed`.
    pub problem: Option<Problem>,
    /// A command's own exit status.
    pub exit_status: Option<u32>,
    /// When the connection attempt began.
    pub started: Option<Timestamp>,
    /// When the host was done.
    pub ended: Option<Timestamp>,
    /// How long it took to get in, in milliseconds.
    pub connect_milliseconds: Option<u64>,
    /// What the probe learnt.
    pub facts: Option<Box<Facts>>,
    /// The step it is at or ended with.
    pub step: Option<String>,
    /// What was decided.
    pub decisions: Vec<Decision>,
    /// What was done.
    pub actions: Vec<ActionRecord>,
    /// What was measured.
    pub metrics: Vec<Metric>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Copies of what was removed.
    #[serde(default)]
    pub backups: Vec<Backup>,
    /// What was built, in order of time.
    #[serde(default)]
    pub builds: Vec<Build>,
    /// What a command printed.
    pub output: Option<Output>,
}

impl HostRun {
    fn new(host: HostName) -> Self {
        Self {
            host,
            outcome: None,
            problem: None,
            exit_status: None,
            started: None,
            ended: None,
            connect_milliseconds: None,
            facts: None,
            step: None,
            decisions: Vec::new(),
            actions: Vec::new(),
            metrics: Vec::new(),
            findings: Vec::new(),
            backups: Vec::new(),
            builds: Vec::new(),
            output: None,
        }
    }

    /// What would go, or went, by plan.
    pub fn going(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|d| d.decision == Verdict::Go)
    }

    /// Actions whose intent stands without a result, or whose answer was lost.
    pub fn unsettled(&self) -> impl Iterator<Item = &ActionRecord> {
        self.actions
            .iter()
            .filter(|a| matches!(a.result, None | Some(ActionResult::Unknown { .. })))
    }

    /// The state to report: a host without an outcome was cut off, and is `unknown`
    /// once an intent of it is unsettled.
    #[must_use]
    pub fn state(&self) -> Outcome {
        self.outcome.unwrap_or_else(|| {
            if self.unsettled().next().is_some() {
                Outcome::Unknown
            } else if self.started.is_some() {
                Outcome::Interrupted
            } else {
                Outcome::Skipped
            }
        })
    }

    /// The median wall time, in milliseconds, of the builds that made an image, for each app,
    /// Dockerfile and scenario.
    pub fn build_medians(&self) -> impl Iterator<Item = ((&str, &str, Scenario), u64)> {
        let mut walls: BTreeMap<(&str, &str, Scenario), Vec<u64>> = BTreeMap::new();
        for build in self.builds.iter().filter(|build| build.end == BuildEnd::Built) {
            let key = (build.app.as_str(), build.dockerfile.as_str(), build.scenario);
            walls.entry(key).or_default().push(build.wall_milliseconds);
        }
        walls.into_iter().map(|(key, mut walls)| {
            walls.sort_unstable();
            let (low, high) = (walls[(walls.len() - 1) / 2], walls[walls.len() / 2]);
            (key, low.midpoint(high))
        })
    }

    /// The record of an action. Actions are intended in the order of their numbers, so it
    /// stands at its own number; a stored run of another order is still read right.
    fn action(&mut self, number: u32) -> Option<&mut ActionRecord> {
        let is_it = |record: &ActionRecord| record.action.number == number;
        let at = usize::try_from(number).ok().filter(|at| self.actions.get(*at).is_some_and(is_it));
        let at = at.or_else(|| self.actions.iter().position(is_it))?;
        self.actions.get_mut(at)
    }

    fn apply(&mut self, at: Timestamp, what: &What) {
        match what {
            What::HostStarted => self.started = Some(at),
            What::Connected { milliseconds } => self.connect_milliseconds = Some(*milliseconds),
            What::Probed { facts } => self.facts = Some(facts.clone()),
            What::StepStarted { step } => self.step = Some(step.clone()),
            What::Decided { decisions } => self.decisions.extend_from_slice(decisions),
            What::Measured { metric } => self.metrics.push(metric.clone()),
            What::Found { finding } => self.findings.push(finding.clone()),
            What::Intended { actions } => self
                .actions
                .extend(actions.iter().map(|a| ActionRecord { action: a.clone(), result: None })),
            What::Settled { action, result } => {
                if let Some(record) = self.action(*action) {
                    record.result = Some(result.clone());
                }
            }
            What::BackedUp { backup } => self.backups.push(backup.clone()),
            What::Built { build } => self.builds.push((**build).clone()),
            What::OutputEnded { output } => self.output = Some(output.clone()),
            What::HostEnded { outcome, problem, exit_status } => {
                self.outcome = Some(*outcome);
                self.problem.clone_from(problem);
                self.exit_status = *exit_status;
                self.ended = Some(at);
            }
            What::RunStarted(_)
            | What::Answered { .. }
            | What::Moved { .. }
            | What::Busy { .. }
            | What::Logged { .. }
            | What::Output { .. }
            | What::RunEnded { .. } => {}
        }
    }
}

impl Run {
    /// A run that has only begun.
    #[must_use]
    pub fn new(start: RunStarted, started: Timestamp) -> Self {
        let hosts: Vec<_> = start.hosts.iter().cloned().map(HostRun::new).collect();
        let index = hosts.iter().enumerate().map(|(i, h)| (h.host.clone(), i)).collect();
        Self { start, started, ended: None, exit_code: None, answer: None, hosts, index }
    }

    /// The fold of stored events; `None` when they do not begin with `RunStarted`.
    pub fn from_events<'e>(events: impl IntoIterator<Item = &'e Event>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut run = Self::begun(events.next()?)?;
        events.for_each(|event| run.apply(event));
        Some(run)
    }

    /// The run that its first event began; `None` when that is not `RunStarted`.
    #[must_use]
    pub fn begun(first: &Event) -> Option<Self> {
        let What::RunStarted(start) = &first.what else { return None };
        Some(Self::new(start.clone(), first.at))
    }

    /// Takes one more event in as [`Self::apply`] does, without copying a build.
    pub fn take(&mut self, event: Event) {
        match event {
            Event { host: Some(host), what: What::Built { build }, .. } => {
                if let Some(&at) = self.index.get(&host) {
                    self.hosts[at].builds.push(*build);
                }
            }
            other => self.apply(&other),
        }
    }

    /// Takes one more event in.
    pub fn apply(&mut self, event: &Event) {
        if let Some(host) = &event.host {
            if let Some(&at) = self.index.get(host) {
                self.hosts[at].apply(event.at, &event.what);
            }
            return;
        }
        match &event.what {
            What::Answered { approved, by } => self.answer = Some((*approved, by.clone())),
            What::RunEnded { exit_code } => {
                self.ended = Some(event.at);
                self.exit_code = Some(*exit_code);
            }
            _ => {}
        }
    }

    /// The names of the Dockerfiles that were built.
    #[must_use]
    pub fn dockerfiles(&self) -> BTreeSet<&str> {
        let builds = self.hosts.iter().flat_map(|host| &host.builds);
        builds.map(|build| build.dockerfile.as_str()).collect()
    }

    /// The run without the builds of other Dockerfiles.
    #[must_use]
    pub fn of_dockerfile(mut self, name: &str) -> Self {
        for host in &mut self.hosts {
            host.builds.retain(|build| build.dockerfile == name);
        }
        self
    }

    /// The exit code that the hosts' outcomes ask for.
    #[must_use]
    pub fn hosts_exit_code(&self) -> ExitCode {
        self.hosts.iter().map(|h| h.state().exit_code()).fold(ExitCode::OK, ExitCode::worse)
    }

    /// How many hosts ended in each outcome, without the zeroes.
    #[must_use]
    pub fn tally(&self) -> Vec<(Outcome, usize)> {
        Outcome::ALL
            .into_iter()
            .map(|o| (o, self.hosts.iter().filter(|h| h.state() == o).count()))
            .filter(|(_, n)| *n > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Action, Object};

    fn action(number: u32) -> Action {
        let object = Object {
            kind: "image".into(),
            id: format!("sha256:{number}"),
            names: Vec::new(),
            bytes: None,
            created: None,
            age_seconds: None,
        };
        Action { number, phase: "p".into(), verb: "remove".into(), object }
    }

    fn failed(number: u32) -> ActionResult {
        ActionResult::Failed { reason: format!("reason {number}") }
    }

    /// Intends actions of these numbers, settles `settled` of them in their order, and gives
    /// each number with its result.
    fn fold(intended: &[&[u32]], settled: &[u32]) -> Vec<(u32, Option<ActionResult>)> {
        let mut host = HostRun::new(HostName::new("web1").unwrap());
        let mut take = |what: What| host.apply(Timestamp::UNIX_EPOCH, &what);
        for phase in intended {
            take(What::Intended { actions: phase.iter().copied().map(action).collect() });
        }
        for number in settled {
            take(What::Settled { action: *number, result: failed(*number) });
        }
        host.actions.into_iter().map(|a| (a.action.number, a.result)).collect()
    }

    #[test]
    fn each_of_many_results_lands_at_its_own_action() {
        let all: Vec<u32> = (0..20_000).collect();
        let (first, second) = all.split_at(7_000);
        let settles = |n: &u32| !n.is_multiple_of(3);
        let backwards: Vec<u32> = all.iter().rev().copied().filter(settles).collect();
        let expected = |n: &u32| (*n, settles(n).then(|| failed(*n)));
        let folded = fold(&[first, second], &backwards);
        assert!(folded.iter().eq(&all.iter().map(expected).collect::<Vec<_>>()));
    }

    #[test]
    fn actions_of_another_order_are_found_and_others_are_not_invented() {
        let settled = |n: u32| (n, Some(failed(n)));
        assert_eq!(fold(&[&[2, 0], &[7]], &[7, 0]), [(2, None), settled(0), settled(7)]);
        assert_eq!(fold(&[&[0]], &[1, u32::MAX]), [(0, None)]);
    }
}
