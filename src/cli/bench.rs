//! `fleet bench`: real builds on the hosts, measured step by step.

use super::args::{Global, Touch, duration};
use super::carry_out::{Wish, carry_out};
use super::fault::Fault;
use super::project::Project;
use super::render;
use crate::docker;
use crate::human::escape;
use crate::inventory::{App, Host, Selection};
use crate::plan::Renderer;
use crate::playbook::Playbook;
use crate::record::{ExitCode, Run, Scenario};
use crate::template::File;
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;
use toml::{Table, Value};

/// How long a whole benchmark of a host may take: each build has a limit of its own.
const WHOLE: Duration = Duration::from_secs(7 * 86_400);

/// The Dockerfile of the checkout, as it is named.
const REPO: &str = "repo";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Builds from a copy of the commit that is checked out; the checkout is never touched, and nothing
is left on the host. cold: without any cache; warm: nothing changed; edit: one source file changed.
  fleet bench --apps shop --label before                     the Dockerfile of the checkout
  fleet bench --apps shop --dockerfile rails --label after   the template, without rolling it out
  fleet bench --apps all --interleave repo,rails --runs 10   both in turns, the fairest comparison
  fleet bench --apps all --from-history                      a baseline without a build
  fleet report --before before --after after")]
pub(super) struct Bench {
    /// Which apps
    #[arg(long, value_name = "EXPR")]
    apps: String,

    /// Which hosts [default: all that build these apps]
    #[arg(long, value_name = "EXPR")]
    hosts: Option<String>,

    /// What to build: cold, warm, edit
    #[arg(long = "scenario", value_name = "LIST", value_delimiter = ',', default_value = "cold", value_parser = scenario)]
    scenarios: Vec<Scenario>,

    /// Builds of each
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,

    /// A name for this benchmark, for reports
    #[arg(long, value_name = "NAME", value_parser = label)]
    label: Option<String>,

    /// Build with a template, a file of this machine, or `repo`: the checkout's own
    #[arg(long, value_name = "TEMPLATE|FILE|repo", default_value = REPO)]
    dockerfile: String,

    /// Build with two or more of these in turns
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with = "dockerfile")]
    interleave: Vec<String>,

    /// Set a variable of the template; covers the inventory
    #[arg(long, value_name = "KEY=VALUE", value_parser = render::pair)]
    set: Vec<(String, String)>,

    /// Build nothing; read what builders remember of past builds (Docker 24, buildx 0.20)
    #[arg(long, conflicts_with_all = ["interleave", "dockerfile", "scenarios", "runs"])]
    from_history: bool,

    /// With --from-history: also ask engines before Docker 29.5, which it can crash
    #[arg(long, requires = "from_history")]
    accept_crash: bool,

    /// End with exit code 8 when a median is over this time
    #[arg(long, value_name = "TIME", value_parser = duration)]
    fail_over: Option<Duration>,

    #[command(flatten)]
    touch: Touch,
}

fn scenario(text: &str) -> Result<Scenario, String> {
    Scenario::ALL
        .into_iter()
        .find(|scenario| scenario.as_str() == text)
        .ok_or_else(|| "write cold, warm or edit".to_owned())
}

fn label(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(good) {
        return Err("up to 64 letters, digits, dots, dashes and underscores".into());
    }
    if text.starts_with("last") {
        return Err("`last` always means the last run".into());
    }
    Ok(text.to_owned())
}

