//! Installs without a cache mount, where the frontend has them.

use crate::dockerfile::finding::{Edit, Finding, Safety, Severity};
use crate::dockerfile::programs;
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::tree::Dockerfile;

pub(super) static RULE: Rule = Rule {
    name: "no-cache-mount",
    codes: &[],
    severity: Severity::Note,
    summary: "an install without a cache mount, in a file for BuildKit",
    why: "When a list changes, the install starts from nothing and fetches everything again. A cache mount \
          keeps what was fetched on the build host, outside of the image, so that only what is new comes \
          over the network.",
    before: "RUN npm ci",
    after: "RUN --mount=type=cache,target=/root/.npm npm ci",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    if !is_for_buildkit(case.file) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (stage, ground) in case.grounds.iter().enumerate() {
        for (at, instruction) in case.file.stages[stage].instructions.iter().enumerate() {
            let steps = ground.runs.get(&at).map_or(&[][..], Vec::as_slice);
            // Any cache mount shows that somebody thought about it.
            if instruction.flags.iter().any(|f| f.name == "mount" && f.value.contains("type=cache"))
            {
                continue;
            }
            let installs = steps.iter().find_map(|s| Some((s, programs::installer(s)?)));
            let Some((step, installer)) = installs.filter(|(s, _)| s.script.is_none()) else {
                continue;
            };
            let end = step.command.words.get(1).map_or(step.command.span.end, |w| w.span.end);
            let flag = format!(" --mount=type=cache,target={}", installer.cache);
            let at = instruction.keyword_span(&case.file.text).end;
            let finding = Finding::new(
                rule,
                step.command.span.start..end,
                format!("{} fetches everything again whenever a list changes", installer.name),
            )
            .label("without a cache of its own")
            .advice(format!(
                "check that {} is where your {} keeps what it fetches; as another user it is that user's, \
                 with uid= and gid= in the mount",
                installer.cache, installer.name
            ));
            found.push(if instruction.onbuild {
                finding
            } else {
                finding.fix(Safety::Proposal, vec![Edit::insert(at, flag)])
            });
        }
    }
    found
}

/// Whether the file is written for BuildKit's frontend, which has cache mounts and `--chmod`.
pub(super) fn is_for_buildkit(file: &Dockerfile) -> bool {
    let named = file.syntax.as_deref().is_some_and(|syntax| {
        let old = ["1.0", "1.1", "1.0-experimental"];
        let tag = syntax.rsplit_once(':').map_or("latest", |(_, tag)| tag);
        syntax.contains("docker/dockerfile") && !old.contains(&tag)
    });
    named
        || file.instructions().any(|i| {
            !i.heredocs.is_empty()
                || i.flags
                    .iter()
                    .any(|f| matches!(f.name.as_str(), "mount" | "link" | "chmod" | "parents"))
        })
}
