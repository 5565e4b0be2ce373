//! Asks a host what it is and whether everything that fleet needs is there. Changes nothing.

use super::{Done, Kind, Needs, Reached, Step};
use crate::door::Door;
use crate::record::{Decision, Problem};
use futures::future::BoxFuture;

/// The row in the table of kinds.
pub(super) const KIND: Kind = Kind {
    name: "ping",
    summary: "connect, and show what the host and its Docker are",
    example: "name = \"look\"\nkind = \"ping\"\n",
    parameters: &[],
    build: |_| Ok(Box::new(Ping)),
};

/// The step.
#[derive(Clone, Copy, Debug)]
pub struct Ping;

impl Step for Ping {
    fn needs(&self) -> Needs {
        Needs { docker: true, ..Needs::default() }
    }

    fn plan<'a>(&'a self, _on: &'a Reached) -> BoxFuture<'a, Result<Vec<Decision>, Problem>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn apply<'a>(
        &'a self,
        _on: &'a Reached,
        _plan: &'a [Decision],
        _door: &'a Door,
    ) -> BoxFuture<'a, Result<Done, Problem>> {
        Box::pin(async { Ok(Done::default()) })
    }
}
