//! A comparison as one table for spreadsheets: a line per number that both sides have.

use super::words::reason;
use super::{
    Amount, BuildKey, BuildRow, Comparison, Measure, MetricRow, Order, Spread, StepRow, Verdict,
};
use crate::record::{Moment, Scenario, Unit};
use crate::report::View;
use crate::report::csv::cell as text;
use serde::Serialize;

/// A line. Its fields are the columns, in their order.
#[derive(Default, Serialize)]
struct Line {
    what: &'static str,
    host: String,
    app: String,
    scenario: Option<Scenario>,
    stage: String,
    name: String,
    unit: Option<Unit>,
    n_before: Option<usize>,
    n_after: Option<usize>,
    median_before: Option<f64>,
    median_after: Option<f64>,
    mad_before: Option<f64>,
    mad_after: Option<f64>,
    lower_quartile_before: Option<f64>,
    lower_quartile_after: Option<f64>,
    upper_quartile_before: Option<f64>,
    upper_quartile_after: Option<f64>,
    change_percent: Option<f64>,
    ratio_low: Option<f64>,
    ratio_high: Option<f64>,
    p: Option<f64>,
    p_adjusted: Option<f64>,
    verdict: Option<Verdict>,
    order: Option<Order>,
    failed_before: Option<usize>,
    failed_after: Option<usize>,
    reasons: String,
}

pub(super) fn render(comparison: &Comparison, _: &View) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail, and every line has the same fields.
    let written = lines(comparison).try_for_each(|line| out.serialize(line));
    let bytes = written.ok().and_then(|()| out.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn lines(comparison: &Comparison) -> impl Iterator<Item = Line> {
    let builds = comparison.builds.iter().flat_map(|row| {
        let steps = row.steps.iter().map(|step| step_line(&row.key, step));
        let amounts = row.amounts.iter().map(|amount| amount_line(&row.key, amount));
        std::iter::once(build_line(row)).chain(steps).chain(amounts)
    });
    builds.chain(comparison.metrics.iter().map(metric_line))
}

fn build_line(row: &BuildRow) -> Line {
    Line {
        what: "build",
        verdict: Some(row.verdict),
        order: Some(row.order),
        failed_before: Some(row.failed.before),
        failed_after: Some(row.failed.after),
        reasons: text(&row.reasons.iter().map(reason).collect::<Vec<_>>().join("; ")),
        ..measured(&row.key, &row.time)
    }
}

fn step_line(key: &BuildKey, step: &StepRow) -> Line {
    Line {
        what: "step",
        stage: text(step.stage.as_deref().unwrap_or_default()),
        name: text(&step.name),
        verdict: Some(step.verdict),
        ..measured(key, &step.time)
    }
}

fn amount_line(key: &BuildKey, amount: &Amount) -> Line {
    Line {
        what: "amount",
        name: amount.name.to_owned(),
        unit: Some(amount.unit),
        median_before: Some(amount.median.before),
        median_after: Some(amount.median.after),
        change_percent: amount.change_percent,
        ..of(key)
    }
}

fn metric_line(row: &MetricRow) -> Line {
    let moment = match row.moment {
        None => "",
        Some(Moment::Before) => ".start",
        Some(Moment::After) => ".end",
    };
    Line {
        what: "metric",
        host: text(row.host.as_str()),
        name: text(&format!("{}{moment}", row.name)),
        unit: Some(row.unit),
        n_before: Some(row.runs.before),
        n_after: Some(row.runs.after),
        median_before: Some(row.value.before),
        median_after: Some(row.value.after),
        change_percent: row.change_percent,
        ..Line::default()
    }
}

fn of(key: &BuildKey) -> Line {
    Line {
        host: text(key.host.as_str()),
        app: text(&key.app),
        scenario: Some(key.scenario),
        ..Line::default()
    }
}

fn measured(key: &BuildKey, measure: &Measure) -> Line {
    let n = |spread: &Option<Spread>| Some(spread.as_ref().map_or(0, |spread| spread.n));
    let before = |value: fn(&Spread) -> f64| measure.before.as_ref().map(value);
    let after = |value: fn(&Spread) -> f64| measure.after.as_ref().map(value);
    Line {
        unit: Some(Unit::Milliseconds),
        n_before: n(&measure.before),
        n_after: n(&measure.after),
        median_before: before(|spread| spread.median),
        median_after: after(|spread| spread.median),
        mad_before: before(|spread| spread.mad),
        mad_after: after(|spread| spread.mad),
        lower_quartile_before: before(|spread| spread.lower_quartile),
        lower_quartile_after: after(|spread| spread.lower_quartile),
        upper_quartile_before: before(|spread| spread.upper_quartile),
        upper_quartile_after: after(|spread| spread.upper_quartile),
        change_percent: measure.change_percent,
        ratio_low: measure.ratio.map(|ratio| ratio.low),
        ratio_high: measure.ratio.map(|ratio| ratio.high),
        p: measure.test.map(|test| test.p),
        p_adjusted: measure.test.map(|test| test.p_adjusted),
        ..of(key)
    }
}
