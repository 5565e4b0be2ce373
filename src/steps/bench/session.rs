//! One host's builds, one after another, and the clearing up behind them.

use super::blame;
use super::build::{self, Ended, Order};
use super::checkout::{Checkout, Looked};
use super::leftovers::{Before, Sweep, Swept, sweep};
use super::listen::{Heard, Listener};
use super::parameters::{App, Dockerfile, Parameters};
use super::picture;
use super::schedule::{Turn, schedule};
use super::workshop::{Context, Workshop};
use crate::docker::{Docker, Probe};
use crate::dockerfile::{self, Text};
use crate::door::{Announced, Door, Permit};
use crate::human;
use crate::record::{
    Action, ActionResult, Build, BuildEnd, Conditions, DockerFacts, Metric, Moment, Object,
    Outcome, Problem, Scenario, Unit, What,
};
use crate::ssh::hex;
use crate::steps::{Reached, shut};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Builds on hosts that share a machine: one at a time in this process.
static ONE_MACHINE: Semaphore = Semaphore::const_new(1);

/// A benchmark under way on one host.
pub(super) struct Session<'s> {
    on: &'s Reached,
    door: &'s Door,
    docker: &'s Docker,
    facts: &'s DockerFacts,
    parameters: &'s Parameters,
    /// Sets apart everything of this run on the host.
    run: String,
    looked: Looked,
    kept: Arc<Mutex<Kept>>,
}

/// What must be known of a host to clear up on it, also after a lost connection.
#[derive(Debug, Default)]
pub(super) struct Kept {
    before: Before,
    /// Images of this run, as far as they are known.
    built: HashSet<String>,
    /// The number of the next action.
    next: u32,
}

/// An app's Dockerfile, unpacked and ready to be built.
struct Bench<'s> {
    app: &'s App,
    checkout: Checkout,
    name: &'s str,
    sha256: String,
    file: dockerfile::Dockerfile,
    context: Context,
    /// The namespace of its cache mounts.
    mounts: String,
    builds: Vec<Build>,
}

impl<'s> Session<'s> {
    pub(super) fn open(
        on: &'s Reached,
        door: &'s Door,
        parameters: &'s Parameters,
        run: String,
        looked: Looked,
        kept: Arc<Mutex<Kept>>,
    ) -> Result<Self, Problem> {
        let docker = on.docker()?;
        let facts = on.facts.docker.as_ref().ok_or_else(no_facts)?;
        Ok(Self { on, door, docker, facts, parameters, run, looked, kept })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Builds everything and clears up, whatever comes of it.
    pub(super) async fn work(&self) -> Result<(), Problem> {
        let before = Before::look(self.docker).await.map_err(|e| failed(e.to_string()))?;
        self.docker.rest();
        let metric = Metric {
            name: "cache.bytes".into(),
            moment: Moment::Before,
            value: Some(before.cache_bytes),
            unit: Unit::Bytes,
        };
        (self.on.tell)(What::Measured { metric });
        self.kept().before = before;
        let workshop = self.open_workshop().await?;
        let built = self.all(&workshop).await;
        let swept = if self.on.connection.is_closed() { Ok(()) } else { self.sweep().await };
        workshop.close().await;
        built.and(swept)
    }

    async fn open_workshop(&self) -> Result<Workshop, Problem> {
        let action = self.action("prepare", "folder", "/var/tmp/fleet-bench", &[]);
        let (on, run) = (self.on, self.run.clone());
        self.through(action, async |permit| Workshop::open(on, &run, &permit).await).await
    }

    async fn all(&self, workshop: &Workshop) -> Result<(), Problem> {
        for at in 0..self.parameters.apps.len() {
            self.app(workshop, at).await?;
        }
        Ok(())
    }

    async fn app(&self, workshop: &Workshop, at: usize) -> Result<(), Problem> {
        let app = &self.parameters.apps[at];
        let mut benches = Vec::new();
        for (slot, dockerfile) in app.dockerfiles.iter().enumerate() {
            benches.push(self.prepare(workshop, at, slot, dockerfile).await?);
        }
        let turns = schedule(benches.len(), &self.parameters.scenarios, self.parameters.runs);
        for turn in turns {
            if turn.clean {
                self.sweep().await?;
            }
            let build = self.turn(workshop, &mut benches[turn.slot], turn).await?;
            if turn.round > 0 {
                benches[turn.slot].builds.push(build);
            }
        }
        for bench in &benches {
            for finding in blame::findings(&bench.app.name, bench.name, &bench.file, &bench.builds)
            {
                (self.on.tell)(What::Found { finding });
            }
        }
        Ok(())
    }

    async fn prepare(
        &self,
        workshop: &Workshop,
        at: usize,
        slot: usize,
        dockerfile: &'s Dockerfile,
    ) -> Result<Bench<'s>, Problem> {
        let parameters = self.parameters;
        let app = &parameters.apps[at];
        let frontend = crate::docker::frontend(self.facts);
        let files = dockerfile.files(&frontend).unwrap_or_default();
        let action = self.action("prepare", "context", &app.path, &[&app.name, &dockerfile.name]);
        let name = format!("{at}-{slot}");
        let context = self
            .through(action, async |permit| {
                workshop.context(&name, &app.path, files, &permit).await
            })
            .await?;
        let text = workshop.dockerfile(&context).await?;
        let checkout = self.looked.checkouts.get(at).cloned().unwrap_or_default();
        Ok(Bench {
            app,
            checkout,
            name: &dockerfile.name,
            sha256: hex(&Sha256::digest(&text)),
            file: dockerfile::parse(Text::new("Dockerfile", text, false)),
            context,
            mounts: String::new(),
            builds: Vec::new(),
        })
    }

