//! What the tests of both kinds share, and the tests of the whole.

use super::*;
use crate::record::{HostName, Outcome, Problem, RunId, RunStarted, What};
use indicatif::TermLike;
use jiff::Timestamp;
use std::io;
use std::sync::{Arc, Mutex};

/// A writer that keeps what was written.
#[derive(Clone, Default)]
pub(super) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal that keeps all that was ever drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Screen(Arc<Mutex<String>>);

impl Screen {
    pub(super) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().extend([text, "\n"]);
        Ok(())
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn event(host: &str, what: What) -> Event {
    Event { at: Timestamp::UNIX_EPOCH, host: Some(HostName::new(host).unwrap()), what }
}

pub(super) fn ended(host: &str, outcome: Outcome, reason: Option<&str>) -> Event {
    let problem = reason.map(|reason| Problem::new(outcome, reason).hint("look"));
    event(host, What::HostEnded { outcome, problem, exit_status: None })
}

pub(super) fn start(hosts: &[&str]) -> Event {
    let what = What::RunStarted(RunStarted {
        run: RunId::from("r".to_owned()),
        verb: "ping".into(),
        selection: "all".into(),
        parameters: Vec::new(),
        check: false,
        hosts: hosts.iter().map(|host| HostName::new(host).unwrap()).collect(),
        inventory_hosts: hosts.len(),
        fleet: "0.1.0".into(),
        by: "u@m".into(),
        with: serde_json::Value::Null,
        resumes: None,
        process: None,
    });
    Event { at: Timestamp::UNIX_EPOCH, host: None, what }
}

#[test]
fn a_file_under_way_shows_its_bytes() {
    let mut board = board::Board::default();
    board.apply(&start(&["a"]));
    board.apply(&event("a", What::Moved { bytes: 1_200_000, of: 100_000_000 }));
    let (_, active) = board.active().next().unwrap();
    assert_eq!(active.stage, "1.2 MB of 100 MB");
}

#[test]
fn lines_are_written_and_quiet_is_quiet() {
    for (kind, want) in [(Kind::Lines, "a: ok\n"), (Kind::Quiet, "")] {
        let sink = Sink::default();
        let progress = Progress::new(kind, false, Box::new(sink.clone()));
        progress.event(&start(&["a"]));
        progress.event(&event("a", What::HostStarted));
        progress.pause();
        progress.resume();
        progress.event(&ended("a", Outcome::Ok, None));
        progress.finish();
        progress.event(&ended("a", Outcome::Ok, None));
        assert_eq!(sink.text(), want);
    }
}
