//! The log of `--progress=rawjson`: one `SolveStatus` of BuildKit's client/graph.go a line, or
//! from buildx 0.13 one over several indented lines.
//!
//! Every vertex comes several times: when it is known, when it starts, when it is over, and
//! again for each further interval of work, under the time at which that one started. The
//! times are the host's; they are laid on the build's clock by the line that came with the
//! least delay.

use super::image::Image;
use super::lines::LONGEST_JSON;
use super::noted::{Fate, LONGEST_NAME, MOST_INTERVALS, MOST_STEPS, Noted, cut, one_line};
use super::plan::Plan;
use super::tail::Tail;
use super::{Log, Read, order};
use crate::record::{Interval, Stream};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// The most inputs of all steps together.
const MOST_INPUTS: usize = 50_000;
/// The longest digest.
const LONGEST_DIGEST: usize = 200;

#[derive(Deserialize)]
struct Status {
    vertexes: Option<Vec<Vertex>>,
    statuses: Option<Vec<Progress>>,
    logs: Option<Vec<Output>>,
}

#[derive(Deserialize)]
struct Vertex {
    digest: String,
    inputs: Option<Vec<String>>,
    #[serde(default)]
    name: String,
    started: Option<Timestamp>,
    completed: Option<Timestamp>,
    #[serde(default)]
    cached: bool,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
struct Progress {
    id: String,
}

#[derive(Deserialize)]
struct Output {
    vertex: String,
    data: Option<String>,
    timestamp: Option<Timestamp>,
}

/// Reads such a log.
#[derive(Debug)]
pub(super) struct RawJson {
    plan: Plan,
    numbers: HashMap<String, usize>,
    steps: Vec<Known>,
    inputs: usize,
    at: Option<(usize, String)>,
    /// The beginning of a document over several lines.
    indented: Vec<u8>,
    /// What is added to the host's milliseconds for the build's.
    shift: Option<i64>,
    image: Image,
    tail: Tail,
    dropped: u64,
}

#[derive(Debug, Default)]
struct Known {
    noted: Noted,
    intervals: BTreeMap<Timestamp, Option<Timestamp>>,
}

impl Known {
    fn is_open(&self) -> bool {
        self.intervals.values().any(Option::is_none)
    }
}

impl Log for RawJson {
    fn line(&mut self, _: Stream, at: u64, line: &[u8]) {
        match line {
            b"{" => self.cut_off(line),
            b"}" if !self.indented.is_empty() => {
                let document = std::mem::take(&mut self.indented);
                self.document(&[&document, line].concat(), at);
            }
            [b' ', ..] if !self.indented.is_empty() => {
                let room = LONGEST_JSON.saturating_sub(self.indented.len());
                self.indented.extend_from_slice(&line[..line.len().min(room)]);
            }
            [b'{', ..] => {
                self.cut_off(b"");
                self.document(line, at);
            }
            _ => {
                self.cut_off(b"");
                self.tail.push(None, line);
            }
        }
    }

    fn at(&self) -> Option<&str> {
        self.at.as_ref().map(|(_, title)| title.as_str())
    }

