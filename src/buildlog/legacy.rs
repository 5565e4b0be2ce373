//! The log of the builder that Docker had before BuildKit, which daemon/builder/dockerfile of
//! moby writes.
//!
//! What a `RUN` prints and what the builder prints come in one stream and look alike. So a
//! step is believed only where everything fits: its number is the next one of the same count,
//! its text is the Dockerfile's instruction at that number, the container of the step before
//! was removed under the ID that it was started with, and the image that the step before made
//! stands in the line before. Everything else counts as output, and lines that pretend to be
//! steps as dropped.

use super::noted::{Fate, Noted, one_line};
use super::plan::{Plan, squeeze};
use super::tail::Tail;
use super::{Log, Read, order};
use crate::record::{Interval, Stream};

/// Reads such a log.
#[derive(Debug)]
pub(super) struct Legacy {
    plan: Plan,
    steps: Vec<Step>,
    /// The count behind the steps' numbers.
    count: usize,
    /// When the context had been sent.
    sent: Option<u64>,
    /// The container of the step at work.
    container: Option<Vec<u8>>,
    /// When the step at work had made its image.
    over: u64,
    /// The image in the line before.
    made: Option<Vec<u8>>,
    at: Option<String>,
    /// The last line on standard error, where only Docker's client writes.
    reason: Option<String>,
    image: Option<String>,
    tail: Tail,
    dropped: u64,
}

#[derive(Debug)]
struct Step {
    text: String,
    start: u64,
    is_cached: bool,
    /// Whether its container or its cached image was seen.
    is_working: bool,
}

impl Log for Legacy {
    fn line(&mut self, stream: Stream, at: u64, line: &[u8]) {
        if stream == Stream::Stderr {
            // Warnings, the first of them over several lines, are no reason to fail.
            if !line.is_empty() && !line.starts_with(b" ") && !line.starts_with(b"DEPRECATED:") {
                self.reason = Some(one_line(&String::from_utf8_lossy(line)));
            }
            self.tail.push(None, line);
            return;
        }
        let line = without_colour(line);
        let made = self.made.take();
        if let Some(step) = step(line) {
            if self.believes(&step, self.steps.len(), made.is_some()) {
                self.begin(&step, at);
            } else {
                self.dropped += 1;
                self.begin_again(&step, at, made.is_some());
                self.output(line);
            }
        } else if let Some(built) = line.strip_prefix(b"Successfully built ") {
            self.built(built, made.as_deref());
        } else if !self.notices(line, at) {
            self.output(line);
        }
    }

    fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    fn finish(self: Box<Self>, total: u64) -> Read {
        let context = self.sent.map(|at| Noted {
            title: "[internal] load build context".to_owned(),
            intervals: vec![Interval { start: 0, end: at }],
            fate: Fate::Ran,
            inputs: None,
        });
        let end = if self.image.is_some() { self.over } else { total };
        let ends = self.steps.iter().skip(1).map(|step| step.start).chain([end]);
        let mut noted: Vec<Noted> =
            context.into_iter().chain(self.steps.iter().zip(ends).map(Step::noted)).collect();
        let is_whole = self.image.is_some();
        if let Some(last) = noted.last_mut().filter(|_| !is_whole) {
            last.fate = self.reason.map_or(Fate::Open, Fate::Failed);
        }
        let lead = usize::from(self.sent.is_some());
        Read {
            steps: order::in_a_row(&self.plan, noted, lead, total),
            image: self.image,
            tail: self.tail.end(&[]),
            dropped: self.dropped,
        }
    }
}

