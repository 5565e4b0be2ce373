//! How long builds take: a table whose rows are drawn, one per host and scenario.

use super::scale::Scale;
use super::shapes::{Class, Shapes};
use super::{axis_of, said, timeline};
use crate::human;
use crate::record::{Build, Scenario};
use crate::report::bench::overview::{Told, told};
use crate::report::bench::series::{self, Series, wall};
use crate::report::bench::targets::{self, Grade};
use maud::{Markup, html};

/// From so many rows on, rows are low and say less of the host.
pub(super) const MANY: usize = 60;

pub(super) fn section(all: &[Series<'_>]) -> Markup {
    let dense = all.len() > MANY;
    html! {
        (key())
        @for of_app in all.chunk_by(|a, b| a.app == b.app) { (app(of_app, dense)) }
    }
}

fn key() -> Markup {
    let mut tick = Shapes::default();
    tick.tick(Class::Tick, 500, 0, timeline::HEIGHT);
    html! {
        p.keyline {
            (Shapes::key(Class::Own, 0, "chown and chmod, the critical step"))
            (Shapes::key(Class::Run, 2, "other instructions"))
            (Shapes::key(Class::Io, 4, "pulling, context, writing the image"))
            span { (tick.decoration(timeline::HEIGHT, 11)) "single builds; the bar is the median one" }
        }
    }
}

fn app(of_app: &[Series<'_>], dense: bool) -> Markup {
    let longest = of_app.iter().filter_map(Series::range).map(|(_, high)| high);
    let scale = Scale::to(longest);
    let several = series::has_several_dockerfiles(of_app);
    let parts: Vec<&[Series<'_>]> =
        of_app.chunk_by(|a, b| (a.scenario, a.sha256) == (b.scenario, b.sha256)).collect();
    html! {
        h3 { (said(of_app[0].app)) @if !several { small { (said(of_app[0].dockerfile)) } } }
        @if dense {
            @for part in parts { (folded(part, scale, several)) }
        } @else {
            (table(&parts, scale, several, false))
        }
    }
}

/// Of many hosts, those of a scenario without a problem are there for who asks.
fn folded(part: &[Series<'_>], scale: Scale, several: bool) -> Markup {
    let fine = part.iter().all(|s| told(s) == Told::Graded(Grade::Excellent) && s.failed() == 0);
    let table = table(&[part], scale, several, true);
    let most = part.iter().filter_map(Series::milliseconds).max().unwrap_or(0);
    html! {
        @if fine {
            details {
                summary {
                    i { (part[0].scenario.as_str()) } ", " (meaning(part[0].scenario)) ": all "
                    (human::count(part.len(), "host")) " excellent, at most " (human::duration(most))
                }
                (table)
            }
        } @else {
            (table)
        }
    }
}

fn table(parts: &[&[Series<'_>]], scale: Scale, several: bool, dense: bool) -> Markup {
    html! {
        table.fig {
            thead { tr {
                th.h scope="col" { "host" }
                th.g scope="col" { (axis_of(&ticks(scale), scale, "build time")) }
                th.n scope="col" { "median" }
                th.n.r scope="col" { "range" }
                th.v scope="col" { "verdict" }
            } }
            @for part in parts {
                tbody {
                    tr.group { th colspan="4" scope="rowgroup" {
                        (part[0].scenario.as_str()) small { (meaning(part[0].scenario)) @if several { ", " (said(part[0].dockerfile)) } }
                    } }
                    @for one in sorted(part, dense) { (row(one, scale, dense)) }
                }
            }
        }
    }
}

/// Many hosts stand in the order of their times, a few in the order of the inventory.
fn sorted<'s, 'r>(part: &'s [Series<'r>], dense: bool) -> Vec<&'s Series<'r>> {
    let mut sorted: Vec<_> = part.iter().collect();
    if dense {
        sorted.sort_by_key(|s| std::cmp::Reverse(s.milliseconds()));
    }
    sorted
}

/// The targets, as far as times reach them; else round times.
fn ticks(scale: Scale) -> Vec<u64> {
    let reached = limits().filter(|limit| scale.x(*limit) < 1_000);
    let ticks: Vec<u64> = std::iter::once(0).chain(reached).collect();
    if ticks.len() > 1 { ticks } else { scale.times() }
}

fn limits() -> impl Iterator<Item = u64> {
    targets::limits().filter_map(|limit| u64::try_from(limit).ok())
}

pub(super) const fn meaning(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Cold => "nothing cached",
        Scenario::Warm => "nothing changed",
        Scenario::Edit => "one file changed",
        Scenario::Past => "past builds",
    }
}

fn row(one: &Series<'_>, scale: Scale, dense: bool) -> Markup {
    let told = told(one);
    let bad = !matches!(told, Told::Graded(Grade::Excellent | Grade::Good | Grade::Acceptable));
    let range = one.range().filter(|(low, high)| low != high);
    html! {
        tr {
            th scope="row" {
                (said(one.host.host.as_str()))
                @if !dense { small { (said(&engine(one))) } }
            }
            td.g { (chart(one, scale, dense)) }
            td.n { @match one.milliseconds() { Some(ms) => (human::duration(ms)), None => "–" } }
            td.n.r.dim { @if let Some((low, high)) = range { (human::duration(low)) "–" (human::duration(high)) } }
            td.v.bad[bad] {
                (told.as_str())
                @if one.failed() > 0 && one.milliseconds().is_some() { ", " (one.failed()) " failed" }
            }
        }
    }
}

fn engine(one: &Series<'_>) -> String {
    let conditions = one.builds.first().map(|b| &b.conditions);
    conditions.map_or_else(String::new, |c| {
        let builder = if c.builder == "legacy" { " legacy" } else { "" };
        format!("{}{builder}", c.engine)
    })
}

fn chart(one: &Series<'_>, scale: Scale, dense: bool) -> Markup {
    let mut shapes = Shapes::default();
    for limit in limits().filter(|limit| scale.x(*limit) < 1_000) {
        shapes.rule(scale.x(limit), timeline::HEIGHT);
    }
    if let Some(build) = one.typical() {
        timeline::band(&mut shapes, build, scale);
    }
    for build in one.built() {
        shapes.tick(Class::Tick, scale.x(build.wall_milliseconds), 0, timeline::HEIGHT);
    }
    // Every number that the band shows stands beside it or in the table of steps.
    let pixels = if dense { 9 } else { 13 };
    match one.typical() {
        Some(build) if !dense => shapes.chart(timeline::HEIGHT, pixels, &title(one, build), None),
        _ => shapes.decoration(timeline::HEIGHT, pixels),
    }
}

fn title(one: &Series<'_>, build: &Build) -> String {
    let owners = crate::report::bench::measures::ownership(build).unwrap_or(0);
    let whole = wall(build).filter(|ms| *ms > 0).unwrap_or(1);
    format!(
        "{} {} on {}: {}, of which {} % chown and chmod",
        super::one_line(one.app),
        one.scenario,
        one.host.host,
        human::duration(build.wall_milliseconds),
        owners.saturating_mul(100) / whole
    )
}
