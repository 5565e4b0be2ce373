//! The Docker Engine API over a channel that `ssh` opened, and the probe that learns what a host can do.
//!
//! One file per noun. Reading methods take nothing; writing methods take a
//! [`Permit`](crate::door::Permit), which only the door can make.

mod cache;
mod containers;
mod df;
mod disk;
mod error;
mod frontend;
mod images;
mod networks;
mod probe;
mod removal;
mod transport;
mod volumes;

pub use cache::CacheRecord;
pub use containers::Container;
pub use df::{Df, DfImage, DfVolume};
pub use disk::DiskReading;
pub use error::DockerError;
pub use frontend::{frontend, frontends};
pub use images::Image;
pub use networks::Network;
pub use probe::{Probe, ProbeError};
pub use transport::Way;
pub use volumes::Volume;

use crate::ssh::Connection;
use std::sync::Arc;
use std::time::Duration;
use transport::Transport;

/// The newest API version we ask for. From 1.52 on `/system/df` has another shape.
const NEWEST_MINOR: u32 = 51;

/// How long one answer may take. Removing a large image on a slow disk takes minutes.
const PATIENCE: Duration = Duration::from_secs(300);

/// A connection to one host's engine, with the API version agreed on.
pub struct Docker {
    api: bollard::Docker,
    transport: Arc<Transport>,
    connection: Arc<Connection>,
    /// Whether programs on the host need sudo to be root.
    sudo: bool,
    minor: u32,
}

impl Docker {
    pub(crate) fn new(
        connection: Arc<Connection>,
        transport: Arc<Transport>,
        sudo: bool,
        minor: u32,
    ) -> Result<Self, DockerError> {
        transport.agree_on(minor);
        let api = bollard::Docker::connect_with_custom_transport(
            transport::custom(Arc::clone(&transport)),
            Some("http://docker"),
            PATIENCE.as_secs(),
            bollard::API_DEFAULT_VERSION,
        )?;
        Ok(Self { api, transport, connection, sudo, minor })
    }

    /// Lets go of streams that carry no request: each may take one of the few sessions of the SSH
    /// connection, which whoever runs programs for long needs.
    pub fn rest(&self) {
        self.transport.rest();
    }

    /// The minor number of the API version 1.x that is spoken.
    #[must_use]
    pub const fn minor(&self) -> u32 {
        self.minor
    }
}
