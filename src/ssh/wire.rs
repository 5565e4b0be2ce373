//! The byte stream under a connection: remembers what the peer said first, and can be cut.

use futures::task::AtomicWaker;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of the peer's first words that are kept for a diagnosis.
const KEPT: usize = 160;

/// What is known of a stream from outside, and the switch that cuts it. Cutting is needed
/// because the session task of an abandoned handshake would wait for its peer for ever.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    said: Mutex<Vec<u8>>,
    received: AtomicU64,
    cut: AtomicBool,
    waker: AtomicWaker,
}

impl Tap {
    /// The peer's first bytes.
    pub(crate) fn said(&self) -> Vec<u8> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Bytes received so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Makes every later read end and every later write fail.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn heard(&self, bytes: &[u8]) {
        let before = self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if before < KEPT as u64 {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            let room = KEPT.saturating_sub(said.len());
            said.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

/// Cuts the stream when dropped.
#[derive(Debug)]
pub(crate) struct CutOnDrop(pub(crate) Arc<Tap>);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// Reads after which the kernel is asked to acknowledge at once. sshd sends small packets
/// one by one and waits (Nagle) for our acknowledgement, which the kernel would delay by
/// 40 ms: at the first channel, and wherever an exchange is short. The kernel forgets the
/// wish, so it is made again; a long transfer needs it no more.
const HURRIED_READS: u32 = 200;

/// A stream whose acknowledgements can be hurried.
pub(crate) trait Hurry {
    /// Acknowledges what has come now.
    fn hurry(&self) {}
}

impl Hurry for tokio::net::TcpStream {
    fn hurry(&self) {
        // Where the system has no such option, things are slower and still right.
        let _ = rustix::net::sockopt::set_tcp_quickack(self, true);
    }
}

/// The jump host's own connection carries it.
impl Hurry for russh::ChannelStream<russh::client::Msg> {}

/// A stream with a tap on it.
pub(crate) struct Tapped<S> {
    stream: S,
    tap: Arc<Tap>,
    hurried: u32,
}

impl<S> Tapped<S> {
    pub(crate) fn new(stream: S) -> (Self, Arc<Tap>) {
        let tap = Arc::new(Tap::default());
        (Self { stream, tap: Arc::clone(&tap), hurried: 0 }, tap)
    }
}

impl<S: AsyncRead + Hurry + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.tap.waker.register(cx.waker());
        if self.tap.cut.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        let filled = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = &polled {
            self.tap.heard(&buf.filled()[filled..]);
            if self.hurried < HURRIED_READS {
                self.hurried += 1;
                self.stream.hurry();
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.tap.cut.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
