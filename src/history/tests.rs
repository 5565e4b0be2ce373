//! The store under two writers, crashes, damage and foreign files.

use super::*;
use crate::record::{
    Build, BuildEnd, Conditions, Event, ExitCode, Facts, HostName, Outcome, Run, RunId, RunStarted,
    Sample, Scenario, Stream, What,
};
use futures::executor::block_on;
use jiff::Timestamp;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn event(name: Option<&str>, what: What) -> Event {
    Event { at: Timestamp::from_second(1_795_000_000).unwrap(), host: name.map(host), what }
}

fn start(run: &str, second: i64, check: bool, hosts: &[&str]) -> Event {
    let mut started = event(
        None,
        What::RunStarted(RunStarted {
            run: RunId::from(run.to_owned()),
            verb: "cleanup".into(),
            selection: "all".into(),
            parameters: Vec::new(),
            check,
            hosts: hosts.iter().map(|h| host(h)).collect(),
            inventory_hosts: hosts.len(),
            fleet: "0.1.0".into(),
            by: "u@m".into(),
            with: serde_json::Value::Null,
            resumes: None,
            process: None,
        }),
    );
    started.at = Timestamp::from_second(1_795_000_000 + second).unwrap();
    started
}

fn ended(name: &str, outcome: Outcome) -> Event {
    event(Some(name), What::HostEnded { outcome, problem: None, exit_status: None })
}

fn probed(name: &str, machine: &str) -> Event {
    let facts = Box::new(Facts { machine_id: machine.into(), ..Facts::default() });
    event(Some(name), What::Probed { facts })
}

fn run_ended() -> Event {
    event(None, What::RunEnded { exit_code: ExitCode::OK })
}

fn open(folder: &Path) -> Writer {
    Writer::open(folder, Box::new(|error| panic!("{error}"))).unwrap()
}

fn write(folder: &Path, events: &[Event]) {
    let writer = open(folder);
    for event in events {
        writer.event(event);
    }
    writer.close().unwrap();
}

#[test]
fn what_was_written_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("deep/.fleet");
    assert!(Reader::open(&folder).unwrap().runs(9).unwrap().is_empty());
    assert!(!folder.exists(), "reading makes nothing");
    let line = event(Some("a"), What::Output { stream: Stream::Stdout, line: "secret".into() });
    write(
        &folder,
        &[
            start("r1", 0, false, &["a", "b"]),
            probed("a", "m1"),
            line,
            ended("a", Outcome::Changed),
            ended("b", Outcome::Unreachable),
            run_ended(),
        ],
    );
    write(&folder, &[start("r2", 5, true, &["a"]), probed("a", "m2"), probed("a", "")]);

    let reader = Reader::open(&folder).unwrap();
    let runs = reader.runs(9).unwrap();
    assert_eq!(runs.iter().map(|r| r.run.as_str()).collect::<Vec<_>>(), ["r2", "r1"]);
    assert_eq!(runs[0].tally, [(Outcome::Skipped, 1)]);
    assert_eq!(runs[1].tally, [(Outcome::Changed, 1), (Outcome::Unreachable, 1)]);
    assert_eq!((runs[1].exit_code, runs[1].hosts), (Some(ExitCode::OK), 2));
    assert_eq!(reader.unfinished().unwrap(), runs[..1]);
    assert_eq!(reader.runs(1).unwrap().len(), 1);
    assert_eq!(reader.find("last~1").unwrap().as_str(), "r1");
    let run = reader.load(&runs[1].run).unwrap();
    assert_eq!(run.hosts[0].outcome, Some(Outcome::Changed));
    let outcomes = reader.last_outcomes().unwrap().unwrap();
    assert_eq!(outcomes[&host("b")], Outcome::Unreachable, "a check does not count");
    let (machine, seen) = reader.last_identity(&host("a")).unwrap().unwrap();
    assert_eq!((machine.as_str(), seen.as_str()), ("m2", "r2"));
    assert_eq!(reader.last_identity(&host("b")).unwrap(), None);
    let bytes = std::fs::read(folder.join(FILE)).unwrap();
    assert!(!bytes.windows(6).any(|w| w == b"secret"), "lines are not stored");
}

#[test]
fn folder_and_file_are_for_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = super::folder(Some(dir.path()));
    assert_eq!(folder, dir.path().join(".fleet"));
    let writer = open(&folder);
    block_on(writer.durable(vec![start("r1", 0, false, &[])])).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 4, "the store, its log, its index and .gitignore");
}

