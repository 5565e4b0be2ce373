//! The one road of every verb that touches hosts: a one-step playbook, planned, run, reported.

use super::args::{Global, Touch};
use super::bases::Bases;
use super::fault::Fault;
use super::interrupted;
use super::limits::{self, Held};
use super::out;
use super::plan_file::{self, PlanFile};
use super::printer::{Printer, Shown};
use super::process;
use super::project::{self, Project};
use super::shower::Shower;
use super::signals;
use crate::door::{Stop, StopLevel};
use crate::history;
use crate::human::count;
use crate::inventory::Host;
use crate::plan::{Plan, PlannedHost};
use crate::playbook::Playbook;
use crate::progress::Kind as ProgressKind;
use crate::record::{Event, ExitCode, HostName, RESTART, Run, RunId, RunStarted};
use crate::report::{self, View};
use crate::runner::{self, Answer, Approve, Approved, Listener, Options, Recorder, Spine};
use crate::ssh::{NewKey, Unknown, known_hosts};
use crate::steps;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a step may take on one host.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Gives a host's own parameters.
pub(super) type Own<'w> = &'w dyn Fn(&Host) -> Result<toml::Table, Fault>;

/// One verb's wish.
pub(super) struct Wish<'w> {
    /// The verb.
    pub(super) verb: &'static str,
    /// The step.
    pub(super) playbook: Playbook,
    /// The selection as written.
    pub(super) hosts: &'w str,
    /// How long a step may take unless the user says otherwise.
    pub(super) timeout: Duration,
    /// Host variables that are parameters of the step, by name.
    pub(super) from_vars: &'static [&'static str],
    /// Parameters of the step that a host has for itself.
    pub(super) own: Option<Own<'w>>,
    /// What the run as a whole asks for beside what its hosts do.
    pub(super) judge: Option<&'w (dyn Fn(&Run) -> ExitCode + Sync)>,
    /// What was approved earlier, where no more than that may be done.
    pub(super) approved: HashMap<HostName, Approved>,
    /// The digest of the parameters that each host must still have.
    pub(super) policies: HashMap<HostName, String>,
    /// The run whose plan is finished.
    pub(super) resumes: Option<RunId>,
    /// Where the plan is written to.
    pub(super) plan_file: Option<&'w Path>,
}

impl<'w> Wish<'w> {
    /// A wish with nothing special about it.
    pub(super) fn new(verb: &'static str, playbook: Playbook, hosts: &'w str) -> Self {
        Self {
            verb,
            playbook,
            hosts,
            timeout: TIMEOUT,
            from_vars: &[],
            own: None,
            judge: None,
            approved: HashMap::new(),
            policies: HashMap::new(),
            resumes: None,
            plan_file: None,
        }
    }
}

