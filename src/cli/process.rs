//! This process and others: whether the one that began a run still lives.

use crate::record::Process;
use std::fs;

/// This process.
pub(super) fn own() -> Option<Process> {
    let pid = std::process::id();
    Some(Process { boot_id: boot_id()?, pid, start_ticks: start_ticks(pid)? })
}

/// Whether this process still runs on this machine. One of another machine, or of before a
/// reboot, counts as gone.
pub(super) fn is_alive(process: &Process) -> bool {
    boot_id().as_ref() == Some(&process.boot_id)
        && start_ticks(process.pid) == Some(process.start_ticks)
}

/// Whether it ran on this machine since the last boot, so that its end can be told.
pub(super) fn is_ours(process: &Process) -> bool {
    boot_id().as_ref() == Some(&process.boot_id)
}

fn boot_id() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// Field 22 of `/proc/PID/stat`; the second one is a name that can hold anything but ends
/// with the last parenthesis (proc(5)).
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_apart_from_a_later_one_of_its_number() {
        let own = own().unwrap();
        assert!(is_alive(&own));
        assert!(!is_alive(&Process { start_ticks: own.start_ticks + 1, ..own.clone() }));
        assert!(!is_alive(&Process { boot_id: "before".into(), ..own }));
    }
}
