//! Tells the user of a run that was cut off and left work behind.

use super::out;
use super::process;
use super::project::Project;
use crate::record::{Outcome, Run};

/// Runs without an end that are looked at, newest first.
const LOOKED_AT: usize = 5;

/// Says it for the newest run of this machine whose process is gone and that changed hosts.
/// A history that cannot be read is somebody else's message.
pub(super) fn tell(project: &Project) {
    let Ok(reader) = project.history() else { return };
    let Ok(unfinished) = reader.unfinished() else { return };
    let resumed = reader.resumed().unwrap_or_default();
    let runs = unfinished.into_iter().filter(|run| run.verb == "cleanup" && !run.check);
    for summary in runs.take(LOOKED_AT).filter(|run| !resumed.contains(&run.run)) {
        let Ok(run) = reader.load(&summary.run) else { continue };
        let Some(process) = &run.start.process else { continue };
        let gone = process::is_ours(process) && !process::is_alive(process);
        if gone && run.hosts.iter().any(super::resume::is_left) && was_approved(&run) {
            out::notice(&format!("{}\n", line(&run)));
            return;
        }
    }
}

fn was_approved(run: &Run) -> bool {
    run.answer.as_ref().is_some_and(|(approved, _)| *approved)
}

/// `run R interrupted: 3 ok, 1 unknown, 4 not started: fleet resume R`
fn line(run: &Run) -> String {
    let words = |outcome: Outcome| match outcome {
        Outcome::Interrupted | Outcome::Skipped => "not started".to_owned(),
        other => other.to_string(),
    };
    let mut parts: Vec<(String, usize)> = Vec::new();
    for (outcome, n) in run.tally() {
        let word = words(outcome);
        match parts.iter_mut().find(|(other, _)| *other == word) {
            Some((_, sum)) => *sum += n,
            None => parts.push((word, n)),
        }
    }
    let parts: Vec<_> = parts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let id = &run.start.run;
    format!("run {id} was interrupted: {}: fleet resume {id}", parts.join(", "))
}
