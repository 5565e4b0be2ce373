//! One host's builds, one after another, and the clearing up behind them.

use super::blame;
use super::checkout::Looked;
use super::leftovers::{Before, Kept};
use super::parameters::{Dockerfile, Parameters};
use super::schedule::schedule;
use super::turn::Bench;
use super::workshop::Workshop;
use crate::docker::Docker;
use crate::dockerfile::{self, Text};
use crate::door::{Announced, Door, Permit};
use crate::record::{
    Action, ActionResult, DockerFacts, Finding, Metric, Moment, Object, Outcome, Problem, Scenario,
    Unit, What,
};
use crate::ssh::hex;
use crate::steps::{Reached, shut};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Work on hosts that share a machine: one at a time in this process.
static ONE_MACHINE: Semaphore = Semaphore::const_new(1);

/// How long the engine may take to tell what it has.
const TELLING: Duration = Duration::from_secs(180);

/// A benchmark under way on one host.
pub(super) struct Session<'s> {
    pub(super) on: &'s Reached,
    pub(super) door: &'s Door,
    pub(super) docker: &'s Docker,
    pub(super) facts: &'s DockerFacts,
    pub(super) parameters: &'s Parameters,
    /// Sets apart everything of this run on the host.
    pub(super) run: String,
    pub(super) looked: Looked,
    pub(super) kept: Arc<Mutex<Kept>>,
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

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Builds everything and clears up, whatever comes of it.
    pub(super) async fn work(&self) -> Result<(), Problem> {
        self.look_before().await?;
        // Open until everything is cleared up: where the connection is lost on the way, it is
        // what makes the host be asked again.
        let clearing = self.action("clear up", "run", &self.run, &[]);
        let clearing = self.door.announce(vec![clearing]).await.map_err(|e| shut(&e))?;
        let workshop = match self.open_workshop().await {
            Ok(workshop) => workshop,
            Err(problem) => {
                self.door.give_up(clearing);
                return Err(problem);
            }
        };
        let built = self.all(&workshop).await;
        if self.on.connection.is_closed() {
            return built;
        }
        let swept = self.sweep(true).await;
        workshop.close().await;
        for announced in clearing {
            let result = async |_| result(&swept, false);
            self.door.put_back(announced, result).await.map_err(|e| shut(&e))?;
        }
        built.and(swept)
    }

    async fn look_before(&self) -> Result<(), Problem> {
        let looked = tokio::time::timeout(TELLING, Before::look(self.docker)).await;
        self.docker.rest();
        let looked = looked.map_err(|_| failed("the engine does not tell what it has".into()))?;
        let before = looked.map_err(|e| failed(e.to_string()))?;
        let metric = Metric {
            name: "cache.bytes".into(),
            moment: Moment::Before,
            value: Some(before.cache_bytes),
            unit: Unit::Bytes,
        };
        (self.on.tell)(What::Measured { metric });
        self.kept().before = before;
        Ok(())
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
                let _machine = self.machine().await;
                self.sweep(false).await?;
            }
            let build = self.turn(workshop, &mut benches[turn.slot], turn).await?;
            if turn.round > 0 {
                benches[turn.slot].builds.push(build);
            }
        }
        for bench in &benches {
            self.tell_of(bench);
        }
        Ok(())
    }

    /// What is worth knowing of a Dockerfile whose builds are over.
    fn tell_of(&self, bench: &Bench<'_>) {
        let found = blame::findings(&bench.app.name, bench.name, &bench.file, &bench.builds);
        let edits = bench.builds.iter().filter(|build| build.scenario == Scenario::Edit);
        let idle = edits.clone().count() > 0 && edits.clone().all(blame::is_all_cached);
        let unseen = idle.then(|| Finding {
            name: "bench.edit-unseen".into(),
            text: format!(
                "{}, {}: the file that was edited, {}, goes into no image",
                bench.app.name,
                bench.name,
                crate::human::escape(&bench.context.edit)
            ),
            hint: None,
        });
        for finding in found.into_iter().chain(unseen) {
            (self.on.tell)(What::Found { finding });
        }
    }

    async fn prepare(
        &self,
        workshop: &Workshop,
        at: usize,
        slot: usize,
        dockerfile: &'s Dockerfile,
    ) -> Result<Bench<'s>, Problem> {
        let _machine = self.machine().await;
        let parameters = self.parameters;
        let app = &parameters.apps[at];
        let frontend = crate::docker::frontend(self.facts);
        let files = dockerfile.files(&frontend).unwrap_or_default();
        let checkout = self.looked.checkouts.get(at).cloned().unwrap_or_default();
        let action = self.action("prepare", "context", &app.path, &[&app.name, &dockerfile.name]);
        let name = format!("{at}-{slot}");
        let context = self
            .through(action, async |permit| {
                tokio::select! {
                    made = workshop.context(&name, &app.path, &checkout.commit, files, &permit) => made,
                    () = self.door.asked_to_stop() => Err(stopped()),
                }
            })
            .await?;
        let text = workshop.dockerfile(&context).await?;
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

    /// The machine for this host alone, where it shares it with others.
    pub(super) async fn machine(&self) -> Option<SemaphorePermit<'static>> {
        if self.parameters.serial { ONE_MACHINE.acquire().await.ok() } else { None }
    }

    pub(super) fn action(&self, verb: &str, kind: &str, id: &str, names: &[&str]) -> Action {
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
    pub(super) async fn through<T>(
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
                let result = result(&done, self.on.connection.is_closed());
                *got_mut = Some(done);
                result
            })
            .await
            .map_err(|e| shut(&e))?;
        got.unwrap_or_else(|| Err(no_facts()))
    }
}

fn result<T>(done: &Result<T, Problem>, lost: bool) -> ActionResult {
    match done {
        Ok(_) => ActionResult::Done,
        Err(problem) if lost => ActionResult::Unknown { reason: problem.reason.clone() },
        Err(problem) => ActionResult::Failed { reason: problem.reason.clone() },
    }
}

fn no_facts() -> Problem {
    failed("the host was not examined".to_owned())
}

pub(super) fn stopped() -> Problem {
    Problem::new(Outcome::Interrupted, "stopped by the user")
}

pub(super) fn failed(reason: String) -> Problem {
    Problem::new(Outcome::Failed, reason)
}
