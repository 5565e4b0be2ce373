//! The log of BuildKit's `--progress=plain`, which util/progress/progressui/printer.go writes.
//!
//! Every line of a step begins with its number; what a `RUN` prints has the seconds since the
//! step's start behind it, so that it cannot pass for a line of the builder. One step has the
//! word at a time: it takes it with an empty line and its title, and gives it up with `...` or
//! with its end. Steps at work beside it stay silent until then, so their times are taken from
//! the seconds that the builder prints itself.

use super::image::Image;
use super::noted::{Fate, LONGEST_NAME, MOST_INTERVALS, MOST_STEPS, Noted, cut, one_line};
use super::plan::Plan;
use super::tail::Tail;
use super::{Log, Read, order};
use crate::record::{Interval, Stream};
use std::collections::HashMap;

/// Reads such a log.
#[derive(Debug)]
pub(super) struct Plain {
    plan: Plan,
    numbers: HashMap<u32, usize>,
    steps: Vec<Step>,
    /// The step that has the word.
    current: Option<(u32, usize)>,
    /// Whether an empty line came just before.
    is_apart: bool,
    /// What the step that has the word printed last.
    last: Vec<u8>,
    at: Option<(usize, String)>,
    image: Image,
    tail: Tail,
    dropped: u64,
}

#[derive(Debug, Default)]
struct Step {
    noted: Noted,
    /// When it began, while it is at work.
    since: Option<u64>,
    /// Milliseconds at work that the builder told of so far.
    worked: u64,
}

impl Log for Plain {
    fn line(&mut self, _: Stream, at: u64, line: &[u8]) {
        let is_apart = std::mem::replace(&mut self.is_apart, line.is_empty());
        let Some((number, rest)) = numbered(line) else {
            self.tail.push(None, line);
            return;
        };
        match self.current {
            _ if number == 0 => {}
            Some((current, step)) if current == number => self.said(step, at, rest),
            _ if is_apart => self.takes_the_word(number, at, rest),
            _ => self.dropped += 1,
        }
    }

    fn at(&self) -> Option<&str> {
        self.at.as_ref().map(|(_, title)| title.as_str())
    }

    fn finish(mut self: Box<Self>, total: u64) -> Read {
        self.settle(total);
        let failed = |at: &usize| matches!(self.steps[*at].noted.fate, Fate::Failed(_));
        let failed: Vec<usize> = (0..self.steps.len()).filter(failed).collect();
        let noted = self.steps.into_iter().map(|step| step.end(total)).collect();
        Read {
            steps: order::steps(&self.plan, noted, total),
            image: self.image.id,
            tail: self.tail.end(&failed),
            dropped: self.dropped,
        }
    }
}

