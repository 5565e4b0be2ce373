//! From a program's stdout to here.

use super::{Limits, TransferError, Words, hex};
use crate::ssh::session::{Connection, Piece, Program, ShellError};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

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
        receive(&mut running.pieces, writer, limits, moved).await
    }
}

async fn receive(
    pieces: &mut mpsc::Receiver<Piece>,
    writer: &mut (impl AsyncWrite + Unpin),
    limits: Limits,
    moved: impl Fn(u64),
) -> Result<Received, TransferError> {
    let mut words = Words::default();
    let (mut bytes, mut digest) = (0_u64, Sha256::new());
    loop {
        let piece = tokio::time::timeout(limits.idle, pieces.recv());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::transfer::tests::{end, pieces};
    use std::time::Duration;

    #[tokio::test]
    async fn no_end_is_believed_but_the_programs_own() {
        let limits = Limits { max_bytes: 10, idle: Duration::from_secs(1) };
        let got = |list: Vec<Piece>| async move {
            let (mut pieces, _open) = pieces(list);
            let mut to = Vec::new();
            receive(&mut pieces, &mut to, limits, |_| {}).await.map(|r| (r, to))
        };
        let out = |text: &'static [u8]| Piece::Out(text.into());
        let (received, bytes) =
            got(vec![out(b"hel"), out(b"lo\n"), end(Some(0), Some(0))]).await.unwrap();
        assert_eq!((received.bytes, bytes.as_slice()), (6, &b"hello\n"[..]));
        assert_eq!(
            received.sha256,
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
        for list in [
            vec![out(b"x"), end(None, Some(0))],
            vec![out(b"x"), end(Some(0), None)],
            vec![out(b"x"), end(Some(0), Some(1))],
        ] {
            assert!(matches!(got(list).await, Err(TransferError::Shell(_))));
        }
        assert!(matches!(
            got(vec![out(b"x"), end(Some(3), Some(3))]).await,
            Err(TransferError::Ended { code: 3, .. })
        ));
        assert!(matches!(got(vec![out(b"eleven bytes")]).await, Err(TransferError::TooLarge(10))));
        assert!(matches!(got(vec![out(b"x")]).await, Err(TransferError::Idle(_))));
        let Piece::End(mut slow) = end(Some(0), Some(0)) else { unreachable!() };
        slow.dropped = 5;
        assert!(matches!(got(vec![Piece::End(slow)]).await, Err(TransferError::TooSlow(5))));
    }

    #[tokio::test]
    async fn a_full_disk_here_ends_it() {
        let (mut pieces, _open) =
            pieces(vec![Piece::Out(vec![0; 9_000].into()), end(Some(0), Some(0))]);
        let mut full = tokio::fs::OpenOptions::new().write(true).open("/dev/full").await.unwrap();
        let limits = Limits { max_bytes: u64::MAX, idle: Duration::from_secs(60) };
        let ended = receive(&mut pieces, &mut full, limits, |_| {}).await;
        assert!(
            matches!(ended, Err(TransferError::Local(e)) if e.kind() == std::io::ErrorKind::StorageFull)
        );
    }
}
