//! Puts a file of this machine on a host: in its place whole, checked and on the disk, or not at all.

use super::answers::{self, Answer, CUT_SHORT, OTHER_BYTES};
use super::source::Source;
use super::standing::Standing;
use super::syntax::{self, Owner};
use super::{Found, actions, digest_name, telling};
use crate::door::{Door, Permit};
use crate::human;
use crate::record::{Action, ActionResult, Decision, HostName, Outcome, Problem};
use crate::ssh::{Program, SILENCE, ShellError, TransferError, hex};
use crate::steps::{Done, Kind, Needs, ParameterError, Reached, Settled, Step, shut};
use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The row in the table of kinds.
pub(in crate::steps) const KIND: Kind = Kind {
    name: "push",
    summary: "put a file of this machine on hosts",
    example: "name = \"settings\"\nkind = \"push\"\nwith = { from = \"inventory/hosts.toml\", to = \"/srv/fleet/\", mode = \"0640\", owner = \"root:docker\", parents = true, become = true }\n",
    parameters: &["from", "to", "mode", "owner", "parents", "become"],
    build: |with| Ok(Box::new(Push::from_table(with)?)),
};

/// How long a host is asked what became of a file whose upload was given up. Less than the
/// runner waits for a step that the user let go of.
const SETTLING: Duration = Duration::from_secs(8);

/// The programs: each finds the file behind the path first.
pub(super) const LOOK: &str =
    concat!(include_str!("programs/resolve.sh"), include_str!("programs/look.sh"));
pub(super) const PUT: &str =
    concat!(include_str!("programs/resolve.sh"), include_str!("programs/put.sh"));
pub(super) const SETTLE: &str =
    concat!(include_str!("programs/resolve.sh"), include_str!("programs/settle.sh"));

/// The step.
#[derive(Clone, Debug)]
pub struct Push {
    source: Source,
    /// The name of the local file, for folders on hosts.
    name: String,
    to: String,
    mode: Option<u32>,
    owner: Option<Owner>,
    parents: bool,
    r#become: bool,
    /// Sets apart what this run leaves on hosts when it is cut off.
    nonce: [u8; 8],
}

impl Push {
    fn from_table(with: &toml::Table) -> Result<Self, ParameterError> {
        let from = Path::new(syntax::needed(with, "from")?);
        let source = Source::read(from).map_err(|reason| ParameterError::new("from", reason))?;
        let name = from.file_name().and_then(|name| name.to_str());
        let name = name.filter(|name| !name.contains(char::is_control));
        Ok(Self {
            source,
            name: name
                .ok_or_else(|| ParameterError::new("from", "its name cannot be one on a host"))?
                .to_owned(),
            to: syntax::remote(with, "to")?,
            mode: syntax::mode(with)?,
            owner: Owner::from_table(with)?,
            parents: syntax::flag(with, "parents")?,
            r#become: syntax::flag(with, "become")?,
            nonce: nonce(),
        })
    }

    /// Compares what is wanted with what stands there. Pure.
    fn decide(&self, there: &Standing) -> Result<Decision, Problem> {
        let names = vec![digest_name(&self.source.sha256)];
        let bytes = self.source.bytes;
        let decision =
            |found: Found, reason: &str| Ok(found.decide("push", &self.to, names, bytes, reason));
        let Some(file) = &there.file else { return decision(Found::New, "no such file yet") };
        let mut wrong = Vec::new();
        if file.sha256.as_ref() != Some(&self.source.sha256) {
            wrong.push("content");
        }
        if self.mode.is_some_and(|mode| mode != file.mode) {
            wrong.push("mode");
        }
        if self.owner.as_ref().is_some_and(|owner| !file.is_owned_by(owner)) {
            wrong.push("owner");
        }
        if wrong.is_empty() {
            return decision(Found::Same, "content, mode and owner are as wanted");
        }
        if there.me != 0 && (there.me != file.uid || !file.member) {
            let owner = human::excerpt(format!("{}:{}", file.user, file.group).as_bytes(), 120);
            let text = format!("{}: belongs to {owner}, and could not stay theirs", self.to);
            return Err(Problem::new(Outcome::Refused, text)
                .hint("do it as root with --become; the file keeps its owner then"));
        }
        decision(Found::Differs, &format!("another {}", wrong.join(" and ")))
    }

    /// The mark in the name of a file under way. Two names in the inventory can be one machine.
    fn token(&self, host: &HostName) -> String {
        let mut digest = Sha256::new_with_prefix(self.nonce);
        digest.update(host.as_str());
        hex(&digest.finalize()[..8])
    }

