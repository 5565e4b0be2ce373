//! Small `RUN`s in a row that can be one.

use crate::dockerfile::edits;
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::ground::Step;
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "runs-in-a-row",
    codes: &["DL3059"],
    severity: Severity::Note,
    summary: "small RUNs in a row that can be one",
    why: "Every RUN starts a container and adds a layer. With dozens of layers overlay2 looks for each file \
          through all of them. Commands that take no time and change together belong together; slow ones \
          stay apart, because each then has a cache of its own.",
    before: "RUN groupadd rails\nRUN useradd -g rails rails",
    after: "RUN groupadd rails \\\n && useradd -g rails rails",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stage in case.file.shipped() {
        let ground = &case.grounds[stage];
        let instructions = &case.file.stages[stage].instructions;
        let mut at = 0;
        while at < instructions.len() {
            let small = |at: usize| {
                ground.runs.get(&at).is_some_and(|s| !s.is_empty() && s.iter().all(is_small))
            };
            let mut end = at;
            while end + 1 < instructions.len()
                && small(end)
                && small(end + 1)
                && edits::join(&case.file.text, &instructions[end], &instructions[end + 1])
                    .is_some()
            {
                end += 1;
            }
            if end > at {
                let edits: Vec<_> = (at..end)
                    .filter_map(|i| {
                        edits::join(&case.file.text, &instructions[i], &instructions[i + 1])
                    })
                    .flatten()
                    .collect();
                let last = case.file.text.line(instructions[end].span.start);
                let message = format!("{} small RUNs in a row make {0} layers", end - at + 1);
                let finding =
                    Finding::new(rule, instructions[at].keyword_span(&case.file.text), message);
                found.push(
                    finding
                        .label(format!("up to line {last}, one RUN is enough"))
                        .fix(Safety::Same, edits),
                );
            }
            at = end + 1;
        }
    }
    found
}

/// Commands whose layers nobody would want to have cached apart.
fn is_small(step: &Step) -> bool {
    step.script.is_none()
        && step.command.depth == 0
        && step.command.redirects.is_empty()
        && !step.command.has("-R")
        && !step.command.has("--recursive")
        && matches!(
            step.command.program(),
            "mkdir"
                | "chmod"
                | "chown"
                | "chgrp"
                | "groupadd"
                | "useradd"
                | "addgroup"
                | "adduser"
                | "usermod"
                | "groupmod"
                | "ln"
                | "touch"
                | "rm"
                | "echo"
                | "sed"
                | "mv"
                | "locale-gen"
                | "true"
                | "a2enmod"
                | "a2dismod"
                | "passwd"
        )
}
