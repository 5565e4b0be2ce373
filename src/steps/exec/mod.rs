//! Runs a command of the user's on a host, streams its output, and leaves nothing of it behind.

mod output;

use super::{Done, Kind, Needs, ParameterError, Reached, Step};
use crate::door::{Door, Permit};
use crate::record::{
    Action, ActionResult, Decision, Object, Outcome, Problem, Stream, Verdict, What,
};
use crate::ssh::{Chunk, Command, ShellError};
use futures::future::BoxFuture;
use output::{Keeper, Lines};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The row in the table of kinds.
pub(super) const KIND: Kind = Kind {
    name: "exec",
    summary: "run a command",
    example: "name = \"free space\"\nkind = \"exec\"\nwith = { command = \"df -h /\", become = false, timeout = \"5m\" }\n",
    parameters: &["command", "become", "timeout"],
    build: |with| Ok(Box::new(Exec::from_table(with)?)),
};

/// How long a command may take when nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(600);

/// The step.
#[derive(Clone, Debug)]
pub struct Exec {
    /// What `/bin/sh -c` gets.
    pub command: String,
    /// Whether it runs as root.
    pub r#become: bool,
    /// How long it may take.
    pub timeout: Duration,
}

impl Exec {
    fn from_table(with: &toml::Table) -> Result<Self, ParameterError> {
        let command = with
            .get("command")
            .and_then(toml::Value::as_str)
            .filter(|c| !c.trim().is_empty())
            .ok_or_else(|| ParameterError::new("command", "a command line is needed"))?;
        if command.contains('\0') {
            return Err(ParameterError::new("command", "holds a NUL byte"));
        }
        Ok(Self {
            command: command.to_owned(),
            r#become: with.get("become").and_then(toml::Value::as_bool).unwrap_or(false),
            timeout: match with.get("timeout").and_then(toml::Value::as_str) {
                None => TIMEOUT,
                Some(text) => crate::human::parse_duration(text)
                    .map_err(|reason| ParameterError::new("timeout", reason))?,
            },
        })
    }

    fn object(&self) -> Object {
        Object {
            kind: "command".into(),
            id: self.command.clone(),
            names: Vec::new(),
            bytes: None,
            created: None,
            age_seconds: None,
        }
    }

    async fn run(
        &self,
        on: &Reached,
        door: &Door,
        _permit: Permit,
        end: &Mutex<Option<Result<u32, Problem>>>,
    ) -> ActionResult {
        let command =
            Command { line: &self.command, sudo: self.r#become && on.sudo, deadline: self.timeout };
        let mut keeper = Keeper::default();
        let mut stdout = Lines::new(Stream::Stdout);
        let mut stderr = Lines::new(Stream::Stderr);
        let tell = |what| (on.tell)(what);
        let ended = on
            .connection
            .command(
                &command,
                |chunk| {
                    let (lines, bytes) = match &chunk {
                        Chunk::Stdout(bytes) => (&mut stdout, bytes),
                        Chunk::Stderr(bytes) => (&mut stderr, bytes),
                    };
                    keeper.add(bytes);
                    lines.feed(bytes, tell);
                },
                || (on.ready)(),
                door.let_go(),
            )
            .await;
        stdout.finish(tell);
        stderr.finish(tell);
        keeper.unshown(ended.as_ref().map_or(0, |e| e.dropped));
        tell(What::OutputEnded { output: keeper.output() });
        let (result, verdict) = verdict(ended.map(|e| e.code), command.sudo);
        *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
        result
    }
}

fn verdict(ended: Result<u8, ShellError>, sudo: bool) -> (ActionResult, Result<u32, Problem>) {
    match ended {
        Ok(0) => (ActionResult::Done, Ok(0)),
        Ok(code) => {
            let reason = format!("exit {code}");
            (ActionResult::Failed { reason }, Ok(u32::from(code)))
        }
        Err(error) => {
            let reason = error.to_string();
            if let (true, Some(problem)) = (sudo, error.sudo_refusal()) {
                return (ActionResult::Failed { reason }, Err(problem));
            }
            let (outcome, result) = match error {
                ShellError::Channel(_) | ShellError::NotStarted { .. } => {
                    (Outcome::Failed, ActionResult::Failed { reason: reason.clone() })
                }
                ShellError::Timeout(_) => {
                    let reason = format!("{reason}; ended on the host");
                    return (
                        ActionResult::Failed { reason: reason.clone() },
                        Err(Problem::new(Outcome::Failed, reason)
                            .hint("give it more time with --timeout")),
                    );
                }
                ShellError::Lost(_) | ShellError::Stopped => {
                    (Outcome::Unknown, ActionResult::Unknown { reason: reason.clone() })
                }
            };
            (result, Err(Problem::new(outcome, reason)))
        }
    }
}

impl Step for Exec {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn plan<'a>(&'a self, _on: &'a Reached) -> BoxFuture<'a, Result<Vec<Decision>, Problem>> {
        Box::pin(async {
            Ok(vec![Decision {
                phase: "exec".into(),
                object: self.object(),
                decision: Verdict::Go,
                rule: "asked".into(),
                reason: "asked for on the command line".into(),
            }])
        })
    }

    fn apply<'a>(
        &'a self,
        on: &'a Reached,
        plan: &'a [Decision],
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Done, Problem>> {
        Box::pin(async move {
            let actions = plan
                .iter()
                .take(1)
                .map(|decision| Action {
                    number: 0,
                    phase: decision.phase.clone(),
                    verb: "run".into(),
                    object: decision.object.clone(),
                })
                .collect();
            let end = Mutex::new(None);
            for announced in door.announce(actions).await.map_err(|e| super::shut(&e))? {
                door.carry_out(announced, |permit| self.run(on, door, permit, &end))
                    .await
                    .map_err(|e| super::shut(&e))?;
            }
            match end.into_inner().unwrap_or_else(PoisonError::into_inner) {
                None => Ok(Done::default()),
                Some(Ok(status)) => Ok(Done { changed: false, exit_status: Some(status) }),
                Some(Err(problem)) => Err(problem),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_end_is_unknown_and_never_ok() {
        let (result, problem) = verdict(Err(ShellError::Lost("cut".into())), false);
        assert!(matches!(result, ActionResult::Unknown { .. }));
        assert_eq!(problem.unwrap_err().outcome, Outcome::Unknown);
        let (result, problem) =
            verdict(Err(ShellError::NotStarted { said: Vec::new(), status: Some(0) }), true);
        assert!(matches!(result, ActionResult::Failed { .. }));
        assert_eq!(problem.unwrap_err().outcome, Outcome::Failed);
        assert_eq!(verdict(Ok(3), false).1, Ok(3));
    }

    #[test]
    fn bad_parameters_are_named() {
        let table = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(Exec::from_table(&table("")).unwrap_err().parameter, "command");
        let error = Exec::from_table(&table("command = \"x\"\ntimeout = \"soon\"")).unwrap_err();
        assert_eq!(error.parameter, "timeout");
    }
}
