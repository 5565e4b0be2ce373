//! What phases and rules are called in reports.

/// A phase's objects, in the singular.
const PHASES: &[(&str, &str)] = &[
    ("stop", "container to stop"),
    ("stopped-containers", "stopped container"),
    ("dangling-images", "dangling image"),
    ("build-cache", "build cache record"),
    ("unused-images", "unused image"),
    ("volumes", "volume"),
    ("networks", "network"),
];

/// Rules under which objects stay. One that is missing here is shown by its name.
const RULES: &[(&str, &str)] = &[
    ("in-use", "in use by a container"),
    ("young", "too young"),
    ("parent", "parent of an image that stays"),
    ("protected", "protected"),
    ("label", "kept by their label"),
    ("undated", "without a date"),
    ("clock", "clock not trusted"),
];

/// Rules about objects that a phase looks at without being about them.
const BESIDE: &[&str] = &["tagged"];

/// What one object of a phase is called.
pub(super) fn noun(phase: &str) -> String {
    let known = PHASES.iter().find(|(name, _)| *name == phase);
    known.map_or_else(|| phase.replace('-', " "), |(_, noun)| (*noun).to_owned())
}

/// What several objects of a phase are called.
pub(super) fn title(phase: &str) -> String {
    match PHASES.iter().find(|(name, _)| *name == phase) {
        Some(("stop", _)) => "containers to stop".to_owned(),
        Some((_, noun)) => format!("{noun}s"),
        None => phase.replace('-', " "),
    }
}

/// Why objects stay: the reason itself when it is the same for all, else the rule's title.
pub(super) fn reason<'r>(rule: &str, reasons: impl IntoIterator<Item = &'r str>) -> String {
    let mut reasons = reasons.into_iter();
    if let Some(first) = reasons.next()
        && rule != "in-use"
        && reasons.all(|other| other == first)
        && first.len() <= 30
    {
        return first.to_owned();
    }
    let known = RULES.iter().find(|(name, _)| *name == rule);
    known.map_or_else(|| rule.replace('-', " "), |(_, title)| (*title).to_owned())
}

pub(super) fn is_beside(rule: &str) -> bool {
    BESIDE.contains(&rule)
}
