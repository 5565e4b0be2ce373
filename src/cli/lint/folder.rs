//! The build context on this machine's disk, and the atomic writing of a mended file.

use crate::dockerfile::Context;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

/// The most bytes that are read of a script or of `.dockerignore`.
const LIMIT: u64 = 1 << 20;

/// A build context.
pub(super) struct Folder(Option<PathBuf>);

impl Folder {
    pub(super) fn new(root: Option<PathBuf>) -> Self {
        Self(root)
    }

    /// A path inside the folder; what leads out of it is not there.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let stays =
            path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let root = self.0.as_ref()?;
        let full = fs::canonicalize(root.join(path)).ok()?;
        let root = fs::canonicalize(root).ok()?;
        (stays && full.starts_with(root)).then_some(full)
    }

    fn read(&self, path: &str) -> Option<String> {
        let path = self.inside(path).filter(|path| path.is_file())?;
        let mut bytes = Vec::new();
        fs::File::open(path).ok()?.take(LIMIT).read_to_end(&mut bytes).ok()?;
        String::from_utf8(bytes).ok()
    }
}

impl Context for Folder {
    fn script(&self, path: &str) -> Option<String> {
        self.read(path)
    }

    fn ignored(&self) -> Option<String> {
        self.read(".dockerignore")
    }

    fn is_known(&self) -> bool {
        self.0.is_some()
    }

    fn holds(&self, path: &str) -> bool {
        self.inside(path).is_some()
    }
}

/// Puts new bytes in a file's place: either the old file is there or the whole new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // The file behind a link is written, not the link.
    let path = fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".fleet-{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = write(&beside, &path, bytes);
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(beside: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(beside)?;
    file.write_all(bytes)?;
    file.set_permissions(fs::metadata(path)?.permissions())?;
    file.sync_all()?;
    fs::rename(beside, path)
}
