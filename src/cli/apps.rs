//! `fleet apps`: the apps of the inventory, their templates and where they are built.

use super::args::Global;
use super::fault::Fault;
use super::out;
use super::project::Project;
use crate::human::{escape, fold_names};
use crate::inventory::{App, Selection};
use crate::plan::{RenderError, Renderer};
use crate::record::ExitCode;
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(super) struct Apps {
    /// Which apps [default: all]
    #[arg(value_name = "EXPR")]
    apps: Option<String>,

    /// Say where each app's variables are written
    #[arg(long)]
    explain: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An app with what is known of it beside the inventory.
struct Row<'p> {
    app: &'p App,
    hosts: Vec<&'p str>,
    version: Result<String, String>,
}

impl Apps {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let selection =
            Selection::parse(self.apps.as_deref().unwrap_or("all")).map_err(Fault::file)?;
        let apps = project.inventory.select_apps(&selection).map_err(Fault::file)?;
        let mut renderer = Renderer::new(&project.inventory, [], None);
        let rows: Vec<_> = apps.iter().map(|app| row(&project, &mut renderer, app)).collect();
        out::result(&match (self.json, self.explain) {
            (true, _) => as_json(&rows),
            (false, true) => explained(&project, &rows),
            (false, false) => table(&rows),
        });
        Ok(ExitCode::OK)
    }
}

fn row<'p>(project: &'p Project, renderer: &mut Renderer<'_>, app: &'p App) -> Row<'p> {
    let hosts = project.inventory.app_hosts(app).unwrap_or_default();
    let version = match renderer.template(app) {
        Ok(template) => Ok(template.version().to_owned()),
        Err(RenderError::Template { error, .. }) => Err(error.to_string()),
        Err(_) => Err("cannot be read".into()),
    };
    Row { app, hosts: hosts.iter().map(|host| host.name.as_str()).collect(), version }
}

fn table(rows: &[Row<'_>]) -> String {
    let mut table = Table::new();
    let head = ["app", "template", "hosts", "path", "repo"];
    table.load_style(presets::NOTHING).set_header(head);
    for Row { app, hosts, version } in rows {
        let version = version.as_ref().map_or_else(|_| "(broken)".into(), Clone::clone);
        let repo = app.repo.as_ref().map(|repo| repo.display().to_string());
        table.add_row([
            app.name.clone(),
            format!("{} {version}", app.template),
            fold_names(hosts.iter().copied()),
            app.path.clone().unwrap_or_default(),
            escape(&repo.unwrap_or_default()).into_owned(),
        ]);
    }
    let mut text = String::new();
    for line in table.lines() {
        // The table pads every cell on both sides.
        let _ = writeln!(text, "{}", line.strip_prefix(' ').unwrap_or(&line).trim_end());
    }
    for Row { app, version, .. } in rows {
        if let Err(reason) = version {
            let _ = writeln!(text, "{}: {}", app.name, escape(reason));
        }
    }
    text
}

fn explained(project: &Project, rows: &[Row<'_>]) -> String {
    let mut text = String::new();
    for Row { app, .. } in rows {
        let _ = writeln!(text, "{}", app.name);
        for line in project.inventory.explain_app(app) {
            let _ = writeln!(text, "  {} = {}  ({})", line.key, escape(&line.value), line.source);
        }
    }
    text
}

fn as_json(rows: &[Row<'_>]) -> String {
    let list: Vec<Value> = rows
        .iter()
        .map(|Row { app, hosts, version }| {
            json!({
                "name": app.name,
                "template": app.template,
                "template_version": version.as_ref().ok(),
                "template_problem": version.as_ref().err(),
                "hosts": hosts,
                "path": app.path,
                "repo": app.repo,
                "vars": app.vars,
            })
        })
        .collect();
    let document = json!({ "schema": "fleet.apps/1", "apps": list });
    format!("{document:#}\n")
}
