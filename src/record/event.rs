//! Events: the one interface between the runner and everything that shows or stores a run.

use super::{Action, ActionResult, Decision, Facts, Finding, HostName, Metric, Problem, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened, when, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// On which host; `None` for the run as a whole.
    pub host: Option<HostName>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// A run began. Always the first event.
    RunStarted(RunStarted),
    /// A connection attempt began.
    HostStarted,
    /// The host let us in.
    Connected {
        /// From the first packet to the end of authentication, in milliseconds.
        milliseconds: u64,
    },
    /// The probe answered.
    Probed {
        /// What it learnt.
        facts: Box<Facts>,
    },
    /// A step began on the host.
    StepStarted {
        /// Its name in the playbook.
        step: String,
    },
    /// A step decided.
    Decided {
        /// One decision per object that it looked at.
        decisions: Vec<Decision>,
    },
    /// A number was measured.
    Measured {
        /// The number.
        metric: Metric,
    },
    /// Something worth telling was found.
    Found {
        /// What.
        finding: Finding,
    },
    /// The user saw the plan and answered.
    Answered {
        /// Whether it may be carried out.
        approved: bool,
        /// Who said so: `--yes` or `terminal`.
        by: String,
    },
    /// Actions are about to be carried out; written down before the first of them.
    Intended {
        /// The actions of one phase.
        actions: Vec<Action>,
    },
    /// An action was carried out, or was not.
    Settled {
        /// The action's number.
        action: u32,
        /// What became of it.
        result: ActionResult,
    },
    /// An object was copied to this machine.
    BackedUp {
        /// The copy.
        backup: super::Backup,
    },
    /// An app was built, or was not.
    Built {
        /// The build.
        build: Box<super::Build>,
    },
    /// A file is on its way: for whoever watches, stored nowhere.
    Moved {
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all.
        of: u64,
    },
    /// A whole line of a command's output, escaped.
    Output {
        /// `stdout` or `stderr`.
        stream: Stream,
        /// The line without its end.
        line: String,
    },
    /// The end of a command's output.
    OutputEnded {
        /// What was kept of it.
        output: Output,
    },
    /// A host is done.
    HostEnded {
        /// How.
        outcome: super::Outcome,
        /// Why, when not `ok` or `changed`.
        problem: Option<Problem>,
        /// A command's own exit status.
        exit_status: Option<u32>,
    },
    /// The run is over. Always the last event.
    RunEnded {
        /// The process's exit code.
        exit_code: super::ExitCode,
    },
}

/// The first event of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The run's name.
    pub run: RunId,
    /// The verb on the command line.
    pub verb: String,
    /// The selection as it was written.
    pub selection: String,
    /// Parameters that shape the run, as `name = value` pairs.
    pub parameters: Vec<(String, String)>,
    /// Whether only a check was asked for.
    pub check: bool,
    /// The hosts, in inventory order.
    pub hosts: Vec<HostName>,
    /// How many hosts the inventory has in all.
    pub inventory_hosts: usize,
    /// fleet's version.
    pub fleet: String,
    /// Who ran it, as `user@machine`.
    pub by: String,
    /// All parameters of the step as the command line gave them, typed.
    #[serde(default)]
    pub with: serde_json::Value,
    /// The run whose plan this one finishes.
    #[serde(default)]
    pub resumes: Option<RunId>,
    /// The process that carries it out.
    #[serde(default)]
    pub process: Option<Process>,
}

impl RunStarted {
    /// The label that the user gave the run, to find it by.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        let typed = self.with.get("label").and_then(serde_json::Value::as_str);
        let told = self.parameters.iter().find(|(name, _)| name == "label");
        typed.or(told.map(|(_, label)| label.as_str())).filter(|label| !label.is_empty())
    }
}

/// A process, told apart from every other one that ever had its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The kernel's boot ID.
    pub boot_id: String,
    /// Its number.
    pub pid: u32,
    /// When it began, in clock ticks after the boot (proc(5), field 22 of `stat`).
    pub start_ticks: u64,
}

/// Which of a command's two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What is kept of a command's output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The beginning, escaped.
    pub head: String,
    /// The end, escaped, where the output was longer than the beginning.
    pub tail: String,
    /// Bytes between the two that were not kept.
    pub omitted_bytes: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// SHA-256 over all bytes of both streams in order of arrival, in hex.
    pub sha256: String,
    /// Bytes that could not be shown live because the reader was too slow.
    pub unshown_bytes: u64,
}
