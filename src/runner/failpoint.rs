//! Places where a test lets the process die, as power loss would: before and after each
//! write of the journal. Nothing is left of them without the feature.

/// Dies at the n-th place that is passed, where `FLEET_CRASH_AT` is n.
#[cfg(feature = "failpoints")]
pub(super) fn pass() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static PASSED: AtomicU32 = AtomicU32::new(0);
    let passed = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    let wanted = std::env::var("FLEET_CRASH_AT").ok().and_then(|n| n.parse().ok());
    if wanted == Some(passed) {
        // SIGKILL, like the one that no program can answer.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

#[cfg(not(feature = "failpoints"))]
pub(super) const fn pass() {}

#[cfg(all(feature = "failpoints", not(debug_assertions)))]
compile_error!("failpoints are for tests: build a release without them");
