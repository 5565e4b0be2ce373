//! `fleet history`: past runs.

use super::args::Global;
use super::fault::Fault;
use super::out;
use super::project::Project;
use crate::history::{self, RunSummary};
use crate::human::{escape, escape_bytes};
use crate::record::ExitCode;
use crate::report::{self, FORMATS, HistoryRow, View};
use flate2::read::GzDecoder;
use serde_json::json;
use std::io::{BufRead, BufReader};

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
        #[arg(long, conflicts_with = "log")]
        json: bool,
        /// Print the logs of its builds, or of those whose host or name holds TEXT
        #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "")]
        log: Option<String>,
    },
}

impl History {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        match &self.what {
            None => list(global, &project, 20, false),
            Some(What::List { limit, json }) => list(global, &project, *limit, *json),
            Some(What::Show { run, log: Some(text), .. }) => logs(&project, run, text),
            Some(What::Show { run, json, log: None }) => {
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

/// Prints logs line by line: what control characters they hold is not for a terminal.
fn logs(project: &Project, run: &str, text: &str) -> Result<ExitCode, Fault> {
    let history = project.history()?;
    let run =
        history.find(run).map_err(|e| Fault::usage(e.to_string()).hint("see: fleet history"))?;
    let logs = history.logs(&run).map_err(Fault::history)?;
    let title = |log: &history::Log| match &log.host {
        Some(host) => format!("{host}: {}", log.name),
        None => log.name.clone(),
    };
    let mut some = false;
    for log in logs.iter().filter(|log| title(log).contains(text)) {
        some = true;
        out::result(&format!("==> {} <==\n", escape(&title(log))));
        let lines = BufReader::new(GzDecoder::new(log.gzip.as_slice())).split(b'\n');
        for line in lines {
            let line = line.map_err(|e| Fault::usage(format!("the log is damaged: {e}")))?;
            out::result(&format!("{}\n", escape_bytes(&line)));
        }
    }
    if some {
        return Ok(ExitCode::OK);
    }
    let fault = Fault::usage(format!("run {run} has no such log"));
    Err(match logs.first() {
        Some(log) => fault.hint(format!("there is, for example, `{}`", escape(&title(log)))),
        None => fault.hint("only builds have logs: fleet bench"),
    })
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
