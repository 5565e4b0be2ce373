//! Phase 9: what is there afterwards. Engines release space after they have answered, so
//! it waits until two readings agree.

use super::{Phase, measure};
use crate::docker::DiskReading;
use crate::record::{ActionResult, Finding, Moment, What};
use crate::steps::Reached;
use crate::steps::cleanup::Survey;
use std::time::Duration;

/// The row in the table.
pub(in crate::steps::cleanup) const PHASE: Phase = Phase {
    number: 9,
    name: "report",
    summary: "measure again and say what was reclaimed",
    decide: None,
};

/// Readings that are taken at most, and the pause between two.
const READINGS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// A difference that other processes on a live host make in a moment.
const NOISE_BYTES: u64 = 1_000_000;

/// Measures once more and tells the numbers. What cannot be read is told as not read: a
/// cleanup that worked does not fail because of its report.
pub(in crate::steps::cleanup) async fn measure_again(on: &Reached, results: &[ActionResult]) {
    if results.contains(&ActionResult::Done) && !settle(on).await {
        (on.tell)(What::Found {
            finding: Finding {
                name: "unsettled".into(),
                text: "disk usage was still changing when it was measured".into(),
                hint: None,
            },
        });
    }
    if let Ok(survey) = Survey::take(on).await {
        for metric in measure::metrics(&survey, Moment::After) {
            (on.tell)(What::Measured { metric });
        }
    }
}

/// Waits until two readings of the file system agree; `false` when none did.
async fn settle(on: &Reached) -> bool {
    let (Ok(docker), Some(facts)) = (on.docker(), on.facts.docker.as_ref()) else { return true };
    let mut last: Option<DiskReading> = None;
    for _ in 0..READINGS {
        let Ok(now) = docker.disk(&facts.root_dir).await else { return false };
        if last.is_some_and(|last| agree(last, now)) {
            return true;
        }
        last = Some(now);
        tokio::time::sleep(PAUSE).await;
    }
    false
}

fn agree(a: DiskReading, b: DiskReading) -> bool {
    match (a.disk, b.disk) {
        (Some(a), Some(b)) => a.free_bytes.abs_diff(b.free_bytes) <= NOISE_BYTES,
        _ => true,
    }
}
