//! `fleet lint`: what makes the builds of Dockerfiles slow, and how to mend it.

mod folder;
mod prices;
mod sources;

use super::args::Global;
use super::fault::Fault;
use super::out;
use crate::dockerfile::{self, FORMATS, Format, Linted, Look, Safety};
use crate::record::ExitCode;
use clap::ValueHint;
use folder::Folder;
use prices::Prices;
use sources::Source;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Lint {
    /// Dockerfiles, folders with Dockerfiles, or apps of the inventory
    #[arg(value_name = "FILE|DIR|APP", value_hint = ValueHint::AnyPath, required_unless_present_any = ["list", "explain"])]
    what: Vec<PathBuf>,

    /// Write the fixes that leave the image's files as they are; `modes`: those that change modes, too
    #[arg(long, value_name = "modes", num_args = 0..=1, require_equals = true, default_missing_value = "same")]
    fix: Option<Allowed>,

    /// Say what lines weigh in this image, which is on HOST
    #[arg(long, value_name = "REF", requires = "host", conflicts_with_all = ["list", "explain"])]
    image: Option<String>,

    /// The host that has the image
    #[arg(long, value_name = "HOST", requires = "image")]
    host: Option<String>,

    /// Give up on opening a connection after this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::args::duration)]
    connect_timeout: Duration,

    /// How to show the findings
    #[arg(long, value_name = "FORMAT", default_value = "terminal", value_parser = format)]
    format: &'static Format,

    /// List the rules
    #[arg(long, conflicts_with_all = ["what", "fix"])]
    list: bool,

    /// Tell all about one rule
    #[arg(long, value_name = "RULE", conflicts_with_all = ["what", "fix", "list"])]
    explain: Option<String>,

    /// With --list: print docs/lint.md
    #[arg(long, hide = true, requires = "list")]
    markdown: bool,
}

/// What `--fix` may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Allowed {
    /// What leaves the image's files as they are.
    Same,
    /// What changes modes, too.
    Modes,
}

fn format(name: &str) -> Result<&'static Format, String> {
    FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        format!("one of {}", names.join(", "))
    })
}

impl Lint {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let prices = Prices::of_benchmarks(global);
        let (Some(image), Some(host)) = (&self.image, &self.host) else {
            return self.lint_all(global, &prices);
        };
        super::wait_for(async {
            let prices = prices.of_image(global, host, image, self.connect_timeout).await?;
            self.lint_all(global, &prices)
        })
    }

    fn lint_all(&self, global: &Global, prices: &Prices) -> Result<ExitCode, Fault> {
        if self.list {
            let width = out::width();
            out::result(&if self.markdown {
                dockerfile::markdown()
            } else {
                dockerfile::list(width)
            });
            return Ok(ExitCode::OK);
        }
        if let Some(name) = &self.explain {
            return explain(name);
        }
        let (sources, mut exit) = sources::find(&self.what, global);
        let mut all = Vec::new();
        for source in sources {
            match self.lint(source, prices) {
                Ok(linted) => all.push(linted),
                Err(fault) => {
                    out::notice(&fault.render(global.color.on_stderr()));
                    exit = ExitCode::USAGE;
                }
            }
        }
        let look = Look {
            width: out::width(),
            color: global.color.on_stdout(),
            brief: global.quiet,
            verbose: global.verbose > 0,
        };
        if !all.is_empty() {
            out::result(&(self.format.render)(&all, &look));
        }
        let found = all.iter().any(|linted| !linted.findings.is_empty());
        Ok(if exit == ExitCode::OK && found { ExitCode::FINDINGS } else { exit })
    }

    fn lint(&self, source: Source, prices: &Prices) -> Result<Linted, Fault> {
        let context = Folder::new(source.context.clone());
        let mut applied = Vec::new();
        let mut text = source.text;
        if let Some(allowed) = self.fix {
            let Some(path) = &source.path else {
                return Err(Fault::usage(format!("{}: --fix writes files only", text.name)).hint(
                    "an app's Dockerfile is mended in its template: fleet lint --fix TEMPLATE",
                ));
            };
            let safety = if allowed == Allowed::Modes { Safety::Modes } else { Safety::Same };
            let mended = dockerfile::mend(&text, &context, safety);
            if mended.bytes != text.bytes {
                folder::replace(path, &mended.bytes).map_err(|e| {
                    Fault::usage(format!("{}: {e}", path.display())).hint("it is as it was")
                })?;
                text = dockerfile::Text::new(text.name.clone(), mended.bytes, text.template);
            }
            applied = mended.applied;
        }
        let file = dockerfile::parse(text);
        let mut findings = dockerfile::lint(&file, &context);
        prices.fill_in(&file, &mut findings);
        Ok(Linted { file, findings, applied })
    }
}

fn explain(name: &str) -> Result<ExitCode, Fault> {
    let Some(rule) = dockerfile::rule(name) else {
        let near = dockerfile::RULES
            .iter()
            .map(|rule| (strsim::jaro_winkler(rule.name, name), rule.name))
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let hint = match near {
            Some((score, near)) if score > 0.7 => format!("did you mean {near}?"),
            _ => "fleet lint --list names them".to_owned(),
        };
        let name = crate::human::excerpt(name.as_bytes(), 60);
        return Err(Fault::usage(format!("no rule `{name}`")).hint(hint));
    };
    out::result(&dockerfile::explain(rule, out::width()));
    Ok(ExitCode::OK)
}
