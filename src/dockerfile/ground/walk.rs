//! Goes through the instructions of every stage and notes what they put where.

use super::{Deed, Ground, Kind, LONGEST, Step, variable};
use crate::dockerfile::context::Context;
use crate::dockerfile::paths;
use crate::dockerfile::programs;
use crate::dockerfile::shell::{Command, Joint, Script};
use crate::dockerfile::tree::{Body, Dockerfile, Instruction, Stage, Word};

/// The most deeds of a stage that are remembered; real stages have fewer than a hundred.
const MOST: usize = 500;
/// The most scripts of the context that one file makes us read.
const SCRIPTS: usize = 20;

/// The ground of every stage.
pub(in crate::dockerfile) fn survey(file: &Dockerfile, context: &dyn Context) -> Vec<Ground> {
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
        ground.arguments.clone_from(&parent.arguments);
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
                let mut before = Joint::End;
                for step in &steps {
                    let sure =
                        step.command.depth == 0 && before != Joint::Or && step.script.is_none();
                    self.step(step, instruction, sure);
                    before = step.command.joint;
                }
                self.ground.runs.insert(at, steps);
            }
            (Body::Copy { sources, dest }, _) => self.copy(instruction, sources, dest),
            (Body::Pairs(pairs), keyword) => {
                for (name, value) in pairs {
                    if keyword == "ARG" && self.ground.arguments.len() < MOST {
                        self.ground.arguments.insert(name.value.clone());
                    }
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
                let sure = self.is_fixed(&word.value);
                self.put(path, Kind::Made, instruction, sure);
            }
            (Body::Words(words), "USER") => self.ground.user = words.first().cloned(),
            _ => {}
        }
    }

    fn put(&mut self, path: String, kind: Kind, instruction: &Instruction, is_sure: bool) {
        if self.ground.deeds.len() < MOST {
            let span = instruction.head.clone();
            self.ground.deeds.push(Deed { at: self.at, span, path, kind, is_sure });
        }
    }

    /// Whether a path is the same in every build: arguments can be given another value.
    fn is_fixed(&self, path: &str) -> bool {
        let mut names = path.split('$').skip(1).map(|rest| variable(rest).0);
        !path.contains(['`', '*', '?', '['])
            && !names.any(|name| name.is_empty() || self.ground.arguments.contains(name))
    }

    fn copy(&mut self, instruction: &Instruction, sources: &[Word], dest: &Word) {
        let at = self.at.1;
        let folder = self.ground.path(&self.ground.folder, &dest.value, at);
        let from = instruction.flag("from").map(str::to_owned);
        let owner = instruction.flag("chown").map(str::to_owned);
        let into = dest.value.ends_with('/') || dest.value.ends_with('.') || sources.len() > 1;
        if sources.is_empty() {
            self.put(folder.clone(), Kind::Touched, instruction, false);
        }
        let sure = self.is_fixed(&dest.value);
        for source in sources {
            let mut is_file = paths::looks_like_file(&source.value) && from.is_none();
            if source.value.contains('*') {
                is_file = sources.len() == 1 && source.value.contains('.');
            }
            let name = paths::name(&source.value);
            let named = is_file && into && !name.contains('*');
            let path = if named { paths::join(&folder, name) } else { folder.clone() };
            let source = source.value.clone();
            let kind = Kind::Copied { source, from: from.clone(), owner: owner.clone(), is_file };
            self.put(path, kind, instruction, sure);
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

    fn step(&mut self, step: &Step, instruction: &Instruction, sure: bool) {
        let at = self.at.1;
        // Braces are for bash alone.
        let words = || step.command.words.iter().map(|word| word.value.as_str());
        let sure = sure && words().all(|word| self.is_fixed(word) && !word.contains('{'));
        if step.script.is_none() && self.runs_script(step) {
            return;
        }
        let Some(deeds) = programs::deeds(step) else {
            self.put(step.cwd.clone(), Kind::Opaque, instruction, sure);
            return;
        };
        for (path, kind) in deeds {
            let path = self.ground.path(&step.cwd, &path, at);
            self.put(path, kind, instruction, sure);
        }
        if step.command.program() == "rm" {
            for word in step.command.operands() {
                let path = self.ground.path(&step.cwd, &word.value, at);
                self.put(path, Kind::Removed, instruction, sure);
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
