//! From a program's stdout to here.

use super::{Limits, TransferError, Words, hex};
use crate::ssh::session::{Connection, Piece, Program, ShellError};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Bytes.
    pub(crate) bytes: u64,
    /// Their SHA-256, in hex.
    pub(crate) sha256: String,
}

impl Connection {
    /// Runs a program and writes what it prints to `writer`, to the end; `moved` hears the
    /// bytes so far. The end is the program's own mark with exit code 0: an end of the
    /// stream alone is none.
    ///
    /// # Errors
    /// When the program did not end with 0, more came than is allowed, nothing came for too
    /// long, or `writer` failed. What was written by then is not to be used; the channel is
    /// closed.
    pub(crate) async fn download(
        &self,
        program: &Program<'_>,
        writer: &mut (impl AsyncWrite + Unpin + Send),
        limits: Limits,
        moved: impl Fn(u64) + Send + Sync,
    ) -> Result<Received, TransferError> {
        let mut running = self.start(program, false).await?;
        let mut words = Words::default();
        let (mut bytes, mut digest) = (0_u64, Sha256::new());
        loop {
            let piece = tokio::time::timeout(limits.idle, running.pieces.recv());
            match piece.await.map_err(|_| TransferError::Idle(limits.idle))? {
                Some(Piece::Out(piece)) => {
                    bytes += piece.len() as u64;
                    if bytes > limits.max_bytes {
                        return Err(TransferError::TooLarge(limits.max_bytes));
                    }
                    digest.update(&piece);
                    writer.write_all(&piece).await?;
                    moved(bytes);
                }
                Some(Piece::Err(said)) => words.add(&said),
                Some(Piece::End(end)) if end.dropped > 0 => {
                    return Err(TransferError::TooSlow(end.dropped));
                }
                Some(Piece::End(end)) => {
                    let code = end.verdict()?;
                    if code != 0 {
                        return Err(TransferError::Ended { code, said: words.0 });
                    }
                    writer.flush().await?;
                    return Ok(Received { bytes, sha256: hex(&digest.finalize()) });
                }
                None => return Err(ShellError::Lost("its channel is gone".into()).into()),
            }
        }
    }
}
