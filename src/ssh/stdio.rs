//! A byte stream to a program's stdin and stdout on a host.

use super::session::{Connection, Piece, Program, ShellError};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Bytes of a program's complaints that are kept.
const COMPLAINTS_KEPT: usize = 2_000;

/// What the program said on stderr, or was said instead of it.
#[derive(Clone, Debug, Default)]
pub struct Complaints(Arc<Mutex<Vec<u8>>>);

impl Complaints {
    /// The words so far.
    #[must_use]
    pub fn read(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = COMPLAINTS_KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl Connection {
    /// Starts `exec COMMAND` by the loader and gives its stdin and stdout as one stream.
    /// `command` is a constant of ours.
    ///
    /// # Errors
    /// When no channel could be opened. That the command could not be started shows itself
    /// as the end of the stream, with the reason among the complaints.
    pub async fn stdio(
        &self,
        command: &'static str,
        sudo: bool,
    ) -> Result<(DuplexStream, Complaints), ShellError> {
        let body = format!("exec {command}\n");
        let program = Program { body: &body, variables: &[], root: sudo };
        let mut running = self.start(&program, false).await?;
        let complaints = Complaints::default();
        let (ours, theirs) = tokio::io::duplex(256 << 10);
        let (mut from_us, mut to_us) = tokio::io::split(theirs);
        let heard = complaints.clone();
        tokio::spawn(async move {
            let mut buffer = vec![0_u8; 64 << 10];
            loop {
                tokio::select! {
                    piece = running.pieces.recv() => match piece {
                        Some(Piece::Out(bytes)) => {
                            if to_us.write_all(&bytes).await.is_err() { break }
                        }
                        Some(Piece::Err(bytes)) => heard.add(&bytes),
                        Some(Piece::End(end)) => { heard.add(&end.noise); break }
                        None => break,
                    },
                    read = from_us.read(&mut buffer) => match read {
                        Ok(n) if n > 0 => {
                            if running.send(buffer[..n].to_vec()).await.is_err() { break }
                        }
                        // The reader of the stream is gone: dropping `running` closes the channel.
                        _ => break,
                    },
                }
            }
            let _ = to_us.shutdown().await;
        });
        Ok((ours, complaints))
    }
}
