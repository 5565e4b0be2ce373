//! `fleet exec`: a command on many hosts, its lines streamed.

use super::args::{Global, Touch};
use super::carry_out::{Wish, carry_out};
use super::fault::Fault;
use crate::playbook::Playbook;
use crate::record::ExitCode;
use std::time::Duration;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
One argument after -- is a shell line; several are words, passed on as they are:
  fleet exec --hosts web -- 'df -h / | tail -n 1'
  fleet exec --hosts web --become -- systemctl is-active docker")]
pub(super) struct Exec {
    /// Which hosts
    #[arg(long, value_name = "EXPR")]
    hosts: String,

    /// Run it as root, through sudo
    #[arg(short, long)]
    r#become: bool,

    /// The command
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,

    #[command(flatten)]
    touch: Touch,
}

impl Exec {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let mut with = toml::Table::new();
        with.insert("command".into(), self.line()?.into());
        with.insert("become".into(), self.r#become.into());
        let timeout = self.touch.timeout.unwrap_or(Duration::from_secs(600));
        with.insert("timeout".into(), format!("{}ms", timeout.as_millis()).into());
        let playbook = Playbook::of("exec", "exec", with);
        let wish = Wish { timeout, ..Wish::new("exec", playbook, &self.hosts) };
        carry_out(global, &self.touch, wish).await
    }

    fn line(&self) -> Result<String, Fault> {
        match self.command.as_slice() {
            [line] => Ok(line.clone()),
            words => shlex::try_join(words.iter().map(String::as_str))
                .map_err(|e| Fault::usage(format!("the command cannot be quoted: {e}"))),
        }
    }
}
