//! An open connection: many channels on it, each with a task that always drains it.

use super::client::{Client, Trace};
use super::loader::{self, Cutter, Marks};
use super::wire::{CutOnDrop, Tap};
use crate::record::{Outcome, Problem};
use bytes::Bytes;
use russh::client::{Handle, Msg};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

/// Session channels on one connection at a time; sshd allows ten by default, fewer where
/// its owner says so.
const SESSIONS: usize = 4;

/// How long a refused channel is asked for again: sshd refuses beyond `MaxSessions`.
const SESSION_PATIENCE: Duration = Duration::from_secs(10);

/// How often the host's side hears that we are still there.
const BEAT: Duration = Duration::from_secs(15);

/// How long the host's side goes on without hearing from us.
pub(crate) const IDLE: Duration = Duration::from_secs(60);

/// How long a slow reader may hold a channel up before its bytes are dropped and counted.
/// Together with `BEAT` it stays below `IDLE`, so that a pager never ends a command.
const READER_PATIENCE: Duration = Duration::from_secs(30);

/// How long after its end mark a channel may take to bring the exit status.
const STATUS_PATIENCE: Duration = Duration::from_secs(10);

/// Why a program on a host gave no trustworthy end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ShellError {
    /// sshd opened no channel for it: nothing ran.
    #[error("no channel: {0}")]
    Channel(String),
    /// The login shell or sudo did not start our program: nothing ran.
    #[error("remote shell did not start our script{}", noise(.said, *.status))]
    NotStarted {
        /// What was printed instead.
        said: Vec<u8>,
        /// The exit status that came instead.
        status: Option<u32>,
    },
    /// It began and no end came that can be trusted.
    #[error("no trustworthy end: {0}")]
    Lost(String),
    /// The user let go of it; it was told to stop.
    #[error("let go by the user")]
    Stopped,
    /// It ran longer than it may and was told to stop.
    #[error("no end within {}", crate::human::duration(u64::try_from(.0.as_millis()).unwrap_or(u64::MAX)))]
    Timeout(Duration),
}

impl ShellError {
    /// Where sudo stood in the way: its words and what to do. It says the same for a missing
    /// password, a missing rule and a narrow one.
    #[must_use]
    pub fn sudo_refusal(&self) -> Option<Problem> {
        let Self::NotStarted { said, status: Some(1..) } = self else { return None };
        let words = crate::human::excerpt(said, 160);
        let hint = if words.contains("not found") {
            "install sudo on the host, or log in as root"
        } else if words.contains("tty") {
            "take requiretty out of the sudoers file for this user"
        } else if words.contains("sudo") {
            "allow it without a password: a sudoers line such as USER ALL=(ALL) NOPASSWD: ALL"
        } else {
            return None;
        };
        Some(Problem::new(Outcome::Refused, format!("cannot become root: {words}")).hint(hint))
    }
}

fn noise(said: &[u8], status: Option<u32>) -> String {
    let status = status.map_or_else(String::new, |s| format!(" (exit {s})"));
    if said.is_empty() {
        return status;
    }
    format!("{status}: \"{}\"", crate::human::excerpt(said, 200))
}

/// A piece of a running program's output.
#[derive(Debug)]
pub(crate) enum Piece {
    Out(Bytes),
    Err(Bytes),
    End(End),
}

/// How a channel ended.
#[derive(Debug, Default)]
pub(crate) struct End {
    /// The end mark's code; `None` when the mark never came.
    pub(crate) code: Option<u8>,
    pub(crate) begun: bool,
    pub(crate) status: Option<u32>,
    pub(crate) signal: Option<String>,
    /// What both streams said before our program began.
    pub(crate) noise: Vec<u8>,
    /// Bytes that the reader was too slow for.
    pub(crate) dropped: u64,
}