#[test]
fn links_and_open_folders_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real");
    write(&real, &[start("r1", 0, false, &[])]);
    let link = dir.path().join("link");
    symlink(&real, &link).unwrap();
    let refused = |folder: &Path| {
        let writing = Writer::open(folder, Box::new(|_| {})).unwrap_err();
        assert_eq!(Reader::open(folder).unwrap_err(), writing);
        assert!(matches!(writing, HistoryError::Refused { .. }), "{writing}");
        writing.to_string()
    };
    assert!(refused(&link).contains("symbolic link"));

    let elsewhere = dir.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(real.join(FILE), elsewhere.join(FILE)).unwrap();
    assert!(refused(&elsewhere).contains("not a plain file"));

    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(refused(&real).contains("others may write"));
}

#[test]
fn two_writers_share_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("h");
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let folder = folder.clone();
            std::thread::spawn(move || {
                let writer = open(&folder);
                writer.event(&start(&format!("r{i}"), i, false, &["a"]));
                for _ in 0..20 {
                    block_on(writer.durable(vec![probed("a", "m")])).unwrap();
                }
                writer.event(&ended("a", Outcome::Ok));
                writer.event(&run_ended());
                writer.close().unwrap();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let reader = Reader::open(&folder).unwrap();
    let runs = reader.runs(9).unwrap();
    assert_eq!(runs.len(), 4);
    assert!(runs.iter().all(|r| r.tally == [(Outcome::Ok, 1)] && r.ended.is_some()));
}

#[test]
fn many_who_wait_share_few_commits() {
    let dir = tempfile::tempdir().unwrap();
    let writer = open(&dir.path().join("h"));
    writer.event(&start("r1", 0, false, &["a"]));
    let waiting: Vec<_> =
        (0..500).map(|i| writer.durable(vec![probed("a", &format!("m{i}"))])).collect();
    assert!(block_on(futures::future::join_all(waiting)).iter().all(Result::is_ok));
    let reader = Reader::open(&dir.path().join("h")).unwrap();
    assert_eq!(reader.last_identity(&host("a")).unwrap().unwrap().0, "m499");
}

/// Not a test of its own: the process that the next test kills. It does nothing unless
/// that test started it.
#[test]
fn child_that_aborts() {
    let Some(folder) = std::env::var_os("FLEET_TEST_ABORT_IN") else { return };
    let writer = open(Path::new(&folder));
    writer.event(&start("r1", 0, false, &["a"]));
    for i in 0..50 {
        block_on(writer.durable(vec![probed("a", &format!("m{i}"))])).unwrap();
    }
    for _ in 0..1000 {
        writer.event(&probed("a", "lost perhaps"));
    }
    std::process::abort();
}

#[test]
fn what_was_durable_survives_an_abort() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("h");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "history::tests::child_that_aborts"])
        .env("FLEET_TEST_ABORT_IN", &folder)
        .output()
        .unwrap()
        .status;
    assert!(!status.success());
    let reader = Reader::open(&folder).unwrap();
    let unfinished = reader.unfinished().unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!(unfinished[0].tally, [(Outcome::Skipped, 1)]);
    let kept = Reader::open(&folder).unwrap().last_identity(&host("a")).unwrap().unwrap().0;
    assert!(kept == "m49" || kept == "lost perhaps", "{kept}");
    write(&folder, &[start("r2", 9, false, &[])]);
    assert_eq!(Reader::open(&folder).unwrap().runs(9).unwrap().len(), 2);
}

/// Everything that a reader and a writer do, until the first error.
fn use_it(folder: &Path) -> Result<(), HistoryError> {
    let reader = Reader::open(folder)?;
    for run in reader.runs(99)? {
        reader.load(&run.run)?;
    }
    reader.last_outcomes()?;
    reader.last_identity(&host("a"))?;
    drop(reader);
    let writer = Writer::open(folder, Box::new(|_| {}))?;
    writer.event(&start("new", 99, false, &["a"]));
    writer.close()
}

#[test]
fn damage_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("h");
    let mut events = vec![start("r1", 0, false, &["a"])];
    events.extend((0..300).map(|i| probed("a", &format!("machine-{i}"))));
    write(&folder, &events);
    let file = folder.join(FILE);
    let whole = std::fs::read(&file).unwrap();
    let mut noticed = 0;
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0xff;
        for bytes in [&flipped[..], &whole[..at]] {
            std::fs::write(&file, bytes).unwrap();
            if let Err(error) = use_it(&folder) {
                noticed += 1;
                assert!(error.to_string().contains(FILE), "{error}");
            }
            for leftover in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(folder.join(format!("{FILE}{leftover}")));
            }
        }
    }
    assert!(noticed > 60, "{noticed} of 120 noticed");
    std::fs::write(&file, "not a database, but long enough to have a header ".repeat(9)).unwrap();
    assert!(matches!(Reader::open(&folder), Err(HistoryError::Damaged { .. })));
}

