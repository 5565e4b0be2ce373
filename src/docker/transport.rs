//! HTTP to an engine over channels of an SSH connection, on a few kept-alive connections.

use super::error::{DockerError, chain};
use crate::ssh::{Complaints, Connection};
use bollard::BollardRequest;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Response, Uri};
use hyper_util::rt::TokioIo;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::Semaphore;

/// Bytes that one HTTP connection may bring in all: far above any list of a real engine,
/// far below what would hurt us.
const BYTES_PER_CONNECTION: u64 = 128 << 20;

/// Bytes of one answer that is read whole.
const BYTES_PER_ANSWER: usize = 64 << 20;

/// Names the local socket: the command would else follow a context or variable of the
/// login's to an engine somewhere else.
const DIAL: &str = "docker -H unix:///var/run/docker.sock system dial-stdio";

/// Streams to the socket that are open at a time.
const SOCKETS: usize = 4;

/// Programs that carry a stream at a time. Each takes one of the few sessions of the SSH
/// connection, and the lock and programs that read need some too.
const DIALS: usize = 2;

/// The body that bollard's requests have; bollard does not export its name.
type Body = http_body_util::Either<
    http_body_util::Full<Bytes>,
    http_body_util::StreamBody<
        std::pin::Pin<
            Box<
                dyn futures::Stream<Item = Result<hyper::body::Frame<Bytes>, std::io::Error>>
                    + Send,
            >,
        >,
    >,
>;

/// How a stream to the engine is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Straight to the socket file, as the login user. 0.4 ms a request.
    Socket(String),
    /// By `docker system dial-stdio` on the host; 20 ms each. `true`: through sudo.
    DialStdio(bool),
}

impl Way {
    /// Its name in facts and reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Socket(_) => "socket",
            Self::DialStdio(false) => "dial-stdio",
            Self::DialStdio(true) => "sudo dial-stdio",
        }
    }

    /// Streams that may be open at a time.
    const fn streams(&self) -> usize {
        match self {
            Self::Socket(_) => SOCKETS,
            Self::DialStdio(_) => DIALS,
        }
    }
}

/// Sends requests to one engine.
pub(crate) struct Transport {
    connection: Arc<Connection>,
    way: Way,
    /// The minor number of API version 1.x to speak; 0 while it is not agreed.
    minor: AtomicU32,
    /// Requests that may be sent at the same time.
    room: Semaphore,
    /// Streams that carry no request, though the end of the last answer may still be read.
    idle: Mutex<Vec<SendRequest<Body>>>,
    complaints: Mutex<Option<Complaints>>,
}

impl Transport {
    pub(crate) fn new(connection: Arc<Connection>, way: Way) -> Self {
        Self {
            connection,
            room: Semaphore::new(way.streams()),
            way,
            minor: AtomicU32::new(0),
            idle: Mutex::default(),
            complaints: Mutex::default(),
        }
    }

    /// Makes every later request carry `/v1.minor`. bollard never sends a version itself.
    pub(crate) fn agree_on(&self, minor: u32) {
        self.minor.store(minor, Ordering::Relaxed);
    }

    /// What the program that carries the last stream said on stderr.
    pub(crate) fn complaints(&self) -> Vec<u8> {
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.as_ref().map(Complaints::read).unwrap_or_default()
    }

    /// Lets go of the streams that carry no request.
    pub(crate) fn rest(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Reads one answer whole.
    pub(crate) async fn get(&self, path: &str) -> Result<Response<Bytes>, DockerError> {
        self.ask(Method::GET, path).await
    }

    /// Asks with a method and without a body, and reads the answer whole.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
    ) -> Result<Response<Bytes>, DockerError> {
        let lost = |e: &dyn std::error::Error| DockerError::Lost(chain(e));
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .body(Body::Left(http_body_util::Full::default()))
            .map_err(|e| lost(&e))?;
        let (head, body) = self.send(request).await?.into_parts();
        let body = Limited::new(body, BYTES_PER_ANSWER)
            .collect()
            .await
            .map_err(|e| DockerError::Lost(e.to_string()))?
            .to_bytes();
        if head.status.is_success() {
            return Ok(Response::from_parts(head, body));
        }
        let message = crate::human::excerpt(&body, 300);
        Err(DockerError::Status { status: head.status.as_u16(), message })
    }

    /// Sends a request on a connection that is free, or on a new one.
    pub(crate) async fn send(
        &self,
        request: hyper::Request<Body>,
    ) -> Result<Response<Incoming>, bollard::errors::Error> {
        let request = self.address(request)?;
        let room = self.room.acquire().await.map_err(std::io::Error::other)?;
        let mut sender = match self.kept() {
            // It may still be at its last answer; when it is lost meanwhile, a new one does.
            Some(mut sender) => match sender.ready().await {
                Ok(()) => sender,
                Err(_) => self.open().await?,
            },
            None => self.open().await?,
        };
        let response = sender.send_request(request).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        drop(room);
        Ok(response)
    }

    /// A stream that is free, or one that soon will be where no more may be opened.
    fn kept(&self) -> Option<SendRequest<Body>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|s| !s.is_closed());
        if let Some(at) = idle.iter().position(SendRequest::is_ready) {
            return Some(idle.swap_remove(at));
        }
        // Those that have room send or open; one of them is the caller.
        let busy = self.way.streams() - self.room.available_permits();
        let may_open = idle.len() + busy <= self.way.streams();
        if may_open { None } else { idle.pop() }
    }

    fn address(
        &self,
        mut request: hyper::Request<Body>,
    ) -> Result<hyper::Request<Body>, bollard::errors::Error> {
        request.headers_mut().insert(HOST, HeaderValue::from_static("docker"));
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let path = match self.minor.load(Ordering::Relaxed) {
            0 => path.to_owned(),
            _ if path.starts_with("/v1.") => path.to_owned(),
            minor => format!("/v1.{minor}{path}"),
        };
        *request.uri_mut() =
            path.parse::<Uri>().map_err(|e| std::io::Error::other(e.to_string()))?;
        Ok(request)
    }

    async fn open(&self) -> Result<SendRequest<Body>, bollard::errors::Error> {
        match &self.way {
            Way::Socket(path) => {
                let stream = self
                    .connection
                    .open_socket(path)
                    .await
                    .map_err(|e| std::io::Error::other(format!("{path}: {e}")))?;
                Ok(greet(stream).await?)
            }
            Way::DialStdio(sudo) => {
                let (stream, complaints) = self
                    .connection
                    .stdio(DIAL, *sudo)
                    .await
                    .map_err(|e| std::io::Error::other(e.to_string()))?;
                *self.complaints.lock().unwrap_or_else(PoisonError::into_inner) = Some(complaints);
                Ok(greet(stream).await?)
            }
        }
    }
}

async fn greet<S>(stream: S) -> Result<SendRequest<Body>, hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (read, write) = tokio::io::split(stream);
    let bounded = tokio::io::join(read.take(BYTES_PER_CONNECTION), write);
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(bounded)).await?;
    // The task that drains this channel. Its error reaches whoever waits for an answer.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

/// bollard's view of the transport.
pub(crate) fn custom(
    transport: Arc<Transport>,
) -> impl Fn(
    BollardRequest,
) -> futures::future::BoxFuture<'static, Result<Response<Incoming>, bollard::errors::Error>>
+ Send
+ Sync {
    move |request| {
        let transport = Arc::clone(&transport);
        Box::pin(async move { transport.send(request).await })
    }
}
