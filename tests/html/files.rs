//! Pages and tables as files that the real binary writes.

use crate::support::{Project, Ran};
use crate::{bench_runs, dom};
use fleet::history::Writer;
use fleet::record::{Event, ExitCode, HostName, What};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// A project with one stored bench.
fn project() -> Project {
    let project = Project::new("[hosts.trixie]\naddress = \"203.0.113.1\"\nuser = \"u\"\n");
    let run = bench_runs::single();
    let folder = project.path().join(".fleet");
    let writer = Writer::open(&folder, Box::new(|error| panic!("{error}"))).unwrap();
    let tell = |host: Option<HostName>, what| writer.event(&Event { at: run.started, host, what });
    tell(None, What::RunStarted(run.start.clone()));
    for host in &run.hosts {
        for build in &host.builds {
            tell(Some(host.host.clone()), What::Built { build: Box::new(build.clone()) });
        }
    }
    tell(None, What::RunEnded { exit_code: ExitCode::OK });
    writer.close().unwrap();
    project
}

#[test]
fn a_page_is_written_once_and_over_with_force() {
    let project = project();
    let file = project.path().join("report.html");
    let write = ["report", "-o", file.to_str().unwrap()];
    let ran = project.run(&write).code(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr), ("", format!("wrote {}\n", file.display())));
    let text = fs::read_to_string(&file).unwrap();
    assert!(!dom::parse(&text).is_empty());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&file, "mine").unwrap();
    project.run(&write).code(2).says(&["report.html", "--force"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    project.run(&[&write[..], &["--force"]].concat()).code(0).says(&["wrote"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
    project.run(&[&write[..], &["--force"]].concat()).code(2).says(&["not a plain file"]);
}

#[test]
fn a_page_goes_into_a_pipe_and_not_onto_a_terminal() {
    let project = project();
    let piped = project.run(&["report", "--format", "html"]).code(0);
    assert!(piped.stdout.starts_with("<!DOCTYPE html>") && piped.stderr.is_empty());
    let fleet = format!(
        "{} -C {} report --format html",
        env!("CARGO_BIN_EXE_fleet"),
        project.path().display()
    );
    let ran = Command::new("script")
        .args(["-qec", &fleet, "/dev/null"])
        .env("HOME", project.path())
        .output()
        .unwrap();
    Ran::of(&ran)
        .code(2)
        .says(&["not for a terminal", "--output report.html"])
        .never_says(&["<html"]);
}

#[test]
fn a_table_has_a_row_per_step() {
    let project = project();
    let ran = project.run(&["report", "--format", "csv"]).code(0);
    assert_eq!(ran.stderr, "");
    let steps = bench_runs::single().hosts[0].builds[0].steps.len();
    assert_eq!(ran.stdout.lines().count(), steps + 1);
    assert!(ran.stdout.lines().next().unwrap().starts_with("run,host,app,scenario,"));
}