/// Does it, and gives the process's exit code.
pub(super) async fn carry_out(
    global: &Global,
    touch: &Touch,
    mut wish: Wish<'_>,
) -> Result<ExitCode, Fault> {
    let project = Project::open(global)?;
    if wish.resumes.is_none() && !global.quiet {
        interrupted::tell(&project);
    }
    let hosts = project.select(wish.hosts, touch.not.as_deref())?;
    if !wish.approved.is_empty()
        && let Some(host) = hosts.iter().find(|host| !wish.approved.contains_key(&host.name))
    {
        let text = format!("{} is not in the plan: the inventory changed since", host.name);
        return Err(Fault::refused(text).hint("make a new plan"));
    }
    let (plan, policies) = plan(&project, &hosts, &wish, global.quiet)?;
    let changes = plan.hosts.iter().any(|h| h.step.needs().approval);
    if changes && !touch.check && !touch.yes && !out::can_ask() {
        return Err(Fault::refused(format!("{} changes hosts and nobody can be asked", wish.verb))
            .hint("look at it with --check, then add --yes"));
    }
    let routes: Vec<_> = plan.hosts.iter().map(|h| h.route.clone()).collect();
    let unknown = if touch.accept_new { Unknown::Accept } else { Unknown::Refuse };
    let dialer = project::dialer(&routes, touch.connect_timeout, unknown).await?;
    let held = if changes { Held::Throughout } else { Held::WhileWorked };
    let forks = limits::forks(touch.forks, plan.hosts.len(), held, global.quiet);

    let (handle, stop) = Stop::new();
    let caught = signals::listen(handle.clone())
        .map_err(|e| Fault::usage(format!("signals cannot be caught: {e}")))?;
    let writer = project.recorder(Box::new(move |error| {
        out::notice(&format!("error: history: {error}; nothing new begins\n"));
        handle.raise(StopLevel::Finish);
    }))?;
    let recorder = Arc::new(Recorded(writer));
    let run = RunId::new(Timestamp::now(), limits::random());
    let start = started(&project, &wish, touch, &plan, run.clone());
    let watch = Watch::new(global, touch, &wish, plan.hosts.len());
    let spine =
        Spine::begin(start, recorder.clone(), watch.listeners()).await.map_err(Fault::history)?;

    let known_machines = if changes { project.machines(&plan)? } else { HashMap::new() };
    let options = options(&mut wish, touch, forks, changes, &run, known_machines);
    let approve = approve(global, touch, &watch, stop.clone());
    runner::run(plan, options, dialer, Arc::clone(&spine), stop, approve).await;

    let mut code = spine.look(Run::hosts_exit_code);
    if let Some(judge) = wish.judge {
        code = code.worse(spine.look(judge));
    }
    if spine.has_bug() {
        code = code.worse(ExitCode::BUG);
    }
    if let Some(signal) = caught.exit_code() {
        code = ExitCode(signal).worse(code);
    }
    let ended = crate::record::What::RunEnded { exit_code: code };
    let stored = spine.emit_durable(None, ended).await;
    watch.finish();
    if stored.is_err() || spine.is_unrecorded() {
        code = code.worse(ExitCode::HISTORY);
        out::notice("error: the history could not be written to its end\n");
    }
    let run = spine.snapshot();
    if let Some(path) = wish.plan_file {
        PlanFile::of(&run, &policies).write(path)?;
    }
    show(global, touch, &run);
    if let Some(path) = wish.plan_file {
        let path = path.display();
        out::notice(&format!(
            "the plan is in {path}; to carry it out: fleet cleanup --apply {path}\n"
        ));
    }
    Ok(code)
}

