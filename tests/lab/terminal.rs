//! A terminal for the real binary. util-linux's `script` makes it and holds the other end.

use super::support::wait_for;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A program that runs on a terminal.
pub(super) struct OnTerminal {
    script: Child,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl OnTerminal {
    /// Starts a command; its standard streams and its `/dev/tty` are a terminal.
    pub(super) fn start(command: &Command) -> Self {
        Self::start_into(command, "")
    }

    /// The same with a redirection of the shell's behind it.
    pub(super) fn start_into(command: &Command, redirection: &str) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let mut line = shlex::try_join(words.map(|word| word.to_str().unwrap())).unwrap();
        line.push_str(redirection);
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        script.env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        let mut script = script.spawn().unwrap();
        let mut output = script.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let drawn = Arc::clone(&screen);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                drawn.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        Self { script, screen, reader }
    }

    /// All that was drawn so far.
    pub(super) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Waits until these words are on the screen, then types a line.
    pub(super) fn answer(&mut self, question: &str, line: &str) {
        let what = format!("\"{question}\" on the screen");
        wait_for(&what, Duration::from_secs(20), || self.screen().contains(question));
        let keyboard = self.script.stdin.as_mut().unwrap();
        keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for the end: the exit code, and all that was drawn.
    pub(super) fn end(mut self) -> (i32, String) {
        // The keyboard stays there until the program has ended.
        let keyboard = self.script.stdin.take();
        let code = self.script.wait().unwrap().code().unwrap_or(-1);
        drop(keyboard);
        self.reader.join().unwrap();
        (code, String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned())
    }
}
