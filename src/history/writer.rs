//! Appends events from any thread without ever making them wait, on a thread of its own.

use super::store::{self, Position};
use super::{HistoryError, place};
use crate::record::{Event, What};
use futures::channel::oneshot;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is called, once, when the history can no longer be written.
pub type OnFailure = Box<dyn FnOnce(&HistoryError) + Send>;

/// Results wait at most this long for company in their commit.
const GROUP: Duration = Duration::from_millis(100);
/// Commits that somebody waits for are at least this far apart: each costs the disk a flush.
const PACE: Duration = Duration::from_millis(20);
/// So many events are committed without waiting for more.
const LARGEST_GROUP: usize = 4096;

/// The one way to write the history.
#[derive(Debug)]
pub struct Writer {
    queue: Arc<Queue>,
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
        let queue = Arc::new(Queue::default());
        let scribe = Scribe {
            connection,
            position: Position::default(),
            failed: Arc::clone(&failed),
            on_failure: Some(on_failure),
            file: file.clone(),
        };
        let until_the_end = Ending(Arc::clone(&queue));
        let thread = std::thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || scribe.run(&until_the_end.0))
            .map_err(|e| HistoryError::io(&file, &e))?;
        Ok(Self { queue, failed, thread: Mutex::new(Some(thread)) })
    }

    /// Queues an event. Lines of output are left out: what is kept of them comes with
    /// their end.
    pub fn event(&self, event: &Event) {
        if matches!(event.what, What::Output { .. } | What::Moved { .. } | What::Busy { .. })
            || self.failed.get().is_some()
        {
            return;
        }
        // Taken by nobody only after `close`, and then nothing is left to be told.
        self.queue.add(vec![event.clone()], None);
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
        let failed = self.failed();
        if failed.is_none() {
            self.queue.add(events, Some(answer));
        }
        async move {
            match failed {
                Some(error) => Err(error),
                None => answered.await.unwrap_or(Err(HistoryError::Closed)),
            }
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
            self.queue.close();
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
    fn run(mut self, queue: &Queue) {
        let mut last = Instant::now();
        loop {
            let group = queue.take(last);
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

/// What waits for the thread, and its bell. It is rung as seldom as can be: a thread that
/// wakes for each event costs the events of a small run more than their commit does.
#[derive(Debug, Default)]
struct Queue {
    pending: Mutex<Group>,
    bell: Condvar,
}

/// What goes to the disk at once, and who waits for it.
#[derive(Debug, Default)]
struct Group {
    events: Vec<Event>,
    waiting: Vec<oneshot::Sender<Result<(), HistoryError>>>,
    last: bool,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.waiting.is_empty() && !self.last
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Group> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds events. Whoever waits for them hears of it; at once, where nothing is taken any
    /// more: `answer` is dropped then.
    fn add(&self, events: Vec<Event>, answer: Option<oneshot::Sender<Result<(), HistoryError>>>) {
        let mut pending = self.lock();
        if pending.last {
            return;
        }
        let first_to_wait = answer.is_some() && pending.waiting.is_empty();
        let before = pending.events.len();
        let ring = pending.is_empty() || first_to_wait;
        pending.events.extend(events);
        pending.waiting.extend(answer);
        let full = before < LARGEST_GROUP && pending.events.len() >= LARGEST_GROUP;
        drop(pending);
        if ring || full {
            self.bell.notify_one();
        }
    }

    fn close(&self) {
        self.lock().last = true;
        self.bell.notify_one();
    }

    /// Waits for an event and its company: everything that comes within [`GROUP`], but once
    /// somebody waits for the commit only what comes within [`PACE`] of the `last` one. A
    /// lone intent is then committed at once, and those of many hosts share one.
    fn take(&self, last: Instant) -> Group {
        let mut pending = self.lock();
        while pending.is_empty() {
            pending = self.bell.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        let deadline = Instant::now() + GROUP;
        while !pending.last && pending.events.len() < LARGEST_GROUP {
            let until = if pending.waiting.is_empty() { deadline } else { last + PACE };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.bell.wait_timeout(pending, left);
            pending = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Group {
            events: std::mem::take(&mut pending.events),
            waiting: std::mem::take(&mut pending.waiting),
            last: pending.last,
        }
    }
}

/// Closes the queue with the thread, however it ends: nobody may wait for it for ever.
struct Ending(Arc<Queue>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut pending = self.0.lock();
        pending.last = true;
        pending.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use jiff::Timestamp;

    fn event() -> Event {
        Event { at: Timestamp::UNIX_EPOCH, host: None, what: What::HostStarted }
    }

    #[test]
    fn what_came_before_an_intent_goes_with_it_and_in_its_order() {
        let queue = Queue::default();
        let (answer, mut answered) = oneshot::channel();
        let other = Event { host: crate::record::HostName::new("web1").ok(), ..event() };
        queue.add(vec![event()], None);
        queue.add(vec![other.clone()], Some(answer));
        let group = queue.take(Instant::now());
        assert_eq!(group.events, [event(), other]);
        assert_eq!((group.waiting.len(), group.last), (1, false));
        assert_eq!(answered.try_recv(), Ok(None), "nobody has answered yet");
        queue.add(vec![event()], None);
        queue.close();
        let group = queue.take(Instant::now());
        assert_eq!((group.events.len(), group.waiting.len(), group.last), (1, 0, true));
    }

    #[test]
    fn whoever_waits_hears_when_the_thread_is_gone() {
        let queue = Arc::new(Queue::default());
        let ending = Ending(Arc::clone(&queue));
        let (early, early_answer) = oneshot::channel();
        queue.add(vec![event()], Some(early));
        drop(ending);
        let (late, late_answer) = oneshot::channel();
        queue.add(vec![event()], Some(late));
        for answer in [early_answer, late_answer] {
            assert_eq!(answer.now_or_never(), Some(Err(oneshot::Canceled)));
        }
    }
}