    /// What our programs find set.
    fn variables(&self, on: &Reached) -> Vec<(&'static str, String)> {
        vec![
            ("path", self.to.clone()),
            ("name", self.name.clone()),
            ("size", self.source.bytes.to_string()),
            ("sum", self.source.sha256.clone()),
            ("mode", self.mode.map_or_else(String::new, |mode| format!("{mode:o}"))),
            ("fresh", format!("{:o}", self.source.mode)),
            ("owner", self.owner.as_ref().map_or_else(String::new, Owner::as_word)),
            ("parents", if self.parents { "1" } else { "" }.to_owned()),
            ("token", self.token(&on.name)),
            ("idle", SILENCE.as_secs().to_string()),
        ]
    }

    /// Asks the host by a program that changes nothing.
    async fn ask(&self, on: &Reached, body: &'static str) -> Result<Answer, Problem> {
        let variables = self.variables(on);
        let variables: Vec<_> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let program = Program { body, variables: &variables, root: self.r#become && on.sudo };
        let answer = Answer::of(&on.connection, &program).await;
        answer.map_err(|error| self.problem(on, &error))
    }

    fn problem(&self, on: &Reached, error: &TransferError) -> Problem {
        answers::problem(error, self.r#become && on.sudo, self.r#become || !on.sudo)
    }

    async fn send(&self, on: &Reached, permit: Permit) -> Result<(), TransferError> {
        let file = tokio::fs::File::open(&self.source.path).await?;
        // A file that has grown is cut off at what was promised; its digest tells.
        let file = tokio::io::AsyncReadExt::take(file, self.source.bytes);
        let variables = self.variables(on);
        let variables: Vec<_> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let program = Program { body: PUT, variables: &variables, root: self.r#become && on.sudo };
        let told = telling(on, self.source.bytes);
        on.connection.upload(&program, file, SILENCE, told, permit).await.map(drop)
    }

    async fn carry_out(
        &self,
        on: &Reached,
        door: &Door,
        permit: Permit,
        end: &Mutex<Option<Problem>>,
    ) -> ActionResult {
        let sent = tokio::select! {
            sent = self.send(on, permit) => sent,
            () = door.let_go() => Err(ShellError::Stopped.into()),
        };
        let Err(error) = sent else { return ActionResult::Done };
        let problem = match error {
            TransferError::Shell(ShellError::Lost(_) | ShellError::Stopped)
            | TransferError::Idle(_) => match self.is_there(on).await {
                Some(true) => return ActionResult::Done,
                Some(false) => known(&error),
                None => Problem::new(Outcome::Unknown, error.to_string()),
            },
            TransferError::Ended { code: CUT_SHORT | OTHER_BYTES, .. }
                if !self.source.is_unchanged() =>
            {
                Problem::new(Outcome::Failed, "the file on this machine changed while it was sent")
                    .hint("run it again once nothing writes to it")
            }
            error => self.problem(on, &error),
        };
        let reason = problem.reason.clone();
        let unknown = problem.outcome == Outcome::Unknown;
        *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        if unknown { ActionResult::Unknown { reason } } else { ActionResult::Failed { reason } }
    }

    /// Where the connection still stands: whether the file got in its place after all.
    async fn is_there(&self, on: &Reached) -> Option<bool> {
        if on.connection.is_closed() {
            return None;
        }
        let answer = tokio::time::timeout(SETTLING, self.ask(on, SETTLE)).await.ok()?.ok()?;
        Some(answer.get("sum") == Some(self.source.sha256.as_str()))
    }
}

/// What it means that an upload gave no answer and changed nothing.
fn known(error: &TransferError) -> Problem {
    let stopped = matches!(error, TransferError::Shell(ShellError::Stopped));
    let outcome = if stopped { Outcome::Interrupted } else { Outcome::Failed };
    Problem::new(outcome, format!("{error}; nothing was changed")).hint("run it again")
}

/// Eight bytes that nobody guesses.
fn nonce() -> [u8; 8] {
    let mut bytes = [0; 8];
    // Without randomness the name could be guessed, never the content: it is checked.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

impl Step for Push {
    fn needs(&self) -> Needs {
        Needs { settles: true, ..Needs::default() }
    }

    fn plan<'a>(&'a self, on: &'a Reached) -> BoxFuture<'a, Result<Vec<Decision>, Problem>> {
        Box::pin(async move {
            let answer = self.ask(on, LOOK).await?;
            let there = Standing::from_answer(&answer).ok_or_else(|| {
                Problem::new(Outcome::Failed, "the host's answer about the file makes no sense")
            })?;
            Ok(vec![self.decide(&there)?])
        })
    }

    fn apply<'a>(
        &'a self,
        on: &'a Reached,
        plan: &'a [Decision],
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Done, Problem>> {
        Box::pin(async move {
            let mut done = Done::default();
            let end = Mutex::new(None);
            for announced in door.announce(actions(plan, "put")).await.map_err(|e| shut(&e))? {
                let result = door
                    .carry_out(announced, |permit| self.carry_out(on, door, permit, &end))
                    .await
                    .map_err(|e| shut(&e))?;
                done.changed |= result == ActionResult::Done;
            }
            end.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(done), Err)
        })
    }

    fn settle<'a>(
        &'a self,
        on: &'a Reached,
        open: &'a [Action],
        _door: &'a Door,
    ) -> BoxFuture<'a, Result<Option<Settled>, Problem>> {
        Box::pin(async move {
            let answer = self.ask(on, SETTLE).await?;
            let there = answer.get("sum") == Some(self.source.sha256.as_str());
            let result = || {
                if there {
                    return ActionResult::Done;
                }
                ActionResult::Failed {
                    reason: "the connection was lost before it was in place".into(),
                }
            };
            Ok(Some(open.iter().map(|action| (action.number, result())).collect()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing::File;
    use super::*;
    use crate::record::Verdict;

    fn push(extra: &str) -> Push {
        let text = format!("from = \"Cargo.toml\"\nto = \"/srv/x\"\n{extra}");
        Push::from_table(&text.parse().unwrap()).unwrap()
    }

    fn standing(sum: &str, mode: u32, uid: u32, me: u32) -> Standing {
        let file = File {
            mode,
            uid,
            gid: 5,
            member: uid == me,
            user: if uid == 0 { "root" } else { "deploy" }.into(),
            group: "staff".into(),
            sha256: Some(sum.into()),
        };
        Standing { me, file: Some(file) }
    }

    #[test]
    fn only_what_differs_is_sent() {
        let sum = push("").source.sha256;
        for (extra, there, rule) in [
            ("", Standing { me: 7, file: None }, "new"),
            ("", standing(&sum, 0o600, 7, 7), "same"),
            ("", standing("00", 0o600, 7, 7), "differs"),
            ("mode = \"0600\"", standing(&sum, 0o600, 7, 7), "same"),
            ("mode = \"600\"", standing(&sum, 0o644, 7, 7), "differs"),
            ("owner = \"deploy\"", standing(&sum, 0o600, 7, 0), "same"),
            ("owner = \"7:staff\"", standing(&sum, 0o600, 7, 0), "same"),
            ("owner = \"7:5\"", standing(&sum, 0o600, 7, 0), "same"),
            ("owner = \"root\"", standing(&sum, 0o600, 7, 0), "differs"),
            ("owner = \"deploy:root\"", standing(&sum, 0o600, 7, 0), "differs"),
        ] {
            let decision = push(extra).decide(&there).unwrap();
            assert_eq!(decision.rule, rule, "{extra}");
            assert_eq!(decision.decision == Verdict::Stay, rule == "same", "{extra}");
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone_without_root() {
        let problem = push("").decide(&standing("00", 0o644, 0, 7)).unwrap_err();
        assert_eq!(problem.outcome, Outcome::Refused);
        assert!(problem.hint.unwrap().contains("--become"));
        let sum = push("").source.sha256;
        assert_eq!(push("").decide(&standing(&sum, 0o644, 0, 7)).unwrap().rule, "same");
    }

    #[test]
    fn mistakes_are_named_before_anything_is_contacted() {
        for (text, parameter) in [
            ("to = \"/x\"", "from"),
            ("from = \"no-such-file\"\nto = \"/x\"", "from"),
            ("from = \"src\"\nto = \"/x\"", "from"),
            ("from = \"Cargo.toml\"", "to"),
            ("from = \"Cargo.toml\"\nto = \"/x\\ny\"", "to"),
            ("from = \"Cargo.toml\"\nto = \"/x\"\nmode = \"rw\"", "mode"),
            ("from = \"Cargo.toml\"\nto = \"/x\"\nowner = \"-R\"", "owner"),
            ("from = \"Cargo.toml\"\nto = \"/x\"\nbecome = \"yes\"", "become"),
        ] {
            let error = Push::from_table(&text.parse().unwrap()).unwrap_err();
            assert_eq!(error.parameter, parameter, "{text}");
        }
    }
}
