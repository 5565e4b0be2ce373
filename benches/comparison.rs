//! How long a comparison takes beside 10,000 stored builds.
//!
//! Exits 1 when comparing the last two runs takes 0.5 s or more. What all runs together take
//! is printed beside it.

use fleet::history::{Reader, Writer};
use fleet::record::{
    Build, BuildEnd, BuildStep, BuildStepKind, BuildStepResult, Conditions, DiskSample, Event,
    ExitCode, HostName, Interval, Run, RunId, RunStarted, Sample, Scenario, What,
};
use fleet::report::View;
use fleet::report::compare::{COMPARISONS, compare};
use jiff::Timestamp;
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode as Exit;
use std::time::{Duration, Instant};

/// What a comparison of two runs may take.
const LIMIT: Duration = Duration::from_millis(500);
const RUNS: u64 = 100;
const HOSTS: u64 = 10;
const ROUNDS: u64 = 10;
const STEPS: u64 = 30;
const SAMPLES: u64 = 60;

fn main() -> Result<Exit, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join(".fleet");
    let mut out = std::io::stdout();
    for run in 0..RUNS {
        store(&folder, run)?;
    }
    let bytes = std::fs::metadata(folder.join("history.sqlite3"))?.len();
    writeln!(out, "{} builds stored in {} MB", RUNS * HOSTS * ROUNDS, bytes / 1_000_000)?;

    let start = Instant::now();
    let pair = (load(&folder, 1..2)?, load(&folder, 0..1)?);
    writeln!(out, "the last two runs: loaded in {:.1?}", start.elapsed())?;
    draw(&mut out, &pair.0, &pair.1)?;
    let took = start.elapsed();
    writeln!(out, "  in all {took:.1?}")?;

    let start = Instant::now();
    let half = RUNS / 2;
    let all = (load(&folder, half..RUNS)?, load(&folder, 0..half)?);
    writeln!(out, "all runs: loaded in {:.1?}", start.elapsed())?;
    draw(&mut out, &all.0, &all.1)?;
    Ok(if took >= LIMIT { Exit::FAILURE } else { Exit::SUCCESS })
}

fn load(folder: &std::path::Path, back: std::ops::Range<u64>) -> Result<Vec<Run>, Box<dyn Error>> {
    let reader = Reader::open(folder)?;
    back.map(|back| Ok(reader.load(&reader.find(&format!("last~{back}"))?)?)).collect()
}

fn draw(
    out: &mut impl std::io::Write,
    before: &[Run],
    after: &[Run],
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let comparison = compare(before, after)?;
    writeln!(out, "  compared in {:.1?}", start.elapsed())?;
    for format in COMPARISONS {
        let start = Instant::now();
        let view = View { width: 80, color: false, verbose: false };
        let text = (format.render)(&comparison, &view);
        writeln!(out, "  {} of {} kB in {:.1?}", format.name, text.len() / 1000, start.elapsed())?;
    }
    Ok(())
}

fn store(folder: &std::path::Path, run: u64) -> Result<(), Box<dyn Error>> {
    let second = 1_795_534_212 + i64::try_from(run)? * 86_400;
    let at = Timestamp::from_second(second)?;
    let hosts: Vec<HostName> =
        (0..HOSTS).map(|i| HostName::new(&format!("web{i}"))).collect::<Result<_, _>>()?;
    let start = RunStarted {
        run: RunId::new(at, 0),
        verb: "bench".into(),
        selection: "all".into(),
        parameters: Vec::new(),
        check: false,
        hosts: hosts.clone(),
        inventory_hosts: hosts.len(),
        fleet: "0.1.0".into(),
        by: "ops@laptop".into(),
        with: serde_json::Value::Null,
        resumes: None,
        process: None,
    };
    let writer = Writer::open(folder, Box::new(|_| std::process::abort()))?;
    writer.event(&Event { at, host: None, what: What::RunStarted(start) });
    for host in hosts {
        for round in 0..ROUNDS {
            let build = Box::new(build(at, run * 7_919 + round * 104_729));
            writer.event(&Event { at, host: Some(host.clone()), what: What::Built { build } });
        }
    }
    writer.event(&Event { at, host: None, what: What::RunEnded { exit_code: ExitCode::OK } });
    Ok(writer.close()?)
}

/// A build as a host's log and samples make it; `seed` moves its times about.
fn build(started: Timestamp, seed: u64) -> Build {
    let step = |i: u64| {
        let took = 1_000 + (seed * (i + 3)) % 9_973;
        BuildStep {
            kind: BuildStepKind::Instruction,
            stage: Some(if i < 20 { "build" } else { "final" }.into()),
            name: format!("RUN apt-get install -y --no-install-recommends package-{i} other-{i}"),
            line: None,
            result: BuildStepResult::Ran,
            intervals: vec![Interval { start: i * 10_000, end: i * 10_000 + took }],
            after: Vec::new(),
            critical: i.is_multiple_of(2),
            ownership: false,
        }
    };
    let disk = DiskSample { name: "md2".into(), busy: 430, ..DiskSample::default() };
    let sample = |i: u64| Sample {
        at: i * 5_000,
        io_some: Some(312),
        memory_available_bytes: Some(12_000_000_000),
        disks: vec![disk.clone(), disk.clone()],
        ..Sample::default()
    };
    Build {
        app: "shop".into(),
        scenario: Scenario::Cold,
        dockerfile: "rails".into(),
        dockerfile_sha256: "0".repeat(64),
        round: 1,
        conditions: Conditions { builder: "buildkit".into(), ..Conditions::default() },
        started,
        wall_milliseconds: 300_000 + seed % 30_011,
        end: BuildEnd::Built,
        steps: (0..STEPS).map(step).collect(),
        image: None,
        cache_growth_bytes: None,
        disk_growth_bytes: None,
        samples: (0..SAMPLES).map(sample).collect(),
    }
}
