//! How a `chown -R` becomes a flag of `COPY` so that every owner stays the same.

use super::edits;
use super::finding::Edit;
use super::ground::{Deed, Ground, Kind, Step};
use super::paths;
use super::programs::{self, Change};
use super::rule::Case;
use super::shell::Form;
use super::tree::Instruction;

/// A `chown -R` with all that the plan asks about.
pub(super) struct Site<'s> {
    pub(super) case: &'s Case<'s>,
    pub(super) stage: usize,
    pub(super) at: usize,
    pub(super) step: &'s Step,
    pub(super) change: &'s Change<'s>,
    /// The targets as paths in the image.
    pub(super) paths: &'s [String],
}

/// The edits that make the `chown` unnecessary, or why there are none.
pub(super) fn plan(site: &Site<'_>) -> Result<Vec<Edit>, String> {
    let instruction = &site.case.file.stages[site.stage].instructions[site.at];
    let flag = site.flag(instruction)?;
    let owner = owner(&site.change.spec)?;
    let deeds = site.deeds()?;
    let mut edits = Vec::new();
    let mut extra: Vec<String> = Vec::new();
    for deed in &deeds {
        let root = site.root(&deed.path);
        let single = matches!(&deed.kind, Kind::Copied { is_file: true, .. });
        let folder = if single {
            deed.path.rsplit_once('/').map_or("", |(folder, _)| folder)
        } else {
            deed.path.as_str()
        };
        if !deed.is_sure && !site.paths.contains(&deed.path) {
            let line = site.case.file.text.line(deed.span.start);
            return Err(format!("what line {line} makes is certain only when it runs"));
        }
        extra.extend(root.iter().flat_map(|r| paths::below(folder, r)).map(str::to_owned));
        if let Kind::Copied { owner: given, .. } = &deed.kind {
            let copy = &site.case.file.stages[site.stage].instructions[deed.at.1];
            site.is_known_at(&owner, deed.at.1)?;
            takes_owner(copy, &owner)?;
            match given {
                Some(given) if *given == owner => {}
                Some(given) => return Err(format!("a COPY already says `--chown={given}`")),
                None => {
                    let edit =
                        edits::add_flag(&site.case.file.text, copy, &format!("--chown={owner}"));
                    if !edits.contains(&edit) {
                        edits.push(edit);
                    }
                }
            }
        }
    }
    // The folders that the stage made itself stay with the command, one by one.
    let mut seen = std::collections::HashSet::new();
    extra.retain(|path| !site.paths.contains(path) && seen.insert(path.clone()));
    let arguments = site.step.command.arguments();
    let end = arguments.last().map_or(flag.end, |word| word.span.end);
    edits.push(Edit::replace(flag, ""));
    if !extra.is_empty() {
        edits.push(Edit::insert(end, format!(" {}", extra.join(" "))));
    }
    Ok(edits)
}