    fn finish(self: Box<Self>, total: u64) -> Read {
        let shift = self.shift.unwrap_or(0);
        let failed: Vec<usize> = (0..self.steps.len())
            .filter(|at| matches!(self.steps[*at].noted.fate, Fate::Failed(_)))
            .collect();
        let tail = self.tail.end(&failed);
        let noted = self.steps.into_iter().map(|step| step.close(shift, total)).collect();
        let steps = order::steps(&self.plan, order::without_nameless(noted), total);
        Read { steps, image: self.image.id, tail, dropped: self.dropped }
    }
}

impl RawJson {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            numbers: HashMap::new(),
            steps: Vec::new(),
            inputs: 0,
            at: None,
            indented: Vec::new(),
            shift: None,
            image: Image::default(),
            tail: Tail::default(),
            dropped: 0,
        }
    }

    /// Begins a document over several lines; one that is not whole yet never will be.
    fn cut_off(&mut self, first: &[u8]) {
        self.dropped += u64::from(!self.indented.is_empty());
        self.indented = first.to_vec();
    }

    fn document(&mut self, json: &[u8], at: u64) {
        let Ok(status) = serde_json::from_slice::<Status>(json) else {
            self.dropped += 1;
            return;
        };
        self.lay(&status, at);
        status.vertexes.into_iter().flatten().for_each(|vertex| self.vertex(vertex));
        status.statuses.into_iter().flatten().for_each(|status| self.image.status(&status.id));
        status.logs.into_iter().flatten().for_each(|output| self.output(&output));
    }

    /// Lays the host's clock on the build's: no event is told before it happened, so the line
    /// that was told soonest after its newest event is the nearest to the truth.
    fn lay(&mut self, status: &Status, at: u64) {
        let vertexes = status.vertexes.iter().flatten().flat_map(|v| [v.started, v.completed]);
        let outputs = status.logs.iter().flatten().map(|output| output.timestamp);
        let Some(newest) = vertexes.chain(outputs).flatten().max() else { return };
        let shift = i64::try_from(at).unwrap_or(i64::MAX).saturating_sub(newest.as_millisecond());
        self.shift = Some(self.shift.map_or(shift, |known| known.min(shift)));
    }

    /// The number of a digest, a new one where it has none.
    fn number(&mut self, digest: String) -> Option<usize> {
        if let Some(number) = self.numbers.get(&digest) {
            return Some(*number);
        }
        if self.steps.len() == MOST_STEPS || digest.len() > LONGEST_DIGEST {
            self.dropped += 1;
            return None;
        }
        self.numbers.insert(digest, self.steps.len());
        self.steps.push(Known::default());
        Some(self.steps.len() - 1)
    }

    fn vertex(&mut self, vertex: Vertex) {
        let Some(number) = self.number(vertex.digest) else { return };
        let inputs = self.resolve(number, vertex.inputs.unwrap_or_default());
        let step = &mut self.steps[number];
        // One that is told again without a start says nothing new.
        if step.intervals.is_empty() || vertex.started.is_some() {
            cut(&vertex.name, LONGEST_NAME).clone_into(&mut step.noted.title);
            step.noted.inputs = Some(inputs);
            step.noted.fate = fate(vertex.cached, vertex.completed, &vertex.error);
        }
        if let Some(started) = vertex.started {
            if step.intervals.len() < MOST_INTERVALS || step.intervals.contains_key(&started) {
                step.intervals.insert(started, vertex.completed);
            } else {
                self.dropped += 1;
            }
        }
        self.look(number);
    }

    /// The numbers of a step's inputs; those that are known already stay as they are.
    fn resolve(&mut self, number: usize, inputs: Vec<String>) -> Vec<usize> {
        if let Some(known) = self.steps[number].noted.inputs.take().filter(|k| !k.is_empty()) {
            return known;
        }
        let room = MOST_INPUTS.saturating_sub(self.inputs);
        self.dropped += u64::from(inputs.len() > room);
        let inputs: Vec<usize> =
            inputs.into_iter().take(room).filter_map(|digest| self.number(digest)).collect();
        self.inputs += inputs.len();
        inputs
    }

    /// Keeps the step that started last and is still at work.
    fn look(&mut self, number: usize) {
        let title = |step: &Known| one_line(&step.noted.title);
        if self.steps[number].is_open() {
            self.at = Some((number, title(&self.steps[number])));
        } else if self.at.as_ref().is_some_and(|(at, _)| *at == number) {
            let open = self.steps.iter().enumerate().filter(|(_, step)| step.is_open());
            let newest = open.max_by_key(|(_, step)| step.intervals.keys().next_back().copied());
            self.at = newest.map(|(at, step)| (at, title(step)));
        }
    }

    fn output(&mut self, output: &Output) {
        let number = self.numbers.get(&output.vertex).copied();
        let Some(data) = output.data.as_ref().and_then(|data| STANDARD.decode(data).ok()) else {
            self.dropped += 1;
            return;
        };
        data.split(|b| *b == b'\n').for_each(|line| self.tail.push(number, line));
    }
}

fn fate(cached: bool, completed: Option<Timestamp>, error: &str) -> Fate {
    // As BuildKit's own display tells a cancelled step from a failed one.
    if error.ends_with("context canceled") {
        Fate::Canceled
    } else if !error.is_empty() {
        Fate::Failed(cut(error, LONGEST_NAME).to_owned())
    } else if cached {
        Fate::Cached
    } else if completed.is_some() {
        Fate::Ran
    } else {
        Fate::Open
    }
}

impl Known {
    fn close(self, shift: i64, total: u64) -> Noted {
        let place = |time: Timestamp| {
            u64::try_from(time.as_millisecond().saturating_add(shift)).unwrap_or(0)
        };
        let intervals = self
            .intervals
            .into_iter()
            .map(|(start, end)| Interval { start: place(start), end: end.map_or(total, place) });
        Noted { intervals: intervals.collect(), ..self.noted }
    }
}
