//! Writes files on this machine: whole or not at all, and over nothing that the user would miss.

use super::fault::Fault;
use crate::template::File;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Writes all of them, or none when one is there and differs. Tells of each what became of it.
pub(super) fn all<'f>(
    files: &'f [(PathBuf, &File)],
    force: bool,
) -> Result<Vec<(&'f Path, &'static str)>, Fault> {
    let mut work = Vec::new();
    let mut differing = Vec::new();
    for (path, file) in files {
        match state(path, file).map_err(|e| wrong(path, &e))? {
            State::Same => work.push((path.as_path(), file, "unchanged")),
            State::Absent => work.push((path.as_path(), file, "wrote")),
            State::Differs if force => work.push((path.as_path(), file, "overwrote")),
            State::Differs => differing.push(path.display().to_string()),
        }
    }
    if !differing.is_empty() {
        return Err(Fault::usage(format!("{} differs; nothing was written", differing.join(", ")))
            .hint("look at it with fleet diff, then add --force"));
    }
    for (path, file, put) in &work {
        if *put != "unchanged" {
            write(path, file).map_err(|e| wrong(path, &e))?;
        }
    }
    Ok(work.into_iter().map(|(path, _, put)| (path, put)).collect())
}

enum State {
    Same,
    Absent,
    Differs,
}

fn state(path: &Path, file: &File) -> io::Result<State> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
        Err(error) => return Err(error),
    };
    if !meta.is_file() {
        return Err(io::Error::other("is there and is not a plain file"));
    }
    let mode = !file.executable || meta.permissions().mode() & 0o100 != 0;
    let same = meta.len() == file.text.len() as u64 && fs::read(path)? == file.text.as_bytes();
    Ok(if same && mode { State::Same } else { State::Differs })
}

/// Writes a file that its owner alone may read, over a plain file where one is there.
pub(super) fn over(path: &Path, text: &str) -> Result<(), Fault> {
    let plain = match fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => Err(io::Error::other("is there and is not a plain file")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    plain.and_then(|()| put(path, text, 0o600)).map_err(|e| wrong(path, &e))
}

fn write(path: &Path, file: &File) -> io::Result<()> {
    put(path, &file.text, if file.executable { 0o777 } else { 0o666 })
}

/// A reader sees the old file or the new one, never half of it.
fn put(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut new| new.write_all(text.as_bytes()).and_then(|()| new.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn wrong(path: &Path, error: &io::Error) -> Fault {
    Fault::usage(format!("{}: {error}", path.display()))
}
