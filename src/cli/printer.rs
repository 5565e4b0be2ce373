//! Prints a command's lines as they come, whole and with their host in front, from a thread
//! of its own: a slow reader must never hold a connection up.

use crate::record::{Event, Stream, What};
use crate::runner::Listener;
use futures::future::BoxFuture;
use std::io::{BufWriter, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Bytes that may wait for the reader before more is held back on the hosts.
const BACKLOG: usize = 4 << 20;

/// How long a line may stay unseen in a buffer.
const FLUSH: Duration = Duration::from_millis(50);

/// What is printed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Lines of output, with the host in front where there is more than one.
    Lines {
        /// Whether to put the host in front.
        prefix: bool,
    },
    /// Every event as one line of JSON.
    Events,
}

struct Backlog {
    bytes: AtomicUsize,
    drained: Notify,
}

/// The listener and its thread.
pub(super) struct Printer {
    shown: Shown,
    queue: Mutex<Option<mpsc::Sender<(Stream, String)>>>,
    backlog: Arc<Backlog>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Printer {
    /// `stderr` takes whole lines.
    pub(super) fn start(shown: Shown, stderr: Box<dyn Write + Send>) -> Arc<Self> {
        let (queue, lines) = mpsc::channel();
        let backlog = Arc::new(Backlog { bytes: AtomicUsize::new(0), drained: Notify::new() });
        let seen = Arc::clone(&backlog);
        let thread = std::thread::spawn(move || print(&lines, stderr, &seen));
        Arc::new(Self {
            shown,
            queue: Mutex::new(Some(queue)),
            backlog,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Prints what is left and ends the thread.
    pub(super) fn finish(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }

    fn line(&self, event: &Event) -> Option<(Stream, String)> {
        match (self.shown, &event.what) {
            (Shown::Events, _) => {
                let mut line = serde_json::to_string(event).ok()?;
                line.push('\n');
                Some((Stream::Stdout, line))
            }
            (Shown::Lines { prefix }, What::Output { stream, line }) => {
                let host = event.host.as_ref().filter(|_| prefix);
                let text = host.map_or_else(|| format!("{line}\n"), |h| format!("{h}: {line}\n"));
                Some((*stream, text))
            }
            _ => None,
        }
    }
}

impl Listener for Printer {
    fn event(&self, event: &Event) {
        let Some((stream, line)) = self.line(event) else { return };
        self.backlog.bytes.fetch_add(line.len(), Ordering::Relaxed);
        if let Some(queue) = &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = queue.send((stream, line));
        }
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        let backlog = Arc::clone(&self.backlog);
        Box::pin(async move {
            loop {
                let drained = backlog.drained.notified();
                if backlog.bytes.load(Ordering::Acquire) <= BACKLOG {
                    return;
                }
                drained.await;
            }
        })
    }
}

fn print(
    lines: &mpsc::Receiver<(Stream, String)>,
    stderr: Box<dyn Write + Send>,
    backlog: &Backlog,
) {
    // A pipe whose reader is gone takes nothing any more; the lines still have to be
    // counted off, or the hosts would wait for ever.
    let mut stdout = BufWriter::with_capacity(64 << 10, std::io::stdout());
    let mut stderr = BufWriter::with_capacity(8 << 10, stderr);
    loop {
        match lines.recv_timeout(FLUSH) {
            Ok((stream, line)) => {
                match stream {
                    Stream::Stdout => super::out::check(stdout.write_all(line.as_bytes())),
                    Stream::Stderr => drop(stderr.write_all(line.as_bytes())),
                }
                let before = backlog.bytes.fetch_sub(line.len(), Ordering::AcqRel);
                if before > BACKLOG && before - line.len() <= BACKLOG {
                    backlog.drained.notify_waiters();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                super::out::check(stdout.flush());
                let _ = stderr.flush();
            }
            Err(RecvTimeoutError::Disconnected) => {
                super::out::check(stdout.flush());
                let _ = stderr.flush();
                return;
            }
        }
    }
}
