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
use fleet::report::{View, compare, format};

const VIEW: View = View { width: 80, color: false, verbose: false };

/// A run as a page.
fn page(run: &Run) -> String {
    (format("html").unwrap().render)(run, &VIEW)
}

/// Today's Dockerfiles beside the mended ones.
fn comparison() -> String {
    let (before, after) = bench_runs::sides();
    let comparison = compare::compare(&[before], &[after]).unwrap();
    let html = compare::COMPARISONS.iter().find(|f| f.name == "html").unwrap();
    (html.render)(&comparison, &VIEW)
}
