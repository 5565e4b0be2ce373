//! The page of two sides of runs beside each other.

use super::blocks;
use super::page::{Figure, Page, Section};
use super::scale::Scale;
use super::shapes::{Class, Shapes};
use super::{axis, date, said, times};
use crate::human;
use crate::record::{Scenario, Unit};
use crate::report::View;
use crate::report::bench::{signed_bytes, time};
use crate::report::compare::{
    Amount, BuildRow, Comparison, Condition, Headline, Measure, MetricRow, Pair, SideRun, Spread,
    StepRow, Verdict,
};
use crate::report::document::{Table, Tone};
use maud::{Markup, html};

/// Steps that are drawn of each row.
const MOST_STEPS: usize = 12;
/// Rows whose steps are drawn.
const MOST_DETAILS: usize = 12;

/// The whole page.
pub(in crate::report) fn render(comparison: &Comparison, _: &View) -> String {
    let page = Page {
        title: format!("fleet {}, before and after", comparison.verb),
        kicker: format!(
            "fleet {} · {} · {}",
            comparison.verb,
            side("before", &comparison.sides.before),
            side("after", &comparison.sides.after)
        ),
        headline: headline(comparison),
        lede: Vec::new(),
        figures: figures(comparison),
        sections: sections(comparison),
        foot: format!(
            "A row is faster or slower only where the test says so with a risk of error of {} over the whole table",
            comparison.significance
        ),
    };
    page.render()
}

/// `Fleet median cold build 12 m 40 s → 2 m 05 s, −84 %, 9 of 9 hosts faster`
fn headline(comparison: &Comparison) -> String {
    let Some(first) = comparison.headlines.first() else { return "Before and after".to_owned() };
    let change =
        first.change_percent.map_or_else(String::new, |change| format!(", {}", percent(change)));
    format!(
        "Fleet median {} build {} → {}{change}, {} of {} faster",
        first.scenario,
        milliseconds(first.milliseconds.before),
        milliseconds(first.milliseconds.after),
        first.hosts_faster,
        human::count(first.hosts, "host")
    )
}

/// `before: 24 November 2026, 15:30 UTC, run …`
fn side(name: &str, runs: &[SideRun]) -> String {
    let told: Vec<String> = runs
        .iter()
        .map(|run| {
            let label =
                run.label.as_ref().map_or_else(String::new, |label| format!(" \"{label}\""));
            format!("{}{label}, {}", run.run, date(run.started))
        })
        .collect();
    format!("{name}: {}", told.join("; "))
}

/// What is told of cold builds beside their time.
const LEFT: [(&str, &str); 4] = [
    ("steps.ownership", "critical step"),
    ("image.bytes", "image"),
    ("image.layers", "layers"),
    ("cache.growth", "cache grows by"),
];

fn figures(comparison: &Comparison) -> Vec<Figure> {
    let left = LEFT.into_iter().filter_map(|(name, title)| amount(comparison, name, title));
    comparison.headlines.iter().map(scenario).chain(left).collect()
}

/// The median of an amount over the rows of cold builds.
fn amount(comparison: &Comparison, name: &str, title: &str) -> Option<Figure> {
    let cold = comparison.builds.iter().filter(|row| row.key.scenario == Scenario::Cold);
    let all: Vec<&Amount> = cold.flat_map(|row| &row.amounts).filter(|a| a.name == name).collect();
    let unit = all.first()?.unit;
    let middle = |side: fn(&Pair<f64>) -> f64| {
        crate::stats::median(&all.iter().map(|a| side(&a.median)).collect::<Vec<_>>())
    };
    let (before, after) = (middle(|pair| pair.before)?, middle(|pair| pair.after)?);
    Some(Figure {
        name: title.to_owned(),
        value: number(after, unit),
        remark: format!("before {}", number(before, unit)),
        missed: after > before,
    })
}

fn scenario(h: &Headline) -> Figure {
    Figure {
        name: format!("{} build", h.scenario),
        value: h.change_percent.map_or_else(|| "–".to_owned(), percent),
        remark: format!(
            "{} → {}, {} of {} faster",
            milliseconds(h.milliseconds.before),
            milliseconds(h.milliseconds.after),
            h.hosts_faster,
            human::count(h.hosts, "host")
        ),
        missed: h.change_percent.is_some_and(|change| change > 0.0),
    }
}

fn sections(comparison: &Comparison) -> Vec<Section> {
    let part = |id, title, body| Section { id, title, body };
    let parts = [
        (!comparison.builds.is_empty())
            .then(|| part("times", "How long builds take", builds(comparison))),
        (!comparison.builds.is_empty())
            .then(|| part("steps", "Where the time went", steps(comparison))),
        metrics(&comparison.metrics).map(|body| part("metrics", "What else was measured", body)),
        notes(comparison).map(|body| part("notes", "What to know about it", body)),
        (!comparison.builds.is_empty())
            .then(|| part("numbers", "The numbers", numbers(comparison))),
    ];
    parts.into_iter().flatten().collect()
}

fn milliseconds(ms: f64) -> String {
    time(whole(ms))
}

/// A number of milliseconds, bytes or things without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "times and bytes are far below 2^63, and a cast saturates"
)]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// `−84 %`
fn percent(change: f64) -> String {
    let sign = if change < 0.0 { "−" } else { "+" };
    format!("{sign}{} %", whole(change.abs()))
}

fn median(spread: Option<&Spread>) -> Option<u64> {
    spread.and_then(|s| u64::try_from(whole(s.median)).ok())
}

