//! What the report of builds looks like.

use super::bench_runs as runs;
use super::*;

const VIEW: View = View { width: 80, color: false, verbose: false };

#[test]
fn show() {
    for run in [runs::before(), runs::single(), runs::many(50, 2)] {
        println!("{}\n=======", (format("terminal").unwrap().render)(&run, &VIEW));
    }
}

#[test]
fn dump() {
    for (name, run) in [("before", runs::before()), ("after", runs::after()), ("many", runs::many(50, 10)), ("hostile", runs::hostile())] {
        let html = (format("html").unwrap().render)(&run, &VIEW);
        std::fs::write(format!("/tmp/{name}.html"), html).unwrap();
    }
}
