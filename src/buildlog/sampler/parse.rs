//! One line of the sampler's, which are the kernel's own but for two.

use crate::human;

/// The longest name of a disk or an array, and the longest description of a task.
const LONGEST_NAME: usize = 64;
const LONGEST_TASK: usize = 240;

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// `disks md2 sda sdb`: what to watch.
    Disks(Vec<String>),
    /// /proc/uptime, in milliseconds.
    Uptime(u64),
    /// /proc/pressure/io: microseconds in which some task waited.
    Some(u64),
    /// /proc/pressure/io: microseconds in which all waited.
    Full(u64),
    /// `MemAvailable` of /proc/meminfo, in bytes.
    Memory(u64),
    /// /proc/loadavg over one minute, in hundredths.
    Load(u32),
    /// A disk of /proc/diskstats.
    Disk(String, Counters),
    /// An array of /proc/mdstat.
    Array(String),
    /// What the array named before is at, as `resync 12.6%`.
    Raid(String),
    /// `blocked WCHAN CGROUP COMMAND`.
    Blocked(String),
}

/// Counters of a disk since the start of the system, by Documentation/admin-guide/iostats.rst
/// of Linux.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// Requests that were finished, reads and writes.
    pub(super) requests: u64,
    /// Milliseconds that they took, all together.
    pub(super) waited: u64,
    pub(super) read_bytes: u64,
    pub(super) written_bytes: u64,
    /// Milliseconds in which any was in flight.
    pub(super) busy: u64,
}

/// Reads a line.
pub(super) fn line(line: &str) -> Option<Line> {
    let words: Vec<&str> = line.split_ascii_whitespace().take(40).collect();
    match words.as_slice() {
        ["disks", names @ ..] => {
            Some(Line::Disks(names.iter().take(32).map(|name| shown(name)).collect()))
        }
        ["blocked", wchan, cgroup, ..] => {
            let command = line.splitn(4, ' ').nth(3).unwrap_or_default();
            let task = format!("{command} {wchan} {cgroup}");
            Some(Line::Blocked(human::excerpt(task.as_bytes(), LONGEST_TASK)))
        }
        ["some", .., total] => Some(Line::Some(number(total.strip_prefix("total=")?)?)),
        ["full", .., total] => Some(Line::Full(number(total.strip_prefix("total=")?)?)),
        ["MemAvailable:", kilobytes, "kB"] => {
            Some(Line::Memory(number(kilobytes)?.checked_mul(1_024)?))
        }
        [up, idle] if idle.contains('.') => Some(Line::Uptime(hundredths(up)?.checked_mul(10)?)),
        [load, _, _, tasks, _] if tasks.contains('/') => {
            Some(Line::Load(u32::try_from(hundredths(load)?).ok()?))
        }
        [name, ":", ..] if name.starts_with("md") => Some(Line::Array(shown(name))),
        [_, _, name, counters @ ..] if counters.len() >= 11 => {
            Some(Line::Disk(shown(name), disk(counters)?))
        }
        _ => raid(line).map(Line::Raid),
    }
}

fn disk(words: &[&str]) -> Option<Counters> {
    let mut counters = [0; 11];
    for (counter, word) in counters.iter_mut().zip(words) {
        *counter = number(word)?;
    }
    let [reads, _, read, read_time, writes, _, written, write_time, _, busy, _] = counters;
    Some(Counters {
        requests: reads.checked_add(writes)?,
        waited: read_time.checked_add(write_time)?,
        // A sector is 512 bytes here, whatever the disk's own are.
        read_bytes: read.checked_mul(512)?,
        written_bytes: written.checked_mul(512)?,
        busy,
    })
}

/// `[==>....]  resync = 12.6% (37043392/292945152) finish=127.5min`, or `resync=DELAYED`.
fn raid(line: &str) -> Option<String> {
    const WORK: [&str; 5] = ["resync", "recovery", "reshape", "check", "repair"];
    // The bar before it is made of such signs, too.
    let line = line.split_once("] ").map_or(line, |(_, behind)| behind);
    let (before, behind) = line.split_once('=')?;
    let work = WORK.into_iter().find(|work| before.trim() == *work)?;
    let share = behind.split_ascii_whitespace().next()?;
    let is_share = share.strip_suffix('%')?.split('.').all(|part| number(part).is_some());
    is_share.then(|| format!("{work} {}", shown(share)))
}

/// `12.34` as 1234; there are always two decimals.
fn hundredths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.')?;
    let part = number(part).filter(|_| part.len() == 2)?;
    number(whole)?.checked_mul(100)?.checked_add(part)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn shown(name: &str) -> String {
    human::excerpt(name.as_bytes(), LONGEST_NAME)
}
