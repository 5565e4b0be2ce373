//! What the machine went through while a step of a build was at work.

use super::{Build, BuildStep, Interval, Sample};
use std::fmt;

/// From how many thousandths a disk counts as busy.
const BUSY: u32 = 500;
/// From how many thousandths a stall is worth telling.
const STALLED: u32 = 10;

/// The samples of a build, seen through one step's time at work. It is the machine's strain, not
/// the step's own: steps beside it, and whatever else runs there, add to it.
///
/// Shares are in thousandths of the time at work that samples cover. A sample stands for the
/// time since the one before it, so each counts by how much of that time the step was at work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strain {
    /// How much of the step's time at work samples cover.
    pub covered: u32,
    /// Share in which some task waited for I/O.
    pub io_some: Option<u32>,
    /// Share in which all tasks that had work waited for I/O.
    pub io_full: Option<u32>,
    /// The disk that was busy for the largest share, and that share.
    pub busiest: Option<(String, u32)>,
    /// What arrays did to themselves, as `md2 resync`.
    pub raid: Vec<String>,
    /// The most tasks that were seen in uninterruptible sleep at one time.
    pub blocked: usize,
}

impl Build {
    /// The machine's strain while a step was at work; `None` where no sample is of that time.
    #[must_use]
    pub fn strain(&self, step: &BuildStep) -> Option<Strain> {
        let pairs = self.samples.windows(2).map(|pair| (pair[0].at, &pair[1]));
        let seen: Vec<(u64, &Sample)> = pairs
            .map(|(from, sample)| (overlap(&step.intervals, from, sample.at), sample))
            .filter(|(time, _)| *time > 0)
            .collect();
        let total: u64 = seen.iter().map(|(time, _)| time).sum();
        if total == 0 {
            return None;
        }
        Some(Strain {
            covered: thousandths(total, step.milliseconds()),
            io_some: mean(&seen, |sample| sample.io_some),
            io_full: mean(&seen, |sample| sample.io_full),
            busiest: busiest(&seen),
            raid: raid(&seen),
            blocked: seen.iter().map(|(_, sample)| sample.blocked.len()).max().unwrap_or(0),
        })
    }
}

/// Milliseconds that a step was at work between two moments.
fn overlap(intervals: &[Interval], from: u64, to: u64) -> u64 {
    let inside = |i: &Interval| i.end.min(to).saturating_sub(i.start.max(from));
    intervals.iter().map(inside).sum()
}

/// The mean of a share, each sample by its time; `None` where no sample has it.
fn mean(seen: &[(u64, &Sample)], share: impl Fn(&Sample) -> Option<u32>) -> Option<u32> {
    let known = seen.iter().filter_map(|(time, sample)| Some((*time, share(sample)?)));
    let (sum, total) = known.fold((0_u128, 0_u128), |(sum, total), (time, share)| {
        (sum + u128::from(time) * u128::from(share), total + u128::from(time))
    });
    u32::try_from((sum + total / 2).checked_div(total)?).ok()
}

fn busiest(seen: &[(u64, &Sample)]) -> Option<(String, u32)> {
    let mut names: Vec<&str> = Vec::new();
    for disk in seen.iter().flat_map(|(_, sample)| &sample.disks) {
        if !names.contains(&disk.name.as_str()) {
            names.push(&disk.name);
        }
    }
    let busy = |name: &str| {
        let of = |sample: &Sample| sample.disks.iter().find(|d| d.name == name).map(|d| d.busy);
        Some((name.to_owned(), mean(seen, of)?))
    };
    // Of several that are as busy, the one nearest to the file system.
    names.into_iter().filter_map(busy).rev().max_by_key(|(_, share)| *share)
}

/// Each array with its work, without how far it was.
fn raid(seen: &[(u64, &Sample)]) -> Vec<String> {
    let mut works: Vec<String> = Vec::new();
    for work in seen.iter().flat_map(|(_, sample)| &sample.raid) {
        let work = work.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        if !works.contains(&work) {
            works.push(work);
        }
    }
    works
}

