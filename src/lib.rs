//! fleet looks after Docker on a fleet of servers, over native SSH.
//!
//! The flow: arguments → [`inventory`] → selection → [`plan`] → [`runner`] → [`steps`]
//! (ask · decide · do) over [`ssh`] and [`docker`]; what happens is told as events
//! ([`record`]), drawn by [`progress`], stored by [`history`], and read by [`report`].
//! Every write to a host goes through the one [`door`]. `docs/design.md` is the map.

#![warn(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes
)]

// Fixtures that the tests outside share name the crate as those do.
#[cfg(test)]
extern crate self as fleet;

#[cfg(all(feature = "mutate", not(debug_assertions)))]
compile_error!("the feature `mutate` switches protections off: it is for tests alone");

pub mod buildlog;
pub mod cli;
pub mod docker;
pub mod dockerfile;
pub mod door;
pub mod history;
pub mod human;
pub mod inventory;
pub mod plan;
pub mod playbook;
pub mod progress;
pub mod record;
pub mod report;
pub mod runner;
pub mod scan;
pub mod ssh;
pub mod stats;
pub mod steps;
pub mod template;
