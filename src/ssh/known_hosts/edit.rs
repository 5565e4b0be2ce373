//! Adds one line to a `known_hosts` file, and never touches another.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use russh::keys::{PublicKey, PublicKeyOrCertificate};

use super::names::{is_recordable, recorded_name};
use super::{KnownHosts, KnownHostsError, Verdict, read};

const PRIVATE_FILE: u32 = 0o600;
const LOCK_PATIENCE: Duration = Duration::from_secs(30);
const LOCK_PAUSE: Duration = Duration::from_millis(10);
static TEMP_COUNTER: AtomicU64 = AtomicU64::new(0);

/// What [`add`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// The key was written.
    Written {
        /// Its line, from 1.
        line: usize,
    },
    /// The key was there already, perhaps written by another process just now.
    AlreadyThere {
        /// Its line, from 1.
        line: usize,
    },
}

/// Records `key` for `host`, also beside other keys of it: the user has named
/// this very key. Blocks while another process writes the file.
///
/// # Errors
/// A name that cannot be recorded, a key revoked in that file, or a file that
/// cannot be read, locked or written; it is then as it was.
pub fn add(file: &Path, host: &str, port: u16, key: &PublicKey) -> Result<Added, KnownHostsError> {
    record(file, host, port, key, Others::Allowed)
}

/// Records `key` for `host` unless the file holds another key of it, which
/// another process may have written since the caller looked.
///
/// # Errors
/// As [`add`], and [`KnownHostsError::Conflict`] if there is another key.
pub fn add_if_unknown(
    file: &Path,
    host: &str,
    port: u16,
    key: &PublicKey,
) -> Result<Added, KnownHostsError> {
    record(file, host, port, key, Others::Refused)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    Allowed,
    Refused,
}

fn record(
    file: &Path,
    host: &str,
    port: u16,
    key: &PublicKey,
    others: Others,
) -> Result<Added, KnownHostsError> {
    let name = recorded_name(host, port);
    let new_line = render(host, &name, key)?;
    let (lock, target) = lock(file)?;
    let content = read(&target)?.unwrap_or_default();
    let known = KnownHosts::from_bytes(&target, &content)?;
    let offered = PublicKeyOrCertificate::from(key.clone());
    match known.check(host, port, &offered, now()) {
        Verdict::Ok { line, .. } => return Ok(Added::AlreadyThere { line }),
        Verdict::Revoked { file, line } => {
            return Err(KnownHostsError::Revoked { name, file, line });
        }
        Verdict::Changed { file, line, known } if others == Others::Refused => {
            return Err(KnownHostsError::Conflict { name, file, line, known });
        }
        _ => {}
    }
    let (content, line) = append(content, &new_line);
    replace(&target, &lock, &content)
        .map_err(|cause| KnownHostsError::Unwritable { file: target, cause })?;
    Ok(Added::Written { line })
}

/// Only certificates ask for the time, and none is checked here.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn render(host: &str, name: &str, key: &PublicKey) -> Result<String, KnownHostsError> {
    if !is_recordable(host) {
        return Err(KnownHostsError::BadName { name: host.to_owned() });
    }
    // The comment comes from elsewhere and means nothing here.
    let key = PublicKey::from(key.key_data().clone());
    let text = key
        .to_openssh()
        .map_err(|e| KnownHostsError::BadKey { name: name.to_owned(), problem: e.to_string() })?;
    Ok(format!("{name} {}\n", text.trim_end()))
}

/// Puts `line` at the end of `content` and tells its number.
fn append(mut content: Vec<u8>, line: &str) -> (Vec<u8>, usize) {
    if content.last().is_some_and(|byte| *byte != b'\n') {
        content.push(b'\n');
    }
    let number = content.split(|byte| *byte == b'\n').count();
    content.extend_from_slice(line.as_bytes());
    (content, number)
}

/// Opens and locks the file behind `file`, making it if there is none, and
/// tells its path without symlinks, so that a link is kept when it is replaced.
fn lock(file: &Path) -> Result<(File, PathBuf), KnownHostsError> {
    let unwritable = |cause| KnownHostsError::Unwritable { file: file.to_owned(), cause };
    if fs::metadata(file).is_ok_and(|found| !found.is_file()) {
        return Err(KnownHostsError::NotAFile { file: file.to_owned() });
    }
    make_parent(file).map_err(unwritable)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        let (open, target) = open(file).map_err(unwritable)?;
        match open.try_lock() {
            // Whoever held the lock before may have put a new file there.
            Ok(()) if is_same_file(&open, &target) => return Ok((open, target)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(cause)) => return Err(unwritable(cause)),
        }
        if Instant::now() > deadline {
            return Err(KnownHostsError::Locked { file: file.to_owned() });
        }
    }
}

fn make_parent(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)
        }
        _ => Ok(()),
    }
}

fn open(file: &Path) -> io::Result<(File, PathBuf)> {
    let open =
        OpenOptions::new().read(true).append(true).create(true).mode(PRIVATE_FILE).open(file)?;
    Ok((open, fs::canonicalize(file)?))
}

fn is_same_file(open: &File, path: &Path) -> bool {
    match (open.metadata(), fs::metadata(path)) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}

/// Puts a new file with `content` in the place of `target`, at once or not at
/// all, with the owner of `old`.
fn replace(target: &Path, old: &File, content: &[u8]) -> io::Result<()> {
    let directory = target.parent().unwrap_or(Path::new("/"));
    let number = TEMP_COUNTER.fetch_add(1, Ordering::Relaxed);
    let temp = directory.join(format!(".known_hosts.fleet.{}.{number}", std::process::id()));
    let done = write_temp(&temp, old, content)
        .and_then(|()| fs::rename(&temp, target))
        .and_then(|()| File::open(directory)?.sync_all());
    if done.is_err() {
        // After a failed rename it is litter; after a good one it is gone.
        let _ = fs::remove_file(&temp);
    }
    done
}

fn write_temp(temp: &Path, old: &File, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(temp)?;
    let (was, is) = (old.metadata()?, file.metadata()?);
    if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
        fchown(&file, Some(was.uid()), Some(was.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(PRIVATE_FILE))?;
    file.write_all(content)?;
    file.sync_all()
}
