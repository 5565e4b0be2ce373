//! A report as one HTML file that needs nothing else: no network, no script, no font.
//!
//! Text is escaped by construction: everything goes through `maud`, and only the style sheet is
//! put in as it is.

mod bench;
mod blocks;
mod cleanup;
mod comparison;
mod disk;
mod layers;
mod page;
mod scale;
mod shapes;
mod timeline;
mod times;
mod waterfall;

use super::document::{Block, one_line};
use super::{View, body};
use crate::human;
use crate::record::Run;
use maud::{Markup, html};
use page::{Page, Section};
use scale::Scale;

pub(super) use comparison::render as compare;

pub(super) fn render(run: &Run, view: &View) -> String {
    let told = match run.start.verb.as_str() {
        "bench" => bench::page(run),
        "cleanup" => Some(cleanup::page(run)),
        _ => run.hosts.iter().any(|h| !h.builds.is_empty()).then(|| bench::page(run)).flatten(),
    };
    let told = told.unwrap_or_else(|| bench::Told {
        headline: format!("{} of {}", run.start.verb, human::count(run.hosts.len(), "host")),
        lede: Vec::new(),
        figures: Vec::new(),
        sections: Vec::new(),
    });
    let mut sections = told.sections;
    if run.start.verb != "bench" || sections.is_empty() {
        sections.push(all(run, view));
    }
    let page = Page {
        title: format!("fleet {} {}", run.start.verb, run.start.run),
        kicker: kicker(run),
        headline: told.headline,
        lede: told.lede,
        figures: told.figures,
        sections,
        foot: format!("fleet {}, run {} by {}", run.start.fleet, run.start.run, run.start.by),
    };
    page.render()
}

/// The report as other formats have it.
fn all(run: &Run, view: &View) -> Section {
    let wide = View { width: usize::MAX, color: false, ..*view };
    let blocks: Vec<Block> =
        body(run, &wide).into_iter().filter(|b| !matches!(b, Block::Gap)).collect();
    Section { id: "report", title: "The report", body: blocks::all(&blocks) }
}

/// `fleet bench · 24 November 2026, 15:30 UTC · 3 hosts of 5, selected by "hetzner"`
fn kicker(run: &Run) -> String {
    let check = if run.start.check { " --check" } else { "" };
    let hosts = human::count(run.hosts.len(), "host");
    format!(
        "fleet {}{check} · {} · {hosts}, selected by \"{}\"",
        run.start.verb,
        date(run.started),
        run.start.selection
    )
}

fn date(at: jiff::Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// Text from outside: control characters shown, on one line; `maud` escapes what means markup.
fn said(text: &str) -> String {
    one_line(text)
}

/// A number with its unit that is never broken over lines.
fn unbroken(number: &str) -> String {
    number.replace(' ', "\u{a0}")
}

/// The ticks of a scale of time, above a column of charts.
fn axis(scale: Scale, label: &str) -> Markup {
    axis_of(&scale.times(), scale, label)
}

fn axis_of(ticks: &[u64], scale: Scale, label: &str) -> Markup {
    html! {
        span.vh { (label) }
        span.axis aria-hidden="true" {
            @for &tick in ticks {
                @let x = scale.x(tick);
                span.e[x > 960] style={ "left:" (x / 10) "." (x % 10) "%" } { (tick_label(tick)) }
            }
        }
    }
}

/// A round time without what is zero in it.
fn tick_label(milliseconds: u64) -> String {
    match milliseconds {
        0 => "0".to_owned(),
        1..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{} s", milliseconds / 1_000),
        60_000..3_600_000 if !milliseconds.is_multiple_of(60_000) => human::duration(milliseconds),
        60_000..3_600_000 => format!("{} m", milliseconds / 60_000),
        _ => format!("{} h", milliseconds / 3_600_000),
    }
}
