//! What the two rules about recursive changes share: where they stand and on what ground.

use super::words;
use crate::dockerfile::finding::{Finding, Severity};
use crate::dockerfile::ground::{Deed, Grade, Kind, Step};
use crate::dockerfile::programs::{self, Change};
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::shell::Joint;

/// A recursive change over something that an earlier layer brought.
pub(super) struct Site<'c> {
    pub(super) stage: usize,
    pub(super) at: usize,
    /// The command's number in its `RUN`.
    pub(super) number: usize,
    pub(super) step: &'c Step,
    pub(super) change: Change<'c>,
    pub(super) paths: Vec<String>,
    pub(super) grade: Grade<'c>,
    /// The path of that grade.
    pub(super) worst: String,
}

impl Site<'_> {
    pub(super) fn is_tree(&self) -> bool {
        matches!(self.grade, Grade::Tree(_))
    }
}

/// Every place where a program goes over a tree again.
pub(super) fn sites<'c>(
    case: &'c Case<'c>,
    program: &'static str,
) -> impl Iterator<Item = Site<'c>> {
    case.grounds.iter().enumerate().flat_map(move |(stage, ground)| {
        let mut runs: Vec<_> = ground.runs.iter().collect();
        runs.sort_by_key(|(at, _)| **at);
        runs.into_iter().flat_map(move |(at, steps)| {
            steps.iter().enumerate().filter_map(move |(number, step)| {
                let before = number.checked_sub(1).map(|n| &steps[n]);
                let before = before.filter(|b| b.command.joint == Joint::Pipe);
                let change = programs::change(step, before)?;
                let wanted = change.program == program && change.is_recursive;
                wanted.then(|| site(case, stage, *at, number, step, change))?
            })
        })
    })
}

fn site<'c>(
    case: &'c Case<'c>,
    stage: usize,
    at: usize,
    number: usize,
    step: &'c Step,
    change: Change<'c>,
) -> Option<Site<'c>> {
    let ground = &case.grounds[stage];
    let paths: Vec<String> = change
        .targets
        .iter()
        .map(|target| {
            let folder = target.value.trim_end_matches('*');
            ground.path(&step.cwd, if folder.is_empty() { "." } else { folder }, at)
        })
        .collect();
    let rank = |grade: &Grade<'_>| match grade {
        Grade::Tree(_) => 3,
        Grade::Perhaps(_) => 2,
        Grade::System => 1,
        Grade::Little => 0,
    };
    let graded =
        paths.iter().take(20).map(|p| (p.clone(), ground.grade(p, (stage, at), case.context)));
    let (worst, grade) = graded.max_by_key(|(_, grade)| rank(grade))?;
    let counts = !matches!(grade, Grade::Little);
    counts.then_some(Site { stage, at, number, step, change, paths, grade, worst })
}

/// A finding with what brought the files.
pub(super) fn finding(rule: &'static Rule, case: &Case<'_>, site: &Site<'_>) -> Finding {
    let text = &case.file.text;
    let shown = words::one_line(text, site.step.command.span.clone(), 48);
    let shown = match &site.step.script {
        Some((name, line)) => {
            format!("`{}` in {}, line {line},", site.change.how, words::shown(name, 40))
        }
        None => format!("`{shown}`"),
    };
    let worst = words::shown(&site.worst, 40);
    let (severity, message, label) = match &site.grade {
        Grade::Tree(_) => (
            Severity::Error,
            format!("{shown} writes all of {worst} again"),
            format!("copies every file under {worst} into this layer"),
        ),
        Grade::Perhaps(_) => (
            Severity::Warning,
            format!("{shown} may write all of {worst} again"),
            "copies up whatever lies there".to_owned(),
        ),
        _ => (
            Severity::Warning,
            format!("{shown} writes a tree of the base image again"),
            format!("copies up all that the base image has under {worst}"),
        ),
    };
    let found = Finding::new(rule, site.step.command.span.clone(), message);
    let found = found.severity(severity).label(label);
    let mut said = std::collections::HashSet::new();
    let deeds = match &site.grade {
        Grade::Tree(deeds) | Grade::Perhaps(deeds) => deeds.as_slice(),
        _ => &[],
    };
    let deeds = deeds.iter().filter(|deed| said.insert(deed.at)).take(3);
    deeds.fold(found, |found, deed| found.also(deed.span.clone(), brought(deed)))
}

fn brought(deed: &Deed) -> String {
    match &deed.kind {
        Kind::Installed(what) => format!("{what} fills {}", words::shown(&deed.path, 30)),
        Kind::Opaque => "may write there".into(),
        _ => "brings the files".into(),
    }
}