    async fn turn(
        &self,
        workshop: &Workshop,
        bench: &mut Bench<'s>,
        turn: Turn,
    ) -> Result<Build, Problem> {
        let _turn = if self.parameters.serial { ONE_MACHINE.acquire().await.ok() } else { None };
        if turn.scenario == Scenario::Cold || bench.mounts.is_empty() {
            bench.mounts =
                format!("fleet-bench-{}-{}-{}", self.run, bench.context.slot, turn.round);
        }
        let id = title(bench, turn);
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
        let (on, door, run) = (self.on, self.door, self.run.clone());
        let mut conditions = self.conditions(bench);
        build::before(workshop, &mut conditions, build::root_dir(on)).await?;
        let form = build::form(&conditions);
        form.as_str().clone_into(&mut conditions.log);
        let cache = self.cache_bytes().await;
        let title = title(bench, turn);
        let mut listener = Listener::new(form, &bench.file, on.tell.clone(), title.clone());
        let order = Order {
            run: &run,
            context: &bench.context,
            scenario: turn.scenario,
            mounts: &bench.mounts,
            timeout: self.parameters.timeout,
        };
        let started = Timestamp::now();
        let edit = format!("fleet bench {run} {}", turn.round);
        let ended = self
            .through(action, async |permit: Permit| {
                if turn.scenario == Scenario::Edit {
                    workshop.edit(&bench.context, &edit, &permit).await?;
                }
                build::build(on, door, workshop, &order, &mut listener, &permit).await
            })
            .await;
        let wall = ended.as_ref().map_or_else(|_| listener.elapsed(), |e| e.wall_milliseconds);
        let heard = listener.finish(wall);
        (on.tell)(What::Logged { name: title, gzip: heard.raw.clone() });
        self.remember(ended.as_ref().ok(), &heard);
        let ended = ended?;
        let growth = |before: Option<u64>, after: Option<u64>| {
            i64::try_from(after?).ok()?.checked_sub(i64::try_from(before?).ok()?)
        };
        let image = match &ended.image {
            Some(id) if ended.end == BuildEnd::Built => {
                picture::look(self.docker, workshop, id, turn.scenario == Scenario::Cold).await
            }
            _ => None,
        };
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
        let records = self.docker.cache_records().await;
        self.docker.rest();
        Some(records.ok()?.iter().map(|record| u64::try_from(record.size).unwrap_or(0)).sum())
    }

