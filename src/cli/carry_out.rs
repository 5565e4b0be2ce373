//! The one road of every verb that touches hosts: a one-step playbook, planned, run, reported.

use super::args::{Global, Touch};
use super::bases;
use super::fault::Fault;
use super::limits::{self, Held};
use super::out;
use super::printer::{Printer, Shown};
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
use crate::record::{Event, ExitCode, HostName, Run, RunId, RunStarted};
use crate::report::{self, View};
use crate::runner::{self, Answer, Approve, Listener, Options, Recorder, Spine};
use crate::ssh::{NewKey, Unknown, known_hosts};
use crate::steps;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

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
}

/// Does it, and gives the process's exit code.
pub(super) async fn carry_out(
    global: &Global,
    touch: &Touch,
    wish: Wish<'_>,
) -> Result<ExitCode, Fault> {
    let project = Project::open(global)?;
    let hosts = project.select(wish.hosts, touch.not.as_deref())?;
    let plan = plan(&project, &hosts, &wish, global.quiet)?;
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
    let options = options(&wish, touch, forks, changes, &run, known_machines);
    let approve = approve(global, touch, &watch, stop.clone());
    runner::run(plan, options, dialer, Arc::clone(&spine), stop, approve).await;

    let mut code = spine.look(Run::hosts_exit_code);
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
    show(global, touch, &spine.snapshot());
    Ok(code)
}

/// Types the step for every host: command line over host variables over defaults.
fn plan(project: &Project, hosts: &[&Host], wish: &Wish<'_>, quiet: bool) -> Result<Plan, Fault> {
    let step = &wish.playbook.steps[0];
    let kind = steps::kind(&step.kind)
        .ok_or_else(|| Fault::usage(format!("no kind of step is called {}", step.kind)))?;
    let routes = project.routes(hosts, quiet)?;
    let mut planned = Vec::with_capacity(hosts.len());
    let mut last: Option<(toml::Table, Arc<dyn steps::Step>)> = None;
    let takes_images = kind.parameters.contains(&"bases")
        && ["aggressive", "images"].iter().any(|name| step.with.contains_key(*name));
    let mut silent = BTreeSet::new();
    for (host, route) in hosts.iter().zip(routes) {
        let mut with = parameters(host, kind, step, wish);
        if takes_images {
            let bases = bases::of(&project.inventory, host, &mut silent);
            with.insert("bases".into(), bases.into());
        }
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
    if !quiet {
        bases::tell(&silent);
    }
    Ok(Plan { step: step.name.clone(), hosts: planned })
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
    }
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn options(
    wish: &Wish<'_>,
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
        tell_decisions: changes,
        lock_body: format!(
            "run {run} ({}) by {} since {}",
            wish.verb,
            limits::who(),
            Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
        known_machines,
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
    let question = format!(
        "Remove {} on {}? (-v lists them) [y/N] ",
        count(objects, "object"),
        count(hosts, "host")
    );
    let asked = tokio::task::spawn_blocking(move || out::ask(&question));
    let yes = tokio::select! {
        answer = asked => answer.unwrap_or(false),
        () = stop.reached(StopLevel::Finish) => false,
    };
    if yes { Answer::Yes("terminal".into()) } else { Answer::No("terminal".into()) }
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
        let printer = shown.map(Printer::start);
        let kind = if global.quiet || lines || touch.events {
            ProgressKind::Quiet
        } else if console::Term::stderr().is_term() {
            ProgressKind::Bars
        } else {
            ProgressKind::Lines
        };
        Self { progress: Shower::start(kind, global.verbose > 0), printer }
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
