//! Plan files: a plan that somebody looked at, to be carried out later and no further.

use super::fault::Fault;
use crate::record::{Decision, HostName, Run, Verdict};
use crate::runner::{Approved, Going};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The format's name and version.
const SCHEMA: &str = "fleet.plan/1";

/// A plan older than this describes a host that is no longer so.
const LONGEST_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Bytes that a plan file may have: some 100,000 objects.
const LIMIT: u64 = 64 << 20;

/// A plan as it is written to a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    schema: String,
    fleet: String,
    made: Timestamp,
    /// What was asked for, as the step's parameters.
    pub(super) with: serde_json::Value,
    hosts: Vec<PlannedHost>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedHost {
    host: HostName,
    machine_id: String,
    engine_id: String,
    /// SHA-256 of the step's parameters for this host, protections included.
    policy: String,
    going: Vec<Decision>,
}

/// The digest of a step's parameters: another one means another policy.
pub(super) fn policy(with: &toml::Table) -> String {
    let text = serde_json::to_string(with).unwrap_or_default();
    crate::ssh::hex(&Sha256::digest(text.as_bytes()))
}

impl PlanFile {
    /// The plan of a run that only checked. Hosts without a plan are not in it.
    pub(super) fn of(run: &Run, policies: &HashMap<HostName, String>) -> Self {
        let hosts = run.hosts.iter().filter(|host| host.state().is_good()).filter_map(|host| {
            let facts = host.facts.as_ref()?;
            Some(PlannedHost {
                host: host.host.clone(),
                machine_id: facts.machine_id.clone(),
                engine_id: facts.docker.as_ref()?.engine_id.clone(),
                policy: policies.get(&host.host)?.clone(),
                going: host.going().cloned().collect(),
            })
        });
        Self {
            schema: SCHEMA.to_owned(),
            fleet: env!("CARGO_PKG_VERSION").to_owned(),
            made: run.started,
            with: run.start.with.clone(),
            hosts: hosts.collect(),
        }
    }

    /// Writes it to a file that must not exist.
    pub(super) fn write(&self, path: &Path) -> Result<(), Fault> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| Fault::usage(format!("{}: {e}", path.display())))?;
        super::report::write_new(path, &format!("{text}\n"))
    }

    /// Reads one that may still be carried out at `now`.
    pub(super) fn read(path: &Path, now: Timestamp) -> Result<Self, Fault> {
        let shown = path.display();
        let wrong = |reason: String| Fault::usage(format!("{shown}: {reason}"));
        let size = fs::metadata(path).map_err(|e| wrong(e.to_string()))?.len();
        if size > LIMIT {
            return Err(wrong(format!("{size} bytes are too many for a plan")));
        }
        let text = fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        let plan: Self = serde_json::from_str(&text)
            .map_err(|e| wrong(format!("not a plan of fleet's: {e}")))?;
        if plan.schema != SCHEMA {
            let schema = crate::human::escape(&plan.schema).into_owned();
            return Err(wrong(format!("is {schema}, and this fleet reads {SCHEMA}")));
        }
        let age = now.duration_since(plan.made);
        if age > LONGEST_AGE || age < SignedDuration::ZERO {
            let old = crate::human::age(age.as_secs().unsigned_abs());
            let text = if age < SignedDuration::ZERO {
                format!("{shown}: the plan was made {old} in the future")
            } else {
                format!("{shown}: the plan is {old} old; a plan holds for an hour")
            };
            return Err(Fault::refused(text).hint("make a new one with --plan FILE"));
        }
        if plan.hosts.iter().flat_map(|h| &h.going).any(|d| d.decision != Verdict::Go) {
            return Err(wrong("holds a decision that is not to go".into()));
        }
        Ok(plan)
    }

    /// The hosts as a selection.
    pub(super) fn selection(&self) -> String {
        let names: Vec<_> = self.hosts.iter().map(|h| h.host.as_str()).collect();
        names.join(",")
    }

    /// What was approved for each host.
    pub(super) fn approved(&self) -> HashMap<HostName, Approved> {
        self.hosts
            .iter()
            .map(|host| {
                let going = Going::of(&host.going);
                let approved = Approved {
                    machine_id: host.machine_id.clone(),
                    engine_id: host.engine_id.clone(),
                    going,
                    restarts: Vec::new(),
                };
                (host.host.clone(), approved)
            })
            .collect()
    }

    /// The policy that each host had.
    pub(super) fn policies(&self) -> HashMap<HostName, String> {
        self.hosts.iter().map(|h| (h.host.clone(), h.policy.clone())).collect()
    }
}
