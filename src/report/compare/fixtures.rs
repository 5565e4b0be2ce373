//! Runs with builds to compare in tests.

use crate::record::{
    Build, BuildEnd, BuildStep, BuildStepKind, BuildStepResult, BuiltImage, Conditions, Event,
    HostName, Interval, Layer, Metric, Moment, Outcome, Run, RunId, RunStarted, Scenario, Unit,
    What,
};
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_534_212 + second).unwrap()
}

/// A run of a verb on hosts, with events told to it.
pub(super) struct Told(Run);

impl Told {
    pub(super) fn new(name: &str, verb: &str, hosts: &[&str]) -> Self {
        let start = RunStarted {
            run: RunId::from(name.to_owned()),
            verb: verb.into(),
            selection: "all".into(),
            parameters: Vec::new(),
            check: false,
            hosts: hosts.iter().map(|h| HostName::new(h).unwrap()).collect(),
            inventory_hosts: hosts.len(),
            fleet: "0.1.0".into(),
            by: "ops@laptop".into(),
            with: serde_json::Value::Null,
            resumes: None,
            process: None,
        };
        Self(Run::new(start, at(0)))
    }

    pub(super) fn bench(name: &str, hosts: &[&str]) -> Self {
        Self::new(name, "bench", hosts)
    }

    pub(super) fn label(mut self, label: &str) -> Self {
        self.0.start.with = serde_json::json!({ "label": label });
        self
    }

    fn tell(mut self, host: &str, what: What) -> Self {
        let host = Some(HostName::new(host).unwrap());
        self.0.apply(&Event { at: at(0), host, what });
        self
    }

    pub(super) fn built(self, host: &str, build: Build) -> Self {
        self.tell(host, What::Built { build: Box::new(build) })
    }

    pub(super) fn all_built(self, host: &str, builds: impl IntoIterator<Item = Build>) -> Self {
        builds.into_iter().fold(self, |told, build| told.built(host, build))
    }

    pub(super) fn measured(self, host: &str, name: &str, moment: Moment, value: u64) -> Self {
        let (name, value) = (name.into(), Some(value));
        let metric = Metric { name, moment, value, unit: Unit::Bytes };
        self.tell(host, What::Measured { metric })
    }

    pub(super) fn run(self) -> Run {
        let mut run = self.0;
        for host in &mut run.hosts {
            host.outcome = Some(Outcome::Ok);
        }
        run.ended = Some(at(3_600));
        run
    }
}

/// A cold build of `shop` that took so long, in milliseconds, and began at a second.
pub(super) fn build(milliseconds: u64, second: i64) -> Build {
    Build {
        app: "shop".into(),
        scenario: Scenario::Cold,
        dockerfile: "rails".into(),
        dockerfile_sha256: "00".repeat(32),
        round: 1,
        conditions: Conditions {
            builder: "buildkit".into(),
            engine: "26.1.5".into(),
            buildx: Some("0.13.1".into()),
            store: "overlay2".into(),
            log: "rawjson".into(),
            processors: 4,
            load: Some(0.4),
            free_bytes: Some(41_000_000_000),
            commit: Some("c0ffee".into()),
        },
        started: at(second),
        wall_milliseconds: milliseconds,
        end: BuildEnd::Built,
        steps: Vec::new(),
        image: None,
        cache_growth_bytes: None,
        disk_growth_bytes: None,
        samples: Vec::new(),
    }
}

/// A step that ran for so long.
pub(super) fn step(stage: &str, name: &str, milliseconds: u64) -> BuildStep {
    BuildStep {
        kind: BuildStepKind::Instruction,
        stage: (!stage.is_empty()).then(|| stage.into()),
        name: name.into(),
        line: None,
        result: BuildStepResult::Ran,
        intervals: vec![Interval { start: 0, end: milliseconds }],
        after: Vec::new(),
        critical: false,
        ownership: name.starts_with("RUN chown"),
    }
}

pub(super) fn image(bytes: u64, layers: usize) -> BuiltImage {
    let layer = Layer { bytes: bytes / layers as u64, made_by: "RUN x".into() };
    BuiltImage {
        id: "sha256:beef".into(),
        bytes,
        layer_count: 0,
        layers: vec![layer; layers],
        wasted_bytes: Some(bytes / 4),
    }
}

pub(super) fn failed() -> BuildEnd {
    BuildEnd::Failed { exit_status: Some(1), lines: vec!["no space left on device".into()] }
}

/// Builds that take about so long, each a little longer than the one before.
pub(super) fn around(milliseconds: u64, runs: u64) -> impl Iterator<Item = Build> {
    (0..runs).map(move |i| {
        let mut build =
            build(milliseconds + i * milliseconds / 200, i64::try_from(i).unwrap() * 900);
        build.round = u32::try_from(i).unwrap() + 1;
        build
    })
}

/// What `around` builds with a Dockerfile that changes owners in a step of its own.
pub(super) fn slow(runs: u64) -> impl Iterator<Item = Build> {
    around(760_000, runs).map(|mut build| {
        let wall = build.wall_milliseconds;
        build.dockerfile = "rails-before".into();
        build.steps = vec![
            step("", "load build definition from Dockerfile", 40),
            step("base", "FROM docker.io/library/ruby:3.4@sha256:00aa", 9_000),
            step("base", "RUN  bundle install", wall / 2),
            step("base", "COPY . .", 3_000),
            step("base", "RUN chown -R app:app /app", wall / 3),
        ];
        build.image = Some(image(1_900_000_000, 31));
        build.disk_growth_bytes = Some(2_400_000_000);
        build
    })
}

/// And with one that does not.
pub(super) fn quick(runs: u64) -> impl Iterator<Item = Build> {
    around(125_000, runs).map(|mut build| {
        let wall = build.wall_milliseconds;
        build.started = at(build.started.duration_since(at(0)).as_secs() + 86_400);
        build.steps = vec![
            step("", "load build definition from Dockerfile", 42),
            step("base", "FROM ruby:3.4", 8_000),
            step("base", "RUN bundle install", wall / 2),
            step("base", "COPY --chown=app:app . .", 2_000),
        ];
        build.image = Some(image(820_000_000, 14));
        build.disk_growth_bytes = Some(900_000_000);
        build
    })
}
