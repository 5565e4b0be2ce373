//! The phases of a cleanup: one file each, and the table that orders them.

mod dangling_images;
pub(super) mod measure;
pub(super) mod report;

use super::{Parameters, Survey};
use crate::record::Decision;

/// Decides about a survey; sees what earlier phases decided.
pub type Decide = fn(&Survey, &Parameters, &[Decision]) -> Vec<Decision>;

/// One phase.
pub struct Phase {
    /// Its number in the documentation.
    pub number: u8,
    /// Its name on the command line.
    pub name: &'static str,
    /// One line of help.
    pub summary: &'static str,
    /// How it decides; `None` for a phase that only measures.
    pub decide: Option<Decide>,
}

/// Every phase, in the order in which they run.
pub const PHASES: &[Phase] = &[measure::PHASE, dangling_images::PHASE, report::PHASE];
