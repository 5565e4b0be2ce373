//! What two sides of runs look like beside each other: the one result that every format draws.

use crate::record::{BuildStepKind, HostName, Moment, RunId, Scenario, Unit};
use jiff::Timestamp;
use serde::Serialize;

/// Fields may be added under this name; a field that goes or changes its meaning makes a new one.
pub const COMPARISON_SCHEMA: &str = "fleet.comparison/1";

/// Runs before something changed beside runs after it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`COMPARISON_SCHEMA`].
    pub schema: &'static str,
    /// The verb of all runs.
    pub verb: String,
    /// [`SIGNIFICANCE`].
    pub significance: f64,
    /// The runs of both sides.
    pub sides: Pair<Vec<SideRun>>,
    /// The fleet in one line per scenario.
    pub headlines: Vec<Headline>,
    /// One row per host, app and scenario that both sides built, in the order of the after side.
    pub builds: Vec<BuildRow>,
    /// What only one side built.
    pub alone: Pair<Vec<BuildKey>>,
    /// One row per host, metric and moment that both sides measured.
    pub metrics: Vec<MetricRow>,
    /// What the reader has to know about all of it, as sentences without a full stop.
    pub notes: Vec<String>,
}

/// The same of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Pair<T> {
    /// Of the before side.
    pub before: T,
    /// Of the after side.
    pub after: T,
}

