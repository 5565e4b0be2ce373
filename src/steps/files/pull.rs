//! Fetches a file from a host into a file of its own on this machine. Changes nothing on the host.

use super::answers::{self, Answer, TOO_LARGE};
use super::{Found, digest_name, source, syntax, telling};
use crate::door::Door;
use crate::human;
use crate::record::{Decision, HostName, Object, Outcome, Problem, Verdict};
use crate::ssh::{Landing, Limits, Program, SILENCE, TransferError};
use crate::steps::{Done, Kind, Needs, ParameterError, Reached, Step, shut};
use futures::future::BoxFuture;
use std::io;
use std::path::{Path, PathBuf};

/// The row in the table of kinds.
pub(in crate::steps) const KIND: Kind = Kind {
    name: "pull",
    summary: "fetch a file from hosts",
    example: "name = \"logs\"\nkind = \"pull\"\nwith = { from = \"/var/log/syslog\", to = \"logs/{host}.log\", max_size = \"200MB\", force = true, become = true }\n",
    parameters: &["from", "to", "max_size", "force", "become"],
    build: |with| Ok(Box::new(Pull::from_table(with)?)),
};

/// Bytes that a file may have when nothing else is said.
const MAX_SIZE: u64 = 1 << 30;

/// Stands for the host's name in a local path.
const HOST: &str = "{host}";

/// The step.
#[derive(Clone, Debug)]
pub struct Pull {
    from: String,
    /// The local path with the host's name left open.
    to: String,
    max_size: u64,
    force: bool,
    r#become: bool,
}

impl Pull {
    fn from_table(with: &toml::Table) -> Result<Self, ParameterError> {
        let from = syntax::remote(with, "from")?;
        let folder = syntax::text(with, "to")?.filter(|to| !to.is_empty()).unwrap_or(".");
        let to = if folder.contains(HOST) {
            folder.to_owned()
        } else {
            // The name that the user wrote; one that a host gives is never used here.
            let name = from.rsplit('/').next().filter(|name| !matches!(*name, "" | "." | ".."));
            let name =
                name.ok_or_else(|| ParameterError::new("from", "a file is needed, not a folder"))?;
            format!("{}/{HOST}/{name}", folder.trim_end_matches('/'))
        };
        if to.contains('\0') || Path::new(&to).file_name().is_none() || to.ends_with('/') {
            return Err(ParameterError::new(
                "to",
                "a folder, or a path of a file with {host} in it",
            ));
        }
        let max_size = match syntax::text(with, "max_size")? {
            None => MAX_SIZE,
            Some(text) => crate::human::parse_bytes(text)
                .map_err(|reason| ParameterError::new("max_size", reason))?,
        };
        let (force, r#become) = (syntax::flag(with, "force")?, syntax::flag(with, "become")?);
        Ok(Self { from, to, max_size, force, r#become })
    }

    /// The file of this host on this machine.
    fn local(&self, host: &HostName) -> PathBuf {
        PathBuf::from(self.to.replace(HOST, host.as_str()))
    }

    /// What is there, compared with what a host has. The error is a refusal.
    fn decide(
        &self,
        local: &Path,
        here: Option<&str>,
        sha256: &str,
        bytes: u64,
    ) -> Result<Decision, Problem> {
        let found = match here {
            None => Found::New,
            Some(same) if same == sha256 => Found::Same,
            Some(_) if self.force => Found::Differs,
            Some(_) => {
                let text =
                    format!("{} is there and differs", human::escape(&local.to_string_lossy()));
                return Err(Problem::new(Outcome::Refused, text)
                    .hint("replace it with --force, or name another folder"));
            }
        };
        let names = vec![digest_name(sha256), local.to_string_lossy().into_owned()];
        let reason = match found {
            Found::New => "not here yet",
            Found::Differs => "replaced by --force",
            Found::Same => "the same is here already",
        };
        Ok(found.decide("pull", &self.from, names, bytes, reason))
    }

    fn problem(&self, on: &Reached, error: &TransferError) -> Problem {
        match error {
            TransferError::Ended { code: TOO_LARGE, .. } | TransferError::TooLarge(_) => {
                Problem::new(
                    Outcome::Refused,
                    format!("larger than {}", human::bytes(self.max_size)),
                )
                .hint("allow more with --max-size")
            }
            TransferError::Local(error) => here(error),
            error => answers::problem(error, self.r#become && on.sudo, self.r#become || !on.sudo),
        }
    }

    fn program<'p>(
        &self,
        on: &Reached,
        body: &'static str,
        variables: &'p [(&'p str, &'p str)],
    ) -> Program<'p> {
        Program { body, variables, root: self.r#become && on.sudo }
    }

    async fn look(&self, on: &Reached) -> Result<Vec<Decision>, Problem> {
        let max = self.max_size.to_string();
        let variables = [("path", self.from.as_str()), ("max", &max)];
        let program = self.program(on, include_str!("programs/look_at.sh"), &variables);
        let answer = Answer::of(&on.connection, &program).await;
        let answer = answer.map_err(|error| self.problem(on, &error))?;
        let (Some(sha256), Some(bytes)) = (answer.get("sum"), answer.number("size")) else {
            let text = "the host's answer about the file makes no sense";
            return Err(Problem::new(Outcome::Failed, text));
        };
        let local = self.local(&on.name);
        let path = local.clone();
        let here = tokio::task::spawn_blocking(move || digest_of(&path))
            .await
            .unwrap_or_else(|e| Err(io::Error::other(e)))
            .map_err(|error| self::here(&error))?;
        Ok(vec![self.decide(&local, here.as_deref(), sha256, bytes)?])
    }

    async fn fetch(&self, on: &Reached, wanted: &Object) -> Result<(), Problem> {
        let mut landing =
            Landing::begin(&self.local(&on.name)).await.map_err(|error| here(&error))?;
        let variables = [("path", self.from.as_str())];
        let program = self.program(on, include_str!("programs/get.sh"), &variables);
        let limits = Limits { max_bytes: self.max_size, idle: SILENCE };
        let received = on
            .connection
            .download(&program, landing.writer(), limits, telling(on, wanted.bytes.unwrap_or(0)))
            .await
            .map_err(|error| self.problem(on, &error))?;
        if wanted.names.first() != Some(&digest_name(&received.sha256)) {
            let text = format!(
                "it changed while it was read ({} bytes came, not those that were promised); nothing was kept",
                received.bytes
            );
            return Err(Problem::new(Outcome::Failed, text)
                .hint("run it again, or pull a copy that nothing writes to"));
        }
        landing.finish(self.force).await.map_err(|error| here(&error))
    }
}

/// A file of this machine that cannot be read or written.
fn here(error: &io::Error) -> Problem {
    let problem = Problem::new(Outcome::Failed, format!("on this machine: {error}"));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            problem.hint("make room here, or name a folder on another disk")
        }
        io::ErrorKind::AlreadyExists => {
            problem.hint("another run put it there just now; replace it with --force")
        }
        io::ErrorKind::PermissionDenied => problem.hint("name a folder that you may write to"),
        _ => problem,
    }
}

/// The digest of a file here; `None` where there is none.
fn digest_of(path: &Path) -> io::Result<Option<String>> {
    match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => source::digest(file?).map(|(_, sha256)| Some(sha256)),
    }
}