impl Site<'_> {
    fn ground(&self) -> &Ground {
        &self.case.grounds[self.stage]
    }

    /// The option with the blanks behind it.
    fn flag(&self, instruction: &Instruction) -> Result<std::ops::Range<usize>, String> {
        let script = instruction.script().ok_or("it is not a RUN")?;
        if let Some((name, line)) = &self.step.script {
            return Err(format!("it stands in {name}, line {line}"));
        }
        let flag = self.change.flag.filter(|_| script.form != Form::Exec);
        let flag =
            flag.ok_or_else(|| format!("`{}` has no option to leave out", self.change.how))?;
        if self.step.command.depth > 0 {
            return Err("it runs under a condition".into());
        }
        if self.change.targets.iter().any(|target| target.value.contains(['*', '?'])) {
            return Err("its target is a pattern".into());
        }
        let arguments = self.step.command.arguments();
        let next = arguments.iter().map(|w| w.span.start).find(|start| *start >= flag.span.end);
        let next = next.ok_or("it has no target")?;
        Ok(flag.span.start..next)
    }

    /// What was put under the targets; each of it can be given an owner at once.
    fn deeds(&self) -> Result<Vec<Deed>, String> {
        let text = &self.case.file.text;
        let here = (self.stage, self.at);
        let mut deeds = Vec::new();
        let mut first_copy = None;
        for deed in self.ground().deeds.iter().filter(|deed| deed.at <= here) {
            let line = text.line(deed.span.start);
            let touches = self.paths.iter().any(|path| paths::touch(path, &deed.path));
            if deed.kind == Kind::Opaque && (touches || first_copy.is_some()) {
                return Err(format!("nobody knows what the RUN in line {line} writes"));
            }
            if !touches || (deed.kind == Kind::Made && self.root(&deed.path).is_none()) {
                continue;
            }
            match &deed.kind {
                Kind::Copied { .. } if deed.at.0 != self.stage => {
                    return Err(format!("another stage has the COPY, in line {line}"));
                }
                Kind::Copied { .. } if self.root(&deed.path).is_none() => {
                    let copied = &deed.path;
                    return Err(format!("the COPY in line {line} brings all of {copied}"));
                }
                Kind::Copied { .. } => {
                    first_copy.get_or_insert(deed.at.1);
                    deeds.push(deed.clone());
                }
                Kind::Made | Kind::Touched => deeds.push(deed.clone()),
                _ => return Err(format!("line {line} writes there too")),
            }
        }
        let first = first_copy.ok_or("no COPY of this stage brings the files")?;
        for path in self.paths {
            has_parent(self.ground(), path, (self.stage, first))?;
        }
        self.nothing_between(first)?;
        self.base_is_empty()?;
        Ok(deeds)
    }

    /// The target that holds a path.
    fn root(&self, path: &str) -> Option<&str> {
        self.paths.iter().map(String::as_str).find(|root| paths::is_within(path, root))
    }

    /// No other user and no other change of owners between the first copy and here.
    fn nothing_between(&self, first: usize) -> Result<(), String> {
        let ground = self.ground();
        let value = |at: usize| ground.users[at].as_ref().map(|user| user.value.as_str());
        if value(first) != value(self.at) {
            return Err("a USER stands between the COPY and the chown".into());
        }
        for at in first..=self.at {
            let steps = ground.runs.get(&at).map_or(&[][..], Vec::as_slice);
            for (number, step) in steps.iter().enumerate() {
                if std::ptr::eq(step, self.step) {
                    break;
                }
                let before = number.checked_sub(1).map(|n| &steps[n]);
                let Some(change) = programs::change(step, before) else { continue };
                let touches = change.targets.iter().any(|target| {
                    let path = ground.path(&step.cwd, &target.value, at);
                    self.paths.iter().any(|own| paths::touch(own, &path))
                });
                if change.program == "chown" && touches {
                    return Err("another chown changes the same files before it".into());
                }
            }
        }
        Ok(())
    }

    /// Nothing of the base image lies there, as far as one can know.
    fn base_is_empty(&self) -> Result<(), String> {
        const FILLED: [&str; 16] = [
            "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc",
            "root", "run", "sbin", "sys", "tmp",
        ];
        let base = &self.case.file.stages[self.stage].base.value;
        for path in self.paths {
            let mut parts = path.trim_start_matches('/').split('/');
            let first = parts.next().unwrap_or_default();
            let deep = parts.next().is_some();
            let plain = path.starts_with('/') && !first.is_empty() && !path.contains(['$', '{']);
            let filled = FILLED.contains(&first) && !(deep && matches!(first, "home" | "opt"));
            let system = matches!(first, "usr" | "var") && path != "/usr/src/app";
            if base != "scratch" && (!plain || filled || system) {
                return Err(format!("{base} may hold files under {path} itself"));
            }
        }
        Ok(())
    }

    /// Whether the owner's names exist when the `COPY` runs.
    fn is_known_at(&self, owner: &str, copy: usize) -> Result<(), String> {
        let ground = self.ground();
        for name in owner.split(':') {
            if let Some(variable) = name.strip_prefix('$') {
                let variable = variable.trim_matches(['{', '}']);
                if !ground.knows(variable, copy) {
                    return Err(format!("`{name}` has no value at the COPY"));
                }
            }
            for at in copy..=self.at {
                let steps = ground.runs.get(&at).map_or(&[][..], Vec::as_slice);
                let makes = |step: &Step| {
                    matches!(
                        step.command.program(),
                        "useradd" | "adduser" | "groupadd" | "addgroup" | "usermod" | "groupmod"
                    ) && step.command.has(name)
                };
                if let Some(step) = steps.iter().find(|step| makes(step)) {
                    let line = self.case.file.text.line(step.command.span.start);
                    return Err(format!("{name} is made only after the COPY, in line {line}"));
                }
            }
        }
        Ok(())
    }
}

/// `COPY` also makes the folders above its destination, and gives them the owner, too: they
/// must be there already.
pub(super) fn has_parent(ground: &Ground, path: &str, copy: (usize, usize)) -> Result<(), String> {
    const STANDARD: [&str; 20] = [
        "",
        "/bin",
        "/etc",
        "/home",
        "/lib",
        "/media",
        "/mnt",
        "/opt",
        "/root",
        "/run",
        "/sbin",
        "/srv",
        "/tmp",
        "/usr",
        "/usr/bin",
        "/usr/local",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/src",
        "/var",
    ];
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let made = |deed: &Deed| {
        deed.at < copy
            && deed.kind == Kind::Made
            && deed.is_sure
            && paths::is_within(&deed.path, parent)
    };
    if STANDARD.contains(&parent) || ground.deeds.iter().any(made) {
        return Ok(());
    }
    Err(format!("the COPY makes {parent} as well, for the same owner"))
}

/// Whether a `COPY` or `ADD` can give all that it brings this owner.
pub(super) fn takes_owner(copy: &Instruction, owner: &str) -> Result<(), String> {
    let is_number = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
    if copy.flag("link").is_some() && !owner.split(':').all(is_number) {
        return Err("COPY --link takes numbers for an owner only".into());
    }
    let unpacks = |source: &str| {
        [".tar", ".tgz", ".gz", ".xz", ".bz2", ".zst", "://", ".git"]
            .iter()
            .any(|end| source.contains(end))
    };
    let sources = copy.copy().map_or(&[][..], |(sources, _)| sources);
    if copy.keyword == "ADD" && sources.iter().any(|source| unpacks(&source.value)) {
        return Err("ADD unpacks or fetches what it brings".into());
    }
    Ok(())
}

/// What `--chown` must say for the same owner. Without a group `chown` leaves the one that
/// `COPY` gave, root's; `--chown` would take another.
pub(super) fn owner(spec: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        let chars = |c: char| c.is_ascii_alphanumeric() || "_-${}".contains(c);
        !name.is_empty() && name.chars().all(chars)
    };
    let owner = match spec.split_once(':') {
        None => format!("{spec}:0"),
        Some(("", group)) => format!("0:{group}"),
        Some((_, "")) => return Err(format!("`{spec}` leaves the group to /etc/passwd")),
        Some(_) => spec.to_owned(),
    };
    match owner.split_once(':') {
        Some((user, group)) if is_name(user) && is_name(group) => Ok(owner),
        _ => Err(format!("`{spec}` is known only when it runs")),
    }
}
