//! Images whose program runs as root.

use crate::dockerfile::finding::{Finding, Severity};
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "root-user",
    codes: &["DL3002"],
    severity: Severity::Note,
    summary: "the program runs as root",
    why: "Whoever breaks into a program that is root in its container is root there, and on the host where \
          user namespaces are off. A user of its own also spares the chown of what it writes.",
    before: "CMD [\"./bin/rails\", \"server\"]",
    after: "USER rails\nCMD [\"./bin/rails\", \"server\"]",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let Some(last) = case.file.stages.len().checked_sub(1) else { return Vec::new() };
    let chain = case.file.shipped();
    let instructions = || {
        chain
            .iter()
            .flat_map(|stage| case.file.stages[*stage].instructions.iter().rev())
            .filter(|i| !i.onbuild)
    };
    let starts = instructions().find(|i| matches!(i.keyword, "CMD" | "ENTRYPOINT"));
    let drops = instructions()
        .filter(|i| matches!(i.keyword, "CMD" | "ENTRYPOINT"))
        .flat_map(crate::dockerfile::Instruction::words)
        .any(|word| {
            ["gosu", "su-exec", "setpriv", "chpst", "entrypoint", "/init", "supervisord"]
                .iter()
                .any(|p| word.value.contains(p))
        });
    let user = instructions().find(|i| i.keyword == "USER");
    let base = &case.file.stages[chain.last().copied().unwrap_or(last)].base;
    if let Some(user) = user {
        let Some(word) = user.words().first() else { return Vec::new() };
        let name = word.value.split(':').next().unwrap_or_default();
        if !matches!(name, "root" | "0") || drops {
            return Vec::new();
        }
        let finding = Finding::new(rule, user.head.clone(), "the program runs as root");
        return vec![
            finding
                .severity(Severity::Warning)
                .label("the last USER")
                .advice("switch back to the program's own user after the commands that need root"),
        ];
    }
    // Without a program of its own it is a base for others; some bases bring a user along.
    let own_user = ["nonroot", "rootless", "unprivileged"].iter().any(|w| base.value.contains(w));
    let Some(starts) = starts.filter(|_| !drops && !own_user) else { return Vec::new() };
    let known = base.value == "scratch" || !base.is_dynamic();
    if !known {
        return Vec::new();
    }
    let finding = Finding::new(rule, starts.head.clone(), "no USER: the program runs as root");
    vec![finding.label("as root, unless the base image says otherwise").advice(
        "make a user in a RUN above, give it what it writes, and name it with USER before this line",
    )]
}
