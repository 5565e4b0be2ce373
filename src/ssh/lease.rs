//! The host's one lock, held while we can prove that we are alive.

use super::session::{Connection, IDLE, Piece, Program, Running, ShellError};
use crate::door;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How long after the host's last sign of life we still write. Below [`IDLE`], after
/// which the host's side lets the lock go.
const TRUST: Duration = Duration::from_secs(45);

/// How long taking the lock may last.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the lock was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another run holds it; its own words about itself, escaped.
    #[error("locked: {0}")]
    Busy(String),
    /// The lock's folder is not root's alone.
    #[error("{0} is not a folder of root's alone")]
    Unsafe(String),
    /// The program that holds it did not start.
    #[error(transparent)]
    Shell(#[from] ShellError),
}

/// A held lock. Dropping it lets go.
pub struct Lease {
    state: Arc<State>,
    running: Option<Running>,
    task: Option<tokio::task::JoinHandle<()>>,
}

struct State {
    alive: AtomicBool,
    /// Both clocks: the monotonic one stands still while a laptop sleeps.
    heard: Mutex<(Instant, SystemTime)>,
}

impl State {
    fn touch(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) =
            (Instant::now(), SystemTime::now());
    }
}

/// The lease as the door sees it.
pub struct LeaseView(Arc<State>);

impl door::Lease for LeaseView {
    fn holds(&self) -> bool {
        let (at, wall) = *self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let slept = wall.elapsed().unwrap_or(Duration::ZERO);
        self.0.alive.load(Ordering::Acquire) && at.elapsed().max(slept) < TRUST
    }
}

impl Lease {
    /// Takes the lock of the host. `body` says who holds it, for whoever finds it busy.
    ///
    /// # Errors
    /// When it is busy or cannot be taken safely.
    pub async fn take(connection: &Connection, sudo: bool, body: &str) -> Result<Self, LeaseError> {
        let idle = IDLE.as_secs().to_string();
        let program = Program {
            body: include_str!("programs/lease.sh"),
            variables: &[("body", body), ("idle", &idle)],
            root: sudo,
        };
        let (running, answer) = tokio::time::timeout(PATIENCE, async {
            let mut running = connection.start(&program, true).await?;
            let answer = first_line(&mut running).await?;
            Ok::<_, ShellError>((running, answer))
        })
        .await
        .map_err(|_| ShellError::Timeout(PATIENCE))??;
        let (word, rest) = answer.split_once(|c: char| c.is_whitespace()).unwrap_or((&answer, ""));
        match word {
            "held" => Ok(Self::held(running)),
            "busy" => Err(LeaseError::Busy(crate::human::excerpt(rest.trim().as_bytes(), 300))),
            "unsafe" => Err(LeaseError::Unsafe(crate::human::excerpt(rest.trim().as_bytes(), 120))),
            _ => Err(ShellError::NotStarted { said: answer.into_bytes(), status: None }.into()),
        }
    }

    fn held(mut running: Running) -> Self {
        let state = Arc::new(State {
            alive: AtomicBool::new(true),
            heard: Mutex::new((Instant::now(), SystemTime::now())),
        });
        let (_none, empty) = tokio::sync::mpsc::channel(1);
        let mut pieces = std::mem::replace(&mut running.pieces, empty);
        let listened = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Some(piece) = pieces.recv().await {
                match piece {
                    Piece::Out(_) => listened.touch(),
                    Piece::Err(_) => {}
                    Piece::End(_) => break,
                }
            }
            listened.alive.store(false, Ordering::Release);
        });
        Self { state, running: Some(running), task: Some(task) }
    }

    /// What the door asks before each write.
    #[must_use]
    pub fn view(&self) -> Arc<LeaseView> {
        Arc::new(LeaseView(Arc::clone(&self.state)))
    }

    /// Lets the lock go and waits, for a moment, until the host's side has.
    pub async fn release(mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(Duration::from_secs(5), &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Ends the listener, which drops the receiver, which closes the channel.
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Waits until a whole answer is there: one line, or the program's end.
async fn first_line(running: &mut Running) -> Result<String, ShellError> {
    let mut text = Vec::new();
    while let Some(piece) = running.pieces.recv().await {
        match piece {
            Piece::Out(bytes) => {
                text.extend_from_slice(&bytes);
                if text.starts_with(b"held\n") {
                    break;
                }
            }
            Piece::Err(_) => {}
            Piece::End(end) if text.is_empty() => {
                return Err(match end.verdict() {
                    Ok(code) => ShellError::Lost(format!("the lock's script ended with {code}")),
                    Err(error) => error,
                });
            }
            Piece::End(_) => break,
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