/// A run of a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SideRun {
    /// Its name.
    pub run: RunId,
    /// The label that it was given.
    pub label: Option<String>,
    /// The Dockerfiles of its builds that are compared, by name.
    pub dockerfiles: Vec<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` where it was cut off.
    pub ended: Option<Timestamp>,
    /// How many hosts it was for.
    pub hosts: usize,
}

impl SideRun {
    /// What it built and what it is called, behind its name: ` "label" (rails)`.
    #[must_use]
    pub fn about(&self) -> String {
        let label = self.label.as_ref().map_or_else(String::new, |label| format!(" \"{label}\""));
        match self.dockerfiles.as_slice() {
            [] => label,
            names => format!("{label} ({})", names.join(", ")),
        }
    }
}

/// The fleet's builds of one scenario. A fleet median is the median of the rows' medians, over
/// the rows that have builds on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Headline {
    /// The scenario.
    pub scenario: Scenario,
    /// How many rows are in it.
    pub rows: usize,
    /// Fleet medians, in milliseconds.
    pub milliseconds: Pair<f64>,
    /// The change from one to the other, in percent; negative is faster.
    pub change_percent: Option<f64>,
    /// How many hosts are in it.
    pub hosts: usize,
    /// How many of them have a lower median of their rows' medians after than before.
    pub hosts_faster: usize,
    /// How many of those are significantly faster in a row, and in none slower.
    pub hosts_shown: usize,
    /// All of it in a line, for people.
    pub text: String,
}

impl Headline {
    /// `9 of 9 hosts faster`, and how many of them significantly where that are not all.
    #[must_use]
    pub fn faster(&self) -> String {
        let hosts = crate::human::count(self.hosts, "host");
        let all = format!("{} of {hosts} faster", self.hosts_faster);
        match self.hosts_shown {
            shown if shown == self.hosts_faster => all,
            0 => format!("{all}, none significantly"),
            shown => format!("{all}, {shown} significantly"),
        }
    }
}

/// What builds are matched by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BuildKey {
    /// The host.
    pub host: HostName,
    /// The app.
    pub app: String,
    /// The scenario.
    pub scenario: Scenario,
}

/// The builds of one app on one host in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BuildRow {
    /// What was built where.
    pub key: BuildKey,
    /// Wall time of the builds that ended with an image, in milliseconds.
    pub time: Measure,
    /// What may be said about the time.
    pub verdict: Verdict,
    /// Why there is no verdict on it, or why the numbers are to be read with care.
    pub reasons: Vec<Reason>,
    /// How the sides lie in time.
    pub order: Order,
    /// Builds that failed or timed out; they are in no number of this row.
    pub failed: Pair<usize>,
    /// The Dockerfiles that were built, by name, with the beginning of the digest where one name
    /// had several on a side.
    pub dockerfiles: Pair<Vec<String>>,
    /// What the builds left behind, as far as it was measured on both sides.
    pub amounts: Vec<Amount>,
    /// Steps in the order of the after side; those that are gone stand where they were.
    pub steps: Vec<StepRow>,
}

/// A step of the builds in a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRow {
    /// Its stage, by name or number; `None` outside of stages.
    pub stage: Option<String>,
    /// The instruction, as the after side has it, else as the before side had it.
    pub name: String,
    /// What kind of work it is.
    pub kind: BuildStepKind,
    /// Whether it changes owners or modes.
    pub ownership: bool,
    /// Builds in which it lay on the chain that the whole build waited for.
    pub critical: Pair<usize>,
    /// Builds in which its result was in the cache.
    pub cached: Pair<usize>,
    /// Time at work, in milliseconds.
    pub time: Measure,
    /// What may be said about the time.
    pub verdict: Verdict,
}

/// A number of both sides, and how they differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measure {
    /// The before side; `None` without a value.
    pub before: Option<Spread>,
    /// The after side; `None` without a value.
    pub after: Option<Spread>,
    /// The median after in percent of change from the median before; `None` where that is 0.
    pub change_percent: Option<f64>,
    /// Bootstrap interval of the ratio of the medians, after by before. A description, not a test.
    pub ratio: Option<Interval>,
    /// The test of whether one side tends to larger values; `None` with fewer than
    /// [`FEWEST_RUNS`] values on a side, or where the sides are not comparable.
    pub test: Option<Test>,
}

/// The probability of a false `faster` or `slower` anywhere in a table that is accepted.
pub const SIGNIFICANCE: f64 = 0.05;

/// With fewer values on a side nothing is tested: 3 beside 3 can reach no smaller probability
/// than 0.1, whatever they are.
pub const FEWEST_RUNS: usize = 4;

/// The values of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub n: usize,
    /// Their median.
    pub median: f64,
    /// The median of the distances from the median, not scaled.
    pub mad: f64,
    /// The first quartile.
    pub lower_quartile: f64,
    /// The third quartile.
    pub upper_quartile: f64,
    /// The values, in order of time.
    pub values: Vec<f64>,
}

/// An interval of the ratio after by before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The share of the bootstrap distribution inside it, 0.95.
    pub level: f64,
}

/// A two-sided Mann–Whitney test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Test {
    /// The statistic U of the after side: pairs in which its value is larger, ties counting half.
    pub u: f64,
    /// The probability of so large a difference where there is none.
    pub p: f64,
    /// The same, adjusted after Holm for all tests of the table (all rows, or all steps).
    pub p_adjusted: f64,
    /// Whether the probability is exact, or a normal approximation for many values.
    pub exact: bool,
}

/// What may be said about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Significantly less time.
    Faster,
    /// Significantly more time.
    Slower,
    /// Tested, and no difference shown. It does not say that there is none.
    NotShown,
    /// Fewer than [`FEWEST_RUNS`] builds on a side.
    TooFewRuns,
    /// The sides met different conditions: the numbers stand, the cause is open.
    NotComparable,
    /// A side has only builds that failed.
    OnlyFailed,
    /// A step of the before side alone.
    Gone,
    /// A step of the after side alone.
    New,
}

impl Verdict {
    /// The word in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::NotShown => "not shown",
            Self::TooFewRuns => "too few runs",
            Self::NotComparable => "not comparable",
            Self::OnlyFailed => "only failed",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A condition that the builds of both sides did not share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Reason {
    /// Which.
    pub condition: Condition,
    /// Its values on each side, for people.
    pub values: Pair<Vec<String>>,
}

/// What builds have to share before their times are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// The engine's version.
    Engine,
    /// `buildkit` or `legacy`.
    Builder,
    /// buildx's version.
    Buildx,
    /// The storage driver or snapshotter.
    Store,
    /// Processors of the host.
    Processors,
    /// Load per processor when the builds began; see `docs/comparison.md` for the limit.
    Load,
}

/// How the builds of both sides lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// They alternate: what changes slowly on the machine reaches both sides alike.
    Interleaved,
    /// They lie apart: whatever else changed meanwhile is in the difference too.
    Sequential,
}

/// Something that builds leave behind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// `image.bytes`, `image.layers`, `image.wasted`, `cache.growth`, `disk.growth`,
    /// `steps.ownership` (time in steps that change owners or modes).
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Medians of both sides.
    pub median: Pair<f64>,
    /// The change, in percent of the median before; `None` where that is 0.
    pub change_percent: Option<f64>,
}

/// A metric of one host. Where a side has several runs, the value is their median.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricRow {
    /// The host.
    pub host: HostName,
    /// The metric's name, for example `disk.free`; or `reclaimed.engine`,
    /// `reclaimed.file-system`, `reclaimed.store`, which are differences within a run.
    pub name: String,
    /// When in the run it was measured; `None` for a difference within the run.
    pub moment: Option<Moment>,
    /// Its unit.
    pub unit: Unit,
    /// How many runs of each side measured it.
    pub runs: Pair<usize>,
    /// The values.
    pub value: Pair<f64>,
    /// After less before.
    pub change: f64,
    /// The change in percent of the value before; `None` where that is 0.
    pub change_percent: Option<f64>,
}