/// Types the step for every host: command line over host variables over defaults.
fn plan(
    project: &Project,
    hosts: &[&Host],
    wish: &Wish<'_>,
    quiet: bool,
) -> Result<(Plan, HashMap<HostName, String>), Fault> {
    let step = &wish.playbook.steps[0];
    let kind = steps::kind(&step.kind)
        .ok_or_else(|| Fault::usage(format!("no kind of step is called {}", step.kind)))?;
    let routes = project.routes(hosts, quiet)?;
    let mut planned = Vec::with_capacity(hosts.len());
    let mut bases = Bases::new(project);
    let mut policies = HashMap::new();
    let mut last: Option<(toml::Table, Arc<dyn steps::Step>)> = None;
    for (host, route) in hosts.iter().zip(routes) {
        let mut with = parameters(host, kind, step, wish);
        if kind.parameters.contains(&"bases") && wants_bases(&with) {
            let of_host = bases.of(host)?.into_iter().map(toml::Value::String).collect();
            with.insert("bases".into(), toml::Value::Array(of_host));
        }
        if let Some(own) = wish.own {
            with.extend(own(host)?);
        }
        let policy = plan_file::policy(&with);
        if wish.policies.get(&host.name).is_some_and(|then| *then != policy) {
            let text = format!(
                "{}: its protections or variables changed since the plan was made",
                host.name
            );
            return Err(Fault::refused(text).hint("make a new one with --plan FILE"));
        }
        policies.insert(host.name.clone(), policy);
        let step = match &last {
            Some((same, step)) if *same == with => Arc::clone(step),
            _ => {
                let step: Arc<dyn steps::Step> =
                    (kind.build)(&with).map_err(|error| wrong_parameter(host, &error))?.into();
                last = Some((with, Arc::clone(&step)));
                step
            }
        };
        planned.push(PlannedHost { name: host.name.clone(), route, r#become: host.r#become, step });
    }
    Ok((Plan { step: step.name.clone(), hosts: planned }, policies))
}

fn parameters(
    host: &Host,
    kind: &steps::Kind,
    step: &crate::playbook::NamedStep,
    wish: &Wish<'_>,
) -> toml::Table {
    let mut with = toml::Table::new();
    for name in wish.from_vars {
        if let Some(value) = host.vars.get(*name) {
            with.insert((*name).to_owned(), value.clone());
        }
    }
    with.extend(step.with.clone());
    if kind.parameters.contains(&"protect") && !host.protect.is_empty() {
        let list = host.protect.iter().cloned().map(toml::Value::String).collect();
        with.insert("protect".into(), toml::Value::Array(list));
    }
    with
}

/// Only what removes tagged images must know what templates build on.
fn wants_bases(with: &toml::Table) -> bool {
    with.get("aggressive").is_some() || with.get("images").is_some()
}

fn wrong_parameter(host: &Host, error: &steps::ParameterError) -> Fault {
    let fault = Fault::usage(format!("{}: {error}", host.name));
    match &error.hint {
        Some(hint) => fault.hint(hint.clone()),
        None => fault,
    }
}

fn started(
    project: &Project,
    wish: &Wish<'_>,
    touch: &Touch,
    plan: &Plan,
    run: RunId,
) -> RunStarted {
    let selection = match &touch.not {
        Some(not) => format!("{} --not {not}", wish.hosts),
        None => wish.hosts.to_owned(),
    };
    let with = &wish.playbook.steps[0].with;
    RunStarted {
        run,
        verb: wish.verb.to_owned(),
        selection,
        parameters: with.iter().map(|(k, v)| (k.clone(), plain(v))).collect(),
        check: touch.check,
        hosts: plan.hosts.iter().map(|h| h.name.clone()).collect(),
        inventory_hosts: project.inventory.hosts().len(),
        fleet: env!("CARGO_PKG_VERSION").to_owned(),
        by: limits::who(),
        with: serde_json::to_value(with).unwrap_or_default(),
        resumes: wish.resumes.clone(),
        process: process::own(),
    }
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn options(
    wish: &mut Wish<'_>,
    touch: &Touch,
    forks: usize,
    changes: bool,
    run: &RunId,
    known_machines: HashMap<HostName, String>,
) -> Options {
    let none = changes.then_some(runner::Share::Hosts(0));
    Options {
        check: touch.check,
        forks,
        batches: touch.batch.clone(),
        max_fail: touch.max_fail.or(none),
        wait: touch.wait,
        timeout: touch.timeout.unwrap_or(wish.timeout),
        tell_decisions: changes || matches!(wish.verb, "push" | "pull"),
        lock_body: format!(
            "run {run} ({}) by {} since {}",
            wish.verb,
            limits::who(),
            Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
        known_machines,
        approved: std::mem::take(&mut wish.approved),
        remember_key: Arc::new(remember),
    }
}

/// Records a key that `--accept-new` let in, in the first file that is consulted for it.
fn remember(new: &NewKey) -> Result<(), String> {
    let file = new.hop.record_in.as_deref().ok_or("no known_hosts file of one's own is named")?;
    known_hosts::add_if_unknown(file, &new.hop.key_name, new.hop.key_port, &new.key)
        .map(|_| ())
        .map_err(|e| e.to_string())
}

/// Shows the plan, and asks unless `--yes` has answered already.
fn approve<'a>(global: &'a Global, touch: &'a Touch, watch: &'a Watch, stop: Stop) -> Approve<'a> {
    Box::new(move |run: Run| -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            watch.progress.pause();
            if !global.quiet || !touch.yes {
                out::notice(&report::plan(&run, &view(global, global.color.on_stderr())));
            }
            let answer =
                if touch.yes { Answer::Yes("--yes".into()) } else { ask(&run, stop).await };
            watch.progress.resume();
            answer
        })
    })
}

