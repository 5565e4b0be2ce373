//! Carries a plan out: many hosts at once, in batches, with a budget for failures.
//!
//! A host that fails is data: [`run`] never fails because of one. What happens is told as
//! events through the [`Spine`].

mod approved;
mod batch;
mod failpoint;
mod host;
mod spine;

pub use approved::{Approved, Going};
pub use batch::{Batches, Budget, Share};
pub use spine::{Listener, Recorder, Spine};

use crate::door::{Stop, StopLevel};
use crate::human::count;
use crate::plan::{Plan, PlannedHost};
use crate::record::{HostName, Outcome, Problem, Run, What};
use crate::ssh::{Dialer, NewKey};
use crate::steps::Done;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use host::Ready;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Records a host key; the error says why it could not be.
pub type RememberKey = Arc<dyn Fn(&NewKey) -> Result<(), String> + Send + Sync>;

/// How a plan is carried out.
pub struct Options {
    /// Show only; change nothing.
    pub check: bool,
    /// Hosts worked on at a time.
    pub forks: usize,
    /// Batches of changed hosts; `None` for the default.
    pub batches: Option<Batches>,
    /// Failures after which the rest is left alone; `None` for no limit.
    pub max_fail: Option<Share>,
    /// How long a busy lock is waited for.
    pub wait: Duration,
    /// How long one step may take on one host.
    pub timeout: Duration,
    /// Whether decisions are worth an event (not for a plain command).
    pub tell_decisions: bool,
    /// What a held lock says about its holder.
    pub lock_body: String,
    /// The machine-id that last answered for a host, for steps that change it.
    pub known_machines: HashMap<HostName, String>,
    /// What was approved earlier, for a plan that is carried out now; a host that is not
    /// among them has no such limit.
    pub approved: HashMap<HostName, Approved>,
    /// Records a host key that was let in for the first time.
    pub remember_key: RememberKey,
}

/// The user's answer to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Carry it out; who said so.
    Yes(String),
    /// Do not; who said so.
    No(String),
}

/// Shows the plan and asks.
pub type Approve<'a> = Box<dyn FnOnce(Run) -> BoxFuture<'a, Answer> + Send + 'a>;

/// What all hosts of a run share.
struct Shared {
    options: Options,
    dialer: Dialer,
    spine: Arc<Spine>,
    stop: Stop,
    step: String,
}

/// Carries `plan` out. Afterwards every host has an outcome in the spine's run.
pub async fn run(
    plan: Plan,
    options: Options,
    dialer: Dialer,
    spine: Arc<Spine>,
    stop: Stop,
    approve: Approve<'_>,
) {
    let asks = plan.hosts.iter().any(|h| h.step.needs().approval);
    let shared = Arc::new(Shared { options, dialer, spine, stop, step: plan.step });
    if asks {
        with_approval(&shared, plan.hosts, approve).await;
    } else {
        straight(&shared, plan.hosts).await;
    }
}

/// Every host at its own pace, in batches where they are asked for.
async fn straight(shared: &Arc<Shared>, hosts: Vec<PlannedHost>) {
    let budget = shared.options.max_fail.map(|share| Budget::new(share, hosts.len()));
    let work = |planned: PlannedHost| {
        let shared = Arc::clone(shared);
        async move {
            match host::prepare(&shared, planned).await {
                Ok(ready) => host::apply(&shared, ready).await,
                Err(problem) => Err(problem),
            }
        }
    };
    let batches = match &shared.options.batches {
        Some(batches) => batches.split(hosts),
        None => vec![hosts],
    };
    let mut failures = 0;
    for batch in batches {
        failures = each(shared, batch, budget, failures, |h| h.name.clone(), &work).await;
    }
}

/// Plans on all hosts before the first change on any.
async fn with_approval(shared: &Arc<Shared>, hosts: Vec<PlannedHost>, approve: Approve<'_>) {
    let order: HashMap<HostName, usize> =
        hosts.iter().enumerate().map(|(n, h)| (h.name.clone(), n)).collect();
    let mut ready = prepare_all(shared, hosts).await;
    ready.sort_by_key(|r| order.get(&r.planned.name).copied());
    let ready = without_twins(shared, ready);
    let (work, idle): (Vec<_>, Vec<_>) = ready.into_iter().partition(Ready::has_work);
    for host in idle {
        host::end(&shared.spine, &host.planned.name, Ok(Done::default()));
    }
    if work.is_empty() {
        return;
    }
    if shared.stop.level() > StopLevel::Go {
        return leave(shared, work, &Problem::new(Outcome::Interrupted, "stopped by the user"));
    }
    if !shared.options.check && !approved(shared, approve).await {
        return;
    }
    apply_all(shared, work).await;
}

