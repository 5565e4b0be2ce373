//! fleet looks after Docker on a fleet of servers, over native SSH.

#![warn(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes
)]

pub mod docker;
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
pub mod ssh;
pub mod steps;
pub mod template;
