//! How a host, a step or an action ended, and which exit code that means.

use serde::{Deserialize, Serialize};

/// The one state in which a host ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything asked for holds; nothing had to change.
    Ok,
    /// Everything asked for holds; something was changed.
    Changed,
    /// Something went wrong and the host's state is known.
    Failed,
    /// No step was sent to the host.
    Unreachable,
    /// The host did not prove that it is the one we know.
    Identity,
    /// A preflight check, a lock or a policy said no; nothing was changed.
    Refused,
    /// A change may have happened and the answer was lost.
    Unknown,
    /// The host's turn never came.
    Skipped,
    /// Stopped by the user at an item boundary.
    Interrupted,
}

impl Outcome {
    /// Every outcome, in the order in which summaries list them.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Changed,
        Self::Failed,
        Self::Unreachable,
        Self::Identity,
        Self::Refused,
        Self::Unknown,
        Self::Skipped,
        Self::Interrupted,
    ];

    /// The word used everywhere: reports, JSON, `@failed` in selections.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Identity => "identity",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether nothing is left to do on this host.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Ok | Self::Changed)
    }

    /// The exit code that a single host with this outcome asks for. A skipped host
    /// asks for none: what made the runner skip it does.
    #[must_use]
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Ok | Self::Changed | Self::Skipped => ExitCode::OK,
            Self::Failed => ExitCode::FAILED,
            Self::Unreachable => ExitCode::UNREACHABLE,
            Self::Identity => ExitCode::IDENTITY,
            Self::Refused => ExitCode::REFUSED,
            Self::Unknown => ExitCode::UNKNOWN,
            Self::Interrupted => ExitCode::INTERRUPTED,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A process exit code of fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExitCode(pub u8);

impl ExitCode {
    /// Every host is ok or changed.
    pub const OK: Self = Self(0);
    /// `lint` or `diff --exit-code` found something.
    pub const FINDINGS: Self = Self(1);
    /// Wrong arguments, inventory, template or playbook: nothing was contacted.
    pub const USAGE: Self = Self(2);
    /// A host failed.
    pub const FAILED: Self = Self(3);
    /// A host could not be reached.
    pub const UNREACHABLE: Self = Self(4);
    /// What happened on a host is not known.
    pub const UNKNOWN: Self = Self(5);
    /// Preflight, lock, policy or the user said no.
    pub const REFUSED: Self = Self(6);
    /// A host key is unknown, changed or revoked.
    pub const IDENTITY: Self = Self(7);
    /// Over a limit that was asked for.
    pub const OVER_LIMIT: Self = Self(8);
    /// The history cannot be written.
    pub const HISTORY: Self = Self(9);
    /// A bug in fleet.
    pub const BUG: Self = Self(70);
    /// Ended by Ctrl-C after an orderly stop.
    pub const INTERRUPTED: Self = Self(130);

    /// Which of two codes stands for both: 70 > 9 > signal > 5 > 7 > 3 > 6 > 4 > 8 > 1 > 0.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }

    const fn rank(self) -> u8 {
        match self.0 {
            70 => 10,
            9 => 9,
            129..=143 => 8,
            5 => 7,
            7 => 6,
            3 => 5,
            6 => 4,
            4 => 3,
            8 => 2,
            1 => 1,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_code_wins_in_the_documented_order() {
        let order = [70, 9, 130, 5, 7, 3, 6, 4, 8, 1, 0];
        for pair in order.windows(2) {
            let (high, low) = (ExitCode(pair[0]), ExitCode(pair[1]));
            assert_eq!(high.worse(low), high);
            assert_eq!(low.worse(high), high);
        }
    }
}
