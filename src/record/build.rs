//! A real build of an app, measured step by step.
//!
//! Times inside a build are milliseconds since its start, by one clock. All text in here came
//! from a host and is escaped and bounded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a build finds in the cache, and what changed since the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scenario {
    /// `--no-cache`, and cache mounts that nothing has filled.
    Cold,
    /// Nothing changed since a build before.
    Warm,
    /// One source file changed since a build before.
    Edit,
    /// A build that had happened already; what it found in the cache is not known.
    Past,
}

impl Scenario {
    /// Those that can be asked for, in the order in which they are built and shown.
    pub const ALL: [Self; 3] = [Self::Cold, Self::Warm, Self::Edit];

    /// Its name on the command line and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Edit => "edit",
            Self::Past => "past",
        }
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One build of one app on one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The app.
    pub app: String,
    /// What it finds in the cache.
    pub scenario: Scenario,
    /// The Dockerfile that was built: a template's name, `repo`, or a file's name.
    pub dockerfile: String,
    /// SHA-256 of the Dockerfile's bytes, in hex.
    pub dockerfile_sha256: String,
    /// Which repetition, from 1.
    pub round: u32,
    /// What the build met; only builds under equal conditions can be compared.
    pub conditions: Conditions,
    /// When it began, by this machine's clock.
    pub started: Timestamp,
    /// Milliseconds from the start of `docker build` to its end, by the host's clock.
    pub wall_milliseconds: u64,
    /// How it ended.
    pub end: BuildEnd,
    /// Its steps, in the builder's order.
    pub steps: Vec<BuildStep>,
    /// The image, where one was built.
    pub image: Option<BuiltImage>,
    /// Bytes that the build cache grew by.
    pub cache_growth_bytes: Option<i64>,
    /// Bytes that the data root's file system lost to this build.
    pub disk_growth_bytes: Option<i64>,
    /// What the machine went through meanwhile, in order of time; empty where nothing could be read.
    pub samples: Vec<Sample>,
}

impl Build {
    /// What the step on a line of the Dockerfile took in these builds: the median of its
    /// milliseconds, with the bytes of its layer in that build.
    #[must_use]
    pub fn cost_of_line(builds: &[&Self], line: u32) -> Option<(u64, Option<u64>)> {
        let on_line = |build: &&Self| {
            let step = build.steps.iter().find(|step| step.line == Some(line))?;
            let image = build.image.as_ref();
            Some((step.milliseconds(), image.and_then(|image| image.bytes_made_by(&step.name))))
        };
        let mut costs: Vec<_> = builds.iter().filter_map(on_line).collect();
        costs.sort_unstable();
        costs.get(costs.len() / 2).copied()
    }
}

/// What a build met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// `buildkit` or `legacy`.
    pub builder: String,
    /// The engine's version.
    pub engine: String,
    /// buildx's version, where it did the build.
    pub buildx: Option<String>,
    /// The storage driver, or the containerd snapshotter.
    pub store: String,
    /// The form of the log that the steps were read from: `rawjson`, `plain` or `legacy`.
    pub log: String,
    /// Processors of the host.
    pub processors: u32,
    /// Load average over one minute when it began.
    pub load: Option<f64>,
    /// Bytes free in the data root's file system when it began.
    pub free_bytes: Option<u64>,
    /// The checkout's commit, in hex; with `+` behind it where it had local changes that were not built.
    pub commit: Option<String>,
}

/// How a build ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "lowercase")]
pub enum BuildEnd {
    /// With an image.
    Built,
    /// Without one.
    Failed {
        /// The exit status of `docker build`; 137 where the kernel killed a step for memory.
        exit_status: Option<u32>,
        /// The last lines that the builder printed.
        lines: Vec<String>,
    },
    /// It took longer than it may.
    TimedOut,
}

/// One step of a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildStep {
    /// What kind of work it is.
    pub kind: BuildStepKind,
    /// The stage that it belongs to, by name or number; `None` outside of stages.
    pub stage: Option<String>,
    /// The instruction, or what the builder calls the step, in one line.
    pub name: String,
    /// The line of the Dockerfile that the instruction begins on, from 1.
    pub line: Option<u32>,
    /// Its result.
    pub result: BuildStepResult,
    /// When it was at work. Sorted, without overlaps; empty for a step that never ran.
    pub intervals: Vec<Interval>,
    /// Positions in [`Build::steps`] of the steps that it had to wait for.
    pub after: Vec<u32>,
    /// Whether it lies on the chain of steps that the whole build waited for.
    pub critical: bool,
    /// Whether it changes owners or modes (`chown`, `chmod`, `chgrp`, `setfacl`).
    pub ownership: bool,
}

impl BuildStep {
    /// Milliseconds at work.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        self.intervals.iter().map(|i| i.end.saturating_sub(i.start)).sum()
    }
}

