//! One tree of the context that two `COPY`s bring to the same place.

use super::words;
use crate::dockerfile::edits;
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::ground::{Deed, Kind};
use crate::dockerfile::paths;
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "copied-twice",
    codes: &[],
    severity: Severity::Warning,
    summary: "the same files copied to the same place a second time",
    why: "The second COPY brings nothing new: its layer holds the same files once more, the image grows by \
          them, and every build sends and writes them twice.",
    before: "COPY . /app\nCOPY public /app/public",
    after: "COPY . /app",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for ground in case.grounds {
        let copies: Vec<&Deed> =
            ground.deeds.iter().filter(|deed| matches!(deed.kind, Kind::Copied { .. })).collect();
        let mut told = std::collections::HashSet::new();
        for (number, later) in copies.iter().enumerate() {
            let earlier = copies[..number].iter().rev().find(|earlier| holds(earlier, later));
            if let Some(earlier) = earlier.filter(|e| e.at < later.at)
                && told.insert(later.span.start)
            {
                found.push(finding(rule, case, ground, earlier, later));
            }
        }
    }
    // A stage that begins with another has that one's copies, too.
    found.sort_by_key(|finding| finding.span.start);
    found.dedup_by_key(|finding| finding.span.start);
    found
}

/// Whether an earlier copy brought all of a later one to the same paths.
fn holds(earlier: &Deed, later: &Deed) -> bool {
    let (
        Kind::Copied { source: first, from: one, is_file, .. },
        Kind::Copied { source: second, from: other, .. },
    ) = (&earlier.kind, &later.kind)
    else {
        return false;
    };
    let plain = |source: &str| !source.contains(['*', '?', '$', '{']) && !source.contains("://");
    if one != other || !plain(first) || !plain(second) {
        return false;
    }
    let (first, second) = (paths::join("/", first), paths::join("/", second));
    if *is_file {
        return first == second && earlier.path == later.path;
    }
    let under = |path: &str, root: &str| -> Option<String> {
        paths::is_within(path, root).then(|| path[root.trim_end_matches('/').len()..].to_owned())
    };
    match (under(&second, &first), under(&later.path, &earlier.path)) {
        (Some(source), Some(dest)) => {
            source.trim_start_matches('/') == dest.trim_start_matches('/')
        }
        _ => false,
    }
}

fn finding(
    rule: &'static Rule,
    case: &Case<'_>,
    ground: &crate::dockerfile::Ground,
    earlier: &Deed,
    later: &Deed,
) -> Finding {
    let text = &case.file.text;
    let instructions = &case.file.stages[later.at.0].instructions;
    let instruction = &instructions[later.at.1];
    let shown = words::one_line(text, instruction.head.clone(), 40);
    let line = text.line(earlier.span.start);
    let found = Finding::new(
        rule,
        instruction.head.clone(),
        format!("`{shown}` copies what line {line} copied already"),
    )
    .label("the same files to the same place")
    .also(earlier.span.clone(), "brings them first");
    let same_stage = earlier.at.0 == later.at.0;
    let written = ground.deeds.iter().any(|deed| {
        deed.at > earlier.at
            && deed.at < later.at
            && (deed.kind == Kind::Opaque || paths::touch(&deed.path, &later.path))
            && !matches!(deed.kind, Kind::Made | Kind::Copied { .. })
    });
    let changed = ground.runs.iter().any(|(at, steps)| {
        same_stage
            && (earlier.at.1..later.at.1).contains(at)
            && steps.iter().any(|step| {
                matches!(step.command.program(), "chown" | "chmod" | "chgrp" | "find" | "xargs")
            })
    });
    let first = same_stage.then(|| &case.file.stages[earlier.at.0].instructions[earlier.at.1]);
    let flags = |i: &crate::dockerfile::Instruction| -> Vec<(String, String)> {
        let mut all: Vec<_> = i.flags.iter().map(|f| (f.name.clone(), f.value.clone())).collect();
        all.retain(|(name, _)| name != "link");
        all.sort();
        all
    };
    let alone = instruction.copy().is_some_and(|(sources, _)| sources.len() == 1);
    let alike = first.is_some_and(|first| {
        first.keyword == instruction.keyword && flags(first) == flags(instruction)
    });
    if written || changed {
        return found.severity(Severity::Note).advice(
            "something between the two changes these files; if the second copy is meant to undo that, \
             say so in a comment",
        );
    }
    if alike && alone {
        return found.fix(Safety::Same, vec![edits::remove(text, instruction)]);
    }
    found.advice("the two have different flags: keep the one that is meant")
}