fn builds(comparison: &Comparison) -> Markup {
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
                th.n scope="col" { "before" } th.n scope="col" { "after" } th.n scope="col" { "change" }
                th.v.wide scope="col" { "verdict" }
            } }
            @for part in rows.chunk_by(|a, b| a.key.scenario == b.key.scenario) { tbody {
                tr.group { th colspan="5" scope="rowgroup" {
                    (part[0].key.scenario.as_str()) small { (times::meaning(part[0].key.scenario)) }
                } }
                @for row in part { (row_of(row.key.host.as_str(), &row.time, scale, verdict(row))) }
            } }
        }
    }
}

/// The verdict and why it is none.
fn verdict(row: &BuildRow) -> String {
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

fn row_of(name: &str, measure: &Measure, scale: Scale, verdict: String) -> Markup {
    let slower = measure.change_percent.is_some_and(|change| change > 0.0);
    let show = |spread: &Option<Spread>| {
        median(spread.as_ref()).map_or_else(|| "–".to_owned(), human::duration)
    };
    html! {
        tr {
            th scope="row" { (said(name)) }
            td.g { (pair(measure, scale)) }
            td.n.dim { (show(&measure.before)) } td.n { (show(&measure.after)) }
            td.n.bad[slower] { @if let Some(change) = measure.change_percent { (percent(change)) } }
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
fn steps(comparison: &Comparison) -> Markup {
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

fn metrics(rows: &[MetricRow]) -> Option<Markup> {
    let mut table = Table::new(["host", "metric", "before", "after", "change"]);
    table.left = vec![1];
    for row in rows.iter().filter(|row| row.change != 0.0) {
        let moment = row.moment.map_or("", |m| match m {
            crate::record::Moment::Before => ", before the run",
            crate::record::Moment::After => ", after the run",
        });
        let Pair { before, after } = row.value;
        let cells = [
            row.host.to_string(),
            format!("{}{moment}", row.name),
            number(before, row.unit),
            number(after, row.unit),
            row.change_percent.map_or_else(String::new, percent),
        ];
        table.row(Tone::Plain, cells);
    }
    (!table.rows.is_empty()).then(|| blocks::table(&table))
}

fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => signed_bytes(whole(value)),
        Unit::Milliseconds => milliseconds(value),
        Unit::Count => whole(value).to_string(),
    }
}

fn notes(comparison: &Comparison) -> Option<Markup> {
    let alone = |name: &str, keys: &[crate::report::compare::BuildKey]| {
        (!keys.is_empty()).then(|| {
            let told: Vec<_> =
                keys.iter().map(|k| format!("{} {} on {}", k.app, k.scenario, k.host)).collect();
            format!("built only {name}: {}", told.join("; "))
        })
    };
    let notes = comparison.notes.iter().cloned();
    let alone =
        [alone("before", &comparison.alone.before), alone("after", &comparison.alone.after)];
    let notes: Vec<String> = notes.chain(alone.into_iter().flatten()).collect();
    (!notes.is_empty()).then(|| html! { @for note in &notes { p { (said(note)) } } })
}

fn numbers(comparison: &Comparison) -> Markup {
    html! {
        details {
            summary { "All builds and what they left behind as tables" }
            (blocks::table(&spreads(&comparison.builds)))
            (blocks::table(&amounts(&comparison.builds)))
        }
    }
}

fn spreads(rows: &[BuildRow]) -> Table {
    let mut table = Table::new([
        "build",
        "host",
        "runs",
        "before",
        "quartiles",
        "after",
        "quartiles",
        "ratio, 95 %",
        "p adjusted",
        "verdict",
    ]);
    table.left = vec![1, 9];
    let quartiles = |s: &Spread| {
        format!("{}–{}", milliseconds(s.lower_quartile), milliseconds(s.upper_quartile))
    };
    let cell = |s: &Option<Spread>, show: &dyn Fn(&Spread) -> String| {
        s.as_ref().map_or_else(|| "–".to_owned(), show)
    };
    for row in rows {
        let Measure { before, after, ratio, test, .. } = &row.time;
        let n = |s: &Option<Spread>| s.as_ref().map_or(0, |s| s.n);
        let cells = [
            format!("{} {}", row.key.app, row.key.scenario),
            row.key.host.to_string(),
            format!("{} + {}", n(before), n(after)),
            cell(before, &|s| milliseconds(s.median)),
            cell(before, &quartiles),
            cell(after, &|s| milliseconds(s.median)),
            cell(after, &quartiles),
            ratio.map_or_else(|| "–".to_owned(), |r| format!("{:.2}–{:.2}", r.low, r.high)),
            test.map_or_else(|| "–".to_owned(), |t| format!("{:.4}", t.p_adjusted)),
            verdict(row),
        ];
        table.row(if row.verdict == Verdict::Slower { Tone::Bad } else { Tone::Plain }, cells);
    }
    table
}

fn amounts(rows: &[BuildRow]) -> Table {
    let mut table = Table::new(["build", "host", "amount", "before", "after", "change"]);
    table.left = vec![1, 2];
    for row in rows {
        for Amount { name, unit, median, change_percent } in &row.amounts {
            let cells = [
                format!("{} {}", row.key.app, row.key.scenario),
                row.key.host.to_string(),
                (*name).to_owned(),
                number(median.before, *unit),
                number(median.after, *unit),
                change_percent.map_or_else(String::new, percent),
            ];
            table.row(Tone::Plain, cells);
        }
    }
    table
}
