//! The whole fleet in one line per scenario.

use super::measure::change_percent;
use super::words::{percent, time};
use super::{BuildRow, Headline, Pair, Verdict};
use crate::record::Scenario;
use crate::stats;

/// One per scenario that has rows with builds on both sides.
pub(super) fn headlines(rows: &[BuildRow]) -> Vec<Headline> {
    Scenario::ALL.into_iter().filter_map(|scenario| headline(scenario, rows)).collect()
}

fn headline(scenario: Scenario, rows: &[BuildRow]) -> Option<Headline> {
    let medians: Vec<(&str, f64, f64)> = rows
        .iter()
        .filter(|row| row.key.scenario == scenario)
        .filter_map(|row| {
            let (before, after) = (row.time.before.as_ref()?, row.time.after.as_ref()?);
            Some((row.key.host.as_str(), before.median, after.median))
        })
        .collect();
    let all = medians_of(medians.iter())?;
    let mut hosts: Vec<&str> = medians.iter().map(|(host, ..)| *host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let of_host = |host: &str| medians_of(medians.iter().filter(move |(on, ..)| *on == host));
    let faster: Vec<&&str> = hosts
        .iter()
        .filter(|host| of_host(host).is_some_and(|median| median.after < median.before))
        .collect();
    let shown = faster.iter().filter(|host| is_faster(host, scenario, rows));
    let mut headline = Headline {
        scenario,
        rows: medians.len(),
        milliseconds: all,
        change_percent: change_percent(all.before, all.after),
        hosts: hosts.len(),
        hosts_faster: faster.len(),
        hosts_shown: shown.count(),
        text: String::new(),
    };
    headline.text = text(&headline);
    Some(headline)
}

/// Whether a difference on a host was shown, and none that went the other way.
fn is_faster(host: &str, scenario: Scenario, rows: &[BuildRow]) -> bool {
    let own = || rows.iter().filter(|r| r.key.scenario == scenario && r.key.host.as_str() == host);
    own().any(|row| row.verdict == Verdict::Faster)
        && own().all(|row| row.verdict != Verdict::Slower)
}

/// The median of the rows' medians, on each side.
fn medians_of<'m>(
    rows: impl Iterator<Item = &'m (&'m str, f64, f64)> + Clone,
) -> Option<Pair<f64>> {
    let before: Vec<f64> = rows.clone().map(|(_, before, _)| *before).collect();
    let after: Vec<f64> = rows.map(|(.., after)| *after).collect();
    Some(Pair { before: stats::median(&before)?, after: stats::median(&after)? })
}

fn text(headline: &Headline) -> String {
    format!(
        "{}: fleet median build {} → {}, {}, {}",
        headline.scenario,
        time(headline.milliseconds.before),
        time(headline.milliseconds.after),
        headline.change_percent.map_or_else(|| "no change known".to_owned(), percent),
        headline.faster(),
    )
}
