//! What a stage has put where, layer by layer: the ground on which a `chown -R` stands.

use super::context::Context;
use super::paths;
use super::programs;
use super::shell::{Command, Script};
use super::text::Span;
use super::tree::{Body, Dockerfile, Instruction, Stage, Word};
use std::collections::HashMap;

/// The most deeds of a stage that are remembered; real stages have fewer than a hundred.
const MOST: usize = 500;
/// The longest value of a variable that is filled in.
const LONGEST: usize = 4096;
/// The most scripts of the context that one file makes us read.
const SCRIPTS: usize = 20;

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

/// The ground of every stage.
pub(super) fn survey(file: &Dockerfile, context: &dyn Context) -> Vec<Ground> {
    let mut grounds: Vec<Ground> = Vec::new();
    let mut scripts = SCRIPTS;
    for (number, stage) in file.stages.iter().enumerate() {
        let mut ground = begin(stage, &grounds, file);
        for (at, instruction) in stage.instructions.iter().enumerate() {
            ground.folders.push(ground.folder.clone());
            ground.users.push(ground.user.clone());
            let mut walk = Walk { ground: &mut ground, context, scripts, at: (number, at) };
            walk.instruction(instruction);
            scripts = walk.scripts;
        }
        grounds.push(ground);
    }
    grounds
}

fn begin(stage: &Stage, grounds: &[Ground], file: &Dockerfile) -> Ground {
    let mut ground = Ground { folder: ".".into(), ..Ground::default() };
    if let Some(parent) = stage.parent.and_then(|parent| grounds.get(parent)) {
        ground.deeds.clone_from(&parent.deeds);
        ground.folder.clone_from(&parent.folder);
        ground.user.clone_from(&parent.user);
        let inherited = parent.values.iter().filter_map(|(name, values)| {
            values.last().map(|(_, value)| (name.clone(), vec![(0, value.clone())]))
        });
        ground.values = inherited.collect();
    } else if stage.base.value == "scratch" {
        ground.folder = "/".into();
    }
    for instruction in file.globals.iter().take(MOST / 4) {
        if let Body::Pairs(pairs) = &instruction.body {
            for (name, value) in pairs {
                // Known in a stage only once `ARG NAME` repeats it, which is how it is used.
                let value = value.as_ref().map(|v| v.value.clone()).unwrap_or_default();
                ground.values.entry(format!("ARG {}", name.value)).or_default().push((0, value));
            }
        }
    }
    ground
}

struct Walk<'w> {
    ground: &'w mut Ground,
    context: &'w dyn Context,
    scripts: usize,
    at: (usize, usize),
}

