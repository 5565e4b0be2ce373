//! Files to hosts and from hosts: streamed, checked by digest, in their place whole or not at all.

mod answers;
mod pull;
mod push;
mod source;
mod standing;
mod syntax;

#[cfg(test)]
mod tests;

pub(super) use pull::KIND as PULL;
pub use pull::Pull;
pub(super) use push::KIND as PUSH;
pub use push::Push;

use super::Reached;
use crate::record::{Action, Decision, Object, Verdict, What};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often whoever watches hears how far a file is.
const TELLING: Duration = Duration::from_millis(250);

/// How long a host may compute a digest without a word.
const DIGESTING: Duration = Duration::from_secs(3_600);

/// What was found, compared with what is wanted. The name of the rule in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    New,
    Differs,
    Same,
}

impl Found {
    /// The decision about a file of this path, digest and size.
    fn decide(
        self,
        phase: &str,
        path: &str,
        names: Vec<String>,
        bytes: u64,
        reason: &str,
    ) -> Decision {
        let (decision, rule) = match self {
            Self::New => (Verdict::Go, "new"),
            Self::Differs => (Verdict::Go, "differs"),
            Self::Same => (Verdict::Stay, "same"),
        };
        let object = Object {
            kind: "file".into(),
            id: path.to_owned(),
            names,
            bytes: Some(bytes),
            created: None,
            age_seconds: None,
        };
        Decision { phase: phase.into(), object, decision, rule: rule.into(), reason: reason.into() }
    }
}

/// The name under which a digest stands among an object's names.
fn digest_name(sha256: &str) -> String {
    format!("sha256:{sha256}")
}

/// What of a plan is to be done, as numbered actions.
fn actions(plan: &[Decision], verb: &str) -> Vec<Action> {
    (0..)
        .zip(plan.iter().filter(|d| d.decision == Verdict::Go))
        .map(|(number, decision)| Action {
            number,
            phase: decision.phase.clone(),
            verb: verb.into(),
            object: decision.object.clone(),
        })
        .collect()
}

/// Tells now and then how many of `of` bytes have moved.
fn telling(on: &Reached, of: u64) -> impl Fn(u64) + Send + Sync + use<> {
    let (tell, last) = (Arc::clone(&on.tell), Mutex::new(Instant::now()));
    move |bytes| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= TELLING {
            *last = Instant::now();
            tell(What::Moved { bytes, of });
        }
    }
}
