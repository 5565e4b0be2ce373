//! What runs measured on hosts, beside each other: disks, stores, what a cleanup reclaimed.

use super::measure::{change_percent, float, signed};
use super::sides::Side;
use super::{MetricRow, Pair};
use crate::record::{HostName, HostRun, Moment, Unit};
use crate::report::summary::{self, Counted};
use crate::stats;
use std::collections::HashMap;

/// A metric's name, when in the run it was measured, and its unit.
type Name<'r> = (&'r str, Option<Moment>, Unit);

type Read = fn(&HostRun) -> Option<Counted>;

/// Differences within a run.
const RECLAIMED: &[(&str, Read)] = &[
    ("reclaimed.engine", summary::by_engine),
    ("reclaimed.file-system", summary::by_file_system),
    ("reclaimed.store", summary::by_store),
];

/// What one side measured on a host, with a value per run, in order of first appearance.
#[derive(Default)]
struct Measured<'r> {
    names: Vec<Name<'r>>,
    values: HashMap<Name<'r>, Vec<f64>>,
}

impl<'r> Measured<'r> {
    fn take(&mut self, name: Name<'r>, value: f64) {
        let values = self.values.entry(name).or_default();
        if values.is_empty() {
            self.names.push(name);
        }
        values.push(value);
    }

    fn take_run(&mut self, host: &'r HostRun) {
        let mut newest: Vec<(Name<'r>, u64)> = Vec::new();
        for metric in &host.metrics {
            let Some(value) = metric.value else { continue };
            let name = (metric.name.as_str(), Some(metric.moment), metric.unit);
            match newest.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => newest.push((name, value)),
            }
        }
        newest.into_iter().for_each(|(name, value)| self.take(name, float(value)));
        for (name, read) in RECLAIMED {
            if let Some(bytes) = read(host).and_then(|counted| i64::try_from(counted.bytes).ok()) {
                self.take((name, None, Unit::Bytes), signed(bytes));
            }
        }
    }
}

/// One row per host, metric and moment that both sides measured, in the order of the after side.
pub(super) fn rows(before: &Side<'_>, after: &Side<'_>) -> Vec<MetricRow> {
    let (_, before) = by_host(before);
    let (hosts, after) = by_host(after);
    let mut rows = Vec::new();
    for host in hosts {
        let (Some(before), Some(after)) = (before.get(host), after.get(host)) else { continue };
        rows.extend(after.names.iter().filter_map(|name| row(host, *name, before, after)));
    }
    rows
}

fn by_host<'r>(side: &Side<'r>) -> (Vec<&'r HostName>, HashMap<&'r HostName, Measured<'r>>) {
    let (mut hosts, mut measured) = (Vec::new(), HashMap::new());
    for host in side.hosts() {
        let of_host = measured.entry(&host.host).or_insert_with(|| {
            hosts.push(&host.host);
            Measured::default()
        });
        of_host.take_run(host);
    }
    (hosts, measured)
}

fn row(
    host: &HostName,
    name: Name<'_>,
    before: &Measured<'_>,
    after: &Measured<'_>,
) -> Option<MetricRow> {
    let (before, after) = (before.values.get(&name)?, after.values.get(&name)?);
    let value = Pair { before: stats::median(before)?, after: stats::median(after)? };
    let (name, moment, unit) = name;
    Some(MetricRow {
        host: host.clone(),
        name: name.to_owned(),
        moment,
        unit,
        runs: Pair { before: before.len(), after: after.len() },
        value,
        change: value.after - value.before,
        change_percent: change_percent(value.before, value.after),
    })
}
