//! Opens one connection to a host, through its jump hosts, with a deadline on every stage.

use super::client::{Accepted, Client, Trace, Unknown};
use super::error::{ConnectError, ConnectErrorKind, Stage};
use super::handshake::{config, handshake_error};
use super::keyring::Keyring;
use super::known_hosts::{KnownHosts, Verdict};
use super::session::Connection;
use super::wire::{CutOnDrop, Hurry, Tapped};
use russh::keys::PublicKey;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Connections that may be in front of one sshd's authentication at a time: its own
/// default drops them at random from ten on (`MaxStartups 10:30:100`).
const STARTS_PER_ADDRESS: usize = 8;

/// Attempts for failures that a moment's patience cures.
const ATTEMPTS: u32 = 3;

/// Bytes that are taken from the network at once.
const READ_AHEAD: usize = 16 << 10;

/// How long each stage may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// Opening the TCP connection.
    pub connect: Duration,
    /// The handshake and the login together.
    pub login: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), login: Duration::from_secs(20) }
    }
}

/// One machine on the way to a host; the last hop is the host.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The name for messages: the inventory's, or the destination as written.
    pub name: String,
    /// The address that is connected to.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The login.
    pub user: String,
    /// Key files named for this hop; empty for the default ones and the agent.
    pub identity_files: Vec<PathBuf>,
    /// What is known of its key.
    pub known_hosts: Arc<KnownHosts>,
    /// The name under which its key is looked up.
    pub key_name: String,
    /// The port that goes with that name.
    pub key_port: u16,
    /// The file in which a new key of it would be recorded.
    pub record_in: Option<PathBuf>,
}

/// The way to a host: jump hosts first, the host last. Never empty.
#[derive(Clone, Debug)]
pub struct Route {
    /// The jump hosts, in order.
    pub jumps: Vec<Hop>,
    /// The host.
    pub host: Hop,
}

/// A key that was let in although no file knew it.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The hop that showed it.
    pub hop: Hop,
    /// The key.
    pub key: PublicKey,
}

/// Opens connections; holds what they share.
pub struct Dialer {
    pub(super) keyring: Keyring,
    pub(super) default_keys: Vec<PathBuf>,
    deadlines: Deadlines,
    unknown: Unknown,
    accepted: Accepted,
    starts: Mutex<HashMap<(String, u16), Arc<Semaphore>>>,
}

impl Dialer {
    /// A dialer with these keys and limits.
    #[must_use]
    pub fn new(
        keyring: Keyring,
        default_keys: Vec<PathBuf>,
        deadlines: Deadlines,
        unknown: Unknown,
    ) -> Self {
        Self {
            keyring,
            default_keys,
            deadlines,
            unknown,
            accepted: Accepted::default(),
            starts: Mutex::default(),
        }
    }

