//! `fleet diff`: the files that are there against those that the template makes.

use super::args::Global;
use super::fault::Fault;
use super::out;
use super::project::Project;
use super::render::{Given, fault};
use super::unified::{colored, unified};
use super::visit::{LARGEST, Visit, visit};
use crate::human::{count, escape};
use crate::inventory::{App, Host, Selection};
use crate::plan::{RenderError, Renderer};
use crate::record::{ExitCode, Outcome, Problem};
use crate::template::File;
use std::io::Read;
use std::path::Path;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lines with - are there, lines with + are what the template makes. Without --hosts each app's
repository (`repo`) is looked at, with it the app's checkout (`path`) on those of its hosts.")]
pub(super) struct Diff {
    /// Which apps [default: all]
    #[arg(long, value_name = "EXPR")]
    apps: Option<String>,

    /// Look at the checkouts on these hosts instead of the repositories
    #[arg(long, value_name = "EXPR")]
    hosts: Option<String>,

    /// Exit with 1 where anything differs
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    given: Given,
}

/// What came of all comparisons.
#[derive(Default)]
struct Tally {
    same: usize,
    differing: usize,
    code: Option<ExitCode>,
}

impl Tally {
    fn problem(&mut self, place: &str, problem: &Problem) {
        out::notice(&format!("error: {place}: {}\n", problem.reason));
        if let Some(hint) = &problem.hint {
            out::notice(&format!("hint: {hint}\n"));
        }
        let code = problem.outcome.exit_code();
        self.code = Some(self.code.map_or(code, |had| had.worse(code)));
    }
}

impl Diff {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let selection =
            Selection::parse(self.apps.as_deref().unwrap_or("all")).map_err(Fault::file)?;
        let apps = project.inventory.select_apps(&selection).map_err(Fault::file)?;
        let mut renderer = self.given.renderer(&project);
        let mut tally = Tally::default();
        match &self.hosts {
            Some(hosts) => {
                let hosts = project.select(hosts, None)?;
                self.on_hosts(global, &project, &mut renderer, &apps, &hosts, &mut tally).await?;
            }
            None => in_repositories(global, &project, &mut renderer, &apps, &mut tally)?,
        }
        if !global.quiet {
            let differ = if tally.differing == 1 { "differs" } else { "differ" };
            let files = count(tally.differing, "file");
            out::notice(&format!("{files} {differ}, {} as rendered\n", tally.same));
        }
        let found = self.exit_code && tally.differing > 0;
        let code = if found { ExitCode::FINDINGS } else { ExitCode::OK };
        Ok(tally.code.map_or(code, |problem| problem.worse(code)))
    }

    async fn on_hosts(
        &self,
        global: &Global,
        project: &Project,
        renderer: &mut Renderer<'_>,
        apps: &[&App],
        hosts: &[&Host],
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let pairs = pairs(project, renderer, apps, hosts)?;
        let used: Vec<&Host> = hosts
            .iter()
            .copied()
            .filter(|host| pairs.iter().any(|pair| pair.host.name == host.name))
            .collect();
        let visits = visit(project, global, &used, self.given.connect_timeout).await?;
        for (host, visit) in used.iter().zip(visits) {
            let visit = match visit {
                Ok(visit) => visit,
                Err(problem) => {
                    tally.problem(host.name.as_str(), &problem);
                    continue;
                }
            };
            for pair in pairs.iter().filter(|pair| pair.host.name == host.name) {
                // An engine that does not answer is no reason not to compare.
                let frontend = visit.frontend.as_deref().ok();
                let files = renderer
                    .render(pair.app, Some(host), frontend)
                    .map_err(|error| fault(project, error))?;
                on_host(global, pair, &visit, &files, tally).await;
            }
        }
        Ok(())
    }
}

/// An app on one of its hosts.
struct Pair<'p> {
    app: &'p App,
    host: &'p Host,
    path: &'p str,
}

