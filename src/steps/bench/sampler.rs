//! Watches the machine while it builds, on a channel of its own.

use super::build::root_dir;
use crate::buildlog::{SAMPLER, Samples};
use crate::record::Sample;
use crate::ssh::{IDLE, Piece, Program, Running};
use crate::steps::Reached;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long the host's side may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A sampler at work. Dropping it ends it.
pub(super) struct Sampler {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Vec<Sample>>,
}

impl Sampler {
    /// Starts one, for at most `limit`; `None` where the host does not let us: a build is worth
    /// measuring without it.
    pub(super) async fn start(on: &Reached, limit: Duration) -> Option<Self> {
        let (idle, limit) = (IDLE.as_secs().to_string(), limit.as_secs().to_string());
        let variables = [("root", root_dir(on)), ("idle", &idle), ("limit", &limit)];
        let program = Program { body: SAMPLER, variables: &variables, root: on.sudo };
        let running = on.connection.start(&program, true).await.ok()?;
        let (stop, stopped) = oneshot::channel();
        Some(Self { stop, task: tokio::spawn(listen(running, stopped)) })
    }

    /// Ends it and gives its samples, none where it does not end.
    pub(super) async fn stop(self) -> Vec<Sample> {
        // Where nobody listens any more it has ended by itself.
        let _ = self.stop.send(());
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended.ok().and_then(Result::ok).unwrap_or_default()
    }
}

async fn listen(mut running: Running, mut stopped: oneshot::Receiver<()>) -> Vec<Sample> {
    let began = Instant::now();
    let mut samples = Samples::new();
    let mut told = false;
    loop {
        tokio::select! {
            piece = running.pieces.recv() => match piece {
                Some(Piece::Out(bytes)) => {
                    let at = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                    samples.take(at, &bytes);
                }
                Some(Piece::Err(_)) => {}
                Some(Piece::End(_)) | None => return samples.finish(),
            },
            _ = &mut stopped, if !told => {
                told = true;
                running.stop();
            }
        }
    }
}
