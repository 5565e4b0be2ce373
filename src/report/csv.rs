//! A report as a table for a spreadsheet: one row per step of every build, with the build's own
//! columns repeated; of a run without builds, one per decision; else one per host.

use super::View;
use super::bench::measures;
use super::document::one_line;
use super::fates::Fates;
use crate::record::{
    Build, BuildEnd, BuildStep, BuildStepKind, BuildStepResult, Decision, HostRun, Run, Verdict,
};
use csv::Writer;

pub(super) fn render(run: &Run, _: &View) -> String {
    let mut table = Writer::from_writer(Vec::new());
    let written = if run.hosts.iter().any(|h| !h.builds.is_empty()) {
        steps(&mut table, run)
    } else if run.hosts.iter().any(|h| !h.decisions.is_empty()) {
        decisions(&mut table, run)
    } else {
        hosts(&mut table, run)
    };
    // Rows have as many cells as their head, and memory takes every byte.
    let text =
        written.ok().and_then(|()| table.into_inner().ok()).and_then(|t| String::from_utf8(t).ok());
    text.unwrap_or_else(|| "error\n".to_owned())
}

/// Text of a host in a cell. A spreadsheet runs what begins like a formula, so that gets an
/// apostrophe in front (OWASP, "CSV Injection").
pub(super) fn cell(text: &str) -> String {
    let text = one_line(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

fn number(n: Option<impl ToString>) -> String {
    n.map_or_else(String::new, |n| n.to_string())
}

const BUILD: [&str; 23] = [
    "run",
    "host",
    "app",
    "scenario",
    "dockerfile",
    "dockerfile_sha256",
    "round",
    "started",
    "engine",
    "builder",
    "store",
    "commit",
    "wall_milliseconds",
    "end",
    "exit_status",
    "ownership_milliseconds",
    "io_some_per_mille",
    "image_bytes",
    "image_layers",
    "image_wasted_bytes",
    "largest_layer_bytes",
    "cache_growth_bytes",
    "disk_growth_bytes",
];
const STEP: [&str; 10] = [
    "step",
    "kind",
    "stage",
    "line",
    "name",
    "start_milliseconds",
    "milliseconds",
    "result",
    "critical",
    "ownership",
];

fn steps(table: &mut Writer<Vec<u8>>, run: &Run) -> csv::Result<()> {
    table.write_record(BUILD.iter().chain(&STEP))?;
    for (host, build) in run.hosts.iter().flat_map(|h| h.builds.iter().map(move |b| (h, b))) {
        let of_build = of_build(run, host, build);
        for (at, step) in build.steps.iter().enumerate() {
            table.write_record(of_build.iter().chain(&of_step(at, step)))?;
        }
        if build.steps.is_empty() {
            table.write_record(of_build.iter().chain(&[const { String::new() }; STEP.len()]))?;
        }
    }
    Ok(())
}

fn of_build(run: &Run, host: &HostRun, build: &Build) -> [String; BUILD.len()] {
    let (end, status) = match &build.end {
        BuildEnd::Built => ("built", None),
        BuildEnd::Failed { exit_status, .. } => ("failed", *exit_status),
        BuildEnd::TimedOut => ("timedout", None),
    };
    let conditions = &build.conditions;
    [
        run.start.run.to_string(),
        cell(host.host.as_str()),
        cell(&build.app),
        build.scenario.to_string(),
        cell(&build.dockerfile),
        cell(&build.dockerfile_sha256),
        build.round.to_string(),
        build.started.to_string(),
        cell(&conditions.engine),
        cell(&conditions.builder),
        cell(&conditions.store),
        cell(conditions.commit.as_deref().unwrap_or_default()),
        build.wall_milliseconds.to_string(),
        end.to_owned(),
        number(status),
        number(measures::ownership(build)),
        number(measures::stalled(build)),
        number(measures::image_bytes(build)),
        number(measures::layers(build)),
        number(measures::wasted(build)),
        number(measures::largest_layer(build).map(|layer| layer.bytes)),
        number(build.cache_growth_bytes),
        number(build.disk_growth_bytes),
    ]
}

fn of_step(at: usize, step: &BuildStep) -> [String; STEP.len()] {
    let kind = match step.kind {
        BuildStepKind::Preparation => "preparation",
        BuildStepKind::Context => "context",
        BuildStepKind::Pull => "pull",
        BuildStepKind::Instruction => "instruction",
        BuildStepKind::Export => "export",
    };
    let result = match &step.result {
        BuildStepResult::Ran => "ran",
        BuildStepResult::Cached => "cached",
        BuildStepResult::Failed { .. } => "failed",
        BuildStepResult::Cut => "cut",
    };
    [
        at.to_string(),
        kind.to_owned(),
        cell(step.stage.as_deref().unwrap_or_default()),
        number(step.line),
        cell(&step.name),
        number(step.intervals.first().map(|i| i.start)),
        step.milliseconds().to_string(),
        result.to_owned(),
        step.critical.to_string(),
        step.ownership.to_string(),
    ]
}

fn decisions(table: &mut Writer<Vec<u8>>, run: &Run) -> csv::Result<()> {
    table.write_record([
        "run",
        "host",
        "phase",
        "kind",
        "id",
        "name",
        "bytes",
        "age_seconds",
        "decision",
        "rule",
        "reason",
        "became",
    ])?;
    for host in &run.hosts {
        let fates = Fates::of(host);
        for decision in &host.decisions {
            table.write_record(of_decision(run, host, decision, &fates))?;
        }
    }
    Ok(())
}

fn of_decision(run: &Run, host: &HostRun, decision: &Decision, fates: &Fates<'_>) -> [String; 12] {
    let object = &decision.object;
    let (verdict, became) = match decision.decision {
        Verdict::Stay => ("stay", String::new()),
        Verdict::Go if host.actions.is_empty() => ("go", String::new()),
        Verdict::Go => ("go", fates.get(decision).words().to_owned()),
    };
    [
        run.start.run.to_string(),
        cell(host.host.as_str()),
        cell(&decision.phase),
        cell(&object.kind),
        cell(&object.id),
        cell(object.names.first().map_or("", String::as_str)),
        number(object.bytes),
        number(object.age_seconds),
        verdict.to_owned(),
        cell(&decision.rule),
        cell(&decision.reason),
        became,
    ]
}

fn hosts(table: &mut Writer<Vec<u8>>, run: &Run) -> csv::Result<()> {
    table.write_record([
        "run",
        "host",
        "outcome",
        "exit_status",
        "connect_milliseconds",
        "problem",
    ])?;
    for host in &run.hosts {
        table.write_record([
            run.start.run.to_string(),
            cell(host.host.as_str()),
            host.state().to_string(),
            number(host.exit_status),
            number(host.connect_milliseconds),
            cell(host.problem.as_ref().map_or("", |p| p.reason.as_str())),
        ])?;
    }
    Ok(())
}
