//! Runs a program that prints an inventory, within limits of time and size.

use super::check::{self, Fault};
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes it may print.
const MOST: u64 = 16 << 20;
/// The most bytes of its complaints that are kept.
const COMPLAINTS: u64 = 64 << 10;
/// How often its end is looked for.
const GLANCE: Duration = Duration::from_millis(5);

/// What a stream held, once it ended.
type Stream = Receiver<io::Result<Vec<u8>>>;

/// Runs `path --list` in a folder and gives what it prints.
pub(super) fn run(path: &Path, folder: &Path) -> Result<Vec<u8>, Fault> {
    run_for(path, folder, PATIENCE)
}

fn run_for(path: &Path, folder: &Path, patience: Duration) -> Result<Vec<u8>, Fault> {
    let deadline = Instant::now() + patience;
    let mut child = Command::new(path)
        .arg("--list")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            Fault::new(
                format!("cannot be run: {error}"),
                "a program needs `#!` and its interpreter",
            )
        })?;
    let output = collect(child.stdout.take(), MOST);
    let complaints = collect(child.stderr.take(), COMPLAINTS);
    let finished = finish(&mut child, &output, deadline);
    // Whatever went wrong, nothing of it stays behind; a child that has ended is not killed.
    let _ = child.kill();
    let _ = child.wait();
    let (status, printed) = finished.map_err(|end| end.fault(patience))?;
    if !status.success() {
        let said =
            complaints.recv_timeout(GLANCE * 20).ok().and_then(Result::ok).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
        return Err(Fault::new(
            format!("ended with {status}: {}", check::shown(last)),
            "run it by hand with --list",
        ));
    }
    Ok(printed)
}

/// Why there is no output.
enum End {
    Late,
    Large,
    Broken(io::Error),
}

impl End {
    fn fault(self, patience: Duration) -> Fault {
        match self {
            Self::Late => Fault::new(
                format!("was not done after {} s", patience.as_secs()),
                "run it by hand with --list; a slow source needs a cache",
            ),
            Self::Large => Fault::new(
                format!("prints more than {} MB", MOST >> 20),
                "make it print only what fleet needs",
            ),
            Self::Broken(error) => {
                Fault::new(format!("cannot be read: {error}"), "run it by hand with --list")
            }
        }
    }
}

/// Reads a stream to its end, or one byte past a limit, on a thread of its own.
fn collect(stream: Option<impl Read + Send + 'static>, limit: u64) -> Stream {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |stream| stream.take(limit + 1).read_to_end(&mut bytes));
        // Nobody listens any more if the time ran out.
        let _ = sender.send(read.map(|_| bytes));
    });
    receiver
}

/// Waits for the output and then for the end.
fn finish(
    child: &mut Child,
    output: &Stream,
    deadline: Instant,
) -> Result<(ExitStatus, Vec<u8>), End> {
    let left = deadline.saturating_duration_since(Instant::now());
    let printed = output.recv_timeout(left).map_err(|_| End::Late)?.map_err(End::Broken)?;
    if printed.len() as u64 > MOST {
        return Err(End::Large);
    }
    loop {
        if let Some(status) = child.try_wait().map_err(End::Broken)? {
            return Ok((status, printed));
        }
        if Instant::now() >= deadline {
            return Err(End::Late);
        }
        thread::sleep(GLANCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn result(script: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        run_for(&path, folder.path(), Duration::from_secs(2))
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .map_err(|fault| fault.message)
    }

    #[test]
    fn output_and_ends() {
        assert_eq!(result("echo \"$1\""), Ok("--list\n".into()));
        assert_eq!(
            result("echo no token >&2; exit 3"),
            Err("ended with exit status: 3: no token".into())
        );
        assert_eq!(result("exec >&-; exec sleep 60"), Err("was not done after 2 s".into()));
        assert_eq!(result("sleep 60"), Err("was not done after 2 s".into()));
        assert_eq!(result("exec cat /dev/zero"), Err("prints more than 16 MB".into()));
    }
}
