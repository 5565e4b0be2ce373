//! `apt-get update` in a layer of its own.

use crate::dockerfile::edits;
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::ground::Step;
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "update-alone",
    codes: &[],
    severity: Severity::Warning,
    summary: "package lists updated in a layer of their own",
    why: "The layer with the lists is cached for as long as nothing above it changes. Months later the \
          install below it still uses the lists of then and asks for packages that are gone, or builds \
          with old ones. In one RUN the two always run together.",
    before: "RUN apt-get update\nRUN apt-get install -y git",
    after: "RUN apt-get update \\\n && apt-get install -y git",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (stage, ground) in case.grounds.iter().enumerate() {
        let instructions = &case.file.stages[stage].instructions;
        let runs_of_packages = ground.runs.iter().filter(|(_, steps)| steps.iter().any(installs));
        let mut installing: Vec<usize> = runs_of_packages.map(|(at, _)| *at).collect();
        installing.sort_unstable();
        for (at, instruction) in instructions.iter().enumerate() {
            let steps = ground.runs.get(&at).map_or(&[][..], Vec::as_slice);
            let Some(update) = steps.iter().find(|step| runs(step, "update")) else { continue };
            if steps.iter().any(installs) || steps.iter().any(|s| s.script.is_some()) {
                continue;
            }
            let next = installing.partition_point(|install| *install <= at);
            let later = installing.get(next).copied();
            let Some(later) = later else { continue };
            let line = case.file.text.line(instructions[later].span.start);
            let finding = Finding::new(
                rule,
                update.command.span.clone(),
                format!("these lists grow old in the cache while line {line} goes on using them"),
            )
            .label("a layer of its own")
            .also(instructions[later].keyword_span(&case.file.text), "installs from these lists");
            let joined = (later == at + 1)
                .then(|| edits::join(&case.file.text, instruction, &instructions[later]))
                .flatten();
            found.push(match joined {
                Some(edits) => finding.fix(Safety::Same, edits),
                None => finding.advice(format!("update in the RUN of line {line}")),
            });
        }
    }
    found
}

fn installs(step: &Step) -> bool {
    runs(step, "install") || runs(step, "add") || runs(step, "upgrade")
}

fn runs(step: &Step, word: &str) -> bool {
    matches!(step.command.program(), "apt-get" | "apt" | "apk" | "aptitude")
        && step.command.has(word)
}
