//! What a build is measured against.

/// How long a build may take, in milliseconds, for each grade but the last.
const GRADES: [(Grade, i64); 3] =
    [(Grade::Excellent, 120_000), (Grade::Good, 300_000), (Grade::Acceptable, 600_000)];

/// All steps that change owners or modes take less than this together, in milliseconds.
pub(in crate::report) const CRITICAL_STEP: i64 = 5_000;

/// The engine's build cache stays below this, in bytes.
pub(in crate::report) const CACHE: i64 = 5_000_000_000;

/// From this many layers on overlay2 is told as slow. There is no limit that the kernel or the
/// engine names: the number is where the fleets that this was written for became slow.
pub(in crate::report) const LAYERS: i64 = 25;

/// The grade of a build's wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) enum Grade {
    Excellent,
    Good,
    Acceptable,
    TooSlow,
}

impl Grade {
    pub(in crate::report) fn of(milliseconds: i64) -> Self {
        GRADES
            .iter()
            .find(|(_, below)| milliseconds < *below)
            .map_or(Self::TooSlow, |(grade, _)| *grade)
    }

    pub(in crate::report) const fn as_str(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Acceptable => "acceptable",
            Self::TooSlow => "too slow",
        }
    }
}

/// The limits between the grades, in milliseconds.
pub(in crate::report) fn limits() -> impl Iterator<Item = i64> {
    GRADES.iter().map(|(_, below)| *below)
}

/// The targets in one line.
pub(in crate::report) const LEGEND: &str = "Targets: excellent below 2 m, good below 5 m, acceptable below 10 m, \
    else too slow; critical step (all chown and chmod) below 5 s; build cache below 5 GB; fewer than 25 layers";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_ends_where_its_limit_is_reached() {
        for (milliseconds, grade) in [
            (0, Grade::Excellent),
            (119_999, Grade::Excellent),
            (120_000, Grade::Good),
            (300_000, Grade::Acceptable),
            (599_999, Grade::Acceptable),
            (600_000, Grade::TooSlow),
        ] {
            assert_eq!(Grade::of(milliseconds), grade);
        }
        assert!(limits().is_sorted());
    }
}
