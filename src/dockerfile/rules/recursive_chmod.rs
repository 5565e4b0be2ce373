//! `chmod -R` over a tree that an earlier layer brought.

use super::recursion::{self, Site};
use crate::dockerfile::MOST;
use crate::dockerfile::edits;
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "recursive-chmod",
    codes: &[],
    severity: Severity::Error,
    summary: "chmod -R over a tree that an earlier layer brought",
    why: "A layer holds whole files. To change the mode of one, overlay2 first copies the file up into \
          the new layer, so a chmod -R reads and writes every file once more and the image carries all of \
          them twice. COPY keeps the modes that files have in the repository, and git keeps 644 and 755, \
          so most of the time there is nothing to change; COPY --chmod sets a mode while the file is \
          written anyway.",
    before: "COPY . /app\nRUN chmod -R 755 /app",
    after: "COPY . /app",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    recursion::sites(case, "chmod").take(MOST).map(|site| finding(rule, case, &site)).collect()
}

fn finding(rule: &'static Rule, case: &Case<'_>, site: &Site<'_>) -> Finding {
    let found = recursion::finding(rule, case, site);
    if !site.is_tree() || site.step.script.is_some() {
        return found;
    }
    let mode = site.change.spec.trim_start_matches('0');
    let instruction = &case.file.stages[site.stage].instructions[site.at];
    // Scripts of the context can come before the command; only a RUN without them is cut.
    let plain = case.grounds[site.stage].runs[&site.at].iter().all(|step| step.script.is_none());
    let drop =
        plain.then(|| edits::drop_command(&case.file.text, instruction, site.number)).flatten();
    match drop {
        Some(edit) if matches!(mode, "755" | "a+rX" | "u=rwX,go=rX" | "a+rx" | "a+r") => found
            .advice(format!(
                "without it, files keep the modes of the build context: what git has as 644 is no longer \
                 {mode}, and what needs its x bit must have it there (git update-index --chmod=+x FILE)"
            ))
            .fix(Safety::Modes, vec![edit]),
        _ if mode.contains("+x") || mode.contains("+X") => found.advice(
            "set the x bit in the repository: git update-index --chmod=+x FILE; COPY keeps it",
        ),
        _ => found.advice(
            "give the mode to the few folders that need it, without -R, or to COPY as --chmod",
        ),
    }
}
