//! Native SSH: one connection per host, many channels on it, nothing trusted that was not checked.
//!
//! [`Dialer`] opens a [`Connection`] along a [`Route`]; on it run supervised commands
//! ([`Connection::command`]), the host's lock ([`Lease`]), streams to sockets and to
//! programs, and files that move either way (`transfer`). Every program is started by one constant loader (`loader`).

mod client;
mod command;
pub mod config;
mod connect;
mod error;
mod handshake;
mod keyring;
pub mod known_hosts;
mod lease;
mod loader;
mod login;
mod pattern;
mod read;
mod route;
mod session;
mod stdio;
mod transfer;
mod wire;

pub use client::Unknown;
pub use command::{Chunk, Command, Ended};
pub use connect::{Deadlines, Dialer, Hop, NewKey, Route};
pub use error::{ConnectError, ConnectErrorKind, IdentityFault, Stage};
pub use keyring::{AskPassphrase, KeyError, Keyring};
pub use lease::{Lease, LeaseError, LeaseView};
pub use read::RemoteFile;
pub use route::{RouteError, Router};
pub use session::{Connection, ShellError};
pub(crate) use session::{Finished, IDLE, Piece, Program, Running};
pub use stdio::Complaints;
pub(crate) use transfer::{Landing, Limits, SILENCE, TransferError, hex};
