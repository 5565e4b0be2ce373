//! Files of the app's folder, read within limits; what leads out of the folder is not read.

use super::error::ScanError;
use super::found::Problem;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

/// The most bytes of one file.
const LARGEST: u64 = 4 << 20;

/// The most entries of one folder that are looked at.
const MOST: usize = 1000;

/// The folder, by its true path.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, ScanError> {
        let root = fs::canonicalize(path).and_then(|root| {
            if root.is_dir() { Ok(root) } else { Err(io::ErrorKind::NotADirectory.into()) }
        });
        let root = root.map_err(|reason| ScanError::Folder { path: path.to_owned(), reason })?;
        Ok(Self { root })
    }

    /// Its own name.
    pub(super) fn name(&self) -> String {
        self.root.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether a path inside it leads to something inside it.
    pub(super) fn has(&self, path: &str) -> bool {
        matches!(self.inside(path), Ok(Some(_)))
    }

    /// The text of a file; `None` where there is none.
    pub(super) fn text(&self, path: &str) -> Result<Option<String>, Problem> {
        let wrong = |reason: String| Problem::new(path, reason);
        let Some(full) = self.inside(path).map_err(wrong)? else { return Ok(None) };
        // Opening a pipe would wait for ever.
        if !full.is_file() {
            return Err(wrong("is not a plain file".into()));
        }
        let mut bytes = Vec::new();
        fs::File::open(full)
            .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
            .map_err(|error| wrong(error.to_string()))?;
        if bytes.len() as u64 > LARGEST {
            return Err(wrong("is larger than 4 MB".into()));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = memchr::memchr_iter(b'\n', &error.as_bytes()[..valid]).count() + 1;
            wrong("is not UTF-8".into()).line(line)
        })?;
        let plain = text.strip_prefix('\u{feff}').map(str::to_owned);
        Ok(Some(plain.unwrap_or(text)))
    }

    /// Whether a folder in it holds a file whose name ends so.
    pub(super) fn has_files(&self, path: &str, ending: &str) -> bool {
        let Ok(Some(full)) = self.inside(path) else { return false };
        let entries = fs::read_dir(full).into_iter().flatten().take(MOST).flatten();
        entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().ends_with(ending))
    }

    /// The true path of what lies at a path, if anything does, and inside.
    fn inside(&self, path: &str) -> Result<Option<PathBuf>, String> {
        let parts = || Path::new(path).components();
        if !parts().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err("leads out of the app's folder".into());
        }
        match fs::canonicalize(self.root.join(path)) {
            Ok(full) if full.starts_with(&self.root) => Ok(Some(full)),
            Ok(_) => Err("is a link that leads out of the app's folder".into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}
