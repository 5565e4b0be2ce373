//! Runs a user's command under a supervisor that never leaves it behind.

use super::loader::nonce;
use super::session::{Connection, IDLE, Piece, Program, ShellError};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::time::Duration;

/// How long the host's side may take to end a command: 3 s of grace and a margin.
const STOP_PATIENCE: Duration = Duration::from_secs(8);

/// A command to run.
#[derive(Clone, Debug)]
pub struct Command<'c> {
    /// What `/bin/sh -c` gets.
    pub line: &'c str,
    /// Whether it runs as root through sudo.
    pub sudo: bool,
    /// How long it may take.
    pub deadline: Duration,
}

/// A piece of a command's output.
#[derive(Debug)]
pub enum Chunk {
    /// From its standard output.
    Stdout(Bytes),
    /// From its standard error.
    Stderr(Bytes),
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; 128 + n when signal n ended it.
    pub code: u8,
    /// Bytes that could not be handed on because the reader was too slow.
    pub dropped: u64,
}

impl Connection {
    /// Runs a command; hands on its output as it comes, each time once `ready` says that
    /// more can be taken. Ends it on the host when `stopped` ends first, when the deadline
    /// passes, or when this future is dropped.
    ///
    /// # Errors
    /// When it did not start, or its end never came, or came too late.
    pub async fn command(
        &self,
        command: &Command<'_>,
        mut chunk: impl FnMut(Chunk),
        ready: impl Fn() -> BoxFuture<'static, ()>,
        stopped: impl Future<Output = ()>,
    ) -> Result<Ended, ShellError> {
        let idle = IDLE.as_secs().to_string();
        let mark = nonce();
        let program = Program {
            body: include_str!("programs/supervise.sh"),
            variables: &[("command", command.line), ("mark", &mark), ("idle", &idle)],
            root: command.sudo,
        };
        let mut running = self.start(&program, true).await?;
        let deadline = tokio::time::sleep(command.deadline);
        tokio::pin!(deadline, stopped);
        let mut gate: Option<BoxFuture<'static, ()>> = None;
        let mut late: Option<ShellError> = None;
        loop {
            tokio::select! {
                () = async { if let Some(gate) = &mut gate { gate.await } }, if gate.is_some() && late.is_none() => {
                    gate = None;
                }
                piece = running.pieces.recv(), if gate.is_none() || late.is_some() => match piece {
                    Some(Piece::Out(bytes)) => {
                        chunk(Chunk::Stdout(bytes));
                        gate = Some(ready());
                    }
                    Some(Piece::Err(bytes)) => {
                        chunk(Chunk::Stderr(bytes));
                        gate = Some(ready());
                    }
                    Some(Piece::End(end)) => {
                        let dropped = end.dropped;
                        let ended = end.verdict().map(|code| Ended { code, dropped });
                        return match late {
                            Some(late) if ended.is_ok() => Err(late),
                            _ => ended,
                        };
                    }
                    None => return Err(ShellError::Lost("its channel is gone".into())),
                },
                () = &mut deadline => {
                    if late.is_some() {
                        return Err(ShellError::Lost("the command did not end when told to".into()));
                    }
                    late = Some(ShellError::Timeout(command.deadline));
                    running.stop();
                    deadline.as_mut().reset(tokio::time::Instant::now() + STOP_PATIENCE);
                }
                () = &mut stopped, if late.is_none() => {
                    late = Some(ShellError::Stopped);
                    running.stop();
                    deadline.as_mut().reset(tokio::time::Instant::now() + STOP_PATIENCE);
                }
            }
        }
    }
}
