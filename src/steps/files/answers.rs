//! What hosts answer, and what their refusals mean.

use crate::human;
use crate::record::{Outcome, Problem};
use crate::ssh::{Connection, Limits, Program, TransferError};

/// Bytes of an answer that are read.
const ANSWER: u64 = 64 << 10;

/// The codes by which our programs end.
pub(super) const NOT_POSSIBLE: u8 = 20;
pub(super) const CUT_SHORT: u8 = 22;
pub(super) const OTHER_BYTES: u8 = 23;
pub(super) const TOO_LARGE: u8 = 24;

/// The `key=value` lines of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(String);

impl Answer {
    /// Runs a program that only reads and takes its answer.
    pub(super) async fn of(
        connection: &Connection,
        program: &Program<'_>,
    ) -> Result<Self, TransferError> {
        let mut bytes = Vec::new();
        let limits = Limits { max_bytes: ANSWER, idle: super::DIGESTING };
        connection.download(program, &mut bytes, limits, |_| {}).await?;
        Ok(Self(String::from_utf8_lossy(&bytes).into_owned()))
    }

    #[cfg(test)]
    pub(super) fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The first value of a key: what follows could be a name that a user of the host chose.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }
}

/// What a transfer that did not get through means for the host, where nothing is unknown.
pub(super) fn problem(error: &TransferError, r#become: bool, root: bool) -> Problem {
    match error {
        TransferError::Shell(shell) => {
            let refusal = if r#become { shell.sudo_refusal() } else { None };
            refusal.unwrap_or_else(|| Problem::new(Outcome::Failed, shell.to_string()))
        }
        TransferError::Ended { code, said } => {
            let words = human::excerpt(said, 300);
            let outcome = if *code == NOT_POSSIBLE { Outcome::Refused } else { Outcome::Failed };
            let text = if words.is_empty() { format!("exit {code} without a word") } else { words };
            let hint = hint(&text, root);
            let problem = Problem::new(outcome, text);
            match hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        }
        other => Problem::new(Outcome::Failed, other.to_string()),
    }
}

/// The next thing to do after words of the host.
fn hint(words: &str, root: bool) -> Option<&'static str> {
    let has = |part: &str| words.contains(part);
    Some(if has("Permission denied") || has("Operation not permitted") {
        if root {
            "not even root may: look for an immutable file (lsattr) or a mount that forbids it"
        } else {
            "do it as root with --become, or choose a path that the login may use"
        }
    } else if has("No space left") || has("quota") {
        "make room on the host first: fleet cleanup"
    } else if has("Read-only file system") {
        "choose a path on a file system that is mounted for writing"
    } else if has("No such file or directory") {
        "check the path; push makes missing folders with --parents"
    } else if has("Is a directory") {
        "name a file: one file is moved at a time"
    } else if has("sha256sum is missing") {
        "install coreutils on the host"
    } else if has("invalid user") || has("invalid group") {
        "check --owner: it must exist on the host"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_words_are_escaped_and_say_what_to_do() {
        for (code, words, root, outcome, hint) in [
            (20, "/etc: Permission denied", false, Outcome::Refused, Some("--become")),
            (
                21,
                "chown: changing ownership: Operation not permitted",
                true,
                Outcome::Failed,
                Some("lsattr"),
            ),
            (
                21,
                "cat: write error: No space left on device",
                true,
                Outcome::Failed,
                Some("fleet cleanup"),
            ),
            (
                20,
                "/mnt: Read-only file system",
                false,
                Outcome::Refused,
                Some("mounted for writing"),
            ),
            (
                20,
                "ls: cannot access '/no': No such file or directory",
                false,
                Outcome::Refused,
                Some("--parents"),
            ),
            (21, "\u{1b}[2Jboom", false, Outcome::Failed, None),
            (21, "", false, Outcome::Failed, None),
        ] {
            let error = TransferError::Ended { code, said: words.as_bytes().to_vec() };
            let problem = problem(&error, false, root);
            assert_eq!(problem.outcome, outcome, "{words}");
            assert!(!problem.reason.contains('\u{1b}') && !problem.reason.is_empty());
            match hint {
                Some(hint) => assert!(problem.hint.unwrap().contains(hint), "{words}"),
                None => assert_eq!(problem.hint, None, "{words}"),
            }
        }
    }

    #[test]
    fn the_first_value_of_a_key_counts() {
        let answer = Answer::from_text("size=5\nsum=ab\nuser=x\nsize=7\n");
        assert_eq!(
            (answer.number("size"), answer.get("sum"), answer.get("mode")),
            (Some(5), Some("ab"), None)
        );
    }
}
