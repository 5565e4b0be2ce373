//! What a stage has put where, layer by layer: the ground on which a `chown -R` stands.

mod walk;

pub(super) use walk::survey;

use super::context::Context;
use super::paths;
use super::shell::Command;
use super::text::Span;
use super::tree::Word;
use std::collections::{HashMap, HashSet};

/// The longest value of a variable that is filled in.
const LONGEST: usize = 4096;

/// One thing that a layer put somewhere.
#[derive(Clone, Debug)]
pub struct Deed {
    /// The stage and the instruction in it.
    pub at: (usize, usize),
    /// Where the instruction stands.
    pub span: Span,
    /// The path in the image.
    pub path: String,
    /// What was done.
    pub kind: Kind,
    /// Whether it is certain, path and all: no condition, no argument of the build in it.
    pub is_sure: bool,
}

/// What was put somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `COPY` or `ADD`, with its source in the context or in another stage.
    Copied {
        /// The source as written.
        source: String,
        /// The stage or image that it comes from; `None` for the context.
        from: Option<String>,
        /// What `--chown` says.
        owner: Option<String>,
        /// Whether it is a single file.
        is_file: bool,
    },
    /// A program filled a folder.
    Installed(&'static str),
    /// A single file that was fetched.
    Fetched,
    /// An empty folder.
    Made,
    /// A single file.
    Touched,
    /// A link to something.
    Linked,
    /// A program that nobody knows ran in this folder.
    Opaque,
    /// It was deleted.
    Removed,
}

/// A command with the folder that it runs in.
#[derive(Clone, Debug)]
pub struct Step {
    /// The command.
    pub command: Command,
    /// Its working folder.
    pub cwd: String,
    /// The script of the context that it stands in, and its line there.
    pub script: Option<(String, usize)>,
}

impl Step {
    /// A command of which the folder does not matter.
    pub(super) fn alone(command: &Command) -> Self {
        Self { command: command.clone(), cwd: String::new(), script: None }
    }
}

/// One stage's ground.
#[derive(Debug, Default)]
pub struct Ground {
    /// Everything put somewhere, earlier stages' that this one begins with first.
    pub deeds: Vec<Deed>,
    /// The commands of each `RUN`, by instruction.
    pub runs: HashMap<usize, Vec<Step>>,
    /// The working folder before each instruction.
    pub folders: Vec<String>,
    /// The user at each instruction, as written; `None` where no `USER` came yet.
    pub users: Vec<Option<Word>>,
    /// Values of `ENV` and `ARG`, with the instruction that sets them.
    values: HashMap<String, Vec<(usize, String)>>,
    /// The names that `ARG` declares.
    arguments: HashSet<String>,
    folder: String,
    user: Option<Word>,
}

