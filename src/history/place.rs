//! Where the history lies, and whether that place can be trusted.

use super::{FILE, HistoryError};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The folder of the history: `.fleet` in the project folder where that can be written,
/// else the user's state folder. `.fleet` is made here, since only making it proves that
/// it can be made.
#[must_use]
pub fn folder(project: Option<&Path>) -> PathBuf {
    if let Some(project) = project {
        let beside = project.join(".fleet");
        if fs::symlink_metadata(&beside).is_ok() || make(&beside).is_ok() {
            return beside;
        }
    }
    state_folder(std::env::var_os("XDG_STATE_HOME").map(PathBuf::from), std::env::home_dir())
}

/// The specification of the base directories says that a relative one is to be ignored.
fn state_folder(xdg: Option<PathBuf>, home: Option<PathBuf>) -> PathBuf {
    xdg.filter(|path| path.is_absolute())
        .or_else(|| home.map(|home| home.join(".local/state")))
        .unwrap_or_else(|| PathBuf::from("/var/tmp"))
        .join("fleet")
}

/// Makes the folder 0700, with a `.gitignore` since it often lies in a repository and
/// holds the output of commands.
fn make(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)?;
    let ignore = folder.join(".gitignore");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(ignore)?;
    file.write_all(b"*\n")
}

/// Makes folder and file where they are missing, refuses those that are not ours, and
/// returns the file's path without symbolic links in it.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, HistoryError> {
    if fs::symlink_metadata(folder).is_err() {
        if let Some(parent) = folder.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(parent)
                .map_err(|e| HistoryError::io(parent, &e))?;
        }
        match make(folder) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => {
                return Err(HistoryError::io(folder, &e));
            }
            _ => {}
        }
    }
    let file = trusted(folder)?;
    // The mode is given at creation: a file that is made first and closed off later was
    // open for a moment.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(HistoryError::io(&file, &e)),
        _ => {
            plain_file(&file)?;
            Ok(file)
        }
    }
}

/// The file's path when it is there and can be trusted; `None` when there is none.
pub(super) fn existing(folder: &Path) -> Result<Option<PathBuf>, HistoryError> {
    if fs::symlink_metadata(folder.join(FILE)).is_err_and(|e| e.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let file = trusted(folder)?;
    plain_file(&file)?;
    Ok(Some(file))
}

fn trusted(folder: &Path) -> Result<PathBuf, HistoryError> {
    let meta = fs::symlink_metadata(folder).map_err(|e| HistoryError::io(folder, &e))?;
    if meta.is_symlink() {
        return Err(HistoryError::refused(folder, "it is a symbolic link"));
    }
    if !meta.is_dir() {
        return Err(HistoryError::refused(folder, "it is not a folder"));
    }
    let own = own_uid(folder).map_err(|e| HistoryError::io(folder, &e))?;
    if meta.uid() != own {
        let reason = format!("it belongs to user {}, not to you ({own})", meta.uid());
        return Err(HistoryError::refused(folder, reason));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(HistoryError::refused(folder, "others may write in it"));
    }
    // Links further up (a home that is a link) are the user's own affair.
    let real = folder.canonicalize().map_err(|e| HistoryError::io(folder, &e))?;
    Ok(real.join(FILE))
}

/// Our own user: the owner of a file that we just made.
fn own_uid(folder: &Path) -> std::io::Result<u32> {
    let probe =
        folder.join(format!(".owner-{}-{:?}", std::process::id(), std::thread::current().id()));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe)?;
    let uid = file.metadata().map(|meta| meta.uid());
    fs::remove_file(&probe)?;
    uid
}

fn plain_file(file: &Path) -> Result<(), HistoryError> {
    let meta = fs::symlink_metadata(file).map_err(|e| HistoryError::io(file, &e))?;
    if meta.is_file() { Ok(()) } else { Err(HistoryError::refused(file, "it is not a plain file")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_state_folder_is_ignored() {
        let home = || Some(PathBuf::from("/home/u"));
        let cases = [
            (Some("/state"), home(), "/state/fleet"),
            (Some("state"), home(), "/home/u/.local/state/fleet"),
            (None, home(), "/home/u/.local/state/fleet"),
        ];
        for (xdg, home, want) in cases {
            assert_eq!(state_folder(xdg.map(PathBuf::from), home), PathBuf::from(want));
        }
    }
}