/// Every app with each of its hosts that was chosen, rendered once to see that it can be.
fn pairs<'p>(
    project: &Project,
    renderer: &mut Renderer<'_>,
    apps: &[&'p App],
    hosts: &[&'p Host],
) -> Result<Vec<Pair<'p>>, Fault> {
    let mut pairs = Vec::new();
    let mut mistakes = Vec::new();
    for app in apps {
        let own = project.inventory.app_hosts(app).unwrap_or_default();
        for host in hosts.iter().filter(|host| own.iter().any(|own| own.name == host.name)) {
            match renderer.render(app, Some(host), None) {
                Ok(_) => {}
                Err(RenderError::Values(some)) => mistakes.extend(some),
                Err(error) => return Err(fault(project, error)),
            }
            let Some(path) = app.path.as_deref() else {
                return Err(Fault::usage(format!("app {} has no `path`", app.name))
                    .hint("write where its checkout is on the hosts: path = \"/srv/…\""));
            };
            pairs.push(Pair { app, host, path });
        }
    }
    if !mistakes.is_empty() {
        return Err(fault(project, RenderError::Values(mistakes)));
    }
    if pairs.is_empty() {
        return Err(Fault::usage("none of these apps is built on any of these hosts")
            .hint("fleet apps shows where each app is built"));
    }
    Ok(pairs)
}

async fn on_host(
    global: &Global,
    pair: &Pair<'_>,
    visit: &Visit,
    files: &[File],
    tally: &mut Tally,
) {
    for file in files {
        let path = format!("{}/{}", pair.path.trim_end_matches('/'), file.path);
        let place = format!("{}:{path}", pair.host.name);
        match visit.read(&path).await {
            Ok(found) => compare(global, &place, found.as_deref(), pair.app, file, tally),
            Err(problem) => tally.problem(&place, &problem),
        }
    }
}

fn in_repositories(
    global: &Global,
    project: &Project,
    renderer: &mut Renderer<'_>,
    apps: &[&App],
    tally: &mut Tally,
) -> Result<(), Fault> {
    let with: Vec<_> = apps.iter().filter_map(|app| Some((*app, app.repo.as_deref()?))).collect();
    if with.is_empty() {
        return Err(Fault::usage("none of these apps has a `repo` on this machine")
            .hint("write repo = \"…\", or look at their checkouts with --hosts"));
    }
    let mut mistakes = Vec::new();
    let mut rendered = Vec::new();
    for (app, repo) in with {
        match renderer.render(app, None, None) {
            Ok(files) => rendered.push((app, repo, files)),
            Err(RenderError::Values(some)) => mistakes.extend(some),
            Err(error) => return Err(fault(project, error)),
        }
    }
    if !mistakes.is_empty() {
        return Err(fault(project, RenderError::Values(mistakes)));
    }
    for (app, repo, files) in rendered {
        if !repo.is_dir() {
            let reason = format!("no folder {}", repo.display());
            tally.problem(
                &app.name,
                &Problem::new(Outcome::Failed, reason).hint("correct its `repo`"),
            );
            continue;
        }
        for file in &files {
            let path = repo.join(&file.path);
            let place = path.display().to_string();
            match read(&path) {
                Ok(found) => compare(global, &place, found.as_deref(), app, file, tally),
                Err(reason) => tally.problem(&place, &Problem::new(Outcome::Failed, reason)),
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
        Ok(meta) if !meta.is_file() => return Err("is not a plain file".into()),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let limit = LARGEST as u64 + 1;
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() > LARGEST { Err("is larger than 1 MB".into()) } else { Ok(Some(bytes)) }
}

fn compare(
    global: &Global,
    place: &str,
    found: Option<&[u8]>,
    app: &App,
    file: &File,
    tally: &mut Tally,
) {
    if found == Some(file.text.as_bytes()) {
        tally.same += 1;
        return;
    }
    tally.differing += 1;
    let there = if found.is_some() { escape(place) } else { "/dev/null".into() };
    let made = format!("{} ({}, rendered)", file.path, app.name);
    let text = unified(&there, &made, found.unwrap_or_default(), &file.text);
    out::result(&if global.color.on_stdout() { colored(&text) } else { text });
}
