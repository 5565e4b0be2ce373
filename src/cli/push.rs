//! `fleet push`: a file of this machine onto many hosts.

use super::args::{Global, Touch};
use super::carry_out::{Wish, carry_out};
use super::fault::Fault;
use crate::playbook::Playbook;
use crate::record::ExitCode;
use clap::ValueHint;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a step of files may take: what stands still is given up much sooner.
pub(super) const TIMEOUT: Duration = Duration::from_secs(6 * 3_600);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The file is in its place whole, checked by its SHA-256 and on the disk, or not at all. One that
is the same already, with the mode and owner that were asked for, is left alone. A link is
followed, and what it leads to is replaced. A file that is there keeps its mode and owner unless
others are given; a new one gets the mode of LOCAL.
  fleet push --hosts web config/logrotate.conf /etc/logrotate.d/app --become --mode 0644
  fleet push --hosts web id_rsa.pub backup/           into the folder backup in the login's home
  fleet push --hosts web app.env /srv/app/ --check    what would change where")]
pub(super) struct Push {
    /// Which hosts
    #[arg(long, value_name = "EXPR")]
    hosts: String,

    /// The file on this machine
    #[arg(value_hint = ValueHint::FilePath)]
    local: PathBuf,

    /// The file on the hosts, or a folder that is there; relative to the login's home
    remote: String,

    /// Permissions, as 0644 [default: those that are there, else those of LOCAL]
    #[arg(long, value_name = "OCTAL")]
    mode: Option<String>,

    /// Owner [default: the one that is there, else whoever writes it]
    #[arg(long, value_name = "USER[:GROUP]")]
    owner: Option<String>,

    /// Make folders that are missing, with mode 0755
    #[arg(short, long)]
    parents: bool,

    /// Write it as root, through sudo
    #[arg(short, long)]
    r#become: bool,

    #[command(flatten)]
    touch: Touch,
}

impl Push {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let mut with = toml::Table::new();
        with.insert("from".into(), here(global, &self.local)?.into());
        with.insert("to".into(), self.remote.clone().into());
        for (name, value) in [("mode", &self.mode), ("owner", &self.owner)] {
            if let Some(value) = value {
                with.insert(name.into(), value.clone().into());
            }
        }
        for (name, on) in [("parents", self.parents), ("become", self.r#become)] {
            if on {
                with.insert(name.into(), true.into());
            }
        }
        let playbook = Playbook::of("push", "push", with);
        let wish = Wish { timeout: TIMEOUT, ..Wish::new("push", playbook, &self.hosts) };
        carry_out(global, &self.touch, wish).await
    }
}

/// A path of this machine, seen from where the user works, as text, which is all that a
/// playbook can hold.
pub(super) fn here(global: &Global, path: &Path) -> Result<String, Fault> {
    let path = global.directory.as_deref().map_or_else(|| path.to_owned(), |dir| dir.join(path));
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| Fault::usage(format!("{:?} is not UTF-8", path.display())))
}
