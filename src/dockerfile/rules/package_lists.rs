//! Package lists that stay in the layer that fetched them.

use crate::dockerfile::finding::{Edit, Finding, Safety, Severity};
use crate::dockerfile::ground::Step;
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::tree::Instruction;

pub(super) static RULE: Rule = Rule {
    name: "package-lists-left",
    codes: &["DL3009", "DL3019", "DL3032", "DL3040"],
    severity: Severity::Note,
    summary: "lists or packages of the package manager left in the layer",
    why: "What apt-get update fetches (20 to 50 MB) is needed only while packages are installed. It stays \
          in the image unless the same RUN deletes it; a later layer cannot.",
    before: "RUN apt-get update && apt-get install -y git",
    after: "RUN apt-get update && apt-get install -y git \\\n && rm -rf /var/lib/apt/lists/*",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stage in case.file.shipped() {
        let ground = &case.grounds[stage];
        let instructions = &case.file.stages[stage].instructions;
        let cleaners = ground.runs.iter().filter(|(_, steps)| steps.iter().any(is_apt_cleaner));
        let last_cleaner = cleaners.map(|(at, _)| *at).max();
        for (at, instruction) in instructions.iter().enumerate() {
            let steps = ground.runs.get(&at).map_or(&[][..], Vec::as_slice);
            let cleaned_later = last_cleaner.is_some_and(|cleaner| cleaner > at);
            let left = left(instruction, steps).filter(|_| !cleaned_later);
            found.extend(
                left.map(|(step, what, tail)| finding(rule, case, instruction, step, what, tail)),
            );
        }
    }
    found
}

fn is_apt_cleaner(step: &Step) -> bool {
    matches!(step.command.program(), "rm" | "find")
        && step
            .command
            .words
            .iter()
            .any(|w| w.value.contains("/var/lib/apt") || w.value == "/var/lib/*")
}

/// The command that leaves something, what it leaves, and what would take it away.
fn left<'s>(
    instruction: &Instruction,
    steps: &'s [Step],
) -> Option<(&'s Step, &'static str, &'static str)> {
    let mounts =
        |what: &str| instruction.flags.iter().any(|f| f.name == "mount" && f.value.contains(what));
    let find = |programs: &[&str], word: &str| {
        steps.iter().find(|s| programs.contains(&s.command.program()) && s.command.has(word))
    };
    if let Some(step) = find(&["apt-get", "apt"], "install")
        && find(&["apt-get", "apt"], "update").is_some()
        && !steps.iter().any(is_apt_cleaner)
        && !mounts("/apt")
    {
        return Some((step, "the lists of apt-get update", "rm -rf /var/lib/apt/lists/*"));
    }
    if let Some(step) = find(&["apk"], "add")
        && !step.command.has("--no-cache")
        && !mounts("apk")
        && !steps.iter().any(|s| {
            s.command.program() == "rm" && s.command.words.iter().any(|w| w.value.contains("/apk"))
        })
    {
        return Some((step, "the package index", "--no-cache"));
    }
    for (program, tail) in
        [("dnf", "dnf clean all"), ("yum", "yum clean all"), ("microdnf", "microdnf clean all")]
    {
        if let Some(step) = find(&[program], "install")
            && find(&[program], "clean").is_none()
            && !mounts("/var/cache")
            && !steps.iter().any(|s| {
                s.command.program() == "rm"
                    && s.command.words.iter().any(|w| w.value.contains("/var/cache"))
            })
        {
            return Some((step, "packages and lists", tail));
        }
    }
    None
}

fn finding(
    rule: &'static Rule,
    case: &Case<'_>,
    instruction: &Instruction,
    step: &Step,
    what: &'static str,
    tail: &'static str,
) -> Finding {
    let program = step.command.program();
    let span = step.command.words.first().map_or(0..0, |w| w.span.start..w.span.end);
    let end = step.command.words.get(1).map_or(span.end, |w| w.span.end);
    let found =
        Finding::new(rule, span.start..end, format!("{program} leaves {what} in the image"))
            .label("nothing in this RUN deletes them");
    let Some(script) = instruction.script().filter(|_| step.script.is_none()) else { return found };
    let edit = if tail == "--no-cache" {
        let add = step.command.arguments().iter().find(|w| w.value == "add");
        add.map(|word| Edit::insert(word.span.end, " --no-cache"))
    } else {
        let plain = script.form == crate::dockerfile::Form::Shell && !script.has_comment;
        let several = case.file.text.slice(script.span.clone()).contains('\n');
        let glue = if several { " \\\n    && " } else { " && " };
        plain.then(|| Edit::insert(script.span.end, format!("{glue}{tail}")))
    };
    match edit {
        Some(edit) => found.fix(Safety::Proposal, vec![edit]),
        None => found,
    }
}
