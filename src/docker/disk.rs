//! What only root sees on the file system: room, container logs, the store's size, what lies in volumes.

use super::probe::{disk, values};
use super::{Docker, DockerError, Volume};
use crate::record::Disk;
use crate::ssh::Program;
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// How long reading may take: a `find` over the containers' folder on a busy disk.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long walking the whole store may take.
const DEEP_PATIENCE: Duration = Duration::from_secs(1_800);

/// One reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskReading {
    /// The file system.
    pub disk: Option<Disk>,
    /// Bytes of all container logs, where they may be read.
    pub logs_bytes: Option<u64>,
    /// Bytes of everything under the data root, where it was walked.
    pub store_bytes: Option<u64>,
}

impl Docker {
    /// Reads the file system that holds `root`, the engine's data root; `deep` also walks it.
    ///
    /// # Errors
    /// When the program did not run to its end.
    pub async fn disk(&self, root: &str, deep: bool) -> Result<DiskReading, DockerError> {
        let variables: &[(&str, &str)] =
            if deep { &[("root", root), ("deep", "1")] } else { &[("root", root), ("deep", "")] };
        let program =
            Program { body: include_str!("programs/disk.sh"), variables, root: self.sudo };
        let patience = if deep { DEEP_PATIENCE } else { PATIENCE };
        let done = self
            .connection
            .run(&program, patience, 64 << 10)
            .await
            .map_err(|e| DockerError::Lost(e.to_string()))?;
        let values = values(&done.stdout);
        let get = |key: &str| values.get(key).map(String::as_str);
        Ok(DiskReading {
            disk: disk(get("df_bytes"), get("df_inodes")),
            logs_bytes: get("logs").and_then(|n| n.parse().ok()),
            store_bytes: get("store").and_then(|n| n.parse().ok()),
        })
    }

    /// Fills in what lies in volumes of the local driver under `root`.
    ///
    /// # Errors
    /// When the program did not run to its end.
    pub async fn look_into(&self, root: &str, volumes: &mut [Volume]) -> Result<(), DockerError> {
        let program = Program {
            body: include_str!("programs/volumes.sh"),
            variables: &[("root", root)],
            root: self.sudo,
        };
        let done = self
            .connection
            .run(&program, PATIENCE, 1 << 20)
            .await
            .map_err(|e| DockerError::Lost(e.to_string()))?;
        let text = String::from_utf8_lossy(&done.stdout);
        let seen: HashMap<&str, (bool, Option<Timestamp>)> =
            text.lines().filter_map(looked_into).collect();
        for volume in volumes.iter_mut().filter(|v| v.driver == "local") {
            if let Some((holds_data, changed)) = seen.get(volume.name.as_str()) {
                volume.holds_data = Some(*holds_data);
                volume.changed = *changed;
            }
        }
        Ok(())
    }
}

fn looked_into(line: &str) -> Option<(&str, (bool, Option<Timestamp>))> {
    let mut words = line.split(' ');
    let (name, holds) = (words.next()?, words.next()?);
    let changed = words.next().and_then(|s| s.parse().ok());
    let changed = changed.and_then(|s| Timestamp::from_second(s).ok());
    Some((name, (holds != "0", changed)))
}

#[cfg(test)]
mod tests {
    use super::looked_into;

    #[test]
    fn a_volume_counts_as_empty_only_when_it_says_so() {
        assert_eq!(looked_into("v 0 17").map(|v| v.1.0), Some(false));
        assert_eq!(looked_into("v 1 17").map(|v| v.1.0), Some(true));
        assert_eq!(looked_into("v x ").map(|v| v.1), Some((true, None)));
        assert_eq!(looked_into("v"), None);
    }
}