/// What kind of work a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuildStepKind {
    /// Reading the Dockerfile, the ignore file, metadata of images.
    Preparation,
    /// Sending the context.
    Context,
    /// Fetching an image.
    Pull,
    /// An instruction of the Dockerfile.
    Instruction,
    /// Writing the image out.
    Export,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum BuildStepResult {
    /// It was carried out.
    Ran,
    /// Its result was in the cache.
    Cached,
    /// It failed.
    Failed {
        /// The builder's reason.
        reason: String,
    },
    /// It was not finished, because another one failed or the build was cut off.
    Cut,
}

/// A span of time, in milliseconds since the build's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Its start.
    pub start: u64,
    /// Its end, not before its start.
    pub end: u64,
}

/// An image that was built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltImage {
    /// Its ID.
    pub id: String,
    /// Its size as the engine counts it.
    pub bytes: u64,
    /// How many layers it has, empty ones too.
    #[serde(default)]
    pub layer_count: u32,
    /// Its layers that hold anything, the base image's first.
    pub layers: Vec<Layer>,
    /// Bytes in layers that a later layer replaces or deletes; `None` where the store does not
    /// let them be counted.
    pub wasted_bytes: Option<u64>,
}

impl BuiltImage {
    /// How many layers it has, those that hold nothing too where the engine told of them.
    #[must_use]
    pub fn layer_count(&self) -> u64 {
        u64::from(self.layer_count).max(self.layers.len() as u64)
    }
}

impl BuiltImage {
    /// The bytes of the layer that an instruction made: builders write its text into the image's
    /// history, each in its own dress.
    #[must_use]
    pub fn bytes_made_by(&self, instruction: &str) -> Option<u64> {
        let wanted = undressed(instruction);
        let is_it = |layer: &&Layer| !wanted.is_empty() && undressed(&layer.made_by) == wanted;
        self.layers.iter().rev().find(is_it).map(|layer| layer.bytes)
    }
}

/// An instruction without the builders' dress: `[build 2/5] RUN make`, `RUN /bin/sh -c make #
/// buildkit` and `/bin/sh -c make` are all `make`.
fn undressed(text: &str) -> String {
    let text =
        text.split_once("] ").filter(|_| text.starts_with('[')).map_or(text, |(_, rest)| rest);
    let text = text.strip_prefix("RUN ").unwrap_or(text);
    let text = text.strip_prefix("/bin/sh -c ").unwrap_or(text);
    let text = text.strip_suffix("# buildkit").unwrap_or(text);
    let words = text.split_whitespace().skip_while(|word| word.starts_with("--mount="));
    words.collect::<Vec<_>>().join(" ")
}

/// One layer of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its size.
    pub bytes: u64,
    /// The instruction that made it, in one line.
    pub made_by: String,
}

/// What the machine went through up to a moment, since the sample before.
///
/// Shares are in thousandths of the time between the two samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When it was taken, in milliseconds since the build's start.
    pub at: u64,
    /// Share of the time in which some task waited for I/O (`/proc/pressure/io`, `some`).
    pub io_some: Option<u32>,
    /// Share of the time in which all tasks that had work waited for I/O (`full`).
    pub io_full: Option<u32>,
    /// Bytes of memory that can be had without swapping (`MemAvailable`).
    pub memory_available_bytes: Option<u64>,
    /// Load average over one minute, in hundredths.
    pub load: Option<u32>,
    /// The disks below the data root, the file system's own device first.
    pub disks: Vec<DiskSample>,
    /// RAID arrays at work on themselves, as `md2 resync 12.6%`.
    pub raid: Vec<String>,
    /// Tasks in uninterruptible sleep, as `dockerd ext4_sync_file 0::/system.slice/docker.service`.
    pub blocked: Vec<String>,
}

/// A disk between two samples (`/proc/diskstats`; Documentation/admin-guide/iostats.rst of Linux).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskSample {
    /// The device's name.
    pub name: String,
    /// Share of the time in which it had I/O in flight.
    pub busy: u32,
    /// Mean time of a finished request, in microseconds; `None` where none finished.
    pub await_microseconds: Option<u64>,
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub written_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_of_an_instruction_is_known_in_every_dress() {
        let image = |made_by: &str| BuiltImage {
            layers: vec![Layer { bytes: 7, made_by: made_by.into() }],
            ..BuiltImage::default()
        };
        for (made_by, instruction) in [
            ("RUN /bin/sh -c make all # buildkit", "RUN make  all"),
            ("/bin/sh -c make all", "[build 2/5] RUN make all"),
            ("RUN /bin/sh -c make all # buildkit", "RUN --mount=type=cache,target=/x make all"),
            ("COPY . /app # buildkit", "COPY . /app"),
        ] {
            assert_eq!(image(made_by).bytes_made_by(instruction), Some(7), "{made_by}");
        }
        assert_eq!(image("/bin/sh -c make all").bytes_made_by("RUN make"), None);
        assert_eq!(image("").bytes_made_by(""), None);
    }
}
