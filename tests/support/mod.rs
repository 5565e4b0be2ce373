//! What end-to-end tests share: a project of their own, and the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A project folder that goes with the test.
pub(crate) struct Project {
    pub folder: tempfile::TempDir,
}

impl Project {
    /// A project whose `inventory/hosts.toml` is this text.
    pub(crate) fn new(hosts: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inventory = folder.path().join("inventory");
        fs::create_dir(&inventory).unwrap();
        fs::write(inventory.join("hosts.toml"), hosts).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The real binary in this project, away from the user's own files.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command
            .arg("-C")
            .arg(self.path())
            .args(args)
            .env("HOME", self.path())
            .env("USER", "tester")
            .env("COLUMNS", "80")
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Each of these stands somewhere in what the user saw.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        // Text is wrapped at the width of the terminal; words are looked for across lines.
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (stdout, stderr) = (flat(&self.stdout), flat(&self.stderr));
        for word in words {
            let word = flat(word);
            assert!(
                stdout.contains(&word) || stderr.contains(&word),
                "\"{word}\" is missing\nstdout:\n{}\nstderr:\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }

    #[track_caller]
    pub(crate) fn never_says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                !self.stdout.contains(word) && !self.stderr.contains(word),
                "\"{word}\" was said\nstdout:\n{}\nstderr:\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }
}

/// Waits for a condition; says what it waited for when it never came.
#[track_caller]
pub(crate) fn wait_for(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A path inside this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
