//! What happened, as plain data: every other module may use it, it uses none.

mod build;
mod decision;
mod event;
mod facts;
mod host_name;
mod metric;
mod outcome;
mod problem;
mod run;
mod strain;

pub use build::{
    Build, BuildEnd, BuildStep, BuildStepKind, BuildStepResult, BuiltImage, Conditions, DiskSample,
    Interval, Layer, Sample, Scenario,
};
pub use decision::{
    Action, ActionRecord, ActionResult, Backup, Decision, Object, RESTART, Verdict,
};
pub use event::{Event, Output, Process, RunStarted, Stream, What};
pub use facts::{Disk, DockerFacts, Facts};
pub use host_name::HostName;
pub use metric::{Finding, Metric, Moment, Unit};
pub use outcome::{ExitCode, Outcome};
pub use problem::Problem;
pub use run::{HostRun, Run, RunId};
pub use strain::Strain;
