//! What the machine goes through during a build: a program that prints the kernel's counters
//! every second, and the samples that its lines become.

mod parse;

use super::lines::Lines;
use crate::record::{DiskSample, Sample, Stream};
use parse::{Counters, Line};

/// The program, for a POSIX shell. Its variables: `root`, a folder of the file system to watch;
/// `idle`, how many seconds it may hear nothing on its standard input; `limit`, how many seconds
/// it runs at most. As root it also sees what blocked tasks wait in.
pub const SAMPLER: &str = include_str!("../programs/sampler.sh");

/// The most samples that are kept of one build. Where there are more, every second one goes.
const MOST: usize = 1_200;
/// The longest line that is read.
const LONGEST: usize = 4 << 10;
/// The most disks, arrays at work and blocked tasks of one sample.
const MOST_EACH: usize = 32;

/// Turns the program's lines into samples.
#[derive(Debug)]
pub struct Samples {
    lines: Lines,
    raw: Raws,
}

#[derive(Debug)]
struct Raws {
    /// The disks to watch, the file system's own first.
    disks: Vec<String>,
    kept: Vec<Raw>,
    now: Option<Raw>,
    /// A sample that becomes one with the next.
    pending: Option<Raw>,
    array: String,
    /// How many of the program's samples make one of ours.
    every: usize,
    skipped: usize,
    /// What is added to the host's uptime for the build's milliseconds.
    shift: Option<i64>,
    dropped: u64,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default)]
struct Raw {
    up: u64,
    some: Option<u64>,
    full: Option<u64>,
    memory: Option<u64>,
    load: Option<u32>,
    disks: Vec<(String, Counters)>,
    raid: Vec<String>,
    blocked: Vec<String>,
}

impl Default for Samples {
    fn default() -> Self {
        Self::new()
    }
}

impl Samples {
    /// Before the first line.
    #[must_use]
    pub fn new() -> Self {
        let raw = Raws {
            disks: Vec::new(),
            kept: Vec::new(),
            now: None,
            pending: None,
            array: String::new(),
            every: 1,
            skipped: 0,
            shift: None,
            dropped: 0,
        };
        Self { lines: Lines::new(LONGEST), raw }
    }

    /// Takes bytes that the program printed; `at` is when they came, in milliseconds since the
    /// build's start. Bytes from before its start belong to `at` 0.
    pub fn take(&mut self, at: u64, bytes: &[u8]) {
        let raw = &mut self.raw;
        self.lines.feed(Stream::Stdout, bytes, |line| raw.line(at, line));
    }

    /// The samples, in order of time; the first has no shares, because they are of the time
    /// since the one before.
    #[must_use]
    pub fn finish(mut self) -> Vec<Sample> {
        self.raw.close();
        self.raw.kept.extend(self.raw.pending.take());
        let shift = self.raw.shift.unwrap_or(0);
        let kept = &self.raw.kept;
        let before = std::iter::once(None).chain(kept.iter().map(Some));
        kept.iter().zip(before).map(|(raw, before)| raw.sample(before, shift)).collect()
    }

    /// Lines that were no counters.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.raw.dropped + self.lines.dropped
    }
}

impl Raws {
    fn line(&mut self, at: u64, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let Some(line) = parse::line(&line) else {
            self.dropped += 1;
            return;
        };
        match (line, &mut self.now) {
            (Line::Disks(names), _) => self.disks = names,
            (Line::Uptime(up), _) => self.begin(at, up),
            (_, None) => self.dropped += 1,
            (Line::Some(total), Some(now)) => now.some = Some(total),
            (Line::Full(total), Some(now)) => now.full = Some(total),
            (Line::Memory(bytes), Some(now)) => now.memory = Some(bytes),
            (Line::Load(load), Some(now)) => now.load = Some(load),
            (Line::Array(name), _) => self.array = name,
            (Line::Raid(work), Some(now)) => push(&mut now.raid, format!("{} {work}", self.array)),
            (Line::Blocked(task), Some(now)) if now.blocked.len() < MOST_EACH => {
                now.blocked.push(task);
            }
            (Line::Blocked(_), Some(_)) => self.dropped += 1,
            (Line::Disk(name, counters), Some(now)) => {
                if self.disks.contains(&name) && now.disks.len() < MOST_EACH {
                    now.disks.push((name, counters));
                }
            }
        }
    }

