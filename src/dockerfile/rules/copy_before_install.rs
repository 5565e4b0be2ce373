//! The whole source copied before dependencies are installed.

use crate::dockerfile::edits;
use crate::dockerfile::finding::{Edit, Finding, Safety, Severity};
use crate::dockerfile::ground::{Ground, Kind, Step};
use crate::dockerfile::paths;
use crate::dockerfile::programs::{self, Installer};
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::tree::Instruction;

pub(super) static RULE: Rule = Rule {
    name: "copy-before-install",
    codes: &[],
    severity: Severity::Warning,
    summary: "the whole source copied before dependencies are installed",
    why: "A layer is made anew when anything above it changed. With all of the source above it, the install \
          runs again after every edit of any file. With only the lists above it, it runs again when a list \
          changed, and is cached otherwise.",
    before: "COPY . .\nRUN bundle install",
    after: "COPY Gemfile Gemfile.lock ./\nRUN bundle install\nCOPY . .",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (stage, ground) in case.grounds.iter().enumerate() {
        let mut told = std::collections::HashSet::new();
        for at in 0..ground.folders.len() {
            for step in ground.runs.get(&at).map_or(&[][..], Vec::as_slice) {
                let Some(installer) = programs::installer(step) else { continue };
                let Some(copy) = whole(ground, (stage, at), step) else { continue };
                // Without the lists being copied before: with them, this is a second install.
                if told.insert((copy, installer.name))
                    && !has_lists(ground, (stage, copy), installer)
                {
                    found.push(finding(rule, case, (stage, at), copy, step, installer));
                }
            }
        }
    }
    found
}

/// The `COPY` of everything that stands above an install in its stage.
fn whole(ground: &Ground, here: (usize, usize), step: &Step) -> Option<usize> {
    let copy = ground.deeds.iter().find(|deed| {
        let whole = matches!(&deed.kind, Kind::Copied { source, from: None, .. }
            if matches!(source.as_str(), "." | "./" | "*" | "./*" | "/"));
        deed.at.0 == here.0 && deed.at < here && whole && paths::is_within(&step.cwd, &deed.path)
    })?;
    Some(copy.at.1)
}

/// Whether the lists were brought before the whole source, as they should be.
fn has_lists(ground: &Ground, copy: (usize, usize), installer: &Installer) -> bool {
    let mut lists = ground.deeds.iter().filter(|deed| {
        deed.at < copy
            && matches!(&deed.kind, Kind::Copied { source, .. }
                if installer.lists.iter().any(|list| source.contains(list))
                    || source.contains("package") || source.contains("Gemfile"))
    });
    let installs =
        |step: &Step| programs::installer(step).is_some_and(|i| i.name == installer.name);
    let mut earlier = ground.runs.iter().filter(|(at, _)| **at < copy.1);
    lists.next().is_some() && earlier.any(|(_, steps)| steps.iter().any(installs))
}

fn finding(
    rule: &'static Rule,
    case: &Case<'_>,
    (stage, at): (usize, usize),
    copy: usize,
    step: &Step,
    installer: &Installer,
) -> Finding {
    let instructions = &case.file.stages[stage].instructions;
    let name = installer.name;
    let found = Finding::new(
        rule,
        instructions[copy].head.clone(),
        format!("every edit of any file makes {name} run again"),
    )
    .label("any change here …")
    .also(step.command.span.clone(), format!("… makes {name} start over"));
    let lists = lists(case, installer);
    let advice = format!(
        "copy the lists that {name} reads, install, and then copy the rest. What else it needs (local \
         packages, patches, postinstall scripts) must come before it, too."
    );
    let edits = edits(case, &instructions[copy], &instructions[at], &lists);
    found.advice(advice).fix(Safety::Proposal, edits)
}

/// The lists, those only that the context has, where it is known.
fn lists(case: &Case<'_>, installer: &Installer) -> String {
    let held: Vec<&str> =
        installer.lists.iter().copied().filter(|list| case.context.holds(list)).collect();
    if held.is_empty() { installer.lists.join(" ") } else { held.join(" ") }
}

fn edits(case: &Case<'_>, copy: &Instruction, install: &Instruction, lists: &str) -> Vec<Edit> {
    let text = &case.file.text;
    let flags = copy.flags.iter().flat_map(|flag| [" ", text.slice(flag.span.clone())]);
    let flags: String = flags.collect();
    let dest = copy.copy().map_or(String::new(), |(_, dest)| {
        let dest = text.show(dest.span.clone()).into_owned();
        if dest == "." { "./".to_owned() } else { format!("{}/", dest.trim_end_matches('/')) }
    });
    let first = format!("COPY{flags} {lists} {dest}");
    let whole = text.show(copy.head.clone()).into_owned();
    let after = edits::lines(text, install).end;
    let newline = if text.bytes.get(after.wrapping_sub(1)) == Some(&b'\n') { "" } else { "\n" };
    vec![
        Edit::replace(copy.head.clone(), first),
        Edit::insert(after, format!("{newline}{whole}\n")),
    ]
}
