//! Reads runs back: lists, folds, and the answers that selections and preflight need.

use super::store::{self, BUILT};
use super::{HistoryError, place};
use crate::record::{Build, Event, ExitCode, HostName, Outcome, Run, RunId, What};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One run as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its name.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it goes on or when it was cut off.
    pub ended: Option<Timestamp>,
    /// The verb on the command line.
    pub verb: String,
    /// The selection as it was written.
    pub selection: String,
    /// The label that the user gave it.
    pub label: Option<String>,
    /// Whether only a check was asked for.
    pub check: bool,
    /// The exit code, once it ended.
    pub exit_code: Option<ExitCode>,
    /// How many hosts it was for.
    pub hosts: usize,
    /// How many of them ended in each outcome, without the zeroes.
    pub tally: Vec<(Outcome, usize)>,
}

/// An event with a build, read without the detour over its kind that [`What`] takes: nearly all
/// bytes of a history are builds.
#[derive(serde::Deserialize)]
struct Built {
    at: Timestamp,
    host: Option<HostName>,
    what: BuiltWhat,
}

#[derive(serde::Deserialize)]
struct BuiltWhat {
    build: Box<Build>,
}

/// A history to read. One that was never written is empty.
#[derive(Debug)]
pub struct Reader {
    file: PathBuf,
    connection: Option<Connection>,
}

const SUMMARY: &str =
    "SELECT run, started, ended, verb, selection, check_only, exit_code, hosts, label FROM
     (SELECT runs.*, (SELECT COALESCE(
         CASE json_type(json, '$.what.with.label') WHEN 'text' THEN json ->> '$.what.with.label' END,
         (SELECT value ->> 1 FROM json_each(events.json, '$.what.parameters') WHERE value ->> 0 = 'label')
     ) FROM events WHERE events.run = runs.run AND events.number = 0) AS label FROM runs)";

