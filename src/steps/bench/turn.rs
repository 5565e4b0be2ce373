//! One measured build of a Dockerfile that stands ready.

use super::build::{self, Ended, Order};
use super::checkout::Checkout;
use super::listen::{Heard, Listener};
use super::parameters::App;
use super::picture;
use super::schedule::Turn;
use super::session::{Session, failed};
use super::workshop::{Context, Workshop};
use crate::dockerfile;
use crate::door::Permit;
use crate::human;
use crate::record::{
    Action, Build, BuildEnd, BuildStepResult, BuiltImage, Conditions, Problem, Scenario, What,
};
use jiff::Timestamp;
use std::time::Duration;

/// How long the engine may take to tell of its cache. Without an answer a number is missing.
const TELLING: Duration = Duration::from_secs(120);

/// An app's Dockerfile, unpacked and ready to be built.
pub(super) struct Bench<'s> {
    pub(super) app: &'s App,
    pub(super) checkout: Checkout,
    pub(super) name: &'s str,
    pub(super) sha256: String,
    pub(super) file: dockerfile::Dockerfile,
    pub(super) context: Context,
    /// The namespace of its cache mounts.
    pub(super) mounts: String,
    pub(super) builds: Vec<Build>,
}

impl Bench<'_> {
    /// What a build is called: `shop rails cold 2`.
    fn title(&self, turn: Turn) -> String {
        let (app, name, scenario) = (&self.app.name, self.name, turn.scenario);
        match turn.round {
            0 => format!("{app} {name} (filling the cache)"),
            round => format!("{app} {name} {scenario} {round}"),
        }
    }
}

impl<'s> Session<'s> {
    pub(super) async fn turn(
        &self,
        workshop: &Workshop,
        bench: &mut Bench<'s>,
        turn: Turn,
    ) -> Result<Build, Problem> {
        let _machine = self.machine().await;
        if turn.scenario == Scenario::Cold || bench.mounts.is_empty() {
            bench.mounts =
                format!("fleet-bench-{}-{}-{}", self.run, bench.context.slot, turn.round);
        }
        self.look_for_strangers().await;
        let id = bench.title(turn);
        let action = self.action("build", "build", &id, &[]);
        let build = self.measured(workshop, bench, turn, action).await?;
        let failure = failure(&build, &id);
        if turn.round > 0 || failure.is_some() {
            (self.on.tell)(What::Built { build: Box::new(build.clone()) });
        }
        failure.map_or(Ok(build), Err)
    }

    async fn measured(
        &self,
        workshop: &Workshop,
        bench: &Bench<'s>,
        turn: Turn,
        action: Action,
    ) -> Result<Build, Problem> {
        let (on, run) = (self.on, &self.run);
        let mut conditions = self.conditions(bench);
        let clock = build::before(workshop, &mut conditions, build::root_dir(on)).await?;
        let form = build::form(&conditions);
        form.as_str().clone_into(&mut conditions.log);
        let cache = self.cache_bytes().await;
        let title = bench.title(turn);
        let mut listener = Listener::new(form, &bench.file, on.tell.clone(), title.clone());
        let order = Order {
            run,
            context: &bench.context,
            scenario: turn.scenario,
            mounts: &bench.mounts,
            timeout: self.parameters.timeout,
        };
        let started = Timestamp::now();
        let edit = format!("fleet bench {run} {}", turn.round);
        self.kept().begin(clock);
        let ended = self
            .through(action, async |permit: Permit| {
                if turn.scenario == Scenario::Edit {
                    workshop.edit(&bench.context, &edit, &permit).await?;
                }
                build::build(on, self.door, workshop, &order, &mut listener, &permit).await
            })
            .await;
        let wall = ended.as_ref().map_or_else(|_| listener.elapsed(), |e| e.wall_milliseconds);
        let heard = listener.finish(wall);
        (on.tell)(What::Logged { name: title, gzip: heard.raw.clone() });
        self.remember(ended.as_ref().ok(), &heard);
        let ended = ended?;
        let image = self.image(workshop, &ended, &heard, turn.scenario == Scenario::Cold).await;
        let cache_growth_bytes = growth(cache, self.cache_bytes().await);
        let disk_growth_bytes = growth(ended.free_bytes, conditions.free_bytes);
        Ok(Build {
            app: bench.app.name.clone(),
            scenario: turn.scenario,
            dockerfile: bench.name.to_owned(),
            dockerfile_sha256: bench.sha256.clone(),
            round: turn.round,
            conditions,
            started,
            wall_milliseconds: ended.wall_milliseconds,
            end: with_lines(ended.end, heard.read.tail),
            steps: heard.read.steps,
            image,
            cache_growth_bytes,
            disk_growth_bytes,
            samples: ended.samples,
        })
    }