impl Plain {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            numbers: HashMap::new(),
            steps: Vec::new(),
            current: None,
            is_apart: true,
            last: Vec::new(),
            at: None,
            image: Image::default(),
            tail: Tail::default(),
            dropped: 0,
        }
    }

    fn takes_the_word(&mut self, number: u32, at: u64, title: &[u8]) {
        self.settle(at);
        let title = String::from_utf8_lossy(title);
        let title = cut(&title, LONGEST_NAME);
        let step = match self.numbers.get(&number) {
            Some(step) if self.steps[*step].noted.title == title => *step,
            None if self.steps.len() < MOST_STEPS => {
                let noted = Noted { title: title.to_owned(), ..Noted::default() };
                self.steps.push(Step { noted, ..Step::default() });
                self.numbers.insert(number, self.steps.len() - 1);
                self.steps.len() - 1
            }
            _ => {
                self.dropped += 1;
                return;
            }
        };
        self.steps[step].since.get_or_insert(at);
        self.current = Some((number, step));
        self.at = Some((step, one_line(title)));
    }

    /// A line of the step that has the word.
    fn said(&mut self, step: usize, at: u64, line: &[u8]) {
        if let Some((seconds, output)) = output(line) {
            let since = &mut self.steps[step].since;
            *since = since.map(|known| known.min(at.saturating_sub(seconds)));
            self.tail.push(Some(step), output);
            self.last = output.to_vec();
        } else if line == b"..." {
            self.current = None;
        } else if let Some((fate, worked)) = ending(line) {
            self.over(step, at, fate, worked);
        } else if line.starts_with(b"WARN: ") {
            self.tail.push(None, line);
        } else {
            self.image.status(&String::from_utf8_lossy(line));
        }
    }

    fn over(&mut self, step: usize, at: u64, fate: Fate, worked: Option<u64>) {
        let known = &mut self.steps[step];
        let is_cached = fate == Fate::Cached;
        known.noted.fate = fate;
        if let Some(since) = known.since.take() {
            let new = worked.map_or(0, |worked| worked.saturating_sub(known.worked));
            known.worked = worked.unwrap_or(known.worked);
            let start = if is_cached { at } else { since.min(at.saturating_sub(new)) };
            if known.noted.intervals.len() < MOST_INTERVALS {
                known.noted.intervals.push(Interval { start, end: at });
            }
        }
        self.current = None;
        self.last.clear();
        if self.at.as_ref().is_some_and(|(at, _)| *at == step) {
            let open = self.steps.iter().rposition(|step| step.since.is_some());
            self.at = open.map(|at| (at, one_line(&self.steps[at].noted.title)));
        }
    }

    /// The step that has the word is over when another takes it. Docker 20.10 writes the end
    /// behind the last line of the output where that has no end itself.
    fn settle(&mut self, at: u64) {
        let Some((number, step)) = self.current.take() else { return };
        let last = std::mem::take(&mut self.last);
        let mark = format!("#{number} ");
        let found = memchr::memmem::rfind(&last, mark.as_bytes());
        let end = found.and_then(|from| ending(&last[from + mark.len()..]));
        if let Some((fate, worked)) = end {
            self.over(step, at, fate, worked);
        }
    }
}

impl Step {
    fn end(mut self, total: u64) -> Noted {
        if let Some(start) = self.since {
            self.noted.intervals.push(Interval { start, end: total });
            self.noted.fate = Fate::Open;
        }
        self.noted
    }
}

/// `#12 rest`.
fn numbered(line: &[u8]) -> Option<(u32, &[u8])> {
    let rest = line.strip_prefix(b"#")?;
    let space = memchr::memchr(b' ', &rest[..rest.len().min(11)])?;
    Some((digits(&rest[..space])?.try_into().ok()?, &rest[space + 1..]))
}

/// The output of a `RUN` behind its milliseconds since the step's start.
fn output(line: &[u8]) -> Option<(u64, &[u8])> {
    let end = memchr::memchr(b' ', line).unwrap_or(line.len());
    let seconds = line[..end].strip_prefix(b"-").unwrap_or(&line[..end]);
    let seconds = milliseconds(seconds)?;
    Some((seconds, line.get(end + 1..).unwrap_or_default()))
}

/// How a step ended, and how long it was at work in all where the builder says so.
fn ending(line: &[u8]) -> Option<(Fate, Option<u64>)> {
    match line {
        b"DONE" => Some((Fate::Ran, None)),
        b"CACHED" => Some((Fate::Cached, None)),
        b"CANCELED" => Some((Fate::Canceled, None)),
        _ => {
            if let Some(seconds) = line.strip_prefix(b"DONE ").and_then(|l| l.strip_suffix(b"s")) {
                return Some((Fate::Ran, Some(milliseconds(seconds)?)));
            }
            let reason = String::from_utf8_lossy(line.strip_prefix(b"ERROR: ")?);
            Some((Fate::Failed(cut(&reason, LONGEST_NAME).to_owned()), None))
        }
    }
}

/// `12.345` seconds; there is always a point.
fn milliseconds(seconds: &[u8]) -> Option<u64> {
    let point = memchr::memchr(b'.', seconds)?;
    let (whole, part) = (&seconds[..point], &seconds[point + 1..]);
    let scale = match part.len() {
        1 => 100,
        2 => 10,
        3 => 1,
        _ => return None,
    };
    digits(whole)?.checked_mul(1_000)?.checked_add(digits(part)? * scale)
}

fn digits(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_number)?.parse().ok()
}
