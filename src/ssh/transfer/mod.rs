//! Streams bytes between a program on a host and a file here: bounded memory, the peer's
//! windows respected, and no end believed but the program's own.
//!
//! Neither direction has a deadline of its own: what still moves may take as long as it
//! takes, and what stands still for [`Limits::idle`] is given up.

mod download;
mod landing;
mod upload;

pub(crate) use landing::Landing;

use super::session::ShellError;
use std::fmt::Write as _;
use std::time::Duration;

/// How long nothing may move when nothing else is said.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// Bytes of a program's words that are kept.
const WORDS_KEPT: usize = 2_000;

/// What a transfer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes that are taken from the program at most.
    pub(crate) max_bytes: u64,
    /// How long nothing may move.
    pub(crate) idle: Duration,
}

/// Why bytes did not get through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransferError {
    /// The program did not start, or its end did not come.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// It ended by its own exit code.
    #[error("exit {code}: {}", crate::human::excerpt(said, 300))]
    Ended {
        /// The code.
        code: u8,
        /// What it said on stderr.
        said: Vec<u8>,
    },
    /// The file on this machine.
    #[error("on this machine: {0}")]
    Local(#[from] std::io::Error),
    /// Nothing moved for too long.
    #[error("nothing moved for {} s", .0.as_secs())]
    Idle(Duration),
    /// More came than was allowed.
    #[error("more than {}", crate::human::bytes(*.0))]
    TooLarge(u64),
    /// This side took the bytes too slowly and some were dropped.
    #[error("{0} bytes came faster than they could be written here")]
    TooSlow(u64),
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The first words of a program, bounded.
#[derive(Default)]
struct Words(Vec<u8>);

impl Words {
    fn add(&mut self, bytes: &[u8]) {
        let room = WORDS_KEPT.saturating_sub(self.0.len());
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use crate::ssh::session::{End, Piece};
    use tokio::sync::mpsc;

    /// What a program's channel brings; the sender keeps it open.
    pub(super) fn pieces(list: Vec<Piece>) -> (mpsc::Receiver<Piece>, mpsc::Sender<Piece>) {
        let (sender, receiver) = mpsc::channel(64);
        list.into_iter().for_each(|piece| sender.try_send(piece).unwrap());
        (receiver, sender)
    }

    pub(super) fn end(code: Option<u8>, status: Option<u32>) -> Piece {
        Piece::End(End { code, begun: true, status, ..End::default() })
    }
}