    /// The image that was made, by the ID of the file that the client wrote, else by the log's.
    async fn image(
        &self,
        workshop: &Workshop,
        ended: &Ended,
        heard: &Heard,
        count_waste: bool,
    ) -> Option<BuiltImage> {
        if ended.end != BuildEnd::Built {
            return None;
        }
        for id in ended.image.iter().chain(&heard.read.image) {
            let looked = picture::look(self.docker, workshop, id, count_waste);
            if let Ok(Some(image)) = tokio::time::timeout(TELLING, looked).await {
                return Some(image);
            }
        }
        None
    }

    fn conditions(&self, bench: &Bench<'_>) -> Conditions {
        let facts = self.facts;
        let legacy = crate::docker::frontend(facts) == "legacy";
        Conditions {
            builder: if legacy { "legacy" } else { "buildkit" }.into(),
            engine: facts.version.clone(),
            buildx: facts.buildx.clone().filter(|_| !legacy),
            store: build::store(facts),
            processors: self.looked.processors,
            commit: Some(bench.checkout.commit.clone()),
            ..Conditions::default()
        }
    }

    /// Bytes of the build cache; `None` for the legacy builder, whose cache are images.
    async fn cache_bytes(&self) -> Option<u64> {
        if crate::docker::frontend(self.facts) == "legacy" {
            return None;
        }
        let records = tokio::time::timeout(TELLING, self.docker.cache_records()).await;
        self.docker.rest();
        let records = records.ok()?.ok()?;
        Some(records.iter().map(|record| u64::try_from(record.size).unwrap_or(0)).sum())
    }

    /// Keeps in mind which images are this run's, and when it built.
    fn remember(&self, ended: Option<&Ended>, heard: &Heard) {
        let written = ended.and_then(|ended| ended.image.as_ref());
        let ids = written.into_iter().chain(&heard.read.image).chain(&heard.images);
        let hex = ids.map(|id| id.trim_start_matches("sha256:").to_owned());
        let mut kept = self.kept();
        kept.built.extend(hex);
        if let Some(clock) = ended.and_then(|ended| ended.clock) {
            kept.end(clock);
        }
    }
}

fn growth(before: Option<u64>, after: Option<u64>) -> Option<i64> {
    i64::try_from(after?).ok()?.checked_sub(i64::try_from(before?).ok()?)
}

fn with_lines(end: BuildEnd, tail: Vec<String>) -> BuildEnd {
    match end {
        BuildEnd::Failed { exit_status, .. } => BuildEnd::Failed { exit_status, lines: tail },
        other => other,
    }
}

/// What a build that made no image means for the host.
fn failure(build: &Build, title: &str) -> Option<Problem> {
    let has_failed = |result: &BuildStepResult| matches!(result, BuildStepResult::Failed { .. });
    let step = build.steps.iter().find(|step| has_failed(&step.result));
    let at = step.map(|step| format!(" at {}", step.name)).unwrap_or_default();
    match &build.end {
        BuildEnd::Built => None,
        BuildEnd::Failed { exit_status, lines } => {
            let last = lines.iter().rev().find(|line| !line.trim().is_empty());
            let last = last.map(|line| format!(": {}", human::excerpt(line.as_bytes(), 160)));
            let status = exit_status.map(|s| format!(" (exit {s})")).unwrap_or_default();
            let last = last.unwrap_or_default();
            Some(
                failed(format!("{title} failed{at}{status}{last}"))
                    .hint("fleet history show --log has what it printed"),
            )
        }
        BuildEnd::TimedOut => Some(
            failed(format!(
                "{title} took longer than {}{at}; it was ended",
                human::duration(build.wall_milliseconds)
            ))
            .hint("give it more time with --timeout"),
        ),
    }
}
