//! The log of the builder that Docker had before BuildKit.

use super::plan::Plan;
use super::tail::Tail;
use super::{Log, Read};
use crate::record::Stream;

/// Reads such a log.
#[derive(Debug)]
pub(super) struct Legacy {
    #[expect(dead_code, reason = "read by what comes next")]
    plan: Plan,
    tail: Tail,
}

impl Legacy {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, tail: Tail::default() }
    }
}

impl Log for Legacy {
    fn line(&mut self, _: Stream, _: u64, line: &[u8]) {
        self.tail.push(None, line);
    }

    fn at(&self) -> Option<&str> {
        None
    }

    fn finish(self: Box<Self>, _: u64) -> Read {
        Read { tail: self.tail.end(&[]), ..Read::default() }
    }
}
