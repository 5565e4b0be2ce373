//! How far the user's wish to stop has got.

use std::sync::Arc;
use tokio::sync::watch;

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Everything.
    Go,
    /// What has begun is finished at the next item boundary; nothing new begins.
    Finish,
    /// Nothing: let go at once; what is in flight is `unknown`.
    Detach,
}

/// Raises the level. It never falls.
#[derive(Clone, Debug)]
pub struct StopHandle(Arc<watch::Sender<StopLevel>>);

/// The level, to look at and to wait for.
#[derive(Clone, Debug)]
pub struct Stop {
    level: watch::Receiver<StopLevel>,
    /// Keeps the channel open where no handle is wanted.
    _handle: Arc<watch::Sender<StopLevel>>,
}

impl Stop {
    /// A fresh level at `Go` and the handle that raises it.
    #[must_use]
    pub fn new() -> (StopHandle, Self) {
        let (sender, level) = watch::channel(StopLevel::Go);
        let sender = Arc::new(sender);
        (StopHandle(Arc::clone(&sender)), Self { level, _handle: sender })
    }

    /// A level that nobody raises.
    #[must_use]
    pub fn never() -> Self {
        Self::new().1
    }

    /// The level now.
    #[must_use]
    pub fn level(&self) -> StopLevel {
        *self.level.borrow()
    }

    /// Ends once the level is at least this.
    pub async fn reached(&mut self, level: StopLevel) {
        // The sender lives in `self`, so waiting can only end with the level.
        let _ = self.level.wait_for(|now| *now >= level).await;
    }
}

impl StopHandle {
    /// Raises the level to at least this.
    pub fn raise(&self, to: StopLevel) {
        self.0.send_if_modified(|now| {
            let higher = to > *now;
            if higher {
                *now = to;
            }
            higher
        });
    }
}
