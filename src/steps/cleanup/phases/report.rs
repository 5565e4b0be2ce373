//! Phase 9: what is there afterwards. Engines release space after they have answered, so
//! it waits until two readings agree.

use super::{Phase, measure};
use crate::record::{ActionResult, Finding, Moment, What};
use crate::steps::Reached;
use crate::steps::cleanup::Survey;
use std::time::Duration;

/// The row in the table.
pub(in crate::steps::cleanup) const PHASE: Phase =
    Phase::looking(9, "report", "measure again and say what was reclaimed");

/// Readings that are taken at most, and the pause between two.
const READINGS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// A difference that other processes on a live host make in a moment.
const NOISE_BYTES: u64 = 1_000_000;

/// Measures once more and tells the numbers. What cannot be read is told as not read: a
/// cleanup that worked does not fail because of its report.
pub(in crate::steps::cleanup) async fn measure_again(
    on: &Reached,
    results: &[ActionResult],
    deep: bool,
) {
    if results.contains(&ActionResult::Done)
        && let Some(text) = settle(on).await
    {
        let finding = Finding { name: "unsettled".into(), text: text.to_owned(), hint: None };
        (on.tell)(What::Found { finding });
    }
    if let Ok(survey) = Survey::take(on, deep).await {
        for metric in measure::metrics(&survey, Moment::After) {
            (on.tell)(What::Measured { metric });
        }
    }
}

/// Waits until two readings of the file system agree; else says why none did.
async fn settle(on: &Reached) -> Option<&'static str> {
    const UNREADABLE: Option<&str> = Some("the file system could not be read afterwards");
    let (Ok(docker), Some(facts)) = (on.docker(), on.facts.docker.as_ref()) else {
        return UNREADABLE;
    };
    let mut last: Option<u64> = None;
    for _ in 0..READINGS {
        let reading = docker.disk(&facts.root_dir, false).await.ok().and_then(|r| r.disk);
        let Some(disk) = reading else { return UNREADABLE };
        if last.is_some_and(|last| last.abs_diff(disk.free_bytes) <= NOISE_BYTES) {
            return None;
        }
        last = Some(disk.free_bytes);
        tokio::time::sleep(PAUSE).await;
    }
    Some("disk usage was still changing when it was measured")
}
