//! The room on the data root's file system, and the container logs, read by a root program.

use super::probe::{disk, values};
use super::{Docker, DockerError};
use crate::record::Disk;
use crate::ssh::Program;
use std::time::Duration;

/// How long reading may take: a `find` over the containers' folder on a busy disk.
const PATIENCE: Duration = Duration::from_secs(60);

/// One reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskReading {
    /// The file system.
    pub disk: Option<Disk>,
    /// Bytes of all container logs, where they may be read.
    pub logs_bytes: Option<u64>,
}

impl Docker {
    /// Reads the file system that holds `root`, the engine's data root.
    ///
    /// # Errors
    /// When the program did not run to its end.
    pub async fn disk(&self, root: &str) -> Result<DiskReading, DockerError> {
        let program = Program {
            body: include_str!("programs/disk.sh"),
            variables: &[("root", root)],
            root: self.sudo,
        };
        let done = self
            .connection
            .run(&program, PATIENCE, 64 << 10)
            .await
            .map_err(|e| DockerError::Lost(e.to_string()))?;
        let values = values(&done.stdout);
        let get = |key: &str| values.get(key).map(String::as_str);
        Ok(DiskReading {
            disk: disk(get("df_bytes"), get("df_inodes")),
            logs_bytes: get("logs").and_then(|n| n.parse().ok()),
        })
    }
}