impl Walk<'_> {
    fn instruction(&mut self, instruction: &Instruction) {
        let at = self.at.1;
        match (&instruction.body, instruction.keyword) {
            (Body::Run(script), _) => {
                let mut steps = Vec::new();
                let folder = self.ground.folder.clone();
                self.commands(&script.commands, folder, None, &mut steps, 0);
                for step in &steps {
                    self.step(step, instruction);
                }
                self.ground.runs.insert(at, steps);
            }
            (Body::Copy { sources, dest }, _) => self.copy(instruction, sources, dest),
            (Body::Pairs(pairs), keyword) => {
                for (name, value) in pairs {
                    let global = || {
                        let values = self.ground.values.get(&format!("ARG {}", name.value));
                        values.and_then(|v| v.last()).map(|(_, value)| value.clone())
                    };
                    let value = match value {
                        Some(value) => self.ground.expand(&value.value, at),
                        None if keyword == "ARG" => match global() {
                            Some(value) if !value.is_empty() => value,
                            _ => continue,
                        },
                        None => continue,
                    };
                    // A value that grows by itself is nobody's folder.
                    if value.len() <= LONGEST && self.ground.values.len() < MOST {
                        let values = self.ground.values.entry(name.value.clone()).or_default();
                        values.push((at, value));
                    }
                }
            }
            (Body::Words(words), "WORKDIR") => {
                let Some(word) = words.first() else { return };
                let path = self.ground.path(&self.ground.folder, &word.value, at);
                self.ground.folder.clone_from(&path);
                self.put(path, Kind::Made, instruction);
            }
            (Body::Words(words), "USER") => self.ground.user = words.first().cloned(),
            _ => {}
        }
    }

    fn put(&mut self, path: String, kind: Kind, instruction: &Instruction) {
        if self.ground.deeds.len() < MOST {
            let span = instruction.head.clone();
            self.ground.deeds.push(Deed { at: self.at, span, path, kind });
        }
    }

    fn copy(&mut self, instruction: &Instruction, sources: &[Word], dest: &Word) {
        let at = self.at.1;
        let folder = self.ground.path(&self.ground.folder, &dest.value, at);
        let from = instruction.flag("from").map(str::to_owned);
        let owner = instruction.flag("chown").map(str::to_owned);
        let into = dest.value.ends_with('/') || dest.value.ends_with('.') || sources.len() > 1;
        if sources.is_empty() {
            self.put(folder.clone(), Kind::Touched, instruction);
        }
        for source in sources {
            let mut is_file = paths::looks_like_file(&source.value) && from.is_none();
            if source.value.contains('*') {
                is_file = sources.len() == 1 && source.value.contains('.');
            }
            let name = paths::name(&source.value);
            let named = is_file && into && !name.contains('*');
            let path = if named { paths::join(&folder, name) } else { folder.clone() };
            let source = source.value.clone();
            let kind =
                Kind::Copied { source, from: from.clone(), owner: owner.clone(), is_file };
            self.put(path, kind, instruction);
        }
    }

    /// Commands with their folders; those of scripts that the context holds come in between.
    fn commands(
        &mut self,
        commands: &[Command],
        start: String,
        script: Option<&str>,
        steps: &mut Vec<Step>,
        deep: usize,
    ) {
        let mut folders = vec![start];
        for command in commands {
            folders.truncate(command.depth + 1);
            while folders.len() <= command.depth {
                folders.push(folders.last().cloned().unwrap_or_default());
            }
            let cwd = folders[command.depth].clone();
            let place = script.map(|name| (name.to_owned(), 0));
            let step = Step { command: command.clone(), cwd: cwd.clone(), script: place };
            steps.push(step);
            if command.program() == "cd"
                && let Some(to) = command.operands().next()
            {
                folders[command.depth] = self.ground.path(&cwd, &to.value, self.at.1);
            }
            if let Some((name, content)) = self.script(command, &cwd)
                && deep < 3
            {
                let inner = Script::of_file(&content, &command.span);
                let lines = inner.1;
                let from = steps.len();
                self.commands(&inner.0.commands, cwd, Some(&name), steps, deep + 1);
                let own = steps[from..].iter_mut().filter(|s| {
                    s.script.as_ref().is_some_and(|(script, line)| *script == name && *line == 0)
                });
                own.zip(lines).for_each(|(step, line)| step.script = Some((name.clone(), line)));
            }
        }
    }

    /// The script of the context that a command runs.
    fn script(&mut self, command: &Command, cwd: &str) -> Option<(String, String)> {
        let program = command.words.first()?;
        let word = match command.program() {
            "sh" | "bash" | "ash" | "." | "source" => command.operands().next()?,
            _ if program.value.contains('/') => program,
            _ => return None,
        };
        let path = self.ground.path(cwd, &word.value, self.at.1);
        let name = self.ground.source(&path)?;
        self.scripts = self.scripts.checked_sub(1)?;
        let content = self.context.script(&name)?;
        Some((name, content))
    }

    fn step(&mut self, step: &Step, instruction: &Instruction) {
        let at = self.at.1;
        if step.script.is_none() && self.runs_script(step) {
            return;
        }
        let Some(deeds) = programs::deeds(step) else {
            self.put(step.cwd.clone(), Kind::Opaque, instruction);
            return;
        };
        for (path, kind) in deeds {
            let path = self.ground.path(&step.cwd, &path, at);
            self.put(path, kind, instruction);
        }
        if step.command.program() == "rm" {
            for word in step.command.operands() {
                let path = self.ground.path(&step.cwd, &word.value, at);
                self.put(path, Kind::Removed, instruction);
            }
        }
    }

    /// Whether a command's own script was read, so that its deeds are known.
    fn runs_script(&self, step: &Step) -> bool {
        let word = step.command.words.first();
        let Some(word) = word.filter(|w| w.value.contains('/')) else { return false };
        let path = self.ground.path(&step.cwd, &word.value, self.at.1);
        self.ground.source(&path).is_some_and(|name| self.context.holds(&name))
    }
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
    fn is_empty_in(&self, path: &str, copy: &Deed, at: (usize, usize), context: &dyn Context) -> bool {
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
        "/" | "/usr" | "/usr/local" | "/usr/lib" | "/usr/share" | "/var" | "/var/lib" | "/etc"
            | "/lib" | "/usr/local/bundle" | "/usr/local/lib" | "/usr/src"
            | "/usr/local/bundle/gems" | "/usr/local/lib/node_modules" | "/go" | "/usr/local/cargo"
            | "/usr/local/rustup" | "/usr/local/rvm" | "/opt/venv"
    )
}
