//! The phases of a cleanup: one file each, and the table that orders them.

pub(super) mod advice;
mod build_cache;
mod dangling_images;
pub(super) mod measure;
mod networks;
pub(super) mod report;
pub(super) mod stop_containers;
mod stopped_containers;
mod unused_images;
mod volumes;

use super::{Parameters, Survey};
use crate::docker::Docker;
use crate::door::Permit;
use crate::record::{Action, ActionResult, Decision};
use futures::future::BoxFuture;

/// The phase whose decisions stop containers instead of removing something.
pub(super) const STOP: &str = stop_containers::PHASE.name;

/// Decides about a survey from which everything is gone that earlier phases remove.
pub type Decide = fn(&Survey, &Parameters) -> Vec<Decision>;

/// Carries out one action.
pub type CarryOne = for<'a> fn(&'a Docker, &'a Action, Permit) -> BoxFuture<'a, ActionResult>;

/// Carries out several actions by one request and gives what became of each, in their order.
pub type CarryMany =
    for<'a> fn(&'a Docker, &'a [Action], Permit) -> BoxFuture<'a, Vec<ActionResult>>;

/// How a phase changes a host.
pub enum Carry {
    /// Never.
    Nothing,
    /// One object by one request.
    One(CarryOne),
    /// At most so many objects by one request.
    Many(usize, CarryMany),
}

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
    /// How it changes the host.
    pub carry: Carry,
    /// What it does to an object, in one word.
    pub verb: &'static str,
    /// Whether what it removes is copied first when a backup is asked for.
    pub backs_up: bool,
}

impl Phase {
    /// A phase that only looks.
    const fn looking(number: u8, name: &'static str, summary: &'static str) -> Self {
        let (decide, carry) = (None, Carry::Nothing);
        Self { number, name, summary, decide, carry, verb: "look", backs_up: false }
    }

    /// A phase that removes what it decides to.
    const fn removing(
        number: u8,
        name: &'static str,
        summary: &'static str,
        decide: Decide,
        carry: Carry,
    ) -> Self {
        let decide = Some(decide);
        Self { number, name, summary, decide, carry, verb: "remove", backs_up: false }
    }

    /// The same, for objects that cannot be made again.
    const fn backing_up(self) -> Self {
        Self { backs_up: true, ..self }
    }
}

/// Every phase, in the order in which they run.
pub const PHASES: &[Phase] = &[
    measure::PHASE,
    stop_containers::PHASE,
    stopped_containers::PHASE,
    dangling_images::PHASE,
    build_cache::PHASE,
    unused_images::PHASE,
    volumes::PHASE,
    networks::PHASE,
    report::PHASE,
    advice::PHASE,
];
