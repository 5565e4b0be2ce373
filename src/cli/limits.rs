//! What this machine and this user allow: open files, a name for the lock, a random end for run names.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Hosts worked on at a time when nobody says otherwise.
const FORKS: usize = 100;

/// Open files per host under way, and for everything else.
const FILES_PER_HOST: u64 = 2;
const FILES_BESIDE: u64 = 40;

/// How long a host's connection is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// As long as the host is worked on.
    WhileWorked,
    /// From its plan to its end, while all others make theirs.
    Throughout,
}

/// How many hosts to work on at a time, lowered where open files would run out.
pub(super) fn forks(asked: Option<u16>, hosts: usize, held: Held, quiet: bool) -> usize {
    let wanted = asked.map_or_else(|| hosts.min(FORKS), usize::from).max(1);
    let needed = files(match held {
        Held::WhileWorked => wanted.min(hosts),
        Held::Throughout => hosts,
    });
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current else { return wanted };
    if current >= needed {
        return wanted;
    }
    let raised = limit.maximum.map_or(needed, |most| most.min(needed));
    let new = Rlimit { current: Some(raised), maximum: limit.maximum };
    let current = if setrlimit(Resource::Nofile, new).is_ok() { raised } else { current };
    let room = current.saturating_sub(FILES_BESIDE) / FILES_PER_HOST;
    let forks = usize::try_from(room).unwrap_or(wanted).clamp(1, wanted);
    if forks < wanted && !quiet {
        super::out::notice(&format!(
            "warning: only {current} files may be open, so {forks} hosts are worked on at a time (raise ulimit -n)\n"
        ));
    }
    forks
}

fn files(hosts: usize) -> u64 {
    u64::try_from(hosts).unwrap_or(u64::MAX).saturating_mul(FILES_PER_HOST) + FILES_BESIDE
}

/// Who runs this, as `user@machine`.
pub(super) fn who() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let user = user.unwrap_or_else(|_| format!("uid {}", rustix::process::getuid().as_raw()));
    let uname = rustix::system::uname();
    let machine = uname.nodename().to_string_lossy();
    crate::human::escape(&format!("{user}@{machine}")).into_owned()
}

/// Sixteen random bits.
pub(super) fn random() -> u16 {
    let mut bytes = [0; 2];
    // Two runs of one second would meet on zero; the history refuses a name that is taken.
    let _ = getrandom::fill(&mut bytes);
    u16::from_ne_bytes(bytes)
}
