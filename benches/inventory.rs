//! How long an inventory of 10,000 hosts takes to load and select from.
//!
//! Prints medians; exits 1 when loading and selecting together take 0.2 s or more.

use fleet::inventory::{Inventory, Selection, Trust};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What the two together may take.
const LIMIT: Duration = Duration::from_millis(200);
/// How often each inventory is measured.
const ROUNDS: usize = 15;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut slow = false;
    for (name, text) in [("10,000 tables", tables()), ("one range of 10,000", range())] {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("inventory"))?;
        std::fs::write(folder.path().join("inventory/hosts.toml"), text)?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(round(folder.path())?);
        }
        let load = median(rounds.iter().map(|round| round.0).collect());
        let select = median(rounds.iter().map(|round| round.1).collect());
        writeln!(
            std::io::stdout(),
            "{name}: load {load:.1?}, select {select:.1?} (medians of {ROUNDS})"
        )?;
        slow |= load + select >= LIMIT;
    }
    Ok(if slow { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn round(project: &Path) -> Result<(Duration, Duration), Box<dyn Error>> {
    let start = Instant::now();
    let inventory = Inventory::load(project, Trust::Found)?;
    let load = start.elapsed();
    let start = Instant::now();
    let selection = Selection::parse("rack1,web*:&eu:!web0[1000:1500],~7$")?;
    let hosts = inventory.select(&selection, None)?;
    std::hint::black_box(hosts);
    Ok((load, start.elapsed()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

const HEAD: &str = "[defaults]\nuser = 'deploy'\nidentity_file = '~/.ssh/id'\njump = 'bastion'\n\
    protect = ['*:stable']\nvars = { a = 1, b = 'x' }\n[hosts.bastion]\naddress = '203.0.113.1'\n\
    [groups.eu]\nchildren = ['rack1', 'rack2']\nvars = { keep_cache = '24h' }\n";

fn tables() -> String {
    let mut text = HEAD.to_owned();
    for number in 0..10_000 {
        let (net, rack) = (number / 250, number % 40);
        let _ = write!(
            text,
            "[hosts.web{number:05}]\naddress = '198.18.{net}.{}'\nport = 2222\n\
             groups = ['web', 'rack{rack}']\nvars = {{ disk = 'md{rack}' }}\n",
            number % 250
        );
    }
    text
}

fn range() -> String {
    format!("{HEAD}[hosts.\"web[00001:10000]\"]\ngroups = ['web', 'rack1', 'rack2']\n")
}
