//! Builds apps on a host by its own `docker build`, measures every step, and leaves nothing behind.

mod answer;

mod blame;
mod build;
mod checkout;
mod clearing;
mod leftovers;
mod listen;
mod parameters;
mod past;
mod picture;
mod sampler;
mod schedule;
mod session;
mod turn;
mod workshop;

use super::{Done, Kind, Needs, ParameterError, Reached, Settled, Step};
use crate::docker;
use crate::door::Door;
use crate::record::{Action, ActionResult, Decision, HostName, Object, Outcome, Problem, Verdict};
use crate::ssh::{Program, hex};
use answer::Answer;
use checkout::Looked;
use futures::future::BoxFuture;
use leftovers::Kept;
use parameters::{App, Parameters};
use session::Session;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The row in the table of kinds.
pub(super) const KIND: Kind = Kind {
    name: "bench",
    summary: "build apps and measure every step",
    example: "name = \"before\"\nkind = \"bench\"\nwith = { apps = [{ name = \"shop\", path = \"/srv/shop\" }], scenarios = [\"cold\", \"edit\"], runs = 3, timeout = \"30m\", label = \"before\" }\n",
    parameters: &[
        "apps",
        "scenarios",
        "runs",
        "timeout",
        "serial",
        "label",
        "fail_over",
        "from_history",
    ],
    build: |with| Ok(Box::new(Bench::from_table(with)?)),
};

const LOOK: &str = concat!(include_str!("programs/owner.sh"), include_str!("programs/look.sh"));

/// How long looking at checkouts may take: git reads every file of a changed one.
const LOOKING: Duration = Duration::from_secs(300);

/// The step.
#[derive(Debug)]
pub struct Bench {
    parameters: Parameters,
    /// Sets apart what this run leaves on hosts.
    run: String,
    looked: Mutex<HashMap<HostName, Looked>>,
    kept: Mutex<HashMap<HostName, Arc<Mutex<Kept>>>>,
}

impl Bench {
    fn from_table(with: &toml::Table) -> Result<Self, ParameterError> {
        let mut nonce = [0; 6];
        getrandom::fill(&mut nonce)
            .map_err(|e| ParameterError::new("bench", format!("no random bytes: {e}")))?;
        let parameters = Parameters::from_table(with)?;
        let (looked, kept) = (Mutex::default(), Mutex::default());
        Ok(Self { parameters, run: hex(&nonce), looked, kept })
    }

    async fn look(&self, on: &Reached) -> Result<Looked, Problem> {
        let paths: Vec<&str> = self.parameters.apps.iter().map(|app| app.path.as_str()).collect();
        let (paths, root) = (paths.join("\n"), build::root_dir(on));
        let variables = [("paths", paths.as_str()), ("root", root)];
        let program = Program { body: LOOK, variables: &variables, root: on.sudo };
        let answer = Answer::of(&on.connection, &program, LOOKING)
            .await
            .map_err(|e| answer::problem(&e, "looking at the checkouts"))?;
        checkout::judge(&answer, &self.parameters.apps)
    }

    fn decisions(&self, looked: &Looked) -> Vec<Decision> {
        let apps = self.parameters.apps.iter().zip(&looked.checkouts);
        apps.flat_map(|(app, checkout)| {
            app.dockerfiles.iter().flat_map(move |dockerfile| {
                self.parameters.scenarios.iter().map(move |scenario| Decision {
                    phase: "bench".into(),
                    object: Object {
                        kind: "build".into(),
                        id: format!("{} {} {scenario}", app.name, dockerfile.name),
                        names: Vec::new(),
                        bytes: None,
                        created: None,
                        age_seconds: None,
                    },
                    decision: Verdict::Go,
                    rule: "asked".into(),
                    reason: format!(
                        "{} of commit {}",
                        crate::human::count(self.parameters.runs as usize, "build"),
                        checkout.commit.get(..10).unwrap_or_default()
                    ),
                })
            })
        })
        .collect()
    }

    fn session<'s>(&'s self, on: &'s Reached, door: &'s Door) -> Result<Session<'s>, Problem> {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = looked.get(&on.name).cloned().unwrap_or_default();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = Arc::clone(kept.entry(on.name.clone()).or_default());
        Session::open(on, door, &self.parameters, self.run.clone(), looked, kept)
    }
}

/// What keeps a host from being benchmarked at all.
fn obstacle(apps: &[App], on: &Reached) -> Result<(), Problem> {
    let refused = |text: String| Problem::new(Outcome::Refused, text);
    let Some(facts) = &on.facts.docker else { return Err(refused("no Docker daemon".into())) };
    if facts.running_builds > 0 {
        let by = &facts.running_builds_by;
        return Err(refused(format!("a build runs there ({by})"))
            .hint("wait for it to end: its work would be measured too"));
    }
    let frontend = docker::frontend(facts);
    let unfit = apps.iter().flat_map(|app| &app.dockerfiles).find(|d| d.files(&frontend).is_none());
    match unfit {
        Some(dockerfile) => Err(refused(format!(
            "{} cannot be rendered for its builder ({frontend})",
            dockerfile.name
        ))),
        None => Ok(()),
    }
}

impl Step for Bench {
    fn needs(&self) -> Needs {
        let builds = !self.parameters.from_history;
        Needs { docker: true, lock: builds, root: builds, settles: builds, approval: false }
    }

    fn plan<'a>(&'a self, on: &'a Reached) -> BoxFuture<'a, Result<Vec<Decision>, Problem>> {
        Box::pin(async move {
            if self.parameters.from_history {
                return Ok(Vec::new());
            }
            obstacle(&self.parameters.apps, on)?;
            let looked = self.look(on).await?;
            let decisions = self.decisions(&looked);
            let mut all = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(on.name.clone(), looked);
            Ok(decisions)
        })
    }

    fn apply<'a>(
        &'a self,
        on: &'a Reached,
        _plan: &'a [Decision],
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Done, Problem>> {
        Box::pin(async move {
            if door.is_check() {
                return Ok(Done::default());
            }
            if self.parameters.from_history {
                past::tell(on, &self.parameters.apps, self.parameters.accept_crash).await?;
            }
            if self.parameters.from_history {
                return Ok(Done::default());
            }
            self.session(on, door)?.work().await?;
            Ok(Done::default())
        })
    }

    fn settle<'a>(
        &'a self,
        on: &'a Reached,
        open: &'a [Action],
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Option<Settled>, Problem>> {
        // The host's side ends a build that nobody listens to, and takes its folder away.
        Box::pin(async move {
            self.session(on, door)?.sweep(true).await?;
            let cut = || ActionResult::Failed { reason: "cut off with the connection".into() };
            Ok(Some(open.iter().map(|action| (action.number, cut())).collect()))
        })
    }
}
