//! Shows progress from a thread of its own: a terminal that takes nothing (Ctrl-S, a pager)
//! must not hold connections up.

use crate::progress::{Kind, Progress};
use crate::record::{Event, What};
use crate::runner::Listener;
use std::io::Write;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

enum Message {
    Event(Box<Event>),
    Pause(Sender<()>),
    Resume,
}

/// The listener and its thread.
pub(super) struct Shower {
    progress: Arc<Progress>,
    queue: Mutex<Option<Sender<Message>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Shower {
    pub(super) fn start(kind: Kind, verbose: bool) -> Arc<Self> {
        let progress = Arc::new(Progress::new(kind, verbose, Box::new(std::io::stderr())));
        if kind == Kind::Quiet {
            return Arc::new(Self { progress, queue: Mutex::default(), thread: Mutex::default() });
        }
        let (queue, messages) = mpsc::channel();
        let shown = Arc::clone(&progress);
        let thread = std::thread::spawn(move || show(&shown, messages));
        Arc::new(Self {
            progress,
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Standard error for lines that must not run into the bars.
    pub(super) fn beside(self: &Arc<Self>) -> Box<dyn Write + Send> {
        Box::new(Beside(Arc::clone(self)))
    }

    /// Leaves the terminal to somebody else; returns once it is free.
    pub(super) fn pause(&self) {
        let (done, paused) = mpsc::channel();
        self.send(Message::Pause(done));
        // An error means that nothing is shown at all.
        let _ = paused.recv();
    }

    pub(super) fn resume(&self) {
        self.send(Message::Resume);
    }

    /// Takes everything off the terminal and ends the thread.
    pub(super) fn finish(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }

    fn send(&self, message: Message) {
        self.send_with(|| message);
    }

    /// Nothing is copied where nothing is shown.
    fn send_with(&self, message: impl FnOnce() -> Message) {
        if let Some(queue) = &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = queue.send(message());
        }
    }
}

fn show(progress: &Progress, messages: Receiver<Message>) {
    for message in messages {
        match message {
            Message::Event(event) => progress.event(&event),
            Message::Pause(done) => {
                progress.pause();
                let _ = done.send(());
            }
            Message::Resume => progress.resume(),
        }
    }
    progress.finish();
}

/// Takes whole lines.
struct Beside(Arc<Shower>);

impl Write for Beside {
    fn write(&mut self, lines: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(lines);
        if !self.0.progress.above(text.strip_suffix('\n').unwrap_or(&text)) {
            std::io::stderr().write_all(lines)?;
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Listener for Shower {
    fn event(&self, event: &Event) {
        if !matches!(event.what, What::Output { .. }) {
            self.send_with(|| Message::Event(Box::new(event.clone())));
        }
    }
}