#[test]
fn a_newer_schema_and_a_foreign_file_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("h");
    write(&folder, &[start("r1", 0, false, &[])]);
    let file = folder.join(FILE);
    let change = |sql: &str| {
        rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(&file).unwrap();
        let error = Writer::open(&folder, Box::new(|_| {})).unwrap_err();
        assert_eq!(Reader::open(&folder).unwrap_err(), error);
        assert_eq!(std::fs::read(&file).unwrap(), before);
        error
    };
    let newer = change("PRAGMA user_version = 2");
    assert!(newer.to_string().contains("written by a newer fleet"), "{newer}");
    let foreign = change("PRAGMA application_id = 7");
    assert!(matches!(foreign, HistoryError::Damaged { .. }), "{foreign}");
}

#[test]
fn a_failed_write_is_told_once_and_ends_writing() {
    let dir = tempfile::tempdir().unwrap();
    let told = Arc::new(AtomicBool::new(false));
    let (tell, heard) = mpsc::channel();
    let tells = Arc::clone(&told);
    let on_failure: OnFailure = Box::new(move |error| {
        assert!(!tells.swap(true, Ordering::SeqCst));
        tell.send(error.clone()).unwrap();
    });
    let writer = Writer::open(&dir.path().join("h"), on_failure).unwrap();
    let first = start("r1", 0, false, &[]);
    block_on(writer.durable(vec![first.clone()])).unwrap();
    assert_eq!(writer.failed(), None);
    let error = block_on(writer.durable(vec![first])).unwrap_err();
    assert_eq!(heard.recv().unwrap(), error);
    assert_eq!(writer.failed(), Some(error.clone()));
    assert_eq!(block_on(writer.durable(vec![run_ended()])), Err(error.clone()));
    assert_eq!(writer.close(), Err(error));
}

#[test]
fn nothing_is_written_after_the_close() {
    let dir = tempfile::tempdir().unwrap();
    let writer = open(&dir.path().join("h"));
    writer.close().unwrap();
    assert_eq!(block_on(writer.durable(vec![run_ended()])), Err(HistoryError::Closed));
}

/// Builds are read another way than all other events.
#[test]
fn builds_are_read_back_as_they_were_written() {
    let build = Build {
        app: "shop".into(),
        scenario: Scenario::Edit,
        dockerfile: "rails".into(),
        dockerfile_sha256: "00".into(),
        round: 3,
        conditions: Conditions { load: Some(0.25), ..Conditions::default() },
        started: Timestamp::from_second(1_795_000_000).unwrap(),
        wall_milliseconds: 12_345,
        end: BuildEnd::Failed { exit_status: Some(137), lines: vec!["killed".into()] },
        steps: Vec::new(),
        image: None,
        cache_growth_bytes: Some(-5),
        disk_growth_bytes: None,
        samples: vec![Sample { at: 5_000, io_some: Some(12), ..Sample::default() }],
    };
    let built = |host| event(Some(host), What::Built { build: Box::new(build.clone()) });
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(".fleet");
    let events = [start("r1", 0, false, &["a"]), built("a"), built("b"), ended("a", Outcome::Ok)];
    write(&folder, &events);
    let run = Reader::open(&folder).unwrap().load(&RunId::from("r1".to_owned())).unwrap();
    assert_eq!(Some(&run), Run::from_events(&events).as_ref());
    assert_eq!(run.hosts[0].builds, [build]);
}

#[test]
fn a_run_is_found_by_the_label_that_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(".fleet");
    let labelled = |run: &str, second, with: serde_json::Value, parameters: &[(&str, &str)]| {
        let mut started = start(run, second, false, &["a"]);
        let What::RunStarted(start) = &mut started.what else { unreachable!() };
        start.with = with;
        start.parameters = parameters.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        started
    };
    let json = serde_json::json!({ "label": "base" });
    write(&folder, &[labelled("r1", 0, json.clone(), &[])]);
    write(
        &folder,
        &[labelled("r2", 1, serde_json::Value::Null, &[("keep", "1"), ("label", "base")])],
    );
    write(&folder, &[labelled("r3", 2, serde_json::json!({ "label": "" }), &[])]);
    write(&folder, &[labelled("r4", 3, serde_json::json!({ "label": 7 }), &[])]);

    let reader = Reader::open(&folder).unwrap();
    let runs = reader.runs(9).unwrap();
    let labels: Vec<_> = runs.iter().map(|run| run.label.as_deref()).collect();
    assert_eq!(labels, [None, None, Some("base"), Some("base")]);
    for (asked, run) in [("base", "r2"), ("base~1", "r1"), ("last", "r4"), ("r3", "r3")] {
        assert_eq!(reader.find(asked).unwrap().as_str(), run, "{asked}");
    }
    let told: Vec<_> = ["r1", "r2", "r3"]
        .map(|run| reader.load(&RunId::from(run.to_owned())).unwrap())
        .iter()
        .map(|run| run.start.label().map(str::to_owned))
        .collect();
    assert_eq!(told, [Some("base".to_owned()), Some("base".to_owned()), None]);
}