impl End {
    /// The exit code, where everything fits together: both marks, and a status that agrees.
    pub(crate) fn verdict(self) -> Result<u8, ShellError> {
        match (self.begun, self.code, self.status) {
            (false, _, None) if self.noise.is_empty() && self.signal.is_none() => {
                Err(ShellError::Lost("before our script began".into()))
            }
            (false, ..) => Err(ShellError::NotStarted { said: self.noise, status: self.status }),
            (true, Some(code), Some(status)) if u32::from(code) == status => Ok(code),
            (true, Some(_), Some(status)) => {
                Err(ShellError::Lost(format!("exit status {status} disagrees with the script's")))
            }
            (true, Some(_), None) => Err(ShellError::Lost("no exit status came".into())),
            (true, None, _) => Err(ShellError::Lost(match self.signal {
                Some(signal) => format!("the script was ended by signal {signal}"),
                None => "the script's end did not come".into(),
            })),
        }
    }
}

/// An open, authenticated connection to one host. Dropping it closes it at once.
pub struct Connection {
    handle: Handle<Client>,
    trace: Arc<Trace>,
    sessions: Arc<Semaphore>,
    tap: Arc<Tap>,
    /// From the first packet to the end of the login, all hops.
    pub connected_in: Duration,
    _cut: CutOnDrop,
    /// The jump host's connection carries this one.
    _through: Option<Box<Connection>>,
}

impl Connection {
    pub(crate) fn new(
        handle: Handle<Client>,
        trace: Arc<Trace>,
        cut: CutOnDrop,
        tap: Arc<Tap>,
        through: Option<Box<Connection>>,
    ) -> Self {
        Self {
            handle,
            trace,
            sessions: Arc::new(Semaphore::new(SESSIONS)),
            tap,
            connected_in: Duration::ZERO,
            _cut: cut,
            _through: through,
        }
    }