    fn begin(&mut self, at: u64, up: u64) {
        self.close();
        // The line that came soonest after its moment is the nearest to the truth.
        let shift = i64::try_from(at)
            .unwrap_or(i64::MAX)
            .saturating_sub(i64::try_from(up).unwrap_or(i64::MAX));
        self.shift = Some(self.shift.map_or(shift, |known| known.min(shift)));
        self.now = Some(Raw { up, ..Raw::default() });
    }

    /// Keeps the sample that is complete, or what it saw for the next one.
    fn close(&mut self) {
        let Some(mut raw) = self.now.take() else { return };
        let last = self.pending.as_ref().or(self.kept.last());
        if last.is_some_and(|last| last.up >= raw.up) {
            self.dropped += 1;
            return;
        }
        raw.disks.sort_by_key(|(name, _)| self.disks.iter().position(|disk| disk == name));
        if let Some(before) = self.pending.take() {
            raw.absorb(before);
        }
        self.skipped += 1;
        if self.skipped < self.every {
            self.pending = Some(raw);
            return;
        }
        self.skipped = 0;
        self.kept.push(raw);
        if self.kept.len() > MOST {
            self.thin();
        }
    }

    /// Makes one of every two samples: counters go on by themselves, so nothing is lost but
    /// when exactly it was.
    fn thin(&mut self) {
        self.every *= 2;
        let mut kept = std::mem::take(&mut self.kept).into_iter();
        self.kept.extend(kept.next());
        while let Some(mut raw) = kept.next() {
            if let Some(mut later) = kept.next() {
                std::mem::swap(&mut raw, &mut later);
                raw.absorb(later);
            }
            self.kept.push(raw);
        }
    }
}

impl Raw {
    /// Takes over what one before it saw.
    fn absorb(&mut self, before: Self) {
        if self.raid.is_empty() {
            self.raid = before.raid;
        }
        if self.blocked.len() < before.blocked.len() {
            self.blocked = before.blocked;
        }
    }

    fn sample(&self, before: Option<&Self>, shift: i64) -> Sample {
        let passed = before.map_or(0, |before| self.up.saturating_sub(before.up));
        let at = i64::try_from(self.up).unwrap_or(i64::MAX).saturating_add(shift);
        // Pressure is counted in microseconds.
        let stall = |counter: fn(&Self) -> Option<u64>| {
            let (now, then) = (counter(self)?, counter(before?)?);
            Some(share(now.saturating_sub(then) / 1_000, passed))
        };
        let disks = self.disks.iter().filter_map(|(name, now)| {
            let (_, then) = before?.disks.iter().find(|(known, _)| known == name)?;
            Some(disk(name, now, then, passed))
        });
        Sample {
            at: u64::try_from(at).unwrap_or(0),
            io_some: stall(|raw| raw.some),
            io_full: stall(|raw| raw.full),
            memory_available_bytes: self.memory,
            load: self.load,
            disks: disks.collect(),
            raid: self.raid.clone(),
            blocked: self.blocked.clone(),
        }
    }
}

/// A disk between two moments, by the formulas of iostat: `busy` is its %util, the mean time of
/// a request its await. Counters of milliseconds wrap at 2^32, which counts as nothing.
fn disk(name: &str, now: &Counters, then: &Counters, passed: u64) -> DiskSample {
    let since = |counter: fn(&Counters) -> u64| counter(now).saturating_sub(counter(then));
    let (requests, waited) = (since(|c| c.requests), since(|c| c.waited));
    DiskSample {
        name: name.to_owned(),
        busy: share(since(|c| c.busy), passed),
        await_microseconds: waited.saturating_mul(1_000).checked_div(requests),
        read_bytes: since(|c| c.read_bytes),
        written_bytes: since(|c| c.written_bytes),
    }
}

/// Thousandths of a time.
fn share(part: u64, whole: u64) -> u32 {
    let share = part.saturating_mul(1_000).checked_div(whole).unwrap_or(0);
    u32::try_from(share.min(1_000)).unwrap_or(1_000)
}

fn push(list: &mut Vec<String>, text: String) {
    if list.len() < MOST_EACH && !list.contains(&text) {
        list.push(text);
    }
}

#[cfg(test)]
mod tests;
