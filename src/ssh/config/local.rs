//! What the resolver has to know of the machine and user it runs for.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The local side of tokens such as `%u` and of `Match localuser`.
#[derive(Clone, Debug)]
pub struct Local {
    /// The user's login name.
    pub user: String,
    /// The user's numeric ID.
    pub uid: u32,
    /// The user's home directory.
    pub home: PathBuf,
    /// This machine's name, with its domain if it has one.
    pub hostname: String,
    /// The environment, for `${NAME}`.
    pub env: BTreeMap<String, String>,
}

impl Local {
    /// Looks it up. Like OpenSSH, the account database counts more than the
    /// environment; what neither tells is left empty.
    #[must_use]
    pub fn detect() -> Self {
        let env: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = std::env::home_dir().unwrap_or_default();
        // /proc/self belongs to the effective user; elsewhere a home does.
        let uid = fs::metadata("/proc/self")
            .or_else(|_| fs::metadata(&home))
            .map_or(u32::MAX, |found| found.uid());
        let (user, home) = account(uid).unwrap_or_else(|| {
            let named = |name| env.get(name).cloned();
            (named("USER").or_else(|| named("LOGNAME")).unwrap_or_default(), home)
        });
        let hostname = ["/proc/sys/kernel/hostname", "/etc/hostname"]
            .iter()
            .find_map(|file| fs::read_to_string(file).ok())
            .map(|name| name.trim().to_owned())
            .unwrap_or_default();
        Self { user, uid, home, hostname, env }
    }
}

fn account(uid: u32) -> Option<(String, PathBuf)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [user, _, id, _, _, home, ..] = fields[..] else {
            return None;
        };
        (id.parse() == Ok(uid)).then(|| (user.to_owned(), PathBuf::from(home)))
    })
}