/// How much lies under a path.
#[derive(Debug)]
pub enum Grade<'g> {
    /// Whole trees, put there by these.
    Tree(Vec<&'g Deed>),
    /// Perhaps a tree: a program that nobody knows ran there.
    Perhaps(Vec<&'g Deed>),
    /// A folder of the system, with what the base image has in it.
    System,
    /// Nothing, or so little that it does not matter.
    Little,
}

impl Ground {
    /// A path in the image, from a folder, with known variables filled in.
    #[must_use]
    pub fn path(&self, folder: &str, path: &str, at: usize) -> String {
        let path = self.expand(path, at);
        if path == "~" || path.starts_with("~/") {
            return paths::join("/root", path[1..].trim_start_matches('/'));
        }
        paths::join(folder, &path)
    }

    /// Fills in variables whose value is known at an instruction.
    #[must_use]
    pub fn expand(&self, text: &str, at: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            out.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            let (name, length) = variable(rest);
            let value = self.values.get(name).and_then(|values| {
                values.iter().rev().find(|(set, _)| *set <= at).map(|(_, value)| value)
            });
            match value {
                Some(value) if length > 0 && out.len() < LONGEST => {
                    out.push_str(value);
                    rest = &rest[length..];
                }
                _ if length > 0 && name.len() + 2 == length => {
                    // `${X}` and `$X` are the same.
                    out.push('$');
                    out.push_str(name);
                    rest = &rest[length..];
                }
                _ => out.push('$'),
            }
        }
        out.push_str(rest);
        out
    }

    /// Whether a variable has a value at an instruction.
    #[must_use]
    pub fn knows(&self, name: &str, at: usize) -> bool {
        self.values.get(name).is_some_and(|values| values.iter().any(|(set, _)| *set <= at))
    }

    /// What lies under a path in the layers before an instruction.
    #[must_use]
    pub fn grade(&self, path: &str, at: (usize, usize), context: &dyn Context) -> Grade<'_> {
        let earlier = || self.deeds.iter().filter(|deed| deed.at < at);
        let mut trees: Vec<&Deed> = Vec::new();
        let mut opaque = Vec::new();
        for deed in earlier().filter(|deed| paths::touch(&deed.path, path)) {
            match &deed.kind {
                Kind::Copied { is_file, .. } => {
                    let inside = deed.path != path && paths::is_within(path, &deed.path);
                    if !(is_file | (inside && self.is_empty_in(path, deed, at, context))) {
                        trees.push(deed);
                    }
                }
                Kind::Installed(_) => trees.push(deed),
                Kind::Opaque => {
                    let inside = deed.path != path && paths::is_within(path, &deed.path);
                    if !(inside && self.was_made(path, at)) {
                        opaque.push(deed);
                    }
                }
                Kind::Removed if paths::is_within(path, &deed.path) => {
                    trees.clear();
                    opaque.clear();
                }
                _ => {}
            }
        }
        let made = earlier().any(|d| d.kind == Kind::Made && paths::is_within(path, &d.path));
        match (trees.is_empty(), opaque.is_empty()) {
            (false, _) => Grade::Tree(trees),
            (true, false) => Grade::Perhaps(opaque),
            (true, true) if !made && is_system(path) => Grade::System,
            (true, true) => Grade::Little,
        }
    }

    fn was_made(&self, path: &str, at: (usize, usize)) -> bool {
        let made = |deed: &&Deed| deed.at < at && deed.kind == Kind::Made && deed.path == path;
        self.deeds.iter().any(|deed| made(&deed))
    }

    /// Whether a folder inside a copied tree is one that the copy did not fill.
    fn is_empty_in(
        &self,
        path: &str,
        copy: &Deed,
        at: (usize, usize),
        context: &dyn Context,
    ) -> bool {
        const EMPTY: [&str; 9] =
            ["log", "logs", "tmp", "storage", "cache", "run", "pids", "sockets", "uploads"];
        if context.is_known()
            && let Kind::Copied { source, from: None, .. } = &copy.kind
            && let Some(rest) = path.strip_prefix(&copy.path)
        {
            let inside = paths::join("/", &format!("{source}/{rest}"));
            return !context.holds(&inside[1..]);
        }
        self.deeds.iter().any(|deed| {
            deed.at < at
                && deed.at >= copy.at
                && deed.kind == Kind::Made
                && (deed.path == path
                    || (paths::is_within(&deed.path, path) && EMPTY.contains(&paths::name(path))))
        })
    }

    /// The path in the context of a file that was copied from it.
    #[must_use]
    pub fn source(&self, path: &str) -> Option<String> {
        self.deeds.iter().rev().find_map(|deed| {
            let Kind::Copied { source, from: None, .. } = &deed.kind else { return None };
            let rest = path.strip_prefix(deed.path.as_str())?;
            if !(rest.is_empty() || rest.starts_with('/') || deed.path == "/")
                || source.contains(['*', '$'])
                || source.contains("://")
            {
                return None;
            }
            let joined = paths::join("/", &format!("{source}/{rest}"));
            Some(joined[1..].to_owned())
        })
    }
}

/// The name behind a `$`, and how many bytes it takes with its braces.
fn variable(rest: &str) -> (&str, usize) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = rest.strip_prefix('{') {
        let name = inner.split(|c| !is_name(c)).next().unwrap_or_default();
        let closed = inner[name.len()..].starts_with('}');
        return (name, if closed { name.len() + 2 } else { 0 });
    }
    let name = rest.split(|c| !is_name(c)).next().unwrap_or_default();
    (name, name.len())
}

/// Folders of which every base image has a lot.
fn is_system(path: &str) -> bool {
    matches!(
        path,
        "/" | "/usr"
            | "/usr/local"
            | "/usr/lib"
            | "/usr/share"
            | "/var"
            | "/var/lib"
            | "/etc"
            | "/lib"
            | "/usr/local/bundle"
            | "/usr/local/lib"
            | "/usr/src"
            | "/usr/local/bundle/gems"
            | "/usr/local/lib/node_modules"
            | "/go"
            | "/usr/local/cargo"
            | "/usr/local/rustup"
            | "/usr/local/rvm"
            | "/opt/venv"
    )
}