async fn prepare_all(shared: &Arc<Shared>, hosts: Vec<PlannedHost>) -> Vec<Ready> {
    let mut waiting: VecDeque<_> = hosts.into();
    let mut running = FuturesUnordered::new();
    let mut ready = Vec::new();
    loop {
        while running.len() < shared.options.forks
            && let Some(planned) = waiting.pop_front()
        {
            let shared = Arc::clone(shared);
            running.push(async move {
                let name = planned.name.clone();
                let spine = Arc::clone(&shared.spine);
                let task = tokio::spawn(async move { host::prepare(&shared, planned).await });
                (name, joined(&spine, task).await)
            });
        }
        match running.next().await {
            None => return ready,
            Some((_, Ok(host))) => ready.push(host),
            Some((name, Err(problem))) => {
                host::end(&shared.spine, &name, Err(problem));
            }
        }
    }
}

/// A panic in one host's task is a bug, and must not take the others along.
async fn joined<T>(
    spine: &Spine,
    task: tokio::task::JoinHandle<Result<T, Problem>>,
) -> Result<T, Problem> {
    task.await.unwrap_or_else(|error| {
        spine.note_bug();
        let reason = format!("a bug in fleet: {error}");
        Err(Problem::new(Outcome::Unknown, reason).hint("please report it with the output of -v"))
    })
}

/// Leaves out hosts that are the same machine as an earlier one.
fn without_twins(shared: &Shared, ready: Vec<Ready>) -> Vec<Ready> {
    let mut seen: HashMap<(String, String, String), HostName> = HashMap::new();
    let mut kept = Vec::new();
    for host in ready {
        let facts = &host.reached.facts;
        let engine = facts.docker.as_ref().map(|d| d.engine_id.clone()).unwrap_or_default();
        let machine = (facts.boot_id.clone(), facts.machine_id.clone(), engine);
        if machine.2.is_empty() {
            kept.push(host);
            continue;
        }
        if let Some(first) = seen.get(&machine) {
            let problem = Problem::new(Outcome::Skipped, format!("same machine as {first}"));
            host::end(&shared.spine, &host.planned.name, Err(problem));
        } else {
            seen.insert(machine, host.planned.name.clone());
            kept.push(host);
        }
    }
    kept
}

async fn approved(shared: &Arc<Shared>, approve: Approve<'_>) -> bool {
    let answer = approve(shared.spine.snapshot()).await;
    let (yes, by) = match &answer {
        Answer::Yes(by) => (true, by.clone()),
        Answer::No(by) => (false, by.clone()),
    };
    shared.spine.emit(None, What::Answered { approved: yes, by });
    if !yes {
        let problem =
            Problem::new(Outcome::Refused, "the plan was not approved; nothing was changed");
        let open: Vec<HostName> = shared.spine.look(|run| {
            run.hosts.iter().filter(|h| h.outcome.is_none()).map(|h| h.host.clone()).collect()
        });
        for name in open {
            host::end(&shared.spine, &name, Err(problem.clone()));
        }
    }
    yes
}

async fn apply_all(shared: &Arc<Shared>, work: Vec<Ready>) {
    let all = work.len();
    let batches = shared.options.batches.clone().unwrap_or_else(|| Batches::default_for(all));
    let budget = shared.options.max_fail.map(|share| Budget::new(share, all));
    let mut failures = 0;
    for batch in batches.split(work) {
        let apply = |ready: Ready| {
            let shared = Arc::clone(shared);
            async move { host::apply(&shared, ready).await }
        };
        failures = each(shared, batch, budget, failures, |r| r.planned.name.clone(), apply).await;
    }
}

fn leave(shared: &Shared, work: Vec<Ready>, problem: &Problem) {
    for host in work {
        host::end(&shared.spine, &host.planned.name, Err(problem.clone()));
    }
}

/// Works on items, `forks` at a time, until the budget is spent or the user stops; the rest
/// is skipped. Gives the failures so far, `failures` included.
async fn each<T, W, F>(
    shared: &Arc<Shared>,
    items: Vec<T>,
    budget: Option<Budget>,
    mut failures: usize,
    name: impl Fn(&T) -> HostName,
    work: W,
) -> usize
where
    T: Send + 'static,
    W: Fn(T) -> F,
    F: Future<Output = Result<Done, Problem>> + Send + 'static,
{
    let mut waiting: VecDeque<T> = items.into();
    let mut running = FuturesUnordered::new();
    loop {
        let spent = budget.is_some_and(|b| b.is_spent(failures));
        let stopped = shared.stop.level() > StopLevel::Go;
        while (spent || stopped)
            && let Some(item) = waiting.pop_front()
        {
            let problem = if stopped {
                Problem::new(Outcome::Skipped, "stopped by the user")
            } else {
                let text = format!("left alone after {}", count(failures, "failure"));
                Problem::new(Outcome::Skipped, text).hint("raise --max-fail to go on")
            };
            host::end(&shared.spine, &name(&item), Err(problem));
        }
        while running.len() < shared.options.forks
            && let Some(item) = waiting.pop_front()
        {
            let name = name(&item);
            let task = tokio::spawn(work(item));
            let spine = &shared.spine;
            running.push(async move { (name, joined(spine, task).await) });
        }
        let Some((name, ended)) = running.next().await else { return failures };
        let outcome = host::end(&shared.spine, &name, ended);
        let failed = [Outcome::Failed, Outcome::Unreachable, Outcome::Unknown, Outcome::Identity];
        failures += usize::from(failed.contains(&outcome));
    }
}
