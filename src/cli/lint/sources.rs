//! From arguments to texts: files, folders, apps.

use super::super::args::Global;
use super::super::fault::Fault;
use super::super::out;
use super::super::project::Project;
use crate::dockerfile::Text;
use crate::plan::Renderer;
use crate::record::ExitCode;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The most bytes of a Dockerfile.
const LIMIT: u64 = 64 << 20;
/// The deepest folder that is looked into.
const DEPTH: usize = 32;

/// A Dockerfile to lint.
pub(super) struct Source {
    pub(super) text: Text,
    /// Where to write fixes; `None` for a rendered template.
    pub(super) path: Option<PathBuf>,
    /// The folder that a build of it sends.
    pub(super) context: Option<PathBuf>,
}

/// Reads everything that is named. What cannot be read is told, and the rest goes on.
pub(super) fn find(what: &[PathBuf], global: &Global) -> (Vec<Source>, ExitCode) {
    let root = global.directory.clone().unwrap_or_default();
    let mut finder =
        Finder { sources: Vec::new(), exit: ExitCode::OK, color: global.color.on_stderr() };
    let mut project = None;
    for name in what {
        let path = root.join(name);
        if path.is_dir() {
            let before = finder.sources.len();
            finder.folder(&path, name, 0);
            if finder.sources.len() == before && finder.exit == ExitCode::OK {
                let message = format!("{}: no Dockerfile in it", name.display());
                finder.wrong(&Fault::usage(message).hint("name the file itself"));
            }
        } else if path.exists() {
            let context = path.parent().map(Path::to_owned);
            finder.file(&path, name, context);
        } else {
            if project.is_none() {
                project = Some(Project::open(global));
            }
            match &project {
                Some(Ok(project)) => finder.app(project, name),
                // Without an inventory only paths can be meant.
                _ => finder.wrong(
                    &Fault::usage(format!("no file, folder or app {}", name.display()))
                        .hint("-C names the folder that paths and the inventory are looked for in"),
                ),
            }
        }
    }
    (finder.sources, finder.exit)
}

struct Finder {
    sources: Vec<Source>,
    exit: ExitCode,
    color: bool,
}

impl Finder {
    fn wrong(&mut self, fault: &Fault) {
        out::notice(&fault.render(self.color));
        self.exit = ExitCode::USAGE;
    }

    fn file(&mut self, path: &Path, shown: &Path, context: Option<PathBuf>) {
        let mut bytes = Vec::new();
        let read =
            fs::File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
        let name = shown.display().to_string();
        match read {
            Err(error) => self.wrong(&Fault::usage(format!("{name}: {error}"))),
            Ok(_) if bytes.len() as u64 > LIMIT => {
                self.wrong(&Fault::usage(format!("{name}: more than 64 MB are no Dockerfile")));
            }
            Ok(_) => {
                let template = path.extension().is_some_and(|end| end == "tera" || end == "j2");
                let text = Text::new(name, bytes, template);
                // A template's folder is not what its builds send.
                let context = context.filter(|_| !template);
                self.sources.push(Source { text, path: Some(path.to_owned()), context });
            }
        }
    }

    fn folder(&mut self, path: &Path, shown: &Path, depth: usize) {
        const SKIPPED: [&str; 4] = [".git", "node_modules", "vendor", "target"];
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                return self.wrong(&Fault::usage(format!("{}: {error}", shown.display())));
            }
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            let inner = path.join(&name);
            let shown = shown.join(&name);
            // Links are not followed: they may lead back.
            let Ok(kind) = fs::symlink_metadata(&inner).map(|data| data.file_type()) else {
                continue;
            };
            let name = name.to_string_lossy();
            if kind.is_dir() {
                if !SKIPPED.contains(&&*name) && depth < DEPTH {
                    self.folder(&inner, &shown, depth + 1);
                }
            } else if is_dockerfile(&name) && inner.is_file() {
                self.file(&inner, &shown, Some(path.to_owned()));
            }
        }
    }

    /// An app stands for its template with its variables filled in.
    fn app(&mut self, project: &Project, name: &Path) {
        let name = name.to_string_lossy();
        let Some(app) = project.inventory.app(&name) else {
            let known = project.inventory.apps().iter().map(|app| app.name.as_str());
            let near = known
                .map(|app| (strsim::jaro_winkler(app, &name), app))
                .max_by(|one, other| one.0.total_cmp(&other.0))
                .filter(|(score, _)| *score > 0.7);
            let hint = near.map_or_else(
                || "fleet lint takes files, folders, and apps of the inventory".to_owned(),
                |(_, app)| format!("did you mean the app {app}?"),
            );
            self.wrong(&Fault::usage(format!("no file, folder or app {name}")).hint(hint));
            return;
        };
        match Renderer::new(&project.inventory, [], None).render(app, None, None) {
            Ok(files) => {
                let shown = format!("{} (templates/{} rendered)", app.name, app.template);
                let rendered = files.into_iter().next().map(|file| file.text.into_bytes());
                let text = Text::new(shown, rendered.unwrap_or_default(), false);
                let context = app.repo.clone().filter(|repo| repo.is_dir());
                self.sources.push(Source { text, path: None, context });
            }
            Err(error) => self.wrong(&super::super::render::fault(project, error)),
        }
    }
}

fn is_dockerfile(name: &str) -> bool {
    name == "Dockerfile"
        || name.strip_prefix("Dockerfile.").is_some_and(|rest| rest != "dockerignore")
        || name.ends_with(".Dockerfile")
}
