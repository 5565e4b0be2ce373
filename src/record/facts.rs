//! What the probe learnt about a host, as plain data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The machine and the login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What the machine calls itself.
    pub hostname: String,
    /// `/etc/machine-id`, empty where there is none.
    pub machine_id: String,
    /// The kernel's boot ID (containers share their host's).
    pub boot_id: String,
    /// Kernel name and release.
    pub kernel: String,
    /// The system's pretty name.
    pub os: String,
    /// The login's user name.
    pub user: String,
    /// Whether the login is root or becomes root.
    pub root: bool,
    /// The host's clock at the probe.
    pub clock: Option<Timestamp>,
    /// Host clock minus our clock in seconds, to about a round trip.
    pub skew_seconds: i64,
    /// The init system: `systemd` or `sysv`.
    pub init: String,
    /// Docker, where it answers.
    pub docker: Option<DockerFacts>,
    /// Locks of other tools that were seen (Kamal's deploy lock, apt).
    pub foreign_locks: Vec<String>,
}

/// The engine.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about an engine")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerFacts {
    /// The engine's own ID.
    pub engine_id: String,
    /// The engine's version, for example `26.1.5`.
    pub version: String,
    /// The API version spoken with it.
    pub api: String,
    /// How it is reached: `socket`, `dial-stdio` or `sudo dial-stdio`.
    pub reached_by: String,
    /// The builder a plain `docker build` uses: `buildkit` or `legacy`.
    pub builder: String,
    /// The buildx version, where the plug-in is there.
    pub buildx: Option<String>,
    /// The storage driver.
    pub driver: String,
    /// Whether images live in the containerd image store.
    pub containerd_store: bool,
    /// The data root.
    pub root_dir: String,
    /// Whether the engine runs without root.
    pub rootless: bool,
    /// Whether Podman answers in Docker's place.
    pub podman: bool,
    /// Swarm's local state: `inactive`, `active`, …
    pub swarm: String,
    /// Whether containers survive a restart of the engine.
    pub live_restore: bool,
    /// Whether the builder's garbage collection is on, where that can be told.
    pub builder_gc: Option<bool>,
    /// Number of containers of any state, and of those running.
    pub containers: u64,
    /// Containers that run.
    pub running: u64,
    /// Images as the engine counts them.
    pub images: u64,
    /// Build steps that are running now, and how that was found out.
    pub running_builds: u64,
    /// The evidence behind `running_builds`.
    pub running_builds_by: String,
    /// The file system that holds the data root.
    pub disk: Option<Disk>,
}

/// A file system's room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Bytes that are free to root's processes.
    pub free_bytes: u64,
    /// Its inodes; 0 where the file system has no fixed number.
    pub inodes: u64,
    /// Free inodes.
    pub free_inodes: u64,
}
