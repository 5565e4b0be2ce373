//! `fleet cleanup`: plan, show, confirm, apply.

use super::args::{Global, Touch};
use super::carry_out::{Wish, carry_out};
use super::fault::Fault;
use super::out;
use super::plan_file::PlanFile;
use crate::playbook::Playbook;
use crate::record::ExitCode;
use crate::steps::PHASES;
use clap::ValueHint;
use jiff::Timestamp;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a cleanup may take on one host.
const TIMEOUT: Duration = Duration::from_secs(3_600);

/// What a plan file says by itself.
const PLANNED: [&str; 20] = [
    "hosts",
    "plan",
    "check",
    "not",
    "keep",
    "keep_cache",
    "max_cache",
    "keep_tags",
    "aggressive",
    "containers",
    "images",
    "volumes",
    "anonymous_volumes",
    "stop",
    "leave_stopped",
    "backup",
    "only",
    "skip",
    "deep",
    "accept_new",
];

/// Host variables that are parameters.
const FROM_VARS: &[&str] = &["keep", "keep_cache", "keep_tags", "max_cache"];

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, clap::Args)]
#[command(after_help = phases())]
pub(super) struct Cleanup {
    /// Which hosts
    #[arg(long, value_name = "EXPR", required_unless_present = "apply")]
    hosts: Option<String>,

    /// Write the plan to FILE, which must not exist, and change nothing
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "yes")]
    plan: Option<PathBuf>,

    /// Carry out the plan in FILE, and nothing that is not in it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = PLANNED)]
    apply: Option<PathBuf>,

    /// Keep what is younger than this [default: the variable `keep`, else 24h]
    #[arg(long, value_name = "TIME", help_heading = "What stays")]
    keep: Option<String>,

    /// Keep build cache that was used within this time [default: `keep_cache`, else 24h]
    #[arg(long, value_name = "TIME", help_heading = "What stays")]
    keep_cache: Option<String>,

    /// Shrink the build cache to this size, longest unused first [default: `max_cache`]
    #[arg(long, value_name = "SIZE", help_heading = "What goes")]
    max_cache: Option<String>,

    /// Keep the newest N tags of each repository [default: `keep_tags`, else 3]
    #[arg(long, value_name = "N", help_heading = "What stays")]
    keep_tags: Option<u32>,

    /// Remove unused tagged images that can be pulled again, and all unused build cache
    #[arg(long, help_heading = "What goes")]
    aggressive: bool,

    /// Remove these stopped containers though they wrote much
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', help_heading = "What goes")]
    containers: Vec<String>,

    /// Remove these unused images though nothing shows that they can be pulled again
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', help_heading = "What goes")]
    images: Vec<String>,

    /// Remove these unused named volumes, and the data in them
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', help_heading = "What goes")]
    volumes: Vec<String>,

    /// Remove unused volumes that the engine marks as anonymous, and the data in them
    #[arg(long, help_heading = "What goes")]
    anonymous_volumes: bool,

    /// Stop these containers first, by name, label=KEY or label=KEY=VALUE; start them again at the end
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', help_heading = "What goes")]
    stop: Vec<String>,

    /// Leave what --stop stopped as it is
    #[arg(long, requires = "stop", help_heading = "What goes")]
    leave_stopped: bool,

    /// Copy volumes and tagged images into DIR before they are removed
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "What stays")]
    backup: Option<PathBuf>,

    /// Only these phases, by name or number
    #[arg(long, value_name = "PHASES", value_delimiter = ',')]
    only: Vec<String>,

    /// Not these phases
    #[arg(long, value_name = "PHASES", value_delimiter = ',')]
    skip: Vec<String>,

    /// Walk the whole data root to measure it, at idle priority
    #[arg(long)]
    deep: bool,

    #[command(flatten)]
    touch: Touch,
}

fn phases() -> String {
    let mut text = "Phases:\n".to_owned();
    for phase in PHASES {
        let _ = writeln!(text, "  {:>2} {:<18} {}", phase.number, phase.name, phase.summary);
    }
    text
}

/// The wish for a cleanup with these parameters.
pub(super) fn wish(with: toml::Table, hosts: &str) -> Wish<'_> {
    let playbook = Playbook::of("clean up", "cleanup", with);
    Wish { timeout: TIMEOUT, from_vars: FROM_VARS, ..Wish::new("cleanup", playbook, hosts) }
}

impl Cleanup {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        if let Some(path) = &self.apply {
            return self.apply(global, path).await;
        }
        let hosts = self.hosts.as_deref().unwrap_or_default();
        let mut touch = self.touch.clone();
        if let Some(path) = &self.plan {
            if path.symlink_metadata().is_ok() {
                return Err(Fault::usage(format!("{} exists", path.display()))
                    .hint("name a file that does not exist yet"));
            }
            touch.check = true;
        }
        let plan_file = self.plan.as_deref();
        carry_out(global, &touch, Wish { plan_file, ..wish(self.parameters()?, hosts) }).await
    }

    async fn apply(&self, global: &Global, path: &Path) -> Result<ExitCode, Fault> {
        let file = PlanFile::read(path, Timestamp::now())?;
        let with = serde_json::from_value(file.with.clone())
            .map_err(|e| Fault::usage(format!("{}: with: {e}", path.display())))?;
        let hosts = file.selection();
        if hosts.is_empty() {
            out::result("the plan has no host: nothing to do\n");
            return Ok(ExitCode::OK);
        }
        let wish =
            Wish { approved: file.approved(), policies: file.policies(), ..wish(with, &hosts) };
        carry_out(global, &self.touch, wish).await
    }

    /// What was said on the command line, as a step's parameters.
    fn parameters(&self) -> Result<toml::Table, Fault> {
        let mut with = toml::Table::new();
        let texts = [
            ("keep", &self.keep),
            ("keep_cache", &self.keep_cache),
            ("max_cache", &self.max_cache),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                with.insert(name.into(), text.clone().into());
            }
        }
        let lists = [
            ("containers", &self.containers),
            ("images", &self.images),
            ("only", &self.only),
            ("skip", &self.skip),
            ("stop", &self.stop),
            ("volumes", &self.volumes),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                with.insert(name.into(), list.clone().into());
            }
        }
        let flags = [
            ("aggressive", self.aggressive),
            ("anonymous_volumes", self.anonymous_volumes),
            ("deep", self.deep),
            ("leave_stopped", self.leave_stopped),
        ];
        for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
            with.insert(name.into(), true.into());
        }
        if let Some(n) = self.keep_tags {
            with.insert("keep_tags".into(), i64::from(n).into());
        }
        if let Some(folder) = &self.backup {
            let folder = std::path::absolute(folder)
                .map_err(|e| Fault::usage(format!("--backup {}: {e}", folder.display())))?;
            let text = folder
                .to_str()
                .ok_or_else(|| Fault::usage("--backup: the path is not UTF-8".to_owned()))?;
            with.insert("backup".into(), text.into());
        }
        Ok(with)
    }
}
