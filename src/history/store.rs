//! The file itself: opening, schema, and the statements that write.

use super::HistoryError;
use crate::record::{Event, RunId, What};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use std::path::Path;
use std::time::{Duration, Instant};

/// `flee` in ASCII: tells our files from other people's.
const APPLICATION: i64 = 0x666c_6565;
const SCHEMA: i64 = 1;
/// The kind of an event with a build.
pub(super) const BUILT: &str = "built";
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE runs (
        run        TEXT PRIMARY KEY,
        started    INTEGER NOT NULL,
        verb       TEXT NOT NULL,
        selection  TEXT NOT NULL,
        check_only INTEGER NOT NULL,
        hosts      INTEGER NOT NULL,
        exit_code  INTEGER,
        ended      INTEGER
    ) STRICT;
    CREATE INDEX runs_by_time ON runs (started, run);
    CREATE TABLE events (
        run    TEXT NOT NULL REFERENCES runs (run),
        number INTEGER NOT NULL,
        host   TEXT,
        event  TEXT NOT NULL,
        json   TEXT NOT NULL,
        PRIMARY KEY (run, number)
    ) STRICT;
    CREATE INDEX probes ON events (host, run, number) WHERE event = 'probed';
    CREATE INDEX ends ON events (run) WHERE event = 'host-ended';
";

/// What is in the file, before it is touched.
enum State {
    Empty,
    Ours,
}

/// Opens the file for writing and makes the tables where it is new.
pub(super) fn open_to_write(file: &Path) -> Result<Connection, HistoryError> {
    let mut connection = connect(file)?;
    // A foreign or newer file is refused before anything of it is changed.
    let state = state(&connection, file)?;
    let told = |e: rusqlite::Error| HistoryError::store(file, &e);
    wal(&connection).map_err(told)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(told)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(told)?;
    if matches!(state, State::Empty) {
        create(&mut connection, file)?;
    }
    Ok(connection)
}

/// Opens the file for reading; `None` while nothing was ever written to it.
pub(super) fn open_to_read(file: &Path) -> Result<Option<Connection>, HistoryError> {
    let connection = connect(file)?;
    match state(&connection, file)? {
        State::Empty => Ok(None),
        State::Ours => Ok(Some(connection)),
    }
}

/// Reading too needs a writable connection: after a crash the log is recovered first.
fn connect(file: &Path) -> Result<Connection, HistoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let told = |e: rusqlite::Error| HistoryError::store(file, &e);
    let connection = Connection::open_with_flags(file, flags).map_err(told)?;
    connection.busy_timeout(BUSY).map_err(told)?;
    Ok(connection)
}

/// Looks in one transaction: another process may be making the tables just now.
fn state(connection: &Connection, file: &Path) -> Result<State, HistoryError> {
    let told = |e: rusqlite::Error| HistoryError::store(file, &e);
    let transaction = connection.unchecked_transaction().map_err(told)?;
    let state = state_within(&transaction, file)?;
    transaction.commit().map_err(told)?;
    Ok(state)
}

fn state_within(connection: &Connection, file: &Path) -> Result<State, HistoryError> {
    let number = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|e| HistoryError::store(file, &e))
    };
    match (number("application_id")?, number("user_version")?, number("page_count")?) {
        (APPLICATION, SCHEMA, _) => Ok(State::Ours),
        (APPLICATION, found, _) if found > SCHEMA => {
            Err(HistoryError::Newer { path: file.to_owned(), found, known: SCHEMA })
        }
        // A file that was switched to WAL has one page and no table yet.
        (0, 0, 0 | 1) => Ok(State::Empty),
        _ => Err(HistoryError::damaged(file, "it is not a history of fleet")),
    }
}

/// Switches to WAL. The busy timeout does not cover this switch, so two first runs at
/// once would fail without the patience here.
fn wal(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(e)
                if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

fn create(connection: &mut Connection, file: &Path) -> Result<(), HistoryError> {
    let told = |e: rusqlite::Error| HistoryError::store(file, &e);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
    // Another process may have been faster.
    if matches!(state_within(&transaction, file)?, State::Ours) {
        return Ok(());
    }
    transaction.execute_batch(TABLES).map_err(told)?;
    transaction.pragma_update(None, "application_id", APPLICATION).map_err(told)?;
    transaction.pragma_update(None, "user_version", SCHEMA).map_err(told)?;
    transaction.commit().map_err(told)
}

/// The run that is being written, and the number of its next event.
#[derive(Default)]
pub(super) struct Position {
    run: Option<RunId>,
    next: i64,
}

/// Appends events in one transaction, which is on the disk when this returns.
pub(super) fn append(
    connection: &mut Connection,
    file: &Path,
    position: &mut Position,
    events: &[Event],
) -> Result<(), HistoryError> {
    let told = |e: rusqlite::Error| HistoryError::store(file, &e);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
    for event in events {
        append_one(&transaction, file, position, event)?;
    }
    transaction.commit().map_err(told)
}

fn append_one(
    connection: &Connection,
    file: &Path,
    position: &mut Position,
    event: &Event,
) -> Result<(), HistoryError> {
    let told = |e: rusqlite::Error| HistoryError::store(file, &e);
    if let What::RunStarted(start) = &event.what {
        *position = Position { run: Some(start.run.clone()), next: 0 };
        connection
            .prepare_cached(
                "INSERT INTO runs (run, started, verb, selection, check_only, hosts)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    start.run.as_str(),
                    event.at.as_microsecond(),
                    start.verb,
                    start.selection,
                    start.check,
                    i64::try_from(start.hosts.len()).unwrap_or(i64::MAX),
                ])
            })
            .map_err(told)?;
    }
    let Some(run) = &position.run else {
        let reason = "an event came before its run began".to_owned();
        return Err(HistoryError::Store { path: file.to_owned(), reason });
    };
    let json = serde_json::to_string(event)
        .map_err(|e| HistoryError::Store { path: file.to_owned(), reason: e.to_string() })?;
    connection
        .prepare_cached(
            "INSERT INTO events (run, number, host, event, json) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .and_then(|mut insert| {
            let host = event.host.as_ref().map(crate::record::HostName::as_str);
            insert.execute(params![run.as_str(), position.next, host, kind(&event.what), json])
        })
        .map_err(told)?;
    position.next += 1;
    if let What::RunEnded { exit_code } = &event.what {
        connection
            .prepare_cached("UPDATE runs SET ended = ?2, exit_code = ?3 WHERE run = ?1")
            .and_then(|mut update| {
                update.execute(params![run.as_str(), event.at.as_microsecond(), exit_code.0])
            })
            .map_err(told)?;
    }
    Ok(())
}

/// The kinds that are asked for by name; the rest is only ever read whole.
const fn kind(what: &What) -> &'static str {
    match what {
        What::Probed { .. } => "probed",
        What::HostEnded { .. } => "host-ended",
        What::Built { .. } => BUILT,
        _ => "other",
    }
}
