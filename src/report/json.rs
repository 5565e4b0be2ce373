//! A report as one JSON document with everything raw: bytes, seconds and exit codes as numbers.

use super::View;
use super::summary::{self, Counted, Sum};
use crate::human;
use crate::record::{
    ActionRecord, ActionResult, Backup, Decision, ExitCode, Facts, Finding, HostName, HostRun,
    Metric, Outcome, Output, Problem, Run, RunId, Verdict,
};
use jiff::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Fields may be added under this name; a field that goes or changes its meaning makes a new one.
const SCHEMA: &str = "fleet.run/1";

pub(super) fn render(run: &Run, _: &View) -> String {
    let text = serde_json::to_string_pretty(&Document::of(run));
    // Maps here have text as keys and no type here can fail to serialise.
    text.map_or_else(
        |e| format!("{{\"schema\":\"{SCHEMA}\",\"error\":\"{e}\"}}\n"),
        |text| escape(text) + "\n",
    )
}

/// Characters that steer a terminal, in JSON's own notation: only strings can hold them.
pub(super) fn escape(text: String) -> String {
    // The line ends of the layout are safe; everything else is looked at once.
    if matches!(human::escape(&text), Cow::Borrowed(_)) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        let mut buffer = [0; 4];
        match human::escape(c.encode_utf8(&mut buffer)) {
            Cow::Borrowed(_) => out.push(c),
            Cow::Owned(_) => _ = write!(out, "\\u{:04x}", u32::from(c)),
        }
    }
    out
}

#[derive(Serialize)]
struct Document<'r> {
    schema: &'static str,
    run: &'r RunId,
    verb: &'r str,
    selection: &'r str,
    parameters: BTreeMap<&'r str, &'r str>,
    check: bool,
    fleet: &'r str,
    by: &'r str,
    inventory_hosts: usize,
    started: Timestamp,
    ended: Option<Timestamp>,
    exit_code: Option<ExitCode>,
    answer: Option<Answer<'r>>,
    outcomes: BTreeMap<&'static str, usize>,
    planned: Total,
    reclaimed: Reclaimed,
    hosts: Vec<OneHost<'r>>,
}

#[derive(Serialize)]
struct Answer<'r> {
    approved: bool,
    by: &'r str,
}

/// Objects and their bytes, as far as these are known.
#[derive(Serialize)]
struct Total {
    objects: usize,
    bytes: u64,
    without_size: usize,
}

/// `null` where a number did not come: it is never shown as 0.
#[derive(Serialize)]
struct Reclaimed {
    engine_bytes: Option<i64>,
    /// Removed objects that are missing from the engine's bytes.
    engine_without_size: usize,
    file_system_bytes: Option<i64>,
    store_bytes: Option<i64>,
    logs_grew_bytes: Option<i64>,
}

impl Reclaimed {
    fn of(hosts: &[&HostRun]) -> Self {
        let sum = |by: fn(&HostRun) -> Option<Counted>| summary::sum(hosts.iter().map(|h| by(h)));
        let engine = sum(summary::by_engine);
        Self {
            engine_bytes: whole(engine),
            engine_without_size: engine.unsized_objects,
            file_system_bytes: whole(sum(summary::by_file_system)),
            store_bytes: whole(sum(summary::by_store)),
            logs_grew_bytes: whole(sum(|h| summary::change(h, "logs.bytes").map(Counted::from))),
        }
    }
}

#[derive(Serialize)]
struct OneHost<'r> {
    host: &'r HostName,
    outcome: Outcome,
    problem: Option<&'r Problem>,
    exit_status: Option<u32>,
    step: Option<&'r str>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    connect_milliseconds: Option<u64>,
    planned: Total,
    reclaimed: Reclaimed,
    decisions: Vec<Flat<'r>>,
    actions: Vec<FlatAction<'r>>,
    backups: &'r [Backup],
    metrics: &'r [Metric],
    findings: &'r [Finding],
    output: Option<&'r Output>,
    facts: Option<&'r Facts>,
}

/// A decision with its object's fields beside its own.
#[derive(Serialize)]
struct Flat<'r> {
    phase: &'r str,
    kind: &'r str,
    id: &'r str,
    names: &'r [String],
    bytes: Option<u64>,
    created: Option<Timestamp>,
    age_seconds: Option<u64>,
    decision: Verdict,
    rule: &'r str,
    reason: &'r str,
}

