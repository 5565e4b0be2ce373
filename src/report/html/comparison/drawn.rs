//! Builds and steps of both sides as bars.

use super::{median, percent};
use crate::human;
use crate::report::compare::{BuildRow, Comparison, Condition, Measure, Spread, StepRow, Verdict};
use crate::report::html::scale::Scale;
use crate::report::html::shapes::{Class, Shapes};
use crate::report::html::{axis, said, times};
use maud::{Markup, html};

/// Steps that are drawn of each row.
const MOST_STEPS: usize = 12;
/// Rows whose steps are drawn.
const MOST_DETAILS: usize = 12;

pub(super) fn builds(comparison: &Comparison) -> Markup {
    let mut rows: Vec<&BuildRow> = comparison.builds.iter().collect();
    // Apps in order of appearance; hosts keep their order, as the sort is stable.
    let place =
        |row: &BuildRow| comparison.builds.iter().position(|other| other.key.app == row.key.app);
    rows.sort_by_cached_key(|row| (place(row), row.key.scenario));
    html! {
        (key())
        @for of_app in rows.chunk_by(|a, b| a.key.app == b.key.app) { (app(of_app)) }
    }
}

fn key() -> Markup {
    html! {
        p.keyline {
            (Shapes::key(Class::Io, 3, "median before"))
            (Shapes::key(Class::Run, 3, "median after"))
            (Shapes::key(Class::Own, 3, "median after, where it is longer"))
        }
    }
}

fn app(rows: &[&BuildRow]) -> Markup {
    let medians =
        rows.iter().flat_map(|r| [median(r.time.before.as_ref()), median(r.time.after.as_ref())]);
    let scale = Scale::to(medians.flatten());
    html! {
        h3 { (said(&rows[0].key.app)) }
        table.fig {
            thead { tr {
                th.h scope="col" { "host" } th.g scope="col" { (axis(scale, "build time")) }
                th.n scope="col" { "before" } th.n scope="col" { "after" } th.n.ch scope="col" { "change" }
                th.v.wide scope="col" { "verdict" }
            } }
            @for part in rows.chunk_by(|a, b| a.key.scenario == b.key.scenario) { tbody {
                tr.group { th colspan="5" scope="rowgroup" {
                    (part[0].key.scenario.as_str()) small { (times::meaning(part[0].key.scenario)) }
                } }
                @for row in part { (row_of(row.key.host.as_str(), &row.time, scale, &verdict(row))) }
            } }
        }
    }
}

/// The verdict and why it is none.
pub(super) fn verdict(row: &BuildRow) -> String {
    let conditions: Vec<&str> =
        row.reasons.iter().map(|reason| condition(reason.condition)).collect();
    let why =
        if conditions.is_empty() { String::new() } else { format!(": {}", conditions.join(", ")) };
    let failed = row.failed.before + row.failed.after;
    let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    format!("{}{why}{failed}", row.verdict)
}

const fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::Engine => "engine",
        Condition::Builder => "builder",
        Condition::Buildx => "buildx",
        Condition::Store => "store",
        Condition::Processors => "processors",
        Condition::Load => "load",
    }
}

fn row_of(name: &str, measure: &Measure, scale: Scale, verdict: &str) -> Markup {
    let slower = measure.change_percent.is_some_and(|change| change > 0.0);
    let show = |spread: &Option<Spread>| {
        median(spread.as_ref()).map_or_else(|| "–".to_owned(), human::duration)
    };
    html! {
        tr {
            th scope="row" { (said(name)) }
            td.g { (pair(measure, scale)) }
            td.n.dim { (show(&measure.before)) } td.n { (show(&measure.after)) }
            td.n.ch.bad[slower] { @if let Some(change) = measure.change_percent { (percent(change)) } }
            td.v.wide { (verdict) }
        }
    }
}

fn pair(measure: &Measure, scale: Scale) -> Markup {
    let mut shapes = Shapes::default();
    let (before, after) = (median(measure.before.as_ref()), median(measure.after.as_ref()));
    if let Some(before) = before {
        shapes.bar(Class::Io, 0, scale.x(before), 1, 5);
    }
    if let Some(after) = after {
        let class =
            if before.is_some_and(|before| after > before) { Class::Own } else { Class::Run };
        shapes.bar(class, 0, scale.x(after), 6, 5);
    }
    shapes.decoration(12, 14)
}

/// The steps of the row with the largest change of each app, as far as there is room.
pub(super) fn steps(comparison: &Comparison) -> Markup {
    let mut shown: Vec<&BuildRow> = Vec::new();
    for row in &comparison.builds {
        match shown.iter_mut().find(|other| other.key.app == row.key.app) {
            Some(other) if change(row) > change(other) => *other = row,
            Some(_) => {}
            None => shown.push(row),
        }
    }
    html! { @for row in shown.into_iter().take(MOST_DETAILS) { (steps_of(row)) } }
}

/// How many milliseconds lie between the medians.
fn change(row: &BuildRow) -> u64 {
    let at = |spread: &Option<Spread>| median(spread.as_ref()).unwrap_or(0);
    at(&row.time.before).abs_diff(at(&row.time.after))
}

fn steps_of(row: &BuildRow) -> Markup {
    let longest =
        |step: &StepRow| median(step.time.before.as_ref()).max(median(step.time.after.as_ref()));
    let mut steps: Vec<&StepRow> = row.steps.iter().collect();
    steps.sort_by_key(|step| std::cmp::Reverse(longest(step)));
    let scale = Scale::to(steps.iter().filter_map(|step| longest(step)));
    let rest = steps.len().saturating_sub(MOST_STEPS);
    html! {
        h3 { (said(&row.key.app)) small { (row.key.scenario.as_str()) " on " (said(row.key.host.as_str())) ", the longest steps of both sides" } }
        table.fig.fall {
            thead { tr {
                th.st scope="col" { "step" } th.n.tm scope="col" { "before" } th.n.tm scope="col" { "after" }
                th.tm.wide scope="col" { "verdict" } th.g scope="col" { (axis(scale, "time at work")) }
            } }
            tbody { @for step in steps.iter().take(MOST_STEPS) { (step_row(step, scale)) } }
        }
        @if rest > 0 { p.dim { "and " (rest) " shorter ones" } }
    }
}

fn step_row(step: &StepRow, scale: Scale) -> Markup {
    let show = |spread: &Option<Spread>| {
        median(spread.as_ref()).map_or_else(|| "–".to_owned(), human::duration)
    };
    let verdict = match step.verdict {
        Verdict::TooFewRuns => String::new(),
        verdict => verdict.to_string(),
    };
    html! {
        tr.own[step.ownership] {
            th.st scope="row" { span.mono { (said(&step.name)) } }
            td.n.tm.dim { (show(&step.time.before)) } td.n.tm { (show(&step.time.after)) }
            td.tm.wide { (verdict) }
            td.g { (pair(&step.time, scale)) }
        }
    }
}
