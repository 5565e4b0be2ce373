//! `fleet report`: a stored run, or a comparison of stored runs, in one of the formats.

use super::args::Global;
use super::fault::Fault;
use super::project::Project;
use super::{out, put};
use crate::history::Reader;
use crate::human::escape;
use crate::record::{ExitCode, Run};
use crate::report::compare::{self, COMPARISONS};
use crate::report::{FORMATS, Format, View};
use clap::ValueHint;
use clap::builder::PossibleValuesParser;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(after_help = COMPARING)]
pub(super) struct Report {
    /// A run's name or its beginning, its label, `last`, or `last~1` [default: last]
    #[arg(conflicts_with_all = ["before", "after"])]
    run: Option<String>,

    /// Compare: the runs before a change, named as RUN, several with commas between them; RUN:NAME
    /// takes those builds alone whose Dockerfile has this name
    #[arg(long, value_name = "RUN[:NAME]", requires = "after", value_delimiter = ',')]
    before: Vec<String>,

    /// Compare: the runs after it
    #[arg(long, value_name = "RUN[:NAME]", requires = "before", value_delimiter = ',')]
    after: Vec<String>,

    /// The format; html is a page of its own [default: by the end of FILE's name, else terminal]
    #[arg(long, value_parser = PossibleValuesParser::new(names()))]
    format: Option<String>,

    /// Write it to FILE, which must not exist; - is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Write over FILE
    #[arg(long, requires = "output")]
    force: bool,
}

const COMPARING: &str = "\
A comparison matches builds by host, app and scenario, and what was measured on hosts by its name.
It says faster or slower only where a difference is significant (exact Mann-Whitney test, adjusted
after Holm); with fewer than 4 builds a side, or under other conditions, it says so instead.

  fleet report --before last~1 --after last -o brought.html
  fleet report --before last:repo --after last:rails       the two sides of bench --interleave
  fleet report --before baseline --after tuned --format csv -o comparison.csv";

/// The names of all formats, each once.
fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    names.extend(COMPARISONS.iter().map(|format| format.name));
    let mut seen = Vec::new();
    names.retain(|name| {
        !seen.contains(name) && {
            seen.push(*name);
            true
        }
    });
    names
}

impl Report {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let file = self.output.as_ref().filter(|path| path.as_os_str() != "-");
        let color = file.is_none() && global.color.on_stdout();
        let text = if self.before.is_empty() {
            let run = self.run.as_deref().unwrap_or("last");
            text(global, &project, run, self.format(FORMATS, "run")?, color)?
        } else {
            self.comparison(global, &project, color)?
        };
        match file {
            Some(path) => self.write(global, path, &text)?,
            None => out::result(&text),
        }
        Ok(ExitCode::OK)
    }

    fn write(&self, global: &Global, path: &Path, text: &str) -> Result<(), Fault> {
        if self.force {
            put::over(path, text)?;
        } else {
            write_new(path, text).map_err(|fault| {
                fault.hint("name a file that does not exist yet, or add --force")
            })?;
        }
        if !global.quiet {
            out::notice(&format!("wrote {}\n", path.display()));
        }
        Ok(())
    }

    fn comparison(&self, global: &Global, project: &Project, color: bool) -> Result<String, Fault> {
        let format = self.format(COMPARISONS, "comparison")?;
        let reader = project.history()?;
        let before = load_all(&reader, &self.before, "--before")?;
        let after = load_all(&reader, &self.after, "--after")?;
        let comparison = compare::compare(&before, &after)
            .map_err(|e| Fault::usage(e.to_string()).hint(e.hint()))?;
        Ok((format.render)(&comparison, &view(global, color)))
    }

    /// The format that was asked for, or that the file's name asks for.
    fn format<T>(
        &self,
        formats: &'static [Format<T>],
        what: &str,
    ) -> Result<&'static Format<T>, Fault> {
        let extension = self.output.as_ref().and_then(|path| path.extension());
        let by_name = formats.iter().find(|f| extension.is_some_and(|e| e == f.extension));
        let format = match &self.format {
            None => by_name.unwrap_or(&formats[0]),
            Some(name) => formats.iter().find(|format| format.name == *name).ok_or_else(|| {
                let known: Vec<_> = formats.iter().map(|format| format.name).collect();
                Fault::usage(format!("a {what} has no format {name}"))
                    .hint(format!("its formats: {}", known.join(", ")))
            })?,
        };
        if format.extension == "html" && self.output.is_none() && out::is_terminal() {
            return Err(Fault::usage("a page is for a browser, not for a terminal")
                .hint("write it to a file: --output report.html"));
        }
        Ok(format)
    }
}

fn load_all(reader: &Reader, asked: &[String], side: &str) -> Result<Vec<Run>, Fault> {
    let mut runs: Vec<Run> = Vec::new();
    for asked in asked {
        let run = load_side(reader, asked, side)?;
        // Named twice, its builds still count once.
        let known = |known: &Run| {
            known.start.run == run.start.run && known.dockerfiles() == run.dockerfiles()
        };
        if !runs.iter().any(known) {
            runs.push(run);
        }
    }
    Ok(runs)
}

/// A run, or those builds of it whose Dockerfile has the name behind the colon.
fn load_side(reader: &Reader, asked: &str, side: &str) -> Result<Run, Fault> {
    let Some((asked, name)) = asked.split_once(':') else { return load(reader, asked, side) };
    let run = load(reader, asked, side)?;
    if run.dockerfiles().contains(name) {
        return Ok(run.of_dockerfile(name));
    }
    let built = run.dockerfiles().into_iter().map(escape).collect::<Vec<_>>().join(", ");
    let fault = Fault::usage(format!("{side}: run {asked} built no `{}`", escape(name)));
    Err(if built.is_empty() { fault } else { fault.hint(format!("it built {built}")) })
}

fn load(reader: &Reader, asked: &str, place: &str) -> Result<Run, Fault> {
    let told = |e: crate::history::FindError| {
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        Fault::usage(format!("{place}{e}")).hint("see: fleet history")
    };
    let id = reader.find(asked).map_err(told)?;
    reader.load(&id).map_err(Fault::history)
}

fn view(global: &Global, color: bool) -> View {
    View { width: out::width(), color, verbose: global.verbose > 0 }
}

/// Prints a stored run.
pub(super) fn render(
    global: &Global,
    project: &Project,
    run: &str,
    format: &Format,
) -> Result<ExitCode, Fault> {
    out::result(&text(global, project, run, format, global.color.on_stdout())?);
    Ok(ExitCode::OK)
}

fn text(
    global: &Global,
    project: &Project,
    run: &str,
    format: &Format,
    color: bool,
) -> Result<String, Fault> {
    let run = load(&project.history()?, run, "")?;
    Ok((format.render)(&run, &view(global, color)))
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
