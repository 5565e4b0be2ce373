//! `fleet report`: a stored run in one of the formats.

use super::args::Global;
use super::fault::Fault;
use super::out;
use super::project::Project;
use crate::record::ExitCode;
use crate::report::{self, FORMATS, View};
use clap::builder::PossibleValuesParser;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Report {
    /// A run's name or its beginning, `last`, or `last~1`
    #[arg(default_value = "last")]
    run: String,

    /// The format [default: by the end of FILE's name, else terminal]
    #[arg(long, value_parser = PossibleValuesParser::new(FORMATS.iter().map(|f| f.name)))]
    format: Option<String>,

    /// Write it to FILE, which must not exist; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Report {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let extension = self.output.as_ref().and_then(|path| path.extension());
        let by_name = FORMATS.iter().find(|f| extension.is_some_and(|e| e == f.extension));
        let format = self.format.as_deref().or(by_name.map(|f| f.name)).unwrap_or("terminal");
        let Some(path) = self.output.as_ref().filter(|path| path.as_os_str() != "-") else {
            return render(global, &project, &self.run, format);
        };
        let text = text(global, &project, &self.run, format, false)?;
        write_new(path, &text)?;
        Ok(ExitCode::OK)
    }
}

/// Prints a stored run.
pub(super) fn render(
    global: &Global,
    project: &Project,
    run: &str,
    format: &str,
) -> Result<ExitCode, Fault> {
    out::result(&text(global, project, run, format, global.color.on_stdout())?);
    Ok(ExitCode::OK)
}

fn text(
    global: &Global,
    project: &Project,
    run: &str,
    format: &str,
    color: bool,
) -> Result<String, Fault> {
    let reader = project.history()?;
    let id =
        reader.find(run).map_err(|e| Fault::usage(e.to_string()).hint("see: fleet history"))?;
    let run = reader.load(&id).map_err(Fault::history)?;
    let format = report::format(format)
        .ok_or_else(|| Fault::usage(format!("no format is called {format}")))?;
    let view = View { width: out::width(), color, verbose: global.verbose > 0 };
    Ok((format.render)(&run, &view))
}

/// Writes a file that must not exist, readable by its owner alone.
pub(super) fn write_new(path: &std::path::Path, text: &str) -> Result<(), Fault> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| {
        Fault::usage(format!("{}: {e}", path.display())).hint("name a file that does not exist yet")
    })
}