    /// Connects and logs in. Tries again, with a jittered pause, only where nothing but a
    /// close or a resolver's failure was seen; never after a refused login.
    ///
    /// # Errors
    /// The hop and the stage at which it failed, with the peer's words.
    pub async fn connect(&self, route: &Route) -> Result<(Connection, Vec<NewKey>), ConnectError> {
        let mut attempt = 1;
        loop {
            match self.attempt(route).await {
                Err(error) if error.is_worth_a_retry() && attempt < ATTEMPTS => {
                    let jitter = u64::from(random_byte()) * 4;
                    let pause = 300 * u64::from(attempt) + jitter;
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn attempt(&self, route: &Route) -> Result<(Connection, Vec<NewKey>), ConnectError> {
        let started = Instant::now();
        let mut last: Option<Connection> = None;
        let mut new_keys = Vec::new();
        for hop in route.jumps.iter().chain([&route.host]) {
            let is_jump = !std::ptr::eq(hop, &raw const route.host);
            let jump = is_jump.then(|| hop.name.clone());
            let (connection, new) =
                self.hop(hop, last.take()).await.map_err(|kind| ConnectError { jump, kind })?;
            new_keys.extend(new.map(|key| NewKey { hop: hop.clone(), key }));
            last = Some(connection);
        }
        let mut connection = last.ok_or_else(|| ConnectError {
            jump: None,
            kind: ConnectErrorKind::Connect { reason: "an empty route".into() },
        })?;
        connection.connected_in = started.elapsed();
        Ok((connection, new_keys))
    }

    async fn hop(
        &self,
        hop: &Hop,
        through: Option<Connection>,
    ) -> Result<(Connection, Option<PublicKey>), ConnectErrorKind> {
        let starts = self.starts_at(hop);
        // The semaphore lives in `self` and is never closed.
        let _start = starts.acquire().await;
        match through {
            None => {
                let stream = self.dial(hop).await?;
                self.login(hop, stream, None).await
            }
            Some(jump) => {
                let stream = self.dial_through(hop, &jump).await?;
                self.login(hop, stream, Some(Box::new(jump))).await
            }
        }
    }

    fn starts_at(&self, hop: &Hop) -> Arc<Semaphore> {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (hop.address.clone(), hop.port);
        Arc::clone(
            starts.entry(key).or_insert_with(|| Arc::new(Semaphore::new(STARTS_PER_ADDRESS))),
        )
    }

    async fn dial(&self, hop: &Hop) -> Result<TcpStream, ConnectErrorKind> {
        let limit = self.deadlines.connect;
        let resolved =
            tokio::time::timeout(limit, tokio::net::lookup_host((bare(&hop.address), hop.port)));
        let resolve_error =
            |reason: String| ConnectErrorKind::Resolve { address: hop.address.clone(), reason };
        let addresses: Vec<_> = resolved
            .await
            .map_err(|_| resolve_error("the resolver does not answer".into()))?
            .map_err(|e| resolve_error(e.to_string()))?
            .collect();
        let timeout =
            ConnectErrorKind::Timeout { stage: Stage::Connect, after: limit, said: Vec::new() };
        // Each address gets its share, so that a dead IPv6 route leaves time for IPv4.
        let share = limit / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        let mut last = timeout;
        let mut connected = None;
        for address in addresses {
            match tokio::time::timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    connected = Some(stream);
                    break;
                }
                Ok(Err(error)) => {
                    last = ConnectErrorKind::Connect { reason: connect_reason(&error, hop) };
                }
                Err(_) => {}
            }
        }
        let stream = connected.ok_or(last)?;
        // Without it, Nagle's algorithm and delayed acknowledgements add 44 ms to each
        // small exchange. A socket that refuses it still works.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn dial_through(
        &self,
        hop: &Hop,
        jump: &Connection,
    ) -> Result<russh::ChannelStream<russh::client::Msg>, ConnectErrorKind> {
        let limit = self.deadlines.connect;
        let open = jump.open_tcp(bare(&hop.address), hop.port);
        tokio::time::timeout(limit, open)
            .await
            .map_err(|_| ConnectErrorKind::Timeout {
                stage: Stage::Connect,
                after: limit,
                said: Vec::new(),
            })?
            .map_err(|error| ConnectErrorKind::Connect {
                reason: format!("the jump host cannot open {}:{}: {error}", hop.address, hop.port),
            })
    }

    async fn login<S>(
        &self,
        hop: &Hop,
        stream: S,
        through: Option<Box<Connection>>,
    ) -> Result<(Connection, Option<PublicKey>), ConnectErrorKind>
    where
        S: AsyncRead + AsyncWrite + Hurry + Unpin + Send + 'static,
    {
        let (stream, tap) = Tapped::new(stream);
        let cut = CutOnDrop(Arc::clone(&tap));
        let trace = Arc::new(Trace::default());
        let client = Client {
            host: hop.key_name.clone(),
            port: hop.key_port,
            known: Arc::clone(&hop.known_hosts),
            unknown: self.unknown,
            accepted: Arc::clone(&self.accepted),
            trace: Arc::clone(&trace),
        };
        let limit = self.deadlines.login;
        let deadline = tokio::time::Instant::now() + limit;
        // russh reads each packet in two small pieces; here they cost no system call each.
        let stream = BufReader::with_capacity(READ_AHEAD, stream);
        let handshake = russh::client::connect_stream(config(hop), stream, client);
        let mut handle = match tokio::time::timeout_at(deadline, handshake).await {
            Ok(Ok(handle)) => handle,
            Ok(Err(error)) => return Err(handshake_error(&error, hop, &trace.read(), &tap)),
            Err(_) => {
                return Err(ConnectErrorKind::Timeout {
                    stage: Stage::Handshake,
                    after: limit,
                    said: tap.said(),
                });
            }
        };
        let login = self.authenticate(hop, &mut handle, &trace);
        tokio::time::timeout_at(deadline, login).await.map_err(|_| {
            ConnectErrorKind::Timeout {
                stage: Stage::Authentication,
                after: limit,
                said: tap.said(),
            }
        })??;
        let seen = trace.read();
        let new = match seen.verdict {
            Some((Verdict::Unknown, _)) => seen.key,
            _ => None,
        };
        Ok((Connection::new(handle, trace, cut, tap, through), new))
    }
}

fn connect_reason(error: &std::io::Error, hop: &Hop) -> String {
    let what = match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        std::io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
        std::io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        _ => error.to_string(),
    };
    format!("{what} {}:{}", hop.address, hop.port)
}

/// An address without the brackets of an IPv6 literal.
fn bare(address: &str) -> &str {
    address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address)
}

fn random_byte() -> u8 {
    let mut byte = [0];
    // Jitter only: zero is as good as any.
    let _ = getrandom::fill(&mut byte);
    byte[0]
}