    /// Keeps in mind which images are this run's.
    fn remember(&self, ended: Option<&Ended>, heard: &Heard) {
        let ids = ended.and_then(|ended| ended.image.as_ref()).into_iter().chain(&heard.images);
        let hex = ids.map(|id| id.trim_start_matches("sha256:").to_owned());
        self.kept().built.extend(hex);
    }

    pub(super) async fn sweep(&self) -> Result<(), Problem> {
        let building = self.is_building().await;
        let (before, built, mut next) = {
            let kept = self.kept();
            (kept.before.clone(), kept.built.clone(), kept.next)
        };
        let swept = sweep(self.docker, self.door, &mut next, &before, &built, building).await;
        self.docker.rest();
        self.kept().next = next;
        match swept {
            Ok(Swept { left: 0 }) if !building => Ok(()),
            Ok(_) => {
                (self.on.tell)(What::Found { finding: super::left_behind(building) });
                Ok(())
            }
            Err(Sweep::Docker(error)) => Err(failed(format!("clearing up: {error}"))),
            Err(Sweep::Shut(reason)) => Err(shut(&reason)),
        }
    }

    /// Whether somebody builds. Nothing of ours does when this is asked.
    async fn is_building(&self) -> bool {
        let user = &self.on.facts.user;
        match Probe::run(&self.on.connection, user, self.on.sudo).await {
            Ok(probe) => probe.facts.docker.is_none_or(|docker| docker.running_builds > 0),
            Err(_) => true,
        }
    }

    fn action(&self, verb: &str, kind: &str, id: &str, names: &[&str]) -> Action {
        let mut kept = self.kept();
        let number = kept.next;
        kept.next += 1;
        drop(kept);
        let object = Object {
            kind: kind.into(),
            id: id.into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            bytes: None,
            created: None,
            age_seconds: None,
        };
        Action { number, phase: "bench".into(), verb: verb.into(), object }
    }

    /// Does something through the door and gives what came of it.
    async fn through<T>(
        &self,
        action: Action,
        work: impl AsyncFnOnce(Permit) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let announced = self.door.announce(vec![action]).await.map_err(|e| shut(&e))?;
        let one: Announced = announced.into_iter().next().ok_or_else(no_facts)?;
        let mut got = None;
        let got_mut = &mut got;
        self.door
            .carry_out(one, async |permit| {
                let done = work(permit).await;
                let result = result(&done);
                *got_mut = Some(done);
                result
            })
            .await
            .map_err(|e| shut(&e))?;
        got.unwrap_or_else(|| Err(no_facts()))
    }
}

fn result<T>(done: &Result<T, Problem>) -> ActionResult {
    match done {
        Ok(_) => ActionResult::Done,
        Err(problem) => ActionResult::Failed { reason: problem.reason.clone() },
    }
}

fn no_facts() -> Problem {
    failed("the host was not examined".to_owned())
}

fn failed(reason: String) -> Problem {
    Problem::new(Outcome::Failed, reason)
}

/// What a build is called: `shop rails cold 2`.
fn title(bench: &Bench<'_>, turn: Turn) -> String {
    let (app, name, scenario) = (&bench.app.name, bench.name, turn.scenario);
    match turn.round {
        0 => format!("{app} {name} (filling the cache)"),
        round => format!("{app} {name} {scenario} {round}"),
    }
}

fn with_lines(end: BuildEnd, tail: Vec<String>) -> BuildEnd {
    match end {
        BuildEnd::Failed { exit_status, .. } => BuildEnd::Failed { exit_status, lines: tail },
        other => other,
    }
}

/// What a build that made no image means for the host.
fn failure(build: &Build, title: &str) -> Option<Problem> {
    let step = build
        .steps
        .iter()
        .find(|step| matches!(step.result, crate::record::BuildStepResult::Failed { .. }));
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