fn thousandths(part: u64, whole: u64) -> u32 {
    let share = (u128::from(part) * 1_000).checked_div(u128::from(whole)).unwrap_or(0);
    u32::try_from(share.min(1_000)).unwrap_or(1_000)
}

/// A sentence such as `91 % stalled on I/O, sda 97 % busy, md2 resync running, 3 in D`; empty
/// where nothing is worth telling.
impl fmt::Display for Strain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: u32| (share + 5) / 10;
        let mut parts: Vec<String> = Vec::new();
        if let Some(share) = self.io_some.filter(|share| *share >= STALLED) {
            parts.push(format!("{} % stalled on I/O", percent(share)));
        }
        if let Some((name, share)) = self.busiest.as_ref().filter(|(_, share)| *share >= BUSY) {
            parts.push(format!("{name} {} % busy", percent(*share)));
        }
        parts.extend(self.raid.iter().map(|work| format!("{work} running")));
        if self.blocked > 0 {
            parts.push(format!("{} in D", self.blocked));
        }
        f.pad(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        BuildEnd, BuildStepKind, BuildStepResult, Conditions, DiskSample, Scenario,
    };

    fn build(samples: Vec<Sample>) -> Build {
        Build {
            app: String::new(),
            scenario: Scenario::Cold,
            dockerfile: String::new(),
            dockerfile_sha256: String::new(),
            round: 1,
            conditions: Conditions::default(),
            started: jiff::Timestamp::UNIX_EPOCH,
            wall_milliseconds: 0,
            end: BuildEnd::Built,
            steps: vec![],
            image: None,
            cache_growth_bytes: None,
            disk_growth_bytes: None,
            samples,
        }
    }

    fn step(intervals: &[(u64, u64)]) -> BuildStep {
        let intervals = intervals.iter().map(|(start, end)| Interval { start: *start, end: *end });
        BuildStep {
            kind: BuildStepKind::Instruction,
            stage: None,
            name: String::new(),
            line: None,
            result: BuildStepResult::Ran,
            intervals: intervals.collect(),
            after: vec![],
            critical: false,
            ownership: false,
        }
    }

    fn sample(at: u64, io: u32, busy: &[(&str, u32)]) -> Sample {
        let disk = |(name, busy): &(&str, u32)| DiskSample {
            name: (*name).to_owned(),
            busy: *busy,
            ..DiskSample::default()
        };
        let disks = busy.iter().map(disk).collect();
        Sample { at, io_some: Some(io), disks, ..Sample::default() }
    }

    #[test]
    fn samples_count_by_the_time_that_they_share_with_the_step() {
        let mut samples = vec![
            sample(0, 999, &[]),
            sample(1_000, 100, &[("md2", 900), ("sda", 900)]),
            sample(2_000, 900, &[("md2", 900), ("sda", 980)]),
            sample(4_000, 900, &[]),
        ];
        samples[2].raid = vec!["md2 resync 12.6%".into()];
        samples[3].raid = vec!["md2 resync 12.8%".into()];
        samples[3].blocked = vec!["a".into(), "b".into(), "c".into()];
        let build = build(samples);
        let shown = |spans: &[(u64, u64)]| build.strain(&step(spans)).map(|s| s.to_string());
        assert_eq!(shown(&[(0, 1_000)]).unwrap(), "10 % stalled on I/O, md2 90 % busy");
        // 500 ms of the first second, 1000 of the next two: (0.5 * 10 % + 1.5 * 90 %) / 2.
        assert_eq!(
            shown(&[(500, 1_500), (2_000, 3_000)]).unwrap(),
            "70 % stalled on I/O, sda 94 % busy, md2 resync running, 3 in D"
        );
        assert_eq!(shown(&[(4_000, 5_000)]), None);
        assert_eq!(shown(&[]), None);
        let half = build.strain(&step(&[(3_000, 5_000)])).unwrap();
        assert_eq!((half.covered, half.io_some), (500, Some(900)));
    }

    #[test]
    fn a_quiet_machine_has_nothing_to_tell() {
        let quiet = build(vec![sample(0, 0, &[]), sample(1_000, 3, &[("sda", 100)])]);
        assert_eq!(quiet.strain(&step(&[(0, 900)])).unwrap().to_string(), "");
    }
}
