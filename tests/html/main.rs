//! The HTML report: what a browser's parser makes of it, and what it looks like.

#[path = "../support/bench_runs.rs"]
mod bench_runs;
mod dom;
mod files;
mod looks;
mod structure;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

use fleet::record::Run;
use fleet::report::{View, format};

/// A run as a page.
fn page(run: &Run) -> String {
    let view = View { width: 80, color: false, verbose: false };
    (format("html").unwrap().render)(run, &view)
}
