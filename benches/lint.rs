//! How long `fleet lint` takes for 1,000 Dockerfiles, and whether a strange one makes it slow.
//!
//! Exits 1 when 1,000 files take 0.5 s or more, or when a file of sixteen
//! times the size takes more than forty times as long.

use fleet::dockerfile::{Text, Unknown, lint, parse, shapes};
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What 1,000 files may take.
const LIMIT: Duration = Duration::from_millis(500);
const FILES: usize = 1000;
const ROUNDS: usize = 5;
/// How much larger the large files are, and how much longer they may take.
const GROWTH: (usize, f64) = (16, 40.0);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lint/corpus");
    let mut corpus = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        corpus.push(std::fs::read(entry?.path())?);
    }
    let mut out = std::io::stdout();
    let files = median(|| {
        for bytes in corpus.iter().cycle().take(FILES) {
            round(bytes);
        }
    });
    writeln!(out, "{FILES} files: {files:.1?} (median of {ROUNDS})")?;
    let mut slow = files >= LIMIT;
    for (number, shape) in shapes().into_iter().enumerate() {
        let (small, large) = (shape(1000), shape(1000 * GROWTH.0));
        let (one, other) = (best(|| round(small.as_bytes())), best(|| round(large.as_bytes())));
        let growth = other.as_secs_f64() / one.as_secs_f64().max(1e-4);
        let size = large.len() / 1000;
        writeln!(out, "shape {number}, {size} kB: {other:.1?}, {growth:.0} times the small one")?;
        slow |= growth > GROWTH.1;
    }
    let line = format!("FROM a\nRUN echo {}\n", "x".repeat(10 << 20));
    writeln!(out, "a line of 10 MB: {:.1?}", median(|| round(line.as_bytes())))?;
    Ok(if slow { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn round(bytes: &[u8]) {
    let file = parse(Text::new("Dockerfile", bytes.to_vec(), false));
    std::hint::black_box(lint(&file, &Unknown));
}

fn times(mut work: impl FnMut()) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}

fn median(work: impl FnMut()) -> Duration {
    times(work)[ROUNDS / 2]
}

/// The time with the least disturbance, for comparing two sizes.
fn best(work: impl FnMut()) -> Duration {
    times(work)[0]
}
