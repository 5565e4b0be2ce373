//! The folder on a host where contexts lie while a benchmark runs. The host's side takes it
//! away, and the tags of the run, as soon as nobody listens any more: after the last build,
//! after a lost connection, and after this process was killed.

use super::answer::{Answer, problem};
use super::parameters::File;
use crate::door::Permit;
use crate::record::{Outcome, Problem};
use crate::ssh::{Connection, IDLE, Piece, Program, RemoteFile, Running, ShellError};
use crate::steps::Reached;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a Dockerfile that are read.
const LARGEST: usize = 1 << 20;

/// How long the folder may take to be there.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a tree may take to be unpacked, on a disk that others keep busy.
const UNPACKING: Duration = Duration::from_secs(600);

/// How long the host's side may take to clear up: a moment for what still runs, and the folder.
const CLEARING: Duration = Duration::from_secs(120);

const CONTEXT: &str =
    concat!(include_str!("programs/owner.sh"), include_str!("programs/context.sh"));

/// The folder, while it is held.
pub(super) struct Workshop {
    connection: Arc<Connection>,
    root: bool,
    /// What sets apart the processes of this run.
    mark: String,
    /// Its path.
    pub(super) folder: String,
    keeper: Running,
}

/// A context in it.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// Its folder below the workshop's.
    pub(super) slot: String,
    /// The file that an edit changes.
    pub(super) edit: String,
}

impl Workshop {
    /// Has the folder made. `run` sets apart the tags and processes of this run.
    pub(super) async fn open(on: &Reached, run: &str, _permit: &Permit) -> Result<Self, Problem> {
        let idle = IDLE.as_secs().to_string();
        let program = Program {
            body: include_str!("programs/keep.sh"),
            variables: &[("run", run), ("idle", &idle)],
            root: on.sudo,
        };
        let opened = tokio::time::timeout(PATIENCE, async {
            let mut keeper = on.connection.start(&program, true).await?;
            let folder = first_line(&mut keeper).await?;
            Ok::<_, ShellError>((keeper, folder))
        });
        let opened = opened.await.unwrap_or(Err(ShellError::Timeout(PATIENCE)));
        let (keeper, folder) = opened.map_err(|e| problem(&e, "no folder for the contexts"))?;
        let random = folder.strip_prefix("/var/tmp/fleet-bench.").unwrap_or_default();
        if random.is_empty() || !random.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Problem::new(Outcome::Failed, "mktemp gave no folder in /var/tmp"));
        }
        let connection = Arc::clone(&on.connection);
        Ok(Self { connection, root: on.sudo, mark: run.to_owned(), folder, keeper })
    }

    /// Unpacks the commit of a checkout and lays a Dockerfile's files over it.
    pub(super) async fn context(
        &self,
        slot: &str,
        path: &str,
        commit: &str,
        files: &[File],
        _permit: &Permit,
    ) -> Result<Context, Problem> {
        let commit = commit.trim_end_matches('+');
        let variables = [("slot", slot), ("path", path), ("commit", commit)];
        let answer = self.run(CONTEXT, &variables).await?;
        let edit = answer.get("edit").unwrap_or_default().to_owned();
        for file in files {
            let executable = if file.executable { "1" } else { "" };
            let variables = [
                ("slot", slot),
                ("file", file.path.as_str()),
                ("text", &file.text),
                ("executable", executable),
            ];
            self.run(include_str!("programs/place.sh"), &variables).await?;
        }
        Ok(Context { slot: slot.to_owned(), edit })
    }

    /// The Dockerfile of a context.
    pub(super) async fn dockerfile(&self, context: &Context) -> Result<Vec<u8>, Problem> {
        let path = format!("{}/{}/Dockerfile", self.folder, context.slot);
        let file = self.connection.read_file(&path, LARGEST, self.root).await;
        match file.map_err(|e| problem(&e, "the Dockerfile"))? {
            RemoteFile::File(bytes) => Ok(bytes),
            RemoteFile::Absent => Err(no_dockerfile("is not there")),
            RemoteFile::Refused(why) => Err(no_dockerfile(why)),
        }
    }

    /// Changes one source file of a context.
    pub(super) async fn edit(
        &self,
        context: &Context,
        text: &str,
        _permit: &Permit,
    ) -> Result<(), Problem> {
        let variables = [("slot", context.slot.as_str()), ("file", &context.edit), ("text", text)];
        self.run(include_str!("programs/edit.sh"), &variables).await.map(drop)
    }

    /// Runs a program that finds the folder as `$dir`.
    pub(super) async fn run(
        &self,
        body: &str,
        variables: &[(&str, &str)],
    ) -> Result<Answer, Problem> {
        let mut all = vec![("dir", self.folder.as_str()), ("run", &self.mark)];
        all.extend_from_slice(variables);
        // Whatever still runs when nobody listens any more is known by the mark.
        let body = format!("FLEET_BENCH=$run; export FLEET_BENCH\n{body}");
        let program = Program { body: &body, variables: &all, root: self.root };
        let answer = Answer::of(&self.connection, &program, UNPACKING)
            .await
            .map_err(|e| problem(&e, "the context"))?;
        match answer.get("failed") {
            None => Ok(answer),
            Some(why) => Err(Problem::new(
                Outcome::Failed,
                format!("the context: {}", crate::human::excerpt(why.as_bytes(), 200)),
            )),
        }
    }

    /// Lets the folder go, and waits until it is gone.
    pub(super) async fn close(mut self) {
        self.keeper.stop();
        // When nobody hears of its end the connection is gone, and the host's side clears up alone.
        let _ = tokio::time::timeout(CLEARING, self.keeper.collect(0)).await;
    }
}

fn no_dockerfile(why: &str) -> Problem {
    Problem::new(Outcome::Refused, format!("the Dockerfile of the context {why}"))
}

async fn first_line(keeper: &mut Running) -> Result<String, ShellError> {
    let mut line = Vec::new();
    while !line.contains(&b'\n') && line.len() < 200 {
        match keeper.pieces.recv().await {
            Some(Piece::Out(bytes)) => line.extend_from_slice(&bytes),
            Some(Piece::Err(_)) => {}
            Some(Piece::End(end)) => {
                let code = end.verdict()?;
                return Err(ShellError::Lost(format!("our script ended with {code}")));
            }
            None => return Err(ShellError::Lost("its channel is gone".into())),
        }
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