impl Bench {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let (apps, hosts) = self.select(&project)?;
        let renderers = self.renderers(global, &project)?;
        let own = |host: &Host| of_host(&project, &apps, &renderers, host);
        let mut touch = self.touch.clone();
        let timeout = touch.timeout.take();
        let mut with = Table::new();
        let scenarios = self.scenarios.iter().map(|s| Value::from(s.as_str())).collect();
        with.insert("scenarios".into(), Value::Array(scenarios));
        with.insert("runs".into(), i64::from(self.runs).into());
        for (name, value) in [("timeout", timeout), ("fail_over", self.fail_over)] {
            if let Some(value) = value {
                with.insert(name.into(), format!("{}ms", value.as_millis()).into());
            }
        }
        if self.from_history {
            with.remove("runs");
            with.remove("scenarios");
            with.insert("from_history".into(), true.into());
            with.insert("accept_crash".into(), self.accept_crash.into());
        }
        if let Some(label) = &self.label {
            with.insert("label".into(), label.clone().into());
        }
        // For reports; each host has its own as well.
        let serial = project.select(&hosts, None)?.iter().any(|host| host.serial);
        with.insert("serial".into(), serial.into());
        let wish = Wish {
            timeout: WHOLE,
            own: Some(&own),
            judge: Some(&|run| self.judge(run)),
            ..Wish::new("bench", Playbook::of("bench", "bench", with), &hosts)
        };
        carry_out(global, &touch, wish).await
    }

    /// The apps, and an expression of those hosts that build any of them.
    fn select<'p>(&self, project: &'p Project) -> Result<(Vec<&'p App>, String), Fault> {
        let selection = Selection::parse(&self.apps).map_err(Fault::file)?;
        let apps = project.inventory.select_apps(&selection).map_err(Fault::file)?;
        for app in &apps {
            if app.path.is_none() {
                return Err(Fault::usage(format!("app {} has no checkout on its hosts", app.name))
                    .hint("give it a `path` in the inventory"));
            }
        }
        let wanted = project.select(self.hosts.as_deref().unwrap_or("all"), None)?;
        let builds = |host: &&&Host| apps.iter().any(|app| is_built_on(project, app, host));
        let building: Vec<&str> =
            wanted.iter().filter(builds).map(|host| host.name.as_str()).collect();
        if building.is_empty() {
            let names: Vec<&str> = apps.iter().map(|app| app.name.as_str()).collect();
            return Err(Fault::usage(format!("none of these hosts builds {}", names.join(", ")))
                .hint("fleet apps shows where apps are built"));
        }
        let all = building.len() == wanted.len();
        let expression = self.hosts.clone().filter(|_| all);
        Ok((apps, expression.unwrap_or_else(|| building.join(","))))
    }

    /// Each Dockerfile by its name, with whatever makes its files.
    fn renderers<'p>(
        &self,
        global: &Global,
        project: &'p Project,
    ) -> Result<Vec<(String, Source<'p>)>, Fault> {
        let names = if self.interleave.is_empty() {
            std::slice::from_ref(&self.dockerfile)
        } else {
            &self.interleave
        };
        let mut sources: Vec<(String, Source<'p>)> = Vec::new();
        for name in names {
            if sources.iter().any(|(known, _)| known == name) {
                return Err(Fault::usage(format!("--interleave names {} twice", escape(name))));
            }
            sources.push((name.clone(), self.source(global, project, name)?));
        }
        Ok(sources)
    }

    /// Where the Dockerfile of this name comes from.
    fn source<'p>(
        &self,
        global: &Global,
        project: &'p Project,
        name: &str,
    ) -> Result<Source<'p>, Fault> {
        if name == REPO {
            return Ok(Source::Repo);
        }
        let path = global.directory.as_deref().unwrap_or(Path::new("")).join(name);
        if name.contains(['/', '.']) || path.is_file() {
            let text = std::fs::read_to_string(&path)
                .map_err(|e| Fault::usage(format!("{}: {e}", path.display())))?;
            return Ok(Source::File(text));
        }
        let renderer =
            Renderer::new(&project.inventory, self.set.iter().cloned(), Some(name.to_owned()));
        Ok(Source::Template(RefCell::new(renderer)))
    }

    /// Whether any median is over the limit.
    fn judge(&self, run: &Run) -> ExitCode {
        let Some(limit) = self.fail_over else { return ExitCode::OK };
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let over = run.hosts.iter().any(|host| host.build_medians().any(|(_, m)| m > limit));
        if over { ExitCode::OVER_LIMIT } else { ExitCode::OK }
    }
}

/// The parameters that a host has for itself.
fn of_host(
    project: &Project,
    apps: &[&App],
    sources: &[(String, Source<'_>)],
    host: &Host,
) -> Result<Table, Fault> {
    let mut list = Vec::new();
    for app in apps.iter().filter(|app| is_built_on(project, app, host)) {
        let mut dockerfiles = Vec::new();
        for (name, source) in sources {
            let mut dockerfile = Table::new();
            dockerfile.insert("name".into(), name.clone().into());
            dockerfile.insert("forms".into(), Value::Array(source.forms(project, app, host)?));
            dockerfiles.push(Value::Table(dockerfile));
        }
        let mut table = Table::new();
        table.insert("name".into(), app.name.clone().into());
        table.insert("path".into(), app.path.clone().unwrap_or_default().into());
        table.insert("dockerfiles".into(), Value::Array(dockerfiles));
        list.push(Value::Table(table));
    }
    let mut with = Table::new();
    with.insert("apps".into(), Value::Array(list));
    with.insert("serial".into(), host.serial.into());
    Ok(with)
}

fn is_built_on(project: &Project, app: &App, host: &Host) -> bool {
    let hosts = project.inventory.app_hosts(app).unwrap_or_default();
    hosts.iter().any(|built| built.name == host.name)
}

/// Where a Dockerfile comes from.
enum Source<'p> {
    Repo,
    File(String),
    Template(RefCell<Renderer<'p>>),
}

impl Source<'_> {
    /// The files, for each set of builders that need the same.
    fn forms(&self, project: &Project, app: &App, host: &Host) -> Result<Vec<Value>, Fault> {
        match self {
            Self::Repo => Ok(Vec::new()),
            Self::File(text) => {
                let mut file = Table::new();
                file.insert("path".into(), "Dockerfile".into());
                file.insert("text".into(), text.clone().into());
                Ok(vec![form(Vec::new(), vec![Value::Table(file)])])
            }
            Self::Template(renderer) => {
                let mut renderer = renderer.borrow_mut();
                let mut forms: Vec<(Vec<String>, Vec<File>)> = Vec::new();
                let mut wrong = None;
                for frontend in docker::frontends() {
                    match renderer.render(app, Some(host), Some(&frontend)) {
                        Ok(files) => match forms.iter_mut().find(|(_, same)| *same == files) {
                            Some((frontends, _)) => frontends.push(frontend),
                            None => forms.push((vec![frontend], files)),
                        },
                        Err(error) => wrong = Some(error),
                    }
                }
                match wrong {
                    Some(error) if forms.is_empty() => Err(render::fault(project, error)),
                    _ => Ok(forms.into_iter().map(written).collect()),
                }
            }
        }
    }
}

fn written((frontends, files): (Vec<String>, Vec<File>)) -> Value {
    let files = files.into_iter().map(|file| {
        let mut table = Table::new();
        table.insert("path".into(), file.path.into());
        table.insert("text".into(), file.text.into());
        table.insert("executable".into(), file.executable.into());
        Value::Table(table)
    });
    form(frontends.into_iter().map(Value::from).collect(), files.collect())
}

fn form(frontends: Vec<Value>, files: Vec<Value>) -> Value {
    let mut form = Table::new();
    form.insert("frontends".into(), Value::Array(frontends));
    form.insert("files".into(), Value::Array(files));
    Value::Table(form)
}
