//! The page of two sides of runs beside each other.

mod drawn;
mod tables;

use super::page::{Figure, Page, Section};
use super::{date, said, unbroken};
use crate::record::{Scenario, Unit};
use crate::report::View;
use crate::report::bench::{signed_bytes, time};
use crate::report::compare::{Amount, BuildKey, Comparison, Headline, Pair, SideRun, Spread};
use maud::{Markup, html};

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
        "Fleet median {} build {} → {}{change}, {}",
        first.scenario,
        unbroken(&milliseconds(first.milliseconds.before)),
        unbroken(&milliseconds(first.milliseconds.after)),
        first.faster()
    )
}

/// `before: 24 November 2026, 15:30 UTC, run …`
fn side(name: &str, runs: &[SideRun]) -> String {
    let told: Vec<String> = runs
        .iter()
        .map(|run| format!("{}{}, {}", run.run, run.about(), date(run.started)))
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
            "{} → {}, {}",
            milliseconds(h.milliseconds.before),
            milliseconds(h.milliseconds.after),
            h.faster()
        ),
        missed: h.change_percent.is_some_and(|change| change > 0.0),
    }
}

fn sections(comparison: &Comparison) -> Vec<Section> {
    let part = |id, title, body| Section { id, title, body };
    let parts = [
        (!comparison.builds.is_empty())
            .then(|| part("times", "How long builds take", drawn::builds(comparison))),
        (!comparison.builds.is_empty())
            .then(|| part("steps", "Where the time went", drawn::steps(comparison))),
        tables::metrics(&comparison.metrics)
            .map(|body| part("metrics", "What else was measured", body)),
        notes(comparison).map(|body| part("notes", "What to know about it", body)),
        (!comparison.builds.is_empty())
            .then(|| part("numbers", "The numbers", tables::numbers(comparison))),
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
    format!("{sign}{}\u{a0}%", whole(change.abs()))
}

fn median(spread: Option<&Spread>) -> Option<u64> {
    spread.and_then(|s| u64::try_from(whole(s.median)).ok())
}

fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => signed_bytes(whole(value)),
        Unit::Milliseconds => milliseconds(value),
        Unit::Count => whole(value).to_string(),
    }
}

fn notes(comparison: &Comparison) -> Option<Markup> {
    let alone = |name: &str, keys: &[BuildKey]| {
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
