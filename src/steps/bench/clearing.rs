//! Takes away what the builds of a benchmark left in the engine, and nothing of anybody else's.

use super::leftovers::{Left, Sweep, sweep};
use super::session::{Session, failed};
use crate::docker::Probe;
use crate::record::{Finding, Problem, What};
use crate::steps::shut;
use std::time::Duration;

/// How long an engine may take to let go of a build of ours whose client is gone.
const WINDING_DOWN: u32 = 30;
const PAUSE: Duration = Duration::from_secs(2);

impl Session<'_> {
    /// Removes what is this run's alone; `whole` also what was pulled for it, which the builds to
    /// come would only have to pull again.
    pub(super) async fn sweep(&self, whole: bool) -> Result<(), Problem> {
        let building = !self.is_quiet().await;
        let (left, mut next) = {
            let mut kept = self.kept();
            kept.stranger |= building;
            let cache = if kept.stranger { Cache::Stays } else { Cache::Goes { pulled: whole } };
            (kept.left(cache), kept.next)
        };
        let swept = sweep(self.docker, self.door, &mut next, &left).await;
        self.docker.rest();
        self.kept().next = next;
        match swept {
            Ok(0) if !building => Ok(()),
            Ok(_) => {
                self.tell_left(&left);
                Ok(())
            }
            Err(Sweep::Docker(error)) => Err(failed(format!("clearing up: {error}"))),
            Err(Sweep::Shut(reason)) => Err(shut(&reason)),
        }
    }

    /// Before a build: whoever builds now could have made the records that are new afterwards.
    pub(super) async fn look_for_strangers(&self) {
        let building = self.is_building().await;
        self.kept().stranger |= building;
    }

    /// Waits until no build runs; `false` where one goes on.
    async fn is_quiet(&self) -> bool {
        for _ in 0..WINDING_DOWN {
            if !self.is_building().await {
                return true;
            }
            if self.kept().stranger {
                return false;
            }
            tokio::time::sleep(PAUSE).await;
        }
        false
    }

    /// Whether a build runs. None of ours has a client when this is asked.
    async fn is_building(&self) -> bool {
        let user = &self.on.facts.user;
        match Probe::run(&self.on.connection, user, self.on.sudo).await {
            Ok(probe) => probe.facts.docker.is_none_or(|docker| docker.running_builds > 0),
            Err(_) => true,
        }
    }

    fn tell_left(&self, left: &Left) {
        let mut kept = self.kept();
        if !std::mem::replace(&mut kept.told, true) {
            let finding = left_behind(matches!(left.cache, Cache::Stays));
            (self.on.tell)(What::Found { finding });
        }
    }
}

/// What becomes of the build cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cache {
    /// Somebody else built: new records could be theirs.
    Stays,
    /// It goes, with or without what was pulled.
    Goes { pulled: bool },
}

/// What the user is told when something could not be cleared up.
fn left_behind(stranger: bool) -> Finding {
    let (text, hint) = if stranger {
        (
            "another build ran meanwhile, so the build cache of this run stays",
            "fleet cleanup takes it when it is a day old",
        )
    } else {
        (
            "something of this run is used by others and stays",
            "fleet cleanup takes it once nothing uses it",
        )
    };
    Finding { name: "bench.left".into(), text: text.into(), hint: Some(hint.into()) }
}
