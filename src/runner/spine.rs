//! The spine: every event goes through here, into the run, to the history and to whoever watches.

use super::failpoint;
use crate::door::{Journal, JournalError};
use crate::record::{Action, ActionResult, Event, HostName, Run, RunStarted, What};
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Stores events.
pub trait Recorder: Send + Sync {
    /// Takes an event to be stored soon. Never blocks.
    fn event(&self, event: &Event);
    /// Stores events, and all before them, so that a crash cannot lose them.
    fn durable(&self, events: Vec<Event>) -> BoxFuture<'static, Result<(), String>>;
}

/// Watches events as they happen.
pub trait Listener: Send + Sync {
    /// One event.
    fn event(&self, event: &Event);

    /// Ends once this listener can take more output. At once, for one that never lags.
    fn ready(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// One run under way.
pub struct Spine {
    run: Mutex<Run>,
    recorder: Arc<dyn Recorder>,
    listeners: Vec<Arc<dyn Listener>>,
    unrecorded: AtomicBool,
    bug: AtomicBool,
}

impl Spine {
    /// Begins a run. Its first event is durable before anything is contacted.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub async fn begin(
        start: RunStarted,
        recorder: Arc<dyn Recorder>,
        listeners: Vec<Arc<dyn Listener>>,
    ) -> Result<Arc<Self>, String> {
        let at = Timestamp::now();
        let event = Event { at, host: None, what: What::RunStarted(start.clone()) };
        recorder.durable(vec![event.clone()]).await?;
        listeners.iter().for_each(|listener| listener.event(&event));
        let run = Mutex::new(Run::new(start, at));
        Ok(Arc::new(Self {
            run,
            recorder,
            listeners,
            unrecorded: AtomicBool::new(false),
            bug: AtomicBool::new(false),
        }))
    }

    /// Takes an event in.
    pub fn emit(&self, host: Option<&HostName>, what: What) {
        let event = Event { at: Timestamp::now(), host: host.cloned(), what };
        self.recorder.event(&event);
        self.spread(&event);
    }

    /// Takes an event in and waits until it is stored.
    ///
    /// # Errors
    /// When it cannot be stored; nobody has seen it then.
    pub async fn emit_durable(&self, host: Option<&HostName>, what: What) -> Result<(), String> {
        let event = Event { at: Timestamp::now(), host: host.cloned(), what };
        if let Err(reason) = self.recorder.durable(vec![event.clone()]).await {
            self.unrecorded.store(true, Ordering::Relaxed);
            return Err(reason);
        }
        self.spread(&event);
        Ok(())
    }

    fn spread(&self, event: &Event) {
        // Output can be many megabytes, and the run keeps only its end.
        if !matches!(event.what, What::Output { .. }) {
            self.run.lock().unwrap_or_else(PoisonError::into_inner).apply(event);
        }
        self.listeners.iter().for_each(|listener| listener.event(event));
    }

    /// Ends once every listener can take more output.
    #[must_use]
    pub fn ready(&self) -> BoxFuture<'static, ()> {
        let all: Vec<_> = self.listeners.iter().map(|listener| listener.ready()).collect();
        Box::pin(async move {
            for one in all {
                one.await;
            }
        })
    }

    /// The run so far.
    #[must_use]
    pub fn snapshot(&self) -> Run {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the run so far without a copy.
    pub fn look<T>(&self, at: impl FnOnce(&Run) -> T) -> T {
        at(&self.run.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that a task of ours panicked.
    pub(super) fn note_bug(&self) {
        self.bug.store(true, Ordering::Relaxed);
    }

    /// Whether a task of ours panicked.
    #[must_use]
    pub fn has_bug(&self) -> bool {
        self.bug.load(Ordering::Relaxed)
    }

    /// Whether an event could not be stored.
    #[must_use]
    pub fn is_unrecorded(&self) -> bool {
        self.unrecorded.load(Ordering::Relaxed)
    }
}

/// The journal of one host, for its door.
pub(super) struct HostJournal {
    pub(super) spine: Arc<Spine>,
    pub(super) host: HostName,
}

impl Journal for HostJournal {
    fn intend(&self, actions: Vec<Action>) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            failpoint::pass();
            let stored = self.spine.emit_durable(Some(&self.host), What::Intended { actions });
            let stored = stored.await.map_err(JournalError);
            failpoint::pass();
            stored
        })
    }

    fn settle(&self, action: u32, result: &ActionResult) {
        let what = What::Settled { action, result: result.clone() };
        failpoint::pass();
        self.spine.emit(Some(&self.host), what);
        failpoint::pass();
    }
}
