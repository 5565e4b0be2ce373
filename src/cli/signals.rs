//! Signals: the first asks for an orderly stop, the second lets go at once.

use crate::door::{StopHandle, StopLevel};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Which signal came, as an exit code; 0 for none.
#[derive(Clone, Debug, Default)]
pub(super) struct Caught(Arc<AtomicU8>);

impl Caught {
    /// The exit code of the signal that came first.
    pub(super) fn exit_code(&self) -> Option<u8> {
        Some(self.0.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }
}

/// Listens from now on.
///
/// # Errors
/// When the system refuses a handler.
pub(super) fn listen(stop: StopHandle) -> std::io::Result<Caught> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let caught = Caught::default();
    let seen = caught.clone();
    tokio::spawn(async move {
        loop {
            let code = next(&mut interrupt, &mut terminate, &mut hangup).await;
            let first = seen.0.compare_exchange(0, code, Ordering::Relaxed, Ordering::Relaxed);
            if first.is_ok() {
                super::out::notice(
                    "\nstopping: what is under way is finished, nothing new begins (again: let go at once)\n",
                );
                stop.raise(StopLevel::Finish);
            } else {
                stop.raise(StopLevel::Detach);
            }
        }
    });
    Ok(caught)
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal, hangup: &mut Signal) -> u8 {
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
        _ = hangup.recv() => 129,
    }
}
