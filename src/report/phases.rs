//! What phases and rules are called in reports, and in which order.

/// What a phase is about.
struct Phase {
    name: &'static str,
    /// What its objects are called.
    title: &'static str,
    /// Whether its objects have a size worth showing.
    sized: bool,
    /// What their age is counted from.
    since: &'static str,
}

const fn phase(name: &'static str, title: &'static str, sized: bool, since: &'static str) -> Phase {
    Phase { name, title, sized, since }
}

/// The phase that stops containers instead of removing something.
pub(super) const STOP: &str = "stop-containers";

const PHASES: &[Phase] = &[
    phase(STOP, "containers to stop", false, "made"),
    phase("stopped-containers", "stopped containers", true, "ended"),
    phase("dangling-images", "dangling images", true, "made"),
    phase("build-cache", "build cache", true, "used"),
    phase("unused-images", "unused images", true, "made"),
    phase("volumes", "volumes", true, "changed"),
    phase("networks", "networks", false, "made"),
];

/// Why objects stay, in words that follow their number, the most important first: what
/// protects comes before what is only young, and what is in use comes last. A phase is
/// named where the same rule means something else elsewhere; its row stands before the
/// general one.
const RULES: &[(&str, &str, &str)] = &[
    ("", "not-planned", "not in the plan that was approved"),
    ("", "stopped-by-us", "stopped by this plan"),
    ("", "protected", "protected by the inventory"),
    ("", "label", "with the label fleet.keep"),
    ("unused-images", "kamal", "that Kamal may roll back to"),
    ("", "kamal", "for Kamal's rollback"),
    ("", "swarm", "of the swarm"),
    ("", "compose", "of Compose projects"),
    ("", "declared", "declared by Compose or Kamal"),
    ("", "pattern", "that other networks are made after"),
    ("volumes", "builder", "with the cache of buildx"),
    ("", "builder", "of buildx"),
    ("", "base", "that templates build on"),
    ("", "volume", "whose anonymous volume holds data"),
    ("", "much-written", "that wrote much (only by --containers)"),
    ("", "unmeasured", "whose writes were not measured (only by --containers)"),
    ("", "built-here", "that may not come back by a pull (only by --images)"),
    ("", "newest", "among the newest tags"),
    ("", "named", "unused (only by --volumes)"),
    ("", "unmarked", "named like anonymous ones (only by --volumes)"),
    ("", "anonymous", "anonymous (only by --anonymous-volumes)"),
    ("", "orphaned", "of lost builders (only by --aggressive)"),
    ("", "cache-mount", "kept between builds, used in the last 7 d"),
    ("", "building", "while a build runs"),
    ("build-cache", "parent", "under a record that stays"),
    ("", "parent", "that other images are built on"),
    ("", "clock", "whose age is not believed: the clock is off"),
    ("", "undated", "without a date"),
    ("", "young", "too young"),
    ("", "not-running", "not running anyway"),
    ("build-cache", "in-use", "in use by a build"),
    ("", "in-use", "in use by a container"),
    ("", "tagged", "with a tag"),
    ("", "running", "running"),
];

/// Rules about objects that a phase looks at without being about them, and what these are.
const BESIDE: &[(&str, &str)] = &[("tagged", "tagged images"), ("running", "running containers")];

fn known(phase: &str) -> Option<&'static Phase> {
    PHASES.iter().find(|known| known.name == phase)
}

/// What the objects of a phase are called.
pub(super) fn title(phase: &str) -> String {
    known(phase).map_or_else(|| phase.replace('-', " "), |known| known.title.to_owned())
}

/// Whether the bytes of its objects say anything.
pub(super) fn is_sized(phase: &str) -> bool {
    known(phase).is_none_or(|known| known.sized)
}

/// What the age of its objects is counted from.
pub(super) fn since(phase: &str) -> &'static str {
    known(phase).map_or("", |known| known.since)
}

/// The place of a rule among all reasons to stay. One that nobody knows protects something.
pub(super) fn rank(phase: &str, rule: &str) -> usize {
    place(phase, rule).unwrap_or(0)
}

fn place(phase: &str, rule: &str) -> Option<usize> {
    RULES.iter().position(|(of, name, _)| *name == rule && (of.is_empty() || *of == phase))
}

/// Why objects stay, in people's words.
pub(super) fn words<'r>(
    phase: &str,
    rule: &str,
    reasons: impl IntoIterator<Item = &'r str>,
) -> String {
    let mut reasons = reasons.into_iter();
    // The reason names the limit.
    if rule == "young"
        && let Some(first) = reasons.next()
        && reasons.all(|other| other == first)
    {
        return first.to_owned();
    }
    let words = place(phase, rule).map(|at| RULES[at].2.to_owned());
    words.unwrap_or_else(|| rule.replace('-', " "))
}

/// What the objects of a rule are that its phase is not about.
pub(super) fn beside(rule: &str) -> Option<&'static str> {
    BESIDE.iter().find(|(name, _)| *name == rule).map(|(_, title)| *title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The first words in quotes after each call of `stay`, in the phases' own text.
    fn rules_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rules_in(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let calls = text.split("stay(").skip(1);
            let quoted = calls.filter_map(|call| call.trim_start().strip_prefix('"'));
            found.extend(quoted.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }

    #[test]
    fn every_rule_and_phase_has_words() {
        let mut rules = BTreeSet::new();
        let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/steps/cleanup");
        rules_in(&steps, &mut rules);
        assert!(rules.contains("kamal") && rules.len() > 25, "{rules:?}");
        for rule in rules {
            assert!(place("", &rule).is_some(), "rule {rule} has no words in RULES");
        }
        for known in PHASES {
            let phases = steps.join("phases").join(known.name.replace('-', "_") + ".rs");
            assert!(phases.exists(), "there is no phase {}", known.name);
        }
    }

    #[test]
    fn rules_of_a_phase_come_before_general_ones() {
        for (at, (phase, rule, _)) in RULES.iter().enumerate() {
            assert_eq!(place(phase, rule), Some(at), "{rule} of {phase} is hidden by another row");
        }
    }
}
