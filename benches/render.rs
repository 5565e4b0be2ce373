//! How long it takes to render a thousand apps.
//!
//! Prints the median; exits 1 when it is 0.5 s or more.

use fleet::inventory::{Inventory, Trust};
use fleet::plan::Renderer;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What rendering all of them may take.
const LIMIT: Duration = Duration::from_millis(500);
/// How many apps there are.
const APPS: usize = 1_000;
/// How often it is measured.
const ROUNDS: usize = 11;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("inventory"))?;
    let mut text = String::from("[hosts.\"web[1:20]\"]\nvars = { jemalloc = false }\n");
    for app in 0..APPS {
        let _ = write!(
            text,
            "[apps.app{app}]\ntemplate = 'rails'\nhosts = 'web{}'\nvars = {{ javascript = 'yarn', \
             database = 'postgresql', packages = ['libvips'], port = {}, env = {{ A = 'b' }} }}\n",
            app % 20 + 1,
            3000 + app
        );
    }
    std::fs::write(folder.path().join("inventory/all.toml"), text)?;
    let inventory = Inventory::load(folder.path(), Trust::Found)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut renderer = Renderer::new(&inventory, [], None);
        for app in inventory.apps() {
            let files = renderer.render(app, None, None).map_err(|error| format!("{error:?}"))?;
            std::hint::black_box(files);
        }
        rounds.push(start.elapsed());
    }
    rounds.sort();
    let median = rounds[ROUNDS / 2];
    writeln!(std::io::stdout(), "{APPS} apps: {median:.1?} (median of {ROUNDS})")?;
    Ok(if median >= LIMIT { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
