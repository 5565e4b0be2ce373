//! From here into a program's stdin.

use super::{TransferError, Words};
use crate::door::Permit;
use crate::ssh::session::{Connection, Input, Piece, Program, ShellError};
use bytes::BytesMut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Bytes that are read and sent at a time.
const CHUNK: usize = 256 << 10;

/// How long sending may take to notice that it is done, once the program has ended.
const LAST: Duration = Duration::from_secs(1);

impl Connection {
    /// Runs a program and feeds `reader` to its stdin, to the end; `moved` hears the bytes so
    /// far. The program prints a byte once it is ready for them, for a `head` that reads ahead
    /// would have swallowed what was sent before. It must check that it got them all: for it a
    /// cut connection looks like the end. What else it prints only shows that it is alive.
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
        _permit: Permit,
    ) -> Result<u64, TransferError> {
        let mut running = self.start(program, false).await?;
        let sent = AtomicU64::new(0);
        let feed = feed(running.input(), reader, |bytes| {
            sent.store(bytes, Ordering::Relaxed);
            moved(bytes);
        });
        attend(feed, &mut running.pieces, &sent, idle).await?;
        Ok(sent.load(Ordering::Relaxed))
    }
}

/// Feeds a program from when it is ready, and waits for its end.
async fn attend(
    feed: impl Future<Output = Result<bool, std::io::Error>>,
    pieces: &mut mpsc::Receiver<Piece>,
    sent: &AtomicU64,
    idle: Duration,
) -> Result<(), TransferError> {
    let silence = tokio::time::sleep(idle);
    tokio::pin!(feed, silence);
    let (mut ready, mut fed, mut seen) = (false, None, 0);
    let mut words = Words::default();
    loop {
        tokio::select! {
            // What was sent counts before the end that it led to, which may be there already.
            biased;
            // A channel that takes nothing more has an end, with a better reason.
            done = &mut feed, if ready && fed.is_none() => fed = Some(done?),
            piece = pieces.recv() => match piece {
                Some(Piece::Out(_)) => ready = true,
                Some(Piece::Err(bytes)) => words.add(&bytes),
                Some(Piece::End(end)) => return match (end.verdict()?, last(fed, ready, &mut feed).await?) {
                    (0, Some(true)) => Ok(()),
                    (0, _) => Err(lost("it ended before it had taken everything")),
                    (code, _) => Err(TransferError::Ended { code, said: words.0 }),
                },
                None => return Err(lost("its channel is gone")),
            },
            () = &mut silence => {
                let now = sent.load(Ordering::Relaxed);
                if now == seen {
                    return Err(TransferError::Idle(idle));
                }
                seen = now;
            }
        }
        silence.as_mut().reset(Instant::now() + idle);
    }
}

fn lost(why: &str) -> TransferError {
    ShellError::Lost(why.into()).into()
}

/// Whether everything was sent, where the program ended first: it may have had all of it
/// before this side knew that it was sent.
async fn last(
    fed: Option<bool>,
    ready: bool,
    feed: impl Future<Output = Result<bool, std::io::Error>>,
) -> Result<Option<bool>, std::io::Error> {
    if fed.is_some() || !ready {
        return Ok(fed);
    }
    tokio::time::timeout(LAST, feed).await.ok().transpose()
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
            // The program may be through and gone: it knows how much it was to take.
            let _ = input.end().await;
            return Ok(true);
        }
        sent += chunk.len() as u64;
        if input.send(chunk.freeze()).await.is_err() {
            return Ok(false);
        }
        moved(sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::transfer::tests::{end, pieces};
    use std::future::{pending, ready};

    #[tokio::test]
    async fn only_a_program_that_took_everything_and_says_so_is_believed() {
        let taken = |list: Vec<Piece>| async move {
            let (mut pieces, _open) = pieces(list);
            attend(ready(Ok(true)), &mut pieces, &AtomicU64::new(0), SECOND).await
        };
        let go = || Piece::Out(b"r".as_slice().into());
        assert!(taken(vec![go(), end(Some(0), Some(0))]).await.is_ok());
        assert!(matches!(taken(vec![end(Some(0), Some(0))]).await, Err(TransferError::Shell(_))));
        assert!(matches!(
            taken(vec![go(), end(None, Some(0))]).await,
            Err(TransferError::Shell(_))
        ));
        assert!(matches!(
            taken(vec![go(), end(Some(0), None)]).await,
            Err(TransferError::Shell(_))
        ));
        let refused =
            taken(vec![Piece::Err(b"no room".as_slice().into()), end(Some(9), Some(9))]).await;
        assert!(
            matches!(refused, Err(TransferError::Ended { code: 9, said }) if said == b"no room")
        );
        assert!(matches!(taken(vec![go()]).await, Err(TransferError::Idle(_))));
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_window_that_never_opens_is_let_go_at_the_end_of_the_program() {
        let list = vec![Piece::Out(b"r".as_slice().into()), end(Some(21), Some(21))];
        let (mut pieces, _open) = pieces(list);
        let stuck = attend(pending(), &mut pieces, &AtomicU64::new(0), SECOND).await;
        assert!(matches!(stuck, Err(TransferError::Ended { code: 21, .. })));
    }
}