async fn ask(run: &Run, mut stop: Stop) -> Answer {
    let hosts = run.hosts.iter().filter(|h| h.going().next().is_some()).count();
    let objects = run.hosts.iter().flat_map(crate::record::HostRun::going).count();
    let (objects, hosts) = (count(objects, "object"), count(hosts, "host"));
    let asked = match grave(run) {
        None => {
            let question = format!("Apply to {objects} on {hosts}? (-v lists them) [y/N] ");
            tokio::task::spawn_blocking(move || out::ask(&question))
        }
        Some(phrase) => {
            let question = format!(
                "This is about {objects} on {hosts} (-v lists them).\nType \"{phrase}\" to go on: "
            );
            tokio::task::spawn_blocking(move || out::ask_for(&question, &phrase))
        }
    };
    let yes = tokio::select! {
        answer = asked => answer.unwrap_or(false),
        () = stop.reached(StopLevel::Finish) => false,
    };
    if yes { Answer::Yes("terminal".into()) } else { Answer::No("terminal".into()) }
}

/// What must be typed where data goes or something that runs is stopped.
fn grave(run: &Run) -> Option<String> {
    let going = || run.hosts.iter().flat_map(crate::record::HostRun::going);
    let stopped = going().filter(|d| d.phase == "stop-containers" && d.rule != RESTART).count();
    let volumes = going().filter(|d| d.object.kind == "volume").count();
    let parts = [("remove", volumes, "volume"), ("stop", stopped, "container")];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, n, _)| *n > 0)
        .map(|(verb, n, noun)| format!("{verb} {}", count(*n, noun)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn view(global: &Global, color: bool) -> View {
    View { width: out::width(), color, verbose: global.verbose > 0 }
}

fn show(global: &Global, touch: &Touch, run: &Run) {
    if touch.events {
        return;
    }
    if !touch.json && matches!(&run.answer, Some((false, _))) {
        out::notice(&format!("nothing was changed: the answer was no · run {}\n", run.start.run));
        return;
    }
    let view = view(global, global.color.on_stdout());
    let format = if touch.json { "json" } else { "terminal" };
    let Some(format) = report::format(format) else { return };
    let text = (format.render)(run, &view);
    // The lines of a command are the result; what is said about them stands beside it.
    if run.start.verb == "exec" && !touch.json {
        let good = run.hosts.iter().all(|h| h.state().is_good());
        if !(global.quiet && good) {
            out::notice(&text);
        }
    } else {
        out::result(&text);
    }
}

/// Whoever watches the run from this process.
struct Watch {
    progress: Arc<Shower>,
    printer: Option<Arc<Printer>>,
}

impl Watch {
    fn new(global: &Global, touch: &Touch, wish: &Wish<'_>, hosts: usize) -> Self {
        let lines = wish.verb == "exec" && !touch.json && !touch.events;
        let shown = if touch.events {
            Some(Shown::Events)
        } else {
            lines.then_some(Shown::Lines { prefix: hosts > 1 })
        };
        let terminal = console::Term::stderr().is_term();
        // Lines of output on the same terminal are progress enough.
        let elsewhere = terminal && !console::Term::stdout().is_term();
        let kind = if global.quiet || touch.events || lines && !elsewhere {
            ProgressKind::Quiet
        } else if terminal {
            ProgressKind::Bars
        } else {
            ProgressKind::Lines
        };
        let progress = Shower::start(kind, global.verbose > 0);
        let printer = shown.map(|shown| Printer::start(shown, progress.beside()));
        Self { progress, printer }
    }

    fn listeners(&self) -> Vec<Arc<dyn Listener>> {
        let mut all: Vec<Arc<dyn Listener>> = vec![self.progress.clone()];
        if let Some(printer) = &self.printer {
            all.push(printer.clone());
        }
        all
    }

    fn finish(&self) {
        self.progress.finish();
        if let Some(printer) = &self.printer {
            printer.finish();
        }
    }
}

/// The history as the runner sees it.
struct Recorded(history::Writer);

impl Recorder for Recorded {
    fn event(&self, event: &Event) {
        self.0.event(event);
    }

    fn durable(&self, events: Vec<Event>) -> BoxFuture<'static, Result<(), String>> {
        let stored = self.0.durable(events);
        Box::pin(async move { stored.await.map_err(|e| e.to_string()) })
    }
}