/// An action with its object's fields and what became of it.
#[derive(Serialize)]
struct FlatAction<'r> {
    number: u32,
    phase: &'r str,
    verb: &'r str,
    kind: &'r str,
    id: &'r str,
    names: &'r [String],
    bytes: Option<u64>,
    /// `null` while the intent stands alone.
    result: Option<&'static str>,
    reason: Option<&'r str>,
}

impl<'r> FlatAction<'r> {
    fn of(record: &'r ActionRecord) -> Self {
        let ActionRecord { action, result } = record;
        let (result, reason) = match result {
            None => (None, None),
            Some(ActionResult::Done) => (Some("done"), None),
            Some(ActionResult::AlreadyGone) => (Some("already-gone"), None),
            Some(ActionResult::NotBegun) => (Some("not-begun"), None),
            Some(ActionResult::Would) => (Some("would"), None),
            Some(ActionResult::KeptInUse { reason }) => {
                (Some("kept-in-use"), Some(reason.as_str()))
            }
            Some(ActionResult::Failed { reason }) => (Some("failed"), Some(reason.as_str())),
            Some(ActionResult::Unknown { reason }) => (Some("unknown"), Some(reason.as_str())),
        };
        Self {
            number: action.number,
            phase: &action.phase,
            verb: &action.verb,
            kind: &action.object.kind,
            id: &action.object.id,
            names: &action.object.names,
            bytes: action.object.bytes,
            result,
            reason,
        }
    }
}

impl<'r> Document<'r> {
    fn of(run: &'r Run) -> Self {
        let start = &run.start;
        let acted = run.hosts.iter().filter(|h| !h.actions.is_empty() && !start.check);
        Self {
            schema: SCHEMA,
            run: &start.run,
            verb: &start.verb,
            selection: &start.selection,
            parameters: start.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
            check: start.check,
            fleet: &start.fleet,
            by: &start.by,
            inventory_hosts: start.inventory_hosts,
            started: run.started,
            ended: run.ended,
            exit_code: run.exit_code,
            answer: run.answer.as_ref().map(|(approved, by)| Answer { approved: *approved, by }),
            outcomes: run.tally().into_iter().map(|(o, n)| (o.as_str(), n)).collect(),
            planned: size(run.hosts.iter().flat_map(summary::removing)),
            reclaimed: Reclaimed::of(&acted.collect::<Vec<_>>()),
            hosts: run.hosts.iter().map(OneHost::of).collect(),
        }
    }
}

impl<'r> OneHost<'r> {
    fn of(host: &'r HostRun) -> Self {
        Self {
            host: &host.host,
            outcome: host.state(),
            problem: host.problem.as_ref(),
            exit_status: host.exit_status,
            step: host.step.as_deref(),
            started: host.started,
            ended: host.ended,
            connect_milliseconds: host.connect_milliseconds,
            planned: size(summary::removing(host)),
            reclaimed: Reclaimed::of(&[host]),
            decisions: host.decisions.iter().map(flat).collect(),
            actions: host.actions.iter().map(FlatAction::of).collect(),
            backups: &host.backups,
            metrics: &host.metrics,
            findings: &host.findings,
            output: host.output.as_ref(),
            facts: host.facts.as_deref(),
        }
    }
}

fn flat(decision: &Decision) -> Flat<'_> {
    let object = &decision.object;
    Flat {
        phase: &decision.phase,
        kind: &object.kind,
        id: &object.id,
        names: &object.names,
        bytes: object.bytes,
        created: object.created,
        age_seconds: object.age_seconds,
        decision: decision.decision,
        rule: &decision.rule,
        reason: &decision.reason,
    }
}

fn size<'d>(decisions: impl IntoIterator<Item = &'d Decision>) -> Total {
    let amount = summary::Amount::of(decisions);
    Total { objects: amount.objects, bytes: amount.bytes, without_size: amount.unsized_objects }
}

/// A sum over hosts; `None` when there is none, or a host has no number.
fn whole(sum: Sum) -> Option<i64> {
    (sum.known > 0 && sum.unknown == 0).then(|| sum.bytes.try_into().ok()).flatten()
}
