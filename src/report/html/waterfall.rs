//! The steps of a build along its time, with the machine's waits for I/O below them.

use super::scale::Scale;
use super::shapes::{Class, Shapes};
use super::{axis, said};
use crate::human;
use crate::record::{Build, BuildStep, BuildStepKind, BuildStepResult, Sample};
use crate::report::bench::measures;
use crate::report::bench::series::{Series, Subject, wall};
use maud::{Markup, html};

/// More builds than this are drawn small, each a figure of its own.
const MOST_TABLES: usize = 12;
/// Steps below this share of the build, in thousandths, are one row together.
const SHORT: u64 = 4;

pub(super) fn section(subjects: &[Subject<'_, '_>]) -> Markup {
    let builds: usize = subjects.iter().map(|s| s.series.len()).sum();
    html! {
        (key())
        @for subject in subjects {
            h3 { (said(subject.app)) small { (subject.scenario.as_str()) " builds of " (said(subject.dockerfile)) } }
            @let scale = Scale::to(subject.series.iter().filter_map(|s| s.milliseconds()));
            @if builds <= MOST_TABLES {
                @for one in &subject.series { (table(one, scale)) }
            } @else {
                @if let Some(slowest) = subject.series.iter().max_by_key(|s| s.milliseconds()) { (table(slowest, scale)) }
            }
        }
    }
}

/// Every series as a small figure, on one scale per app.
pub(super) fn minis(all: &[Series<'_>]) -> Markup {
    html! {
        @for of_app in all.chunk_by(|a, b| a.app == b.app) {
            h3 { (said(of_app[0].app)) }
            @for part in of_app.chunk_by(|a, b| (a.scenario, a.sha256) == (b.scenario, b.sha256)) {
                p.dim { (part[0].scenario.as_str()) ", " (said(part[0].dockerfile)) }
                div.minis { @for one in part { (mini(one, part)) } }
            }
        }
    }
}

/// The height of a step in a small figure.
const MINI: u64 = 2;

fn mini(one: &Series<'_>, part: &[Series<'_>]) -> Markup {
    let scale = Scale::to(part.iter().filter_map(Series::milliseconds));
    let Some(build) = one.typical() else {
        return html! { figure { figcaption { span { (said(one.host.host.as_str())) } "not built" } } };
    };
    let mut shapes = Shapes::default();
    let steps = build.steps.iter().filter(|s| !is_short(s, build));
    let mut y = 0;
    for step in steps {
        bars(&mut shapes, step, scale, y, MINI);
        y += MINI;
    }
    html! {
        figure {
            figcaption { span { (said(one.host.host.as_str())) } (human::duration(build.wall_milliseconds)) }
            (shapes.decoration(y.max(1), y.max(6)))
        }
    }
}

fn key() -> Markup {
    html! {
        p.keyline {
            (Shapes::key(Class::Run, 3, "on the critical path, marked ●"))
            (Shapes::key(Class::Off, 3, "beside it, or cached"))
            (Shapes::key(Class::Own, 3, "changes owners or modes"))
            (Shapes::key(Class::Some, 3, "some task waited for I/O"))
            (Shapes::key(Class::Full, 3, "all tasks waited"))
        }
    }
}

fn is_short(step: &BuildStep, build: &Build) -> bool {
    let failed = matches!(step.result, BuildStepResult::Failed { .. });
    !failed
        && step.milliseconds().saturating_mul(1_000) < build.wall_milliseconds.saturating_mul(SHORT)
}

fn table(one: &Series<'_>, scale: Scale) -> Markup {
    let Some(build) = one.typical() else { return html! {} };
    let (short, long): (Vec<_>, Vec<_>) = build.steps.iter().partition(|s| is_short(s, build));
    html! {
        table.fig.fall {
            caption.vh { "Steps of the median build on " (said(one.host.host.as_str())) }
            thead { tr {
                th.ln.wide scope="col" { "line" }
                th.c scope="col" { span.vh { "critical path" } }
                th.st scope="col" { b { (said(one.host.host.as_str())) } ", " (human::duration(build.wall_milliseconds)) }
                th.n.tm scope="col" { "time" }
                th.n.sh.wide scope="col" { "share" }
                th.g scope="col" { (axis(scale, "time since the start")) }
            } }
            tbody {
                @for step in long { (row(step, build, scale)) }
                @if !short.is_empty() { (together(&short, build, scale)) }
                (pressure(build, scale))
            }
        }
    }
}

fn row(step: &BuildStep, build: &Build, scale: Scale) -> Markup {
    let mut shapes = Shapes::default();
    bars(&mut shapes, step, scale, 1, 8);
    html! {
        tr.own[step.ownership] {
            td.ln.wide { @if let Some(line) = step.line { (line) } }
            td.c { @if step.critical { span aria-hidden="true" { "●" } span.vh { "critical" } } }
            th.st scope="row" { (label(step)) }
            td.n.tm { (time(step)) }
            td.n.sh.wide.dim { (percent(step.milliseconds(), build)) }
            td.g { (shapes.decoration(10, 12)) }
        }
    }
}

