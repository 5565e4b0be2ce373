//! A layer that deletes what an earlier layer brought.

use super::words;
use crate::dockerfile::edits;
use crate::dockerfile::finding::{Edit, Finding, Safety, Severity};
use crate::dockerfile::ground::{Deed, Ground, Kind, Step};
use crate::dockerfile::paths;
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::shell::Form;

pub(super) static RULE: Rule = Rule {
    name: "deleted-later",
    codes: &[],
    severity: Severity::Warning,
    summary: "a layer that deletes what an earlier layer brought",
    why: "A layer only adds. What a later one deletes is hidden, not gone: the image still carries every \
          byte of it, and anybody can read it. Delete in the RUN that made it, or do not bring it in.",
    before: "RUN apt-get update && apt-get install -y git\nRUN rm -rf /var/lib/apt/lists/*",
    after: "RUN apt-get update && apt-get install -y git \\\n && rm -rf /var/lib/apt/lists/*",
    check,
};

/// How many instructions back the package lists are looked for.
const NEAR: usize = 100;

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // What stays in a stage that is only copied from costs nobody anything.
    for stage in case.file.shipped() {
        let ground = &case.grounds[stage];
        for at in 0..ground.folders.len() {
            let steps = ground.runs.get(&at).map_or(&[][..], Vec::as_slice);
            // One for each RUN: what it deletes, it deletes in vain as a whole.
            found.extend(steps.iter().find_map(|step| site(rule, case, ground, (stage, at), step)));
        }
    }
    found
}

fn site(
    rule: &'static Rule,
    case: &Case<'_>,
    ground: &Ground,
    here: (usize, usize),
    step: &Step,
) -> Option<Finding> {
    let removed: Vec<String> = match step.command.program() {
        "rm" => step
            .command
            .operands()
            .take(50)
            .map(|w| ground.path(&step.cwd, &w.value, here.1))
            .collect(),
        "apt-get" | "apt" if step.command.has("clean") => vec!["/var/cache/apt/*".into()],
        _ => return None,
    };
    let (path, brought) = removed.iter().find_map(|path| {
        let by = brought(case, ground, here, path)?;
        Some((path, by))
    })?;
    let text = &case.file.text;
    let shown = words::one_line(text, step.command.span.clone(), 40);
    let line = text.line(brought.span.start);
    let found = Finding::new(
        rule,
        step.command.span.clone(),
        format!("`{shown}` hides what line {line} brought, and frees nothing"),
    )
    .label("the image still carries it")
    .also(brought.span.clone(), brought.label);
    match brought.source {
        Some(source) => {
            let file = paths::join("/", &source);
            Some(found.advice(format!(
                "keep it out of the build context: add the line `{}` to .dockerignore, and leave the rm out",
                words::shown(&file[1..], 60)
            )))
        }
        None => Some(match join(case, here, brought.at) {
            Some(edits) => found.fix(Safety::Same, edits),
            None => found.advice(format!(
                "delete {} in the RUN of line {line}, behind what makes it",
                words::shown(path, 40)
            )),
        }),
    }
}

struct Brought {
    at: (usize, usize),
    span: std::ops::Range<usize>,
    label: &'static str,
    /// The path in the context, where leaving it out there is all it takes.
    source: Option<String>,
}

/// What brought a path in an earlier layer.
fn brought(case: &Case<'_>, ground: &Ground, here: (usize, usize), path: &str) -> Option<Brought> {
    let folder = path.trim_end_matches('*').trim_end_matches('/');
    if paths::is_within(folder, "/var/lib/apt") || paths::is_within(folder, "/var/cache/apt") {
        return lists(case, ground, here, folder);
    }
    let last = ground.deeds.iter().rev().find(|deed| {
        deed.at < here
            && match &deed.kind {
                Kind::Copied { .. } => paths::touch(&deed.path, folder),
                Kind::Installed(_) | Kind::Fetched | Kind::Removed => {
                    paths::is_within(&deed.path, folder)
                }
                _ => false,
            }
    })?;
    let by = |deed: &Deed, label, source| {
        Some(Brought { at: deed.at, span: deed.span.clone(), label, source })
    };
    match &last.kind {
        Kind::Copied { source, from: None, is_file, .. } => {
            let rest = folder.strip_prefix(last.path.as_str()).unwrap_or_default();
            let source = paths::join("/", &format!("{source}/{rest}"));
            // In a whole tree it may come from somewhere else.
            let known = *is_file || !rest.is_empty() || last.path == folder;
            // Working folders are seldom in the context, even where nobody can look.
            let doubtful = ["/tmp/", "/log/"].iter().any(|start| source.starts_with(start));
            let absent = (doubtful || case.context.is_known()) && !case.context.holds(&source[1..]);
            if !known || absent || made_since(ground, last.at, here, folder) {
                return None;
            }
            by(last, "brings it", Some(source))
        }
        Kind::Copied { is_file: false, .. } if last.path != folder => None,
        Kind::Copied { .. } => by(last, "brings it", None),
        Kind::Installed(_) | Kind::Fetched => by(last, "makes it", None),
        _ => None,
    }
}

/// Whether a program may have made the path after the copy.
fn made_since(ground: &Ground, copy: (usize, usize), here: (usize, usize), folder: &str) -> bool {
    ground.deeds.iter().any(|deed| {
        deed.at > copy
            && deed.at < here
            && match deed.kind {
                Kind::Opaque | Kind::Installed(_) | Kind::Made | Kind::Touched | Kind::Fetched => {
                    paths::touch(&deed.path, folder)
                }
                _ => false,
            }
    })
}

/// The `RUN` before that left package lists or packages behind.
fn lists(case: &Case<'_>, ground: &Ground, here: (usize, usize), folder: &str) -> Option<Brought> {
    let near = here.1.saturating_sub(NEAR);
    let runs = (near..here.1).rev().filter_map(|at| Some((at, ground.runs.get(&at)?)));
    for (at, steps) in runs {
        let apt = |word: &str| {
            steps.iter().any(|s| {
                matches!(s.command.program(), "apt-get" | "apt" | "aptitude") && s.command.has(word)
            })
        };
        let cleans = steps.iter().any(|s| {
            s.command.program() == "rm" && s.command.words.iter().any(|w| w.value.contains(folder))
        });
        if cleans {
            return None;
        }
        if apt("update") || (folder.starts_with("/var/cache") && apt("install")) {
            let instruction = &case.file.stages[here.0].instructions[at];
            if instruction.flags.iter().any(|flag| flag.value.contains("/apt")) {
                return None;
            }
            let span = instruction.head.clone();
            return Some(Brought {
                at: (here.0, at),
                span,
                label: "leaves it behind",
                source: None,
            });
        }
    }
    None
}

/// Two neighbouring `RUN`s in one, so that the deleting one deletes.
fn join(case: &Case<'_>, here: (usize, usize), brought: (usize, usize)) -> Option<Vec<Edit>> {
    if here.0 != brought.0 || here.1 != brought.1 + 1 {
        return None;
    }
    let instructions = &case.file.stages[here.0].instructions;
    let (first, second) = (&instructions[brought.1], &instructions[here.1]);
    // Only where all that the second does is cleaning up.
    let cleans = case.grounds[here.0].runs[&here.1].iter().all(|step| {
        step.script.is_none()
            && (step.command.program() == "rm"
                || step.command.has("clean")
                || step.command.has("autoremove"))
    });
    let form = second.script()?.form == Form::Shell;
    (cleans && form).then(|| edits::join(&case.file.text, first, second)).flatten()
}
