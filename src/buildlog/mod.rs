//! Reads what `docker build` prints into the steps of a build, and what the machine went
//! through meanwhile. Pure: bytes in, records out.
//!
//! A [`Reader`] is given the bytes as they come, each time with the milliseconds since the
//! build's start, and hands over the steps at its end:
//!
//! ```
//! use fleet::buildlog::{Form, Reader};
//! use fleet::dockerfile::{Text, parse};
//! use fleet::record::Stream;
//!
//! let file = parse(Text::new("Dockerfile", b"FROM debian\nRUN make\n".to_vec(), false));
//! let mut log = Reader::new(Form::Plain, &file);
//! log.take(Stream::Stderr, 40, b"#5 [2/2] RUN make\n");
//! assert_eq!(log.at(), None, "a builder counts from 1: this line is not its own");
//! log.take(Stream::Stderr, 50, b"#1 [2/2] RUN make\n");
//! assert_eq!(log.at(), Some("[2/2] RUN make"));
//! log.take(Stream::Stderr, 900, b"#1 DONE 0.8s\n");
//! let read = log.finish(1_000);
//! assert_eq!((read.steps[0].line, read.steps[0].milliseconds()), (Some(2), 850));
//! ```
//!
//! All of it came from a host and from what a build runs: lines, names and numbers of things
//! are bounded, and what does not fit the builder's own grammar is counted and left out.

mod critical;
mod image;
mod legacy;
mod lines;
mod name;
mod noted;
mod order;
mod plain;
mod plan;
mod rawjson;
mod sampler;
mod tail;

use crate::dockerfile::{Dockerfile, Text, parse};
use crate::record::{BuildStep, Stream};
use lines::Lines;
use plan::Plan;

pub use sampler::{SAMPLER, Samples};

/// The form of a builder's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `--progress=rawjson` of buildx 0.12 and later: exact times, inputs of every step.
    RawJson,
    /// `--progress=plain` of BuildKit, with buildx or with Docker's own client.
    Plain,
    /// The builder that Docker had before BuildKit.
    Legacy,
}

impl Form {
    /// Its name in a record's conditions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RawJson => "rawjson",
            Self::Plain => "plain",
            Self::Legacy => "legacy",
        }
    }
}

/// What a log says of a build.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// The steps, in the order in which they began; those that never began come last.
    pub steps: Vec<BuildStep>,
    /// The image's ID as the builder printed it: `sha256:…`, or twelve digits of it from the
    /// legacy builder.
    pub image: Option<String>,
    /// The last lines, those of the step that failed before others: escaped, bounded.
    pub tail: Vec<String>,
    /// Lines that were left out, because they were too long, too many, or not the builder's.
    pub dropped: u64,
}

/// Reads one build's log.
pub struct Reader {
    lines: Lines,
    log: Box<dyn Log + Send>,
}

/// What every form can do. A line comes without its end.
trait Log {
    fn line(&mut self, stream: Stream, at: u64, line: &[u8]);
    fn at(&self) -> Option<&str>;
    fn finish(self: Box<Self>, total: u64) -> Read;
}

impl Reader {
    /// For the log of a build of this Dockerfile.
    #[must_use]
    pub fn new(form: Form, file: &Dockerfile) -> Self {
        let plan = Plan::of(file);
        let (longest, log): (usize, Box<dyn Log + Send>) = match form {
            Form::RawJson => (lines::LONGEST_JSON, Box::new(rawjson::RawJson::new(plan))),
            Form::Plain => (lines::LONGEST_TEXT, Box::new(plain::Plain::new(plan))),
            Form::Legacy => (lines::LONGEST_TEXT, Box::new(legacy::Legacy::new(plan))),
        };
        Self { lines: Lines::new(longest), log }
    }

    /// Takes bytes of one of the two streams; `at` is when they came, in milliseconds since
    /// the build's start, never less than before.
    pub fn take(&mut self, stream: Stream, at: u64, bytes: &[u8]) {
        let log = &mut self.log;
        self.lines.feed(stream, bytes, |line| log.line(stream, at, line));
    }

    /// The step that is at work now, as the builder calls it: escaped, one line.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        self.log.at()
    }

    /// The steps, once the build is over; `total` is when, in milliseconds since its start.
    #[must_use]
    pub fn finish(mut self, total: u64) -> Read {
        let log = &mut self.log;
        self.lines.end(|stream, line| log.line(stream, total, line));
        let mut read = self.log.finish(total);
        read.dropped += self.lines.dropped;
        read
    }
}

/// What fuzzing calls: the first byte chooses the form, what stands before a NUL is the
/// Dockerfile, the rest is the log.
///
/// # Panics
/// When something that must hold does not.
pub fn try_everything(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let (dockerfile, log) = match memchr::memchr(0, rest) {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (&b"FROM a\nRUN b\n"[..], rest),
    };
    let form = [Form::RawJson, Form::Plain, Form::Legacy][usize::from(choice % 3)];
    let file = parse(Text::new("Dockerfile", dockerfile.to_vec(), false));
    let (mut reader, mut samples) = (Reader::new(form, &file), Samples::new());
    for (at, piece) in log.chunks(usize::from(choice / 3) + 1).enumerate() {
        let at = u64::try_from(at).unwrap_or(u64::MAX);
        let stream = if piece.len() % 7 == 6 { Stream::Stderr } else { Stream::Stdout };
        reader.take(stream, at, piece);
        samples.take(at, piece);
        assert!(reader.at().is_none_or(is_safe), "a control character got through");
    }
    let total = u64::try_from(log.len()).unwrap_or(u64::MAX);
    let read = reader.finish(total);
    check(&read, total);
    assert!(
        samples.finish().iter().flat_map(|s| s.blocked.iter().chain(&s.raid)).all(|t| is_safe(t))
    );
}

fn is_safe(text: &str) -> bool {
    !text.contains(['\u{1b}', '\n', '\r', '\u{9b}'])
}

fn check(read: &Read, total: u64) {
    assert!(read.tail.len() <= 30 && read.tail.iter().all(|line| is_safe(line)));
    assert!(read.image.as_deref().is_none_or(is_safe));
    for (at, step) in read.steps.iter().enumerate() {
        assert!(is_safe(&step.name) && step.stage.as_deref().is_none_or(is_safe));
        let ends = step.intervals.iter().map(|i| (i.start, i.end));
        assert!(ends.clone().all(|(start, end)| start <= end && end <= total), "{step:?}");
        assert!(ends.clone().zip(ends.skip(1)).all(|(a, b)| a.1 < b.0), "{step:?}");
        let known = |from: &u32| usize::try_from(*from).is_ok_and(|from| from < read.steps.len());
        assert!(step.after.iter().all(known), "{at}: {step:?}");
    }
}

#[cfg(test)]
mod tests;