fn label(step: &BuildStep) -> Markup {
    match step.kind {
        BuildStepKind::Pull => html! { "pull " span.mono { (said(&step.name)) } },
        BuildStepKind::Context => html! { "send the context" },
        BuildStepKind::Export => html! { "write the image" },
        BuildStepKind::Preparation | BuildStepKind::Instruction => {
            html! { span.mono { (said(&step.name)) } }
        }
    }
}

fn time(step: &BuildStep) -> String {
    match &step.result {
        BuildStepResult::Cached => "cached".to_owned(),
        BuildStepResult::Failed { .. } => "failed".to_owned(),
        BuildStepResult::Cut if step.intervals.is_empty() => "not begun".to_owned(),
        BuildStepResult::Ran | BuildStepResult::Cut => human::duration(step.milliseconds()),
    }
}

fn percent(milliseconds: u64, build: &Build) -> String {
    let percent = milliseconds.saturating_mul(100).checked_div(build.wall_milliseconds);
    match percent {
        Some(0) if milliseconds > 0 => "< 1 %".to_owned(),
        Some(percent) => format!("{percent} %"),
        None => String::new(),
    }
}

fn bars(shapes: &mut Shapes, step: &BuildStep, scale: Scale, y: u64, height: u64) {
    let class = match (&step.result, step.ownership, step.critical) {
        (BuildStepResult::Failed { .. }, ..) => Class::Bad,
        (BuildStepResult::Cached, ..) | (_, false, false) => Class::Off,
        (_, true, true) => Class::Own,
        (_, true, false) => Class::OffOwn,
        (_, false, true) if step.kind == BuildStepKind::Instruction => Class::Run,
        (_, false, true) => Class::Io,
    };
    for interval in &step.intervals {
        shapes.bar(class, scale.x(interval.start), scale.x(interval.end), y, height);
    }
}

/// All short steps as one row.
fn together(short: &[&BuildStep], build: &Build, scale: Scale) -> Markup {
    let sum: u64 = short.iter().map(|s| s.milliseconds()).sum();
    let cached = short.iter().filter(|s| s.result == BuildStepResult::Cached).count();
    let cached = if cached > 0 { format!(", {cached} cached") } else { String::new() };
    let mut shapes = Shapes::default();
    short.iter().for_each(|step| bars(&mut shapes, step, scale, 1, 8));
    html! {
        tr.dim {
            td.ln.wide {} td.c {}
            th.st scope="row" { (human::count(short.len(), "short step")) (cached) }
            td.n.tm { (human::duration(sum)) }
            td.n.sh.wide { (percent(sum, build)) }
            td.g { (shapes.decoration(10, 12)) }
        }
    }
}

/// Pressure Stall Information along the build (Linux, Documentation/accounting/psi.rst).
fn pressure(build: &Build, scale: Scale) -> Markup {
    let (Some(some), Some(peak)) =
        (measures::stalled(build), build.samples.iter().filter_map(|s| s.io_some).max())
    else {
        return html! {};
    };
    let mut shapes = Shapes::default();
    shapes.area(Class::Some, &points(&build.samples, scale, |s| s.io_some), GROUND);
    shapes.area(Class::Full, &points(&build.samples, scale, |s| s.io_full), GROUND);
    let whole = wall(build).unwrap_or(0);
    let waited = human::duration(u64::try_from(whole.saturating_mul(some) / 1_000).unwrap_or(0));
    let title = format!(
        "I/O pressure: some task waited {} % of the time, at most {} %",
        some / 10,
        peak / 10
    );
    html! {
        tr.tot {
            td.ln.wide {} td.c {}
            th.st scope="row" { "waiting for I/O " span.dim { "peak " (peak / 10) " %" } }
            td.n.tm { (waited) }
            td.n.sh.wide.dim { (some / 10) " %" }
            td.g { (shapes.chart(GROUND, 26, &title, None)) }
        }
    }
}

/// Where no task waits, in the height of the strip.
const GROUND: u64 = 100;

/// Highest point of each place on the scale.
fn points(
    samples: &[Sample],
    scale: Scale,
    share: impl Fn(&Sample) -> Option<u32>,
) -> Vec<(u64, u64)> {
    let mut points: Vec<(u64, u64)> = Vec::new();
    for sample in samples {
        let Some(share) = share(sample) else { continue };
        let (x, y) = (scale.x(sample.at), GROUND - u64::from(share.min(1_000)) * GROUND / 1_000);
        match points.last_mut() {
            Some((last, high)) if x <= *last => *high = y.min(*high),
            _ => points.push((x, y)),
        }
    }
    points
}