impl Step for Pull {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn plan<'a>(&'a self, on: &'a Reached) -> BoxFuture<'a, Result<Vec<Decision>, Problem>> {
        Box::pin(self.look(on))
    }

    /// Nothing is announced, for nothing changes on the host; so a cut connection costs
    /// nothing but another try.
    fn apply<'a>(
        &'a self,
        on: &'a Reached,
        plan: &'a [Decision],
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Done, Problem>> {
        Box::pin(async move {
            door.announce(Vec::new()).await.map_err(|e| shut(&e))?;
            let going =
                plan.iter().find(|d| d.decision == Verdict::Go).filter(|_| !door.is_check());
            if let Some(decision) = going {
                tokio::select! {
                    fetched = self.fetch(on, &decision.object) => fetched?,
                    () = door.let_go() => {
                        return Err(Problem::new(Outcome::Interrupted, "let go by the user"));
                    }
                }
            }
            Ok(Done::default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull(text: &str) -> Result<Pull, ParameterError> {
        Pull::from_table(&text.parse().unwrap())
    }

    #[test]
    fn every_host_has_a_file_of_its_own() {
        let host = HostName::new("web1").unwrap();
        for (text, local) in [
            ("from = \"/etc/motd\"", "./web1/motd"),
            ("from = \"notes\"\nto = \"in/\"", "in/web1/notes"),
            ("from = \"/var/log/\"\nto = \"logs/{host}.log\"", "logs/web1.log"),
            ("from = \"/etc/motd\"\nto = \"/\"", "/web1/motd"),
        ] {
            assert_eq!(pull(text).unwrap().local(&host), Path::new(local), "{text}");
        }
        for (text, parameter) in [
            ("from = \"/var/log/\"", "from"),
            ("from = \"/var/..\"", "from"),
            ("from = \"/x\"\nto = \"{host}/\"", "to"),
            ("from = \"/x\"\nto = \"{host}/..\"", "to"),
            ("from = \"/x\"\nmax_size = \"lots\"", "max_size"),
        ] {
            assert_eq!(pull(text).unwrap_err().parameter, parameter, "{text}");
        }
    }

    #[test]
    fn a_file_that_differs_is_replaced_only_by_force() {
        let decide = |text: &str, here| {
            pull(text).unwrap().decide(Path::new("x"), here, "ab", 2).map(|d| d.rule)
        };
        let (plain, force) = ("from = \"/x\"", "from = \"/x\"\nforce = true");
        assert_eq!(decide(plain, None).unwrap(), "new");
        assert_eq!(decide(plain, Some("ab")).unwrap(), "same");
        assert_eq!(decide(plain, Some("cd")).unwrap_err().outcome, Outcome::Refused);
        assert_eq!(decide(force, Some("cd")).unwrap(), "differs");
    }
}
