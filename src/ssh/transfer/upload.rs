//! From here into a program's stdin.

use super::{TransferError, Words};
use crate::ssh::session::{Connection, Input, Piece, Program, ShellError};
use bytes::BytesMut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;

/// Bytes that are read and sent at a time.
const CHUNK: usize = 256 << 10;

impl Connection {
    /// Runs a program and feeds `reader` to its stdin, to the end; `moved` hears the bytes so
    /// far. The program must check that it got them all: for it a cut connection looks like
    /// the end. What it prints on stdout only shows that it is alive.
    ///
    /// # Errors
    /// When the program did not take everything and end with 0, when `reader` cannot be
    /// read, or when nothing moved for `idle`. Its channel is closed then.
    pub(crate) async fn upload(
        &self,
        program: &Program<'_>,
        reader: impl AsyncRead + Unpin + Send,
        idle: Duration,
        moved: impl Fn(u64) + Send + Sync,
    ) -> Result<u64, TransferError> {
        let mut running = self.start(program, false).await?;
        let sent = AtomicU64::new(0);
        let feed = feed(running.input(), reader, |bytes| {
            sent.store(bytes, Ordering::Relaxed);
            moved(bytes);
        });
        let silence = tokio::time::sleep(idle);
        tokio::pin!(feed, silence);
        let (mut fed, mut seen) = (None, 0);
        let mut words = Words::default();
        loop {
            tokio::select! {
                done = &mut feed, if fed.is_none() => {
                    // A channel that takes nothing more has an end, with a better reason.
                    fed = Some(done?);
                    silence.as_mut().reset(Instant::now() + idle);
                }
                piece = running.pieces.recv() => {
                    match piece {
                        Some(Piece::Out(_)) => {}
                        Some(Piece::Err(bytes)) => words.add(&bytes),
                        Some(Piece::End(end)) => {
                            return match (end.verdict()?, fed) {
                                (0, Some(true)) => Ok(sent.load(Ordering::Relaxed)),
                                (0, _) => Err(ShellError::Lost("it ended before it had taken everything".into()).into()),
                                (code, _) => Err(TransferError::Ended { code, said: words.0 }),
                            };
                        }
                        None => return Err(ShellError::Lost("its channel is gone".into()).into()),
                    }
                    silence.as_mut().reset(Instant::now() + idle);
                }
                () = &mut silence => {
                    let now = sent.load(Ordering::Relaxed);
                    if now == seen {
                        return Err(TransferError::Idle(idle));
                    }
                    seen = now;
                    silence.as_mut().reset(Instant::now() + idle);
                }
            }
        }
    }
}

/// Sends everything; `false` when the channel stopped taking it. An error is the reader's.
async fn feed(
    input: Input,
    mut reader: impl AsyncRead + Unpin,
    moved: impl Fn(u64),
) -> Result<bool, std::io::Error> {
    let mut sent = 0_u64;
    loop {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        while chunk.len() < CHUNK && reader.read_buf(&mut chunk).await? > 0 {}
        if chunk.is_empty() {
            return Ok(input.end().await.is_ok());
        }
        sent += chunk.len() as u64;
        if input.send(chunk.freeze()).await.is_err() {
            return Ok(false);
        }
        moved(sent);
    }
}
