//! `fleet render`: an app's files, made from its template.

use super::args::Global;
use super::fault::Fault;
use super::out;
use super::project::Project;
use super::put;
use super::visit::visit;
use crate::human::escape;
use crate::inventory::{App, Host, Selection};
use crate::plan::{RenderError, Renderer};
use crate::record::ExitCode;
use crate::template::File;
use clap::ValueHint;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without -o the Dockerfile is printed. -o FILE writes it; -o DIR/ writes all files of the template:
  fleet render shop --for web1
  fleet render shop --set frontend=legacy --set 'packages=libvips,imagemagick'
  fleet render shop -o ../shop/")]
pub(super) struct Render {
    /// Which app
    #[arg(value_name = "APP")]
    app: String,

    /// Ask these hosts what their builder understands, and use their variables
    #[arg(long = "for", value_name = "HOST")]
    hosts: Option<String>,

    /// Write here instead of printing
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    output: Option<PathBuf>,

    /// Overwrite files that differ
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    given: Given,
}

/// What the command line says of variables and templates.
#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// Set a variable of the template; covers the inventory
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,

    /// Use this template instead of the app's own
    #[arg(long, value_name = "NAME")]
    template: Option<String>,

    /// Give up on opening a connection after this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::args::duration)]
    pub(super) connect_timeout: Duration,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl Given {
    pub(super) fn renderer<'p>(&self, project: &'p Project) -> Renderer<'p> {
        Renderer::new(&project.inventory, self.set.iter().cloned(), self.template.clone())
    }
}

/// A mistake in a template or in values, as the user sees it.
pub(super) fn fault(project: &Project, error: RenderError) -> Fault {
    match error {
        RenderError::Values(mistakes) => Fault::file(project.inventory.var_mistakes(&mistakes)),
        RenderError::Given { text, hint } => Fault::usage(text).hint(hint),
        RenderError::Template { app, error } => {
            let fault = Fault::usage(format!("app {app}: {}", escape(&error.to_string())));
            if error.hint.is_empty() { fault } else { fault.hint(error.hint) }
        }
    }
}

impl Render {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let app = self.app(&project)?;
        let mut renderer = self.given.renderer(&project);
        let files = match &self.hosts {
            Some(hosts) => {
                let hosts = project.select(hosts, None)?;
                self.render_for(global, &project, &mut renderer, app, &hosts).await?
            }
            None => renderer.render(app, None, None).map_err(|e| fault(&project, e))?,
        };
        self.deliver(global, &files)
    }

    fn app<'p>(&self, project: &'p Project) -> Result<&'p App, Fault> {
        if let Some(app) = project.inventory.app(&self.app) {
            return Ok(app);
        }
        let selection = Selection::parse(&self.app).map_err(Fault::file)?;
        let apps = project.inventory.select_apps(&selection).map_err(Fault::file)?;
        match apps.as_slice() {
            [app] => Ok(app),
            _ => Err(Fault::usage(format!("`{}` names more than one app", escape(&self.app)))
                .hint("render one app at a time; fleet apps lists them")),
        }
    }

    /// For several hosts: what all of their builders understand.
    async fn render_for(
        &self,
        global: &Global,
        project: &Project,
        renderer: &mut Renderer<'_>,
        app: &App,
        hosts: &[&Host],
    ) -> Result<Vec<File>, Fault> {
        // Mistakes come before the first connection.
        for host in hosts {
            renderer.render(app, Some(host), None).map_err(|e| fault(project, e))?;
        }
        let visits = visit(project, global, hosts, self.given.connect_timeout).await?;
        let mut frontends = Vec::new();
        for (host, visit) in hosts.iter().zip(visits) {
            let frontend = visit.and_then(|visit| visit.frontend);
            let frontend = frontend.map_err(|problem| Fault::host(host.name.as_str(), &problem))?;
            frontends.push((rank(&frontend), frontend, host.name.as_str()));
        }
        frontends.sort();
        let Some((least, frontend, name)) = frontends.first() else { return Ok(Vec::new()) };
        let mut rendered: Option<(Vec<File>, &Host)> = None;
        for host in hosts {
            let values = renderer.values(app, Some(host), Some(frontend));
            let (template, values) = values.map_err(|e| fault(project, e))?;
            let asked = values.text("frontend").unwrap_or(frontend);
            if rank(asked) > *least && !global.quiet {
                out::notice(&format!(
                    "warning: frontend {asked} is set, but {name} builds with {frontend}\n"
                ));
            }
            let files = template.render(&app.name, &values).map_err(|error| {
                fault(project, RenderError::Template { app: app.name.clone(), error })
            })?;
            match &rendered {
                Some((first, one)) if *first != files => {
                    return Err(Fault::usage(format!(
                        "app {}: {} and {} need different files",
                        app.name, one.name, host.name
                    ))
                    .hint("their variables differ: choose one host, or set them for the app"));
                }
                Some(_) => {}
                None => rendered = Some((files, host)),
            }
        }
        Ok(rendered.map(|(files, _)| files).unwrap_or_default())
    }

    fn deliver(&self, global: &Global, files: &[File]) -> Result<ExitCode, Fault> {
        let Some(output) = &self.output else {
            out::result(&files.first().map(|file| file.text.clone()).unwrap_or_default());
            return Ok(ExitCode::OK);
        };
        // -C moves what is relative, as everywhere.
        let output = &global.directory.as_deref().unwrap_or(Path::new("")).join(output);
        let whole = output.is_dir() || output.as_os_str().as_encoded_bytes().ends_with(b"/");
        let places: Vec<(PathBuf, &File)> = if whole {
            files.iter().map(|file| (output.join(Path::new(&file.path)), file)).collect()
        } else {
            files.first().map(|file| (output.clone(), file)).into_iter().collect()
        };
        for (path, put) in put::all(&places, self.force)? {
            if !global.quiet {
                out::notice(&format!("{put} {}\n", path.display()));
            }
        }
        Ok(ExitCode::OK)
    }
}

/// Frontends by what they can do.
fn rank(frontend: &str) -> u32 {
    frontend.strip_prefix("1.").and_then(|minor| minor.parse().ok()).unwrap_or(0)
}
