//! Builds that ended without an image: the step, why, and the last lines.

use crate::human;
use crate::record::{Build, BuildEnd, BuildStepResult, HostRun, Run, Scenario};
use crate::report::document::{Block, Text, Tone, one_line};
use crate::report::fleet;

/// Lines of a build's output that are shown.
const LINES: usize = 8;

/// Builds that failed alike.
pub(in crate::report) struct Failure<'r> {
    pub(in crate::report) hosts: Vec<&'r HostRun>,
    pub(in crate::report) builds: usize,
    pub(in crate::report) app: &'r str,
    pub(in crate::report) scenario: Scenario,
    /// What happened, where.
    pub(in crate::report) words: String,
    /// The last lines that the builder printed, escaped.
    pub(in crate::report) lines: Vec<String>,
}

/// Failures that differ in nothing but the host and the round are one.
pub(in crate::report) fn of_run(run: &Run) -> Vec<Failure<'_>> {
    let builds = run.hosts.iter().flat_map(|h| h.builds.iter().map(move |b| (h, b)));
    let bad = builds.filter(|(_, b)| b.end != BuildEnd::Built);
    fleet::group(bad, |(_, b)| (b.app.as_str(), b.scenario, words(b), last_lines(b)))
        .into_iter()
        .map(|((app, scenario, words, lines), on)| {
            let builds = on.len();
            let mut hosts: Vec<&HostRun> = on.into_iter().map(|(host, _)| host).collect();
            hosts.dedup_by(|a, b| a.host == b.host);
            Failure { hosts, builds, app, scenario, words, lines }
        })
        .collect()
}

pub(super) fn blocks(run: &Run) -> Vec<Block> {
    of_run(run)
        .into_iter()
        .flat_map(|failure| {
            let times = if failure.builds > failure.hosts.len() {
                format!(" {} times", failure.builds)
            } else {
                String::new()
            };
            let text = Text::default()
                .add(Tone::Bold, fleet::fold(failure.hosts))
                .add(Tone::Plain, format!(" {} {} ", failure.app, failure.scenario))
                .add(Tone::Bad, "not built")
                .add(Tone::Plain, format!("{times}: {}", failure.words));
            let said = (!failure.lines.is_empty()).then_some(Block::Verbatim(failure.lines));
            std::iter::once(Block::Line(text)).chain(said)
        })
        .collect()
}

fn words(build: &Build) -> String {
    let failed = build.steps.iter().find_map(|step| match &step.result {
        BuildStepResult::Failed { reason } => Some((step, reason)),
        _ => None,
    });
    let place = failed.map_or_else(String::new, |(step, reason)| {
        let line = step.line.map_or_else(String::new, |line| format!(" (line {line})"));
        format!(" in {}{line}: {reason}", step.name)
    });
    match &build.end {
        BuildEnd::Built => String::new(),
        BuildEnd::TimedOut => {
            format!("cut off after {}{place}", human::duration(build.wall_milliseconds))
        }
        BuildEnd::Failed { exit_status: Some(137), .. } => {
            format!("out of memory, exit 137{place}")
        }
        BuildEnd::Failed { exit_status: Some(status), .. } => format!("exit {status}{place}"),
        BuildEnd::Failed { exit_status: None, .. } => format!("no exit status{place}"),
    }
}

fn last_lines(build: &Build) -> Vec<String> {
    let BuildEnd::Failed { lines, .. } = &build.end else { return Vec::new() };
    let from = lines.len().saturating_sub(LINES);
    lines[from..].iter().map(|line| one_line(line)).collect()
}