impl Legacy {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            steps: Vec::new(),
            count: 0,
            sent: None,
            container: None,
            over: 0,
            made: None,
            at: None,
            reason: None,
            image: None,
            tail: Tail::default(),
            dropped: 0,
        }
    }

    /// Whether a step fits behind so many others.
    fn believes(&self, step: &Said, behind: usize, made: bool) -> bool {
        let planned = self.plan.all.get(behind);
        let before = behind.checked_sub(1).and_then(|at| self.plan.all.get(at));
        // An ARG before the first FROM makes no image.
        let follows = before.is_none_or(|before| before.stage.is_none()) || made;
        step.number == behind + 1
            && (self.steps.is_empty() || step.count == self.count)
            && step.number <= step.count
            && planned.is_some_and(|planned| planned.bare == squeeze(&step.text))
            && self.container.is_none()
            && follows
    }

    fn begin(&mut self, step: &Said, at: u64) {
        self.count = step.count;
        self.at = Some(one_line(&format!("[{}/{}] {}", step.number, step.count, step.text)));
        self.reason = None;
        let text = step.text.clone();
        self.steps.push(Step { text, start: at, is_cached: false, is_working: false });
    }

    /// Where a step that fits comes twice before it was at work, what the one before it ran
    /// printed the first.
    fn begin_again(&mut self, step: &Said, at: u64, made: bool) {
        let Some(behind) = self.steps.len().checked_sub(1) else { return };
        if self.believes(step, behind, made) && !self.steps[behind].is_working {
            self.steps[behind].start = at;
        }
    }

    /// Lines of the builder inside a step. Says whether it was one.
    fn notices(&mut self, line: &[u8], at: u64) -> bool {
        if self.steps.is_empty() {
            let sends = line.starts_with(b"Sending build context to Docker daemon");
            self.sent = self.sent.or(sends.then_some(at));
            return sends;
        }
        if let Some(container) = &self.container {
            let removed = ends_with(line, b"Removing intermediate container ", container)
                || ends_with(line, b" ---> Removed intermediate container ", container);
            if removed {
                self.container = None;
            }
            return removed;
        }
        let Some(said) = line.strip_prefix(b" ---> ") else { return false };
        // `FROM scratch` is no image yet.
        let is_scratch =
            said.is_empty() && self.steps.last().is_some_and(|s| s.text.starts_with("FROM"));
        if let Some(container) = said.strip_prefix(b"Running in ").filter(|id| is_id(id)) {
            self.container = Some(container.to_vec());
            self.works(false);
        } else if said == b"Using cache" {
            self.works(true);
        } else if is_id(said) || is_scratch {
            self.made = Some(said.to_vec());
            self.over = at;
        } else {
            return false;
        }
        true
    }

    fn works(&mut self, is_cached: bool) {
        if let Some(step) = self.steps.last_mut() {
            step.is_working = true;
            step.is_cached |= is_cached;
        }
    }

    fn built(&mut self, id: &[u8], made: Option<&[u8]>) {
        if self.steps.len() == self.count && made == Some(id) && self.container.is_none() {
            self.image = std::str::from_utf8(id).ok().map(str::to_owned);
            self.at = None;
        } else {
            self.dropped += 1;
        }
    }

    fn output(&mut self, line: &[u8]) {
        self.tail.push(None, line);
    }
}

impl Step {
    fn noted((step, end): (&Self, u64)) -> Noted {
        Noted {
            title: step.text.clone(),
            intervals: vec![Interval { start: step.start, end }],
            fate: if step.is_cached { Fate::Cached } else { Fate::Ran },
            inputs: None,
        }
    }
}

/// `Step 3/17 : RUN make`.
struct Said {
    number: usize,
    count: usize,
    text: String,
}

fn step(line: &[u8]) -> Option<Said> {
    let text = std::str::from_utf8(line.strip_prefix(b"Step ")?).ok()?;
    let (place, text) = text.split_once(" : ")?;
    let (number, count) = place.split_once('/')?;
    Some(Said { number: number.parse().ok()?, count: count.parse().ok()?, text: text.to_owned() })
}

/// The colour in which standard error of a `RUN` is shown ends in the line behind it.
fn without_colour(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\x1b[0m").unwrap_or(line)
}

/// Output without an end may stand before what the builder says.
fn ends_with(line: &[u8], said: &[u8], id: &[u8]) -> bool {
    line.strip_suffix(id).is_some_and(|line| line.ends_with(said))
}

/// Twelve digits of an ID.
fn is_id(text: &[u8]) -> bool {
    text.len() == 12 && text.iter().all(u8::is_ascii_hexdigit)
}
