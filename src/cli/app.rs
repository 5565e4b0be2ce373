//! `fleet app scan`: an app's table for the inventory, made from its own files.

use super::args::Global;
use super::fault::Fault;
use super::out;
use crate::human::escape;
use crate::inventory::Inventory;
use crate::record::ExitCode;
use crate::scan::{self, Scan};
use crate::template::Template;
use clap::ValueHint;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The template whose variables are told.
const TEMPLATE: &str = "rails";

#[derive(Debug, clap::Args)]
pub(super) struct App {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Read a Rails app's folder and print its table for the inventory
    Scan(Describe),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing of the app is run, and nothing is written but what -o names:
  fleet app scan ../shop
  fleet app scan ../shop -o inventory/shop.toml    # then: fleet render shop
  fleet app scan ../shop --name shop --json")]
struct Describe {
    /// The folder of the app
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath)]
    path: PathBuf,

    /// Call the app so [default: what Kamal calls it, its module, its folder]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Write to a new file instead of printing
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl App {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let Verb::Scan(verb) = &self.verb;
        verb.run(global)
    }
}

impl Describe {
    fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let start = global.directory.clone().unwrap_or_default();
        let template = Template::load(&project(global), TEMPLATE)
            .map_err(|error| Fault::usage(escape(&error.to_string())))?;
        let path = start.join(&self.path);
        let scan = scan::scan(&path, &template)
            .map_err(|error| Fault::usage(error.to_string()).hint(error.hint()))?;
        let name = self.name(&scan)?;
        let repo = repo(&path)?;
        let show = if self.json { scan::json } else { scan::table };
        self.deliver(&start, &show(&scan, name, &repo, TEMPLATE), global)?;
        for problem in &scan.problems {
            out::notice(&format!("warning: {problem}\n"));
        }
        Ok(ExitCode::OK)
    }

    fn name<'n>(&'n self, scan: &'n Scan) -> Result<&'n str, Fault> {
        let name = self.name.as_deref().unwrap_or(&scan.name.0);
        if scan::is_name(name) {
            return Ok(name);
        }
        Err(Fault::usage(format!("`{}` cannot name an app", escape(name)))
            .hint("a letter or digit, then at most 63 letters, digits, `.`, `_` or `-`; not `all`"))
    }

    fn deliver(&self, start: &Path, text: &str, global: &Global) -> Result<(), Fault> {
        let Some(output) = &self.output else {
            out::result(text);
            return Ok(());
        };
        let output = start.join(output);
        write_new(&output, text).map_err(|error| {
            let fault = Fault::usage(format!("{}: {error}", escape(&output.to_string_lossy())));
            match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    fault.hint("nothing was written; name another file")
                }
                _ => fault,
            }
        })?;
        if !global.quiet {
            out::notice(&format!("wrote {}\n", escape(&output.to_string_lossy())));
        }
        Ok(())
    }
}

/// The whole path of the app, as the inventory takes it.
fn repo(path: &Path) -> Result<String, Fault> {
    let whole = fs::canonicalize(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    whole.filter(|whole| escape(whole) == whole.as_str()).ok_or_else(|| {
        let path = path.to_string_lossy();
        Fault::usage(format!("{}: the inventory takes no such path", escape(&path)))
            .hint("move the app to a folder whose name is plain text")
    })
}

/// Where templates are looked for: the project, if there is one.
fn project(global: &Global) -> PathBuf {
    let start = global.directory.as_deref().unwrap_or(Path::new("."));
    let named = global.inventory.as_ref().map(|path| start.join(path));
    named.or_else(|| Inventory::find(start).ok()).unwrap_or_else(|| start.to_owned())
}

/// Over nothing that is there, a link that leads nowhere included.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}
