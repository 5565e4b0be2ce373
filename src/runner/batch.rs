//! How many hosts are changed at a time, and when to stop. Pure.

/// A size in hosts or in percent of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// So many hosts.
    Hosts(usize),
    /// So many percent of the hosts, rounded up.
    Percent(usize),
}

impl std::str::FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is neither a number of hosts nor a percentage");
        match text.trim().strip_suffix('%') {
            Some(n) => match n.parse().map_err(|_| wrong())? {
                n @ 0..=100 => Ok(Self::Percent(n)),
                _ => Err(wrong()),
            },
            None => text.trim().parse().map(Self::Hosts).map_err(|_| wrong()),
        }
    }
}

impl Share {
    /// The number of hosts out of `all`.
    #[must_use]
    pub const fn of(self, all: usize) -> usize {
        match self {
            Self::Hosts(n) => n,
            Self::Percent(n) => (all * n).div_ceil(100),
        }
    }
}

/// The sizes of successive batches; the last one repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batches(Vec<Share>);

impl std::str::FromStr for Batches {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shares = text.split(',').map(str::parse).collect::<Result<Vec<Share>, _>>()?;
        if shares.iter().any(|share| share.of(1) == 0) {
            return Err("a batch of no hosts never ends".into());
        }
        Ok(Self(shares))
    }
}

impl Batches {
    /// What is done when nothing else is asked for: a canary and a quarter first, once
    /// there are more than three hosts.
    #[must_use]
    pub fn default_for(hosts: usize) -> Self {
        if hosts > 3 {
            Self(vec![Share::Hosts(1), Share::Percent(25), Share::Percent(100)])
        } else {
            Self(vec![Share::Percent(100)])
        }
    }

    /// Splits `items` into batches.
    #[must_use]
    pub fn split<T>(&self, items: Vec<T>) -> Vec<Vec<T>> {
        let all = items.len();
        let last = self.0.last().copied().unwrap_or(Share::Percent(100));
        let mut sizes = self.0.iter().copied().chain(std::iter::repeat(last));
        let mut batches = Vec::new();
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let size = sizes.next().map_or(all, |share| share.of(all)).max(1);
            batches.push(items.by_ref().take(size).collect());
        }
        batches
    }
}

/// Hosts that may fail before the rest is left alone.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    limit: usize,
}

impl Budget {
    /// Stops once *more than* `share` of `hosts` have failed.
    #[must_use]
    pub const fn new(share: Share, hosts: usize) -> Self {
        Self { limit: share.of(hosts) }
    }

    /// Whether so many failures are too many.
    #[must_use]
    pub const fn is_spent(self, failures: usize) -> bool {
        failures > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(batches: &str, hosts: usize) -> Vec<usize> {
        let batches: Batches = batches.parse().unwrap();
        batches.split((0..hosts).collect()).iter().map(Vec::len).collect()
    }

    #[test]
    fn hosts_are_split_as_asked() {
        assert_eq!(sizes("1,25%,100%", 10), [1, 3, 6]);
        assert_eq!(sizes("1,25%,100%", 1), [1]);
        assert_eq!(sizes("2", 5), [2, 2, 1]);
        assert_eq!(sizes("50%", 3), [2, 1]);
        assert_eq!(sizes("100%", 0), [0_usize; 0]);
        assert_eq!(Batches::default_for(3), "100%".parse().unwrap());
        assert_eq!(Batches::default_for(4), "1,25%,100%".parse().unwrap());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in ["", "0", "0%", "101%", "1,,2", "-1", "a%", "1,0"] {
            assert!(text.parse::<Batches>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_budget_is_spent_by_more_than_its_limit() {
        assert!(Budget::new(Share::Hosts(0), 10).is_spent(1));
        assert!(!Budget::new(Share::Hosts(1), 10).is_spent(1));
        assert!(!Budget::new(Share::Percent(20), 10).is_spent(2));
        assert!(Budget::new(Share::Percent(20), 10).is_spent(3));
    }
}
