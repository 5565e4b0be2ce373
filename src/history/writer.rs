//! Appends events from any thread without ever making them wait, on a thread of its own.

use super::store::{self, Position};
use super::{HistoryError, place};
use crate::record::{Event, What};
use futures::channel::oneshot;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is called, once, when the history can no longer be written.
pub type OnFailure = Box<dyn FnOnce(&HistoryError) + Send>;

/// Results wait at most this long for company in their commit.
const GROUP: Duration = Duration::from_millis(100);
/// Commits that somebody waits for are at least this far apart: each costs the disk a flush.
const PACE: Duration = Duration::from_millis(10);
/// A commit takes at most this many messages, so that a flood cannot put it off for ever.
const LARGEST_GROUP: usize = 4096;

enum Message {
    Event(Box<Event>),
    Durable(Vec<Event>, oneshot::Sender<Result<(), HistoryError>>),
    Close,
}

/// The one way to write the history.
#[derive(Debug)]
pub struct Writer {
    queue: Sender<Message>,
    failed: Arc<OnceLock<HistoryError>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Opens the history in a folder, which is made where it is missing.
    ///
    /// # Errors
    /// Whatever keeps the history from being written, before anything is contacted.
    pub fn open(folder: &Path, on_failure: OnFailure) -> Result<Self, HistoryError> {
        let file = place::prepare(folder)?;
        let connection = store::open_to_write(&file)?;
        let failed = Arc::new(OnceLock::new());
        let (queue, messages) = mpsc::channel();
        let scribe = Scribe {
            connection,
            position: Position::default(),
            failed: Arc::clone(&failed),
            on_failure: Some(on_failure),
            file: file.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || scribe.run(&messages))
            .map_err(|e| HistoryError::io(&file, &e))?;
        Ok(Self { queue, failed, thread: Mutex::new(Some(thread)) })
    }

    /// Queues an event. Lines of output are left out: what is kept of them comes with
    /// their end.
    pub fn event(&self, event: &Event) {
        if matches!(event.what, What::Output { .. } | What::Moved { .. })
            || self.failed.get().is_some()
        {
            return;
        }
        // The thread is gone only after `close`, and then nothing is left to be told.
        let _ = self.queue.send(Message::Event(Box::new(event.clone())));
    }

    /// Queues events at once; the future is ready when they and all queued before are on
    /// the disk.
    ///
    /// # Errors
    /// When they could not be written, or something before them could not.
    pub fn durable(
        &self,
        events: Vec<Event>,
    ) -> impl Future<Output = Result<(), HistoryError>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        let sent = match self.failed() {
            Some(error) => Err(error),
            None => {
                self.queue.send(Message::Durable(events, answer)).map_err(|_| HistoryError::Closed)
            }
        };
        async move {
            sent?;
            answered.await.unwrap_or(Err(HistoryError::Closed))
        }
    }

    /// Why the history can no longer be written, once that is so.
    #[must_use]
    pub fn failed(&self) -> Option<HistoryError> {
        self.failed.get().cloned()
    }

    /// Writes everything queued and ends the thread. What comes later is not written.
    ///
    /// # Errors
    /// When some of it could not be written.
    pub fn close(&self) -> Result<(), HistoryError> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.queue.send(Message::Close);
            if thread.join().is_err() {
                return Err(HistoryError::Closed);
            }
        }
        self.failed().map_or(Ok(()), Err)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// The thread's side.
struct Scribe {
    connection: Connection,
    position: Position,
    failed: Arc<OnceLock<HistoryError>>,
    on_failure: Option<OnFailure>,
    file: PathBuf,
}

impl Scribe {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut last = Instant::now();
        loop {
            let group = gather(messages, last);
            self.commit(&group.events);
            last = Instant::now();
            let result = self.failed.get().map_or(Ok(()), |error| Err(error.clone()));
            for waiting in group.waiting {
                let _ = waiting.send(result.clone());
            }
            if group.last {
                return;
            }
        }
    }

    fn commit(&mut self, events: &[Event]) {
        // After a failed commit nothing is tried again: what the disk holds is not known.
        if events.is_empty() || self.failed.get().is_some() {
            return;
        }
        let written = store::append(&mut self.connection, &self.file, &mut self.position, events);
        if let Err(error) = written {
            let _ = self.failed.set(error.clone());
            if let Some(tell) = self.on_failure.take() {
                tell(&error);
            }
        }
    }
}

#[derive(Default)]
struct Group {
    events: Vec<Event>,
    waiting: Vec<oneshot::Sender<Result<(), HistoryError>>>,
    last: bool,
}

impl Group {
    fn add(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.events.push(*event),
            Message::Durable(events, answer) => {
                self.events.extend(events);
                self.waiting.push(answer);
            }
            Message::Close => self.last = true,
        }
    }
}

/// Waits for a message and its company: everything that comes within [`GROUP`], but once
/// somebody waits for the commit only what comes within [`PACE`] of the `last` one. A lone
/// intent is then committed at once, and those of many hosts share one.
fn gather(messages: &Receiver<Message>, last: Instant) -> Group {
    let mut group = Group::default();
    match messages.recv() {
        Ok(message) => group.add(message),
        Err(_) => group.last = true,
    }
    let deadline = Instant::now() + GROUP;
    for _ in 0..LARGEST_GROUP {
        if group.last {
            break;
        }
        let left = if group.waiting.is_empty() {
            deadline.saturating_duration_since(Instant::now())
        } else {
            (last + PACE).saturating_duration_since(Instant::now())
        };
        match messages.recv_timeout(left) {
            Ok(message) => group.add(message),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => group.last = true,
        }
    }
    group
}
