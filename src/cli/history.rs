//! `fleet history`: past runs.

use super::args::Global;
use super::fault::Fault;
use super::out;
use super::project::Project;
use crate::history::RunSummary;
use crate::record::ExitCode;
use crate::report::{self, FORMATS, HistoryRow, View};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct History {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List runs, newest first
    List {
        /// At most so many
        #[arg(short = 'n', long, value_name = "N", default_value = "20")]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one run: its report, and with -v every object
    Show {
        /// A run's name or its beginning, its label, `last`, or `last~1`
        #[arg(default_value = "last")]
        run: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl History {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        match &self.what {
            None => list(global, &project, 20, false),
            Some(What::List { limit, json }) => list(global, &project, *limit, *json),
            Some(What::Show { run, json }) => {
                let format = report::format(if *json { "json" } else { "terminal" });
                super::report::render(global, &project, run, format.unwrap_or(&FORMATS[0]))
            }
        }
    }
}

fn list(
    global: &Global,
    project: &Project,
    limit: usize,
    as_json: bool,
) -> Result<ExitCode, Fault> {
    let runs = project.history()?.runs(limit).map_err(Fault::history)?;
    let past: Vec<HistoryRow> = runs.into_iter().map(past).collect();
    if as_json {
        let document = json!({ "schema": "fleet.history/1", "runs": past });
        out::result(&format!("{document:#}\n"));
    } else {
        let color = global.color.on_stdout();
        let view = View { width: out::width(), color, verbose: global.verbose > 0 };
        out::result(&report::history(&past, &view));
    }
    Ok(ExitCode::OK)
}

fn past(run: RunSummary) -> HistoryRow {
    HistoryRow {
        run: run.run,
        started: run.started,
        ended: run.ended,
        verb: run.verb,
        selection: run.selection,
        label: run.label,
        check: run.check,
        exit_code: run.exit_code,
        hosts: run.hosts,
        tally: run.tally,
    }
}
