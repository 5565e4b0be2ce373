//! The page of a run of builds.

use super::page::{Figure, Section};
use super::{blocks, disk, layers, times, unbroken, waterfall};
use crate::human;
use crate::record::{Run, Scenario};
use crate::report::bench::series::{self, Series, Subject};
use crate::report::bench::{self, measures, recommend, targets};
use crate::report::document::Block;
use crate::report::{View, advice, fleet};
use maud::{Markup, html};

/// More series than this get small figures, and no table of single builds.
const MOST_SERIES: usize = 60;

/// What stands at the top and what follows.
pub(super) struct Told {
    pub(super) headline: String,
    pub(super) lede: Vec<String>,
    pub(super) figures: Vec<Figure>,
    pub(super) sections: Vec<Section>,
}

/// `None` where nothing was built.
pub(super) fn page(run: &Run) -> Option<Told> {
    let all = series::of_run(run);
    if all.is_empty() {
        return None;
    }
    let subjects = series::subjects(&all);
    let lede = [bench::serial(run), Some(targets::LEGEND.to_owned())];
    Some(Told {
        headline: headline(&all),
        lede: lede.into_iter().flatten().collect(),
        figures: figures(&all),
        sections: sections(run, &all, &subjects),
    })
}

fn sections(run: &Run, all: &[Series<'_>], subjects: &[Subject<'_, '_>]) -> Vec<Section> {
    let small = (all.len() > MOST_SERIES).then(|| waterfall::minis(all));
    let part = |id, title, body| Section { id, title, body };
    let parts = [
        Some(part("times", "How long builds take", times::section(all))),
        Some(part("steps", "Where the time goes", waterfall::section(subjects))),
        small.map(|body| part("every", "Every build, step by step", body)),
        layers::section(subjects).map(|body| part("layers", "What the images weigh", body)),
        disk::section(&run.hosts).map(|body| part("disk", "Room on the disks", body)),
        Some(part("why", "Why, and what to do", why(run, all, subjects))),
        Some(part("numbers", "The numbers", numbers(all, subjects))),
    ];
    parts.into_iter().flatten().collect()
}

/// `A cold build takes 12 m 40 s; 41 % of it is chown and chmod`
fn headline(all: &[Series<'_>]) -> String {
    for scenario in Scenario::ALL {
        let part: Vec<_> = all.iter().filter(|s| s.scenario == scenario).collect();
        let Some(middle) = series::middle(part.iter().copied()) else { continue };
        let owners: Vec<i64> = part.iter().filter_map(|s| s.median(measures::ownership)).collect();
        let owners = series::median(owners).unwrap_or(0);
        let share = series::median(part.iter().filter_map(|s| share(s))).unwrap_or(0);
        let a = if scenario == Scenario::Edit { "An" } else { "A" };
        let time = unbroken(&bench::time(middle));
        let first = format!("{a} {scenario} build takes {time} at the median");
        return match owners {
            0 => format!("{first}, none of it for owners and modes"),
            1..targets::CRITICAL_STEP => {
                format!("{first}, {} of it for owners and modes", unbroken(&bench::time(owners)))
            }
            _ => format!("{first}, and {share}\u{a0}% of it only changes owners and modes"),
        };
    }
    "No build ended with an image".to_owned()
}

/// Percent of a build's time that changes of owner take.
fn share(series: &Series<'_>) -> Option<i64> {
    let whole = series.median(series::wall).filter(|ms| *ms > 0)?;
    Some(series.median(measures::ownership)?.saturating_mul(100) / whole)
}

fn figures(all: &[Series<'_>]) -> Vec<Figure> {
    let mut figures: Vec<Figure> =
        Scenario::ALL.into_iter().filter_map(|s| of_scenario(all, s)).collect();
    let over = |of: fn(&crate::record::Build) -> Option<i64>, all: &[Series<'_>]| -> Vec<i64> {
        all.iter().filter(|s| s.scenario == Scenario::Cold).filter_map(|s| s.median(of)).collect()
    };
    let mut add =
        |name: &str, values: Vec<i64>, show: fn(i64) -> String, limit: Option<(i64, &str)>| {
            let Some(middle) = series::median(values.iter().copied()) else { return };
            let most = values.iter().max().copied().unwrap_or(middle);
            let target = limit.map_or_else(String::new, |(_, words)| format!("target {words}"));
            let most_words = if most > middle {
                format!("at most {}", unbroken(&show(most)))
            } else {
                String::new()
            };
            let remark = [most_words, target]
                .into_iter()
                .filter(|s| !s.is_empty())
                .collect::<Vec<_>>()
                .join(", ");
            let missed = limit.is_some_and(|(limit, _)| most >= limit);
            figures.push(Figure { name: name.to_owned(), value: show(middle), remark, missed });
        };
    add(
        "critical step",
        over(measures::ownership, all),
        bench::time,
        Some((targets::CRITICAL_STEP, "below 5 s")),
    );
    add("image", over(measures::image_bytes, all), bench::signed_bytes, None);
    add(
        "layers",
        over(measures::layers, all),
        |n| n.to_string(),
        Some((targets::LAYERS, "below 25")),
    );
    let caches = all.iter().filter_map(|s| measures::cache(s.host)).collect();
    add("build cache", caches, bench::signed_bytes, Some((targets::CACHE, "below 5 GB")));
    figures
}

fn of_scenario(all: &[Series<'_>], scenario: Scenario) -> Option<Figure> {
    let part: Vec<_> = all.iter().filter(|s| s.scenario == scenario).collect();
    let middle = series::middle(part.iter().copied())?;
    let grade = targets::Grade::of(middle);
    let low = part.iter().filter_map(|s| s.milliseconds()).min()?;
    let high = part.iter().filter_map(|s| s.milliseconds()).max()?;
    let range = unbroken(&format!("{}–{}", human::duration(low), human::duration(high)));
    let range = if low == high { String::new() } else { format!(", {range}") };
    Some(Figure {
        name: format!("{scenario} build"),
        value: bench::time(middle),
        remark: format!("{}{range}", grade.as_str()),
        missed: grade == targets::Grade::TooSlow,
    })
}

fn why(run: &Run, all: &[Series<'_>], subjects: &[Subject<'_, '_>]) -> Markup {
    let mut rest = vec![];
    rest.extend(bench::causes_and_failures(run, all));
    rest.extend(advice::told(recommend::of(all, subjects)));
    fleet::close(run, &mut rest);
    let rest: Vec<Block> = rest.into_iter().filter(|b| !matches!(b, Block::Gap)).collect();
    blocks::all(&rest)
}

fn numbers(all: &[Series<'_>], subjects: &[Subject<'_, '_>]) -> Markup {
    let view = View { width: usize::MAX, color: false, verbose: all.len() <= MOST_SERIES };
    html! {
        details {
            summary { "All medians, steps and sizes as tables" }
            (blocks::all(&bench::tables(all, subjects, &view)))
        }
        @if all.len() > MOST_SERIES { p.dim { "Every single build and step: fleet report --format csv" } }
    }
}