impl Reader {
    /// Opens the history in a folder.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn open(folder: &Path) -> Result<Self, HistoryError> {
        match place::existing(folder)? {
            None => Ok(Self { file: folder.join(super::FILE), connection: None }),
            Some(file) => Ok(Self { connection: store::open_to_read(&file)?, file }),
        }
    }

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunSummary>, HistoryError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.summaries(&format!("{SUMMARY} ORDER BY started DESC, run DESC LIMIT ?1"), limit)
    }

    /// Runs without an end, newest first: cut off, or still going on in another process.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn unfinished(&self) -> Result<Vec<RunSummary>, HistoryError> {
        let query =
            format!("{SUMMARY} WHERE ended IS NULL ORDER BY started DESC, run DESC LIMIT ?1");
        self.summaries(&query, i64::MAX)
    }

    /// Runs whose plans later runs took up to finish them.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn resumed(&self) -> Result<BTreeSet<RunId>, HistoryError> {
        let Some(connection) = &self.connection else { return Ok(BTreeSet::new()) };
        let query = "SELECT DISTINCT json ->> '$.what.resumes' FROM runs
                     JOIN events ON events.run = runs.run AND events.number = 0
                     WHERE json ->> '$.what.resumes' IS NOT NULL";
        connection
            .prepare_cached(query)
            .and_then(|mut runs| runs.query_map([], |row| row.get::<_, String>(0))?.collect())
            .map(|runs: Vec<String>| runs.into_iter().map(RunId::from).collect())
            .map_err(|e| self.told(&e))
    }

    /// A run with everything that is known of it.
    ///
    /// # Errors
    /// When the history cannot be read, or does not hold the run.
    pub fn load(&self, run: &RunId) -> Result<Run, HistoryError> {
        let unbegun = || self.damaged(format!("run {run} does not begin with its start"));
        let Some(connection) = &self.connection else { return Err(unbegun()) };
        let query = "SELECT number, json, event FROM events WHERE run = ?1 ORDER BY number";
        let mut statement = connection.prepare_cached(query).map_err(|e| self.told(&e))?;
        let mut rows = statement.query([run.as_str()]).map_err(|e| self.told(&e))?;
        let mut folded: Option<Run> = None;
        while let Some(row) = rows.next().map_err(|e| self.told(&e))? {
            let kind: String = row.get(2).map_err(|e| self.told(&e))?;
            let event = if kind == BUILT { self.built(row)? } else { self.event(row, 0)? };
            match &mut folded {
                Some(run) => run.take(event),
                None => folded = Some(Run::begun(&event).ok_or_else(unbegun)?),
            }
        }
        folded.ok_or_else(unbegun)
    }

    /// How each host ended in the newest run that was not a check.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn last_outcomes(&self) -> Result<Option<BTreeMap<HostName, Outcome>>, HistoryError> {
        let query =
            format!("{SUMMARY} WHERE check_only = 0 ORDER BY started DESC, run DESC LIMIT ?1");
        let Some(newest) = self.bare_summaries(&query, 1)?.pop() else { return Ok(None) };
        let ended = self.ended(&newest.run)?;
        if ended.len() == newest.hosts {
            return Ok(Some(ended));
        }
        let run = self.load(&newest.run)?;
        Ok(Some(run.hosts.iter().map(|h| (h.host.clone(), h.state())).collect()))
    }

    /// The machine that last answered under a host's name, and in which run. A changed one
    /// is another machine.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn last_identity(&self, host: &HostName) -> Result<Option<(String, RunId)>, HistoryError> {
        let Some(connection) = &self.connection else { return Ok(None) };
        let query = "SELECT run, number, json FROM events WHERE event = 'probed' AND host = ?1
                     ORDER BY run DESC, number DESC";
        let mut statement = connection.prepare_cached(query).map_err(|e| self.told(&e))?;
        let mut rows = statement.query(params![host.as_str()]).map_err(|e| self.told(&e))?;
        while let Some(row) = rows.next().map_err(|e| self.told(&e))? {
            let run: String = row.get(0).map_err(|e| self.told(&e))?;
            let event = self.event(row, 1)?;
            if let What::Probed { facts } = event.what
                && !facts.machine_id.is_empty()
            {
                return Ok(Some((facts.machine_id, RunId::from(run))));
            }
        }
        Ok(None)
    }

    /// The names of all runs, newest first.
    pub(super) fn names(&self) -> Result<Vec<String>, HistoryError> {
        let Some(connection) = &self.connection else { return Ok(Vec::new()) };
        connection
            .prepare_cached("SELECT run FROM runs ORDER BY started DESC, run DESC")
            .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
            .map_err(|e| self.told(&e))
    }

    /// The labels of runs with the runs that they were given, newest first.
    pub(super) fn labels(&self) -> Result<Vec<(String, RunId)>, HistoryError> {
        let query = format!("{SUMMARY} WHERE label <> '' ORDER BY started DESC, run DESC LIMIT ?1");
        let labelled = self.bare_summaries(&query, i64::MAX)?;
        Ok(labelled.into_iter().filter_map(|run| Some((run.label?, run.run))).collect())
    }

    fn summaries(&self, query: &str, limit: i64) -> Result<Vec<RunSummary>, HistoryError> {
        let mut summaries = self.bare_summaries(query, limit)?;
        for summary in &mut summaries {
            let ended = self.ended(&summary.run)?;
            summary.tally = if ended.len() == summary.hosts {
                tally(&ended)
            } else {
                self.load(&summary.run)?.tally()
            };
        }
        Ok(summaries)
    }

    fn bare_summaries(&self, query: &str, limit: i64) -> Result<Vec<RunSummary>, HistoryError> {
        let Some(connection) = &self.connection else { return Ok(Vec::new()) };
        connection
            .prepare_cached(query)
            .and_then(|mut runs| runs.query_map([limit], summary)?.collect())
            .map_err(|e| self.told(&e))
    }

    /// Hosts whose end was written, without reading the rest of a run, which may be large.
    fn ended(&self, run: &RunId) -> Result<BTreeMap<HostName, Outcome>, HistoryError> {
        let events = self.events(
            "SELECT number, json FROM events WHERE run = ?1 AND event = 'host-ended'",
            run.as_str(),
        )?;
        Ok(events
            .into_iter()
            .filter_map(|event| match (event.host, event.what) {
                (Some(host), What::HostEnded { outcome, .. }) => Some((host, outcome)),
                _ => None,
            })
            .collect())
    }

    fn events(&self, query: &str, run: &str) -> Result<Vec<Event>, HistoryError> {
        let Some(connection) = &self.connection else { return Ok(Vec::new()) };
        let mut statement = connection.prepare_cached(query).map_err(|e| self.told(&e))?;
        let mut rows = statement.query([run]).map_err(|e| self.told(&e))?;
        let mut events = Vec::new();
        while let Some(row) = rows.next().map_err(|e| self.told(&e))? {
            events.push(self.event(row, 0)?);
        }
        Ok(events)
    }

    /// The event in two columns of a row: its number and its text.
    fn event(&self, row: &Row<'_>, column: usize) -> Result<Event, HistoryError> {
        let number: i64 = row.get(column).map_err(|e| self.told(&e))?;
        let json: String = row.get(column + 1).map_err(|e| self.told(&e))?;
        serde_json::from_str(&json)
            .map_err(|e| self.damaged(format!("event {number} cannot be read: {e}")))
    }

    /// The event with a build in the first two columns of a row.
    fn built(&self, row: &Row<'_>) -> Result<Event, HistoryError> {
        let number: i64 = row.get(0).map_err(|e| self.told(&e))?;
        let json = row.get_ref(1).and_then(|json| Ok(json.as_str()?)).map_err(|e| self.told(&e))?;
        let Built { at, host, what } = serde_json::from_str(json)
            .map_err(|e| self.damaged(format!("event {number} cannot be read: {e}")))?;
        Ok(Event { at, host, what: What::Built { build: what.build } })
    }

    fn told(&self, error: &rusqlite::Error) -> HistoryError {
        HistoryError::store(&self.file, error)
    }

    fn damaged(&self, reason: String) -> HistoryError {
        HistoryError::damaged(&self.file, reason)
    }
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let time = |column, micros| {
        Timestamp::from_microsecond(micros)
            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, micros))
    };
    Ok(RunSummary {
        run: RunId::from(row.get::<_, String>(0)?),
        started: time(1, row.get(1)?)?,
        ended: row.get::<_, Option<i64>>(2)?.map(|at| time(2, at)).transpose()?,
        verb: row.get(3)?,
        selection: row.get(4)?,
        check: row.get(5)?,
        exit_code: row.get::<_, Option<u8>>(6)?.map(ExitCode),
        hosts: usize::try_from(row.get::<_, u32>(7)?).unwrap_or(usize::MAX),
        label: row.get::<_, Option<String>>(8)?.filter(|label| !label.is_empty()),
        tally: Vec::new(),
    })
}

fn tally(ended: &BTreeMap<HostName, Outcome>) -> Vec<(Outcome, usize)> {
    Outcome::ALL
        .into_iter()
        .map(|outcome| (outcome, ended.values().filter(|o| **o == outcome).count()))
        .filter(|(_, n)| *n > 0)
        .collect()
}