    /// Whether the connection is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// The SHA-256 fingerprint of the key that the host showed.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        self.trace.read().verdict.map(|(_, fingerprint)| fingerprint)
    }

    /// The server's own words when it disconnected, escaped.
    #[must_use]
    pub fn farewell(&self) -> Option<String> {
        self.trace.read().farewell
    }

    /// Bytes received on this connection.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.tap.received()
    }

    pub(crate) async fn open_tcp(
        &self,
        address: &str,
        port: u16,
    ) -> Result<russh::ChannelStream<Msg>, russh::Error> {
        let channel =
            self.handle.channel_open_direct_tcpip(address, u32::from(port), "127.0.0.1", 0).await?;
        Ok(channel.into_stream())
    }

    /// Opens a stream to a socket file on the host, as the login user. sshd says no to a
    /// missing file and to a forbidden one alike, without a reason.
    pub(crate) async fn open_socket(
        &self,
        path: &str,
    ) -> Result<russh::ChannelStream<Msg>, russh::Error> {
        Ok(self.handle.channel_open_direct_streamlocal(path).await?.into_stream())
    }

    /// Starts a program by the loader. `beats` keeps the host's side informed that we are
    /// alive: for programs that watch their stdin.
    pub(crate) async fn start(
        &self,
        program: &Program<'_>,
        beats: bool,
    ) -> Result<Running, ShellError> {
        let permit = Arc::clone(&self.sessions)
            .acquire_owned()
            .await
            .map_err(|_| ShellError::Channel("the connection is closing".into()))?;
        let (read, write) = self.open_session().await?.split();
        let marks = Marks::new();
        let loader = if program.root { loader::SUDO_LOADER } else { loader::LOADER };
        let frame = loader::frame(&marks, program.variables, program.body);
        let lost = |e: russh::Error| ShellError::Channel(e.to_string());
        write.exec(true, loader).await.map_err(lost)?;
        write.data_bytes(frame).await.map_err(lost)?;
        let (pieces, receiver) = mpsc::channel(64);
        let (commands, commanded) = mpsc::channel(4);
        let write = Arc::new(write);
        let drain = Drain {
            read,
            write: Arc::clone(&write),
            pieces,
            commanded,
            out: Cutter::new(&marks),
            err: Cutter::new(&marks),
            end: End::default(),
            beats,
            _permit: permit,
        };
        tokio::spawn(drain.run());
        Ok(Running { pieces: receiver, commands, write })
    }

    /// Runs a program to its end and keeps the first `limit_bytes` of what it prints.
    ///
    /// # Errors
    /// When it did not start, ended badly, or its end never came, or came too late.
    pub(crate) async fn run(
        &self,
        program: &Program<'_>,
        deadline: Duration,
        limit_bytes: usize,
    ) -> Result<Finished, ShellError> {
        let collect = async {
            let mut running = self.start(program, false).await?;
            running.collect(limit_bytes).await
        };
        tokio::time::timeout(deadline, collect).await.map_err(|_| ShellError::Timeout(deadline))?
    }

    async fn open_session(&self) -> Result<russh::Channel<Msg>, ShellError> {
        let deadline = Instant::now() + SESSION_PATIENCE;
        loop {
            let error = match self.handle.channel_open_session().await {
                Ok(channel) => return Ok(channel),
                Err(error) => error,
            };
            let full = matches!(error, russh::Error::ChannelOpenFailure(_));
            if !full {
                return Err(ShellError::Channel(error.to_string()));
            }
            if Instant::now() >= deadline {
                return Err(ShellError::Channel(format!(
                    "{error}: sshd allows too few sessions (MaxSessions)"
                )));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// A program of ours to run on a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program<'p> {
    /// POSIX sh; ends by `finish CODE`.
    pub(crate) body: &'p str,
    /// Variables it finds set.
    pub(crate) variables: &'p [(&'p str, &'p str)],
    /// Whether it runs as root, through sudo.
    pub(crate) root: bool,
}

/// A finished program.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) stdout: Vec<u8>,
}

/// A program that runs. Dropping it closes its channel, which its supervisor takes as a
/// wish to stop.
pub(crate) struct Running {
    pub(crate) pieces: mpsc::Receiver<Piece>,
    commands: mpsc::Sender<Command>,
    write: Arc<ChannelWriteHalf<Msg>>,
}

enum Command {
    Stop,
}

impl Running {
    /// Asks the host's side to end the program now.
    pub(crate) fn stop(&self) {
        // A full queue already holds the wish; a closed one means it has ended.
        let _ = self.commands.try_send(Command::Stop);
    }

    /// The way to its stdin, to be fed while its pieces are read.
    pub(crate) fn input(&self) -> Input {
        Input(Arc::clone(&self.write))
    }

    /// Sends bytes to the program's stdin.
    pub(crate) async fn send(&self, bytes: impl Into<Bytes>) -> Result<(), russh::Error> {
        self.write.data_bytes(bytes).await
    }

    pub(crate) async fn collect(&mut self, limit: usize) -> Result<Finished, ShellError> {
        let mut stdout = Vec::new();
        while let Some(piece) = self.pieces.recv().await {
            match piece {
                Piece::Out(bytes) => {
                    let room = limit.saturating_sub(stdout.len());
                    stdout.extend_from_slice(&bytes[..bytes.len().min(room)]);
                }
                Piece::Err(_) => {}
                Piece::End(end) => match end.verdict()? {
                    0 => return Ok(Finished { stdout }),
                    code => return Err(ShellError::Lost(format!("our script ended with {code}"))),
                },
            }
        }
        Err(ShellError::Lost("its channel is gone".into()))
    }
}

/// The way to a program's stdin. Feeding it waits for the peer's window, for ever where the
/// program takes nothing more: whoever feeds reads its pieces too, and stops at their end.
pub(crate) struct Input(Arc<ChannelWriteHalf<Msg>>);

impl Input {
    pub(crate) async fn send(&self, bytes: Bytes) -> Result<(), russh::Error> {
        self.0.data_bytes(bytes).await
    }

    /// Says that nothing more comes.
    pub(crate) async fn end(&self) -> Result<(), russh::Error> {
        self.0.eof().await
    }
}

/// The task that drains one channel, whatever becomes of its reader.
struct Drain {
    read: ChannelReadHalf,
    write: Arc<ChannelWriteHalf<Msg>>,
    pieces: mpsc::Sender<Piece>,
    commanded: mpsc::Receiver<Command>,
    out: Cutter,
    err: Cutter,
    end: End,
    beats: bool,
    _permit: OwnedSemaphorePermit,
}

impl Drain {
    async fn run(mut self) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        beat.reset();
        let mut until: Option<Instant> = None;
        loop {
            let patience = until.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
            // In this order: a flood of output must not starve the heartbeat.
            tokio::select! {
                biased;
                Some(Command::Stop) = self.commanded.recv() => {
                    if !self.tell(b"k").await { break }
                }
                _ = beat.tick(), if self.beats => {
                    if !self.tell(b"b").await { break }
                }
                () = self.pieces.closed() => break,
                () = tokio::time::sleep_until(patience), if until.is_some() => break,
                message = self.read.wait() => match message {
                    None => break,
                    Some(message) => self.take(message).await,
                },
            }
            if until.is_none() && self.out.has_ended() {
                until = Some(Instant::now() + STATUS_PATIENCE);
            }
            if until.is_some() && self.end.status.is_some() && self.err.has_ended() {
                break;
            }
        }
        self.finish().await;
    }

    /// Sends a byte to the host's side; `false` when it takes none. A peer that leaves no
    /// room in its window must not hold this task up, which would hold up the connection.
    async fn tell(&self, byte: &'static [u8]) -> bool {
        let sent = tokio::time::timeout(BEAT, self.write.data_bytes(byte)).await;
        matches!(sent, Ok(Ok(())))
    }

    async fn take(&mut self, message: ChannelMsg) {
        match message {
            ChannelMsg::Data { data } => {
                let mut pieces = Vec::new();
                self.out.feed(&data, |b| pieces.push(Piece::Out(Bytes::copy_from_slice(b))));
                self.pass(pieces).await;
            }
            ChannelMsg::ExtendedData { data, ext: 1 } => {
                let mut pieces = Vec::new();
                self.err.feed(&data, |b| pieces.push(Piece::Err(Bytes::copy_from_slice(b))));
                self.pass(pieces).await;
            }
            ChannelMsg::ExitStatus { exit_status } => self.end.status = Some(exit_status),
            ChannelMsg::ExitSignal { signal_name, .. } => {
                self.end.signal =
                    Some(crate::human::excerpt(format!("{signal_name:?}").as_bytes(), 40));
            }
            _ => {}
        }
    }

    async fn pass(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            let size = match &piece {
                Piece::Out(b) | Piece::Err(b) => b.len() as u64,
                Piece::End(_) => 0,
            };
            if self.end.dropped > 0 {
                // Once a byte is lost the rest would be a text with a hole: count it all.
                self.end.dropped += size;
            } else if self.pieces.send_timeout(piece, READER_PATIENCE).await.is_err() {
                self.end.dropped += size;
            }
        }
    }

    async fn finish(mut self) {
        let mut pieces = Vec::new();
        self.out.flush(|b| pieces.push(Piece::Out(Bytes::copy_from_slice(b))));
        self.err.flush(|b| pieces.push(Piece::Err(Bytes::copy_from_slice(b))));
        self.pass(pieces).await;
        self.end.begun = self.out.has_begun();
        self.end.code = self.out.code();
        self.end.noise = self.err.noise().to_vec();
        if self.end.noise.is_empty() {
            self.end.noise = self.out.noise().to_vec();
        }
        let _ = self.write.close().await;
        let end = std::mem::take(&mut self.end);
        // Nobody listens any more: there is nobody to tell.
        let _ = self.pieces.send(Piece::End(end)).await;
    }
}
