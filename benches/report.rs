//! How long the HTML page of a large run takes to make, and how large it is.
//!
//! Prints the median and the size; exits 1 when one of them is over its limit.

#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/support/bench_runs.rs"]
mod bench_runs;

use fleet::report::{View, format};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What rendering may take.
const TIME: Duration = Duration::from_secs(1);
/// Bytes that the page may have.
const BYTES: usize = 2_000_000;
/// Hosts and apps; each app is built three times in each of three scenarios.
const HOSTS: usize = 50;
const APPS: usize = 10;
/// How often it is measured.
const ROUNDS: usize = 5;

fn main() -> std::io::Result<ExitCode> {
    let run = bench_runs::many(HOSTS, APPS);
    let view = View { width: 80, color: false, verbose: false };
    let Some(html) = format("html") else { return Ok(ExitCode::FAILURE) };
    let mut rounds = Vec::new();
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        bytes = (html.render)(&run, &view).len();
        rounds.push(start.elapsed());
    }
    rounds.sort();
    let median = rounds[ROUNDS / 2];
    let kilobytes = bytes / 1_000;
    writeln!(
        std::io::stdout(),
        "HTML of {HOSTS} hosts, {APPS} apps, 3 scenarios: {median:.2?} (median of {ROUNDS}), {kilobytes} kB"
    )?;
    Ok(if median >= TIME || bytes >= BYTES { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
