//! Numbers and findings of a comparison in people's words.

use super::{
    BuildKey, BuildRow, Condition, FEWEST_RUNS, Order, Pair, Reason, SIGNIFICANCE, Verdict,
};
use crate::human;
use crate::record::Unit;
use crate::report::fleet::group;
use crate::report::summary;
use crate::stats;

/// A time in milliseconds.
pub(super) fn time(milliseconds: f64) -> String {
    human::duration(u64::try_from(whole(milliseconds)).unwrap_or(0))
}

/// A value with its unit; it may be negative.
pub(super) fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => summary::signed(whole(value)),
        Unit::Count => whole(value).to_string(),
        Unit::Milliseconds => time(value),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates far beyond any measurement")]
fn whole(value: f64) -> i128 {
    value.round() as i128
}

/// A change: `−84 %`, `+0.4 %`, `0 %`.
pub(super) fn percent(change: f64) -> String {
    let size = change.abs();
    let shown = if size < 0.95 { format!("{size:.1}") } else { format!("{size:.0}") };
    let sign = match () {
        () if shown == "0.0" => return "0 %".to_owned(),
        () if change < 0.0 => "−",
        () => "+",
    };
    format!("{sign}{shown} %")
}

/// A probability.
pub(super) fn probability(p: f64) -> String {
    if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}

/// `builder legacy before, buildkit after`
pub(super) fn reason(reason: &Reason) -> String {
    let name = match reason.condition {
        Condition::Engine => "engine",
        Condition::Builder => "builder",
        Condition::Buildx => "buildx",
        Condition::Store => "store",
        Condition::Processors => "processors",
        Condition::Load => "load per processor",
    };
    let Pair { before, after } = &reason.values;
    format!("{name} {} before, {} after", before.join(" and "), after.join(" and "))
}

/// `shop and blog on web[1:3]`, with the scenarios where they are not all the same.
pub(super) fn places<'k>(keys: impl IntoIterator<Item = &'k BuildKey>) -> String {
    let by_host = group(keys, |key| key.host.clone());
    let built = by_host.into_iter().map(|(host, keys)| {
        let by_app = group(keys, |key| key.app.clone());
        let apps = by_app.into_iter().map(|(app, keys)| {
            let scenarios: Vec<_> = keys.iter().map(|key| key.scenario.as_str()).collect();
            format!("{app} ({})", scenarios.join(", "))
        });
        (host, apps.collect::<Vec<_>>().join(", "))
    });
    let alike = group(built.collect::<Vec<_>>(), |(_, apps)| apps.clone());
    let places = alike.into_iter().map(|(apps, hosts)| {
        format!("{apps} on {}", human::fold_names(hosts.iter().map(|(host, _)| host.as_str())))
    });
    places.collect::<Vec<_>>().join("; ")
}

/// What the reader of the rows has to know.
pub(super) fn notes(rows: &[BuildRow]) -> Vec<String> {
    let mut notes = differing(rows);
    notes.extend(mixed(rows));
    notes.extend(apart(rows));
    notes.extend(failed(rows));
    notes.extend(untested(rows));
    notes.extend(too_weak(rows));
    notes
}

fn keys<'r>(rows: impl IntoIterator<Item = &'r BuildRow>) -> String {
    places(rows.into_iter().map(|row| &row.key))
}

fn differing(rows: &[BuildRow]) -> Vec<String> {
    let differ = rows.iter().filter(|row| !row.reasons.is_empty());
    let groups = group(differ, |row| row.reasons.clone()).into_iter();
    let told = groups.map(|(reasons, rows)| {
        let reasons: Vec<_> = reasons.iter().map(reason).collect();
        format!(
            "{} not comparable: {}; the numbers stand, but they do not say what made the difference",
            keys(rows),
            reasons.join("; ")
        )
    });
    told.collect()
}

fn mixed(rows: &[BuildRow]) -> Option<String> {
    let several = |row: &&BuildRow| {
        let Pair { before, after } = &row.dockerfiles;
        before.len() > 1 || after.len() > 1
    };
    let mixed: Vec<_> = rows.iter().filter(several).collect();
    (!mixed.is_empty())
        .then(|| format!("several Dockerfiles on one side, taken together: {}", keys(mixed)))
}

fn apart(rows: &[BuildRow]) -> Option<String> {
    let apart: Vec<_> = rows.iter().filter(|row| row.order == Order::Sequential).collect();
    let which = match apart.len() {
        0 => return None,
        n if n == rows.len() => "all rows are sequential".to_owned(),
        _ => format!("sequential: {}", keys(apart)),
    };
    Some(format!("{which}; whatever else changed between the sides is in the difference too"))
}

fn failed(rows: &[BuildRow]) -> Option<String> {
    let failed: Vec<_> =
        rows.iter().filter(|row| row.failed.before + row.failed.after > 0).collect();
    let (before, after) =
        failed.iter().fold((0, 0), |(b, a), row| (b + row.failed.before, a + row.failed.after));
    (before + after > 0).then(|| {
        format!("failed builds are in no number: {before} before, {after} after; {}", keys(failed))
    })
}

fn untested(rows: &[BuildRow]) -> Option<String> {
    let few = rows.iter().filter(|row| row.verdict == Verdict::TooFewRuns).count();
    let which = match few {
        0 => return None,
        1 => "1 row has".to_owned(),
        _ => format!("{few} rows have"),
    };
    Some(format!("{which} too few runs: a test needs at least {FEWEST_RUNS} builds a side"))
}

/// Rows that could not have come out significant whatever their times, for Holm multiplies the
/// smallest probability that so few values can reach by the number of rows.
fn too_weak(rows: &[BuildRow]) -> Option<String> {
    /// No more builds a side than this are ever advised.
    const MOST: usize = 20;
    let tested: Vec<_> = rows.iter().filter(|row| row.time.test.is_some()).collect();
    let all = stats::real(tested.len());
    let reaches = |n, m| all * stats::smallest_probability(n, m) <= SIGNIFICANCE;
    let is_weak = |row: &&&BuildRow| {
        let sizes = row.time.before.as_ref().zip(row.time.after.as_ref());
        sizes.is_some_and(|(before, after)| !reaches(before.n, after.n))
    };
    let weak = tested.iter().filter(is_weak).count();
    let enough = (FEWEST_RUNS..MOST).find(|n| reaches(*n, *n)).unwrap_or(MOST);
    (weak > 0).then(|| {
        format!(
            "{weak} of {} tested at once could not come out significant with so few builds; \
             {enough} a side would do",
            human::count(tested.len(), "row")
        )
    })
}
