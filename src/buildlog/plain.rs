//! The log of BuildKit's `--progress=plain`.

use super::plan::Plan;
use super::tail::Tail;
use super::{Log, Read};
use crate::record::Stream;

/// Reads such a log.
#[derive(Debug)]
pub(super) struct Plain {
    #[expect(dead_code, reason = "read by what comes next")]
    plan: Plan,
    tail: Tail,
}

impl Plain {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, tail: Tail::default() }
    }
}

impl Log for Plain {
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
