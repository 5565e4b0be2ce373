//! Shows progress from a thread of its own: a terminal that takes nothing (Ctrl-S, a pager)
//! must not hold connections up.

use crate::progress::{Kind, Progress};
use crate::record::{Event, What};
use crate::runner::Listener;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

enum Message {
    Event(Box<Event>),
    Pause(Sender<()>),
    Resume,
}

/// The listener and its thread.
pub(super) struct Shower {
    queue: Mutex<Option<Sender<Message>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Shower {
    pub(super) fn start(kind: Kind, verbose: bool) -> Arc<Self> {
        if kind == Kind::Quiet {
            return Arc::new(Self { queue: Mutex::default(), thread: Mutex::default() });
        }
        let (queue, messages) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let progress = Progress::new(kind, verbose, Box::new(std::io::stderr()));
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
        });
        Arc::new(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
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
        if let Some(queue) = &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = queue.send(message);
        }
    }
}

impl Listener for Shower {
    fn event(&self, event: &Event) {
        if !matches!(event.what, What::Output { .. }) {
            self.send(Message::Event(Box::new(event.clone())));
        }
    }
}
