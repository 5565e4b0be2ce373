//! A file on this machine that appears whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};

/// Bytes gathered before they are written: each write crosses to another thread.
const BUFFER: usize = 1 << 20;

/// A file under way, beside its final place under a name that nobody guesses, for its owner
/// alone. Dropping it removes it.
pub(crate) struct Landing {
    file: BufWriter<tokio::fs::File>,
    part: Part,
    to: PathBuf,
}

struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // Gone is what is wanted; where it cannot be removed nobody can be told.
        let _ = fs::remove_file(&self.0);
    }
}

impl Landing {
    /// Begins a file that is to stand at `to`. Folders that are missing are made, for their
    /// owner alone.
    ///
    /// # Errors
    /// When no file can be made there.
    pub(crate) async fn begin(to: &Path) -> io::Result<Self> {
        let to = to.to_owned();
        blocking(move || {
            let name = to.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
            let folder = folder(&to);
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let token = crate::ssh::loader::nonce();
            let path = folder.join(format!(".{name}.fleet-{}.part", &token[..16]));
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            let file = BufWriter::with_capacity(BUFFER, tokio::fs::File::from_std(file));
            Ok(Self { file, part: Part(path), to })
        })
        .await
    }

    /// Where its bytes go.
    pub(crate) fn writer(&mut self) -> &mut (impl AsyncWrite + Unpin + Send + use<>) {
        &mut self.file
    }

    /// Puts the file in its place, on the disk. Without `replace` it never takes the place
    /// of another one.
    ///
    /// # Errors
    /// When it cannot be written out, or something else stands there.
    pub(crate) async fn finish(mut self, replace: bool) -> io::Result<()> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        let Self { part, to, .. } = self;
        blocking(move || {
            if replace {
                fs::rename(&part.0, &to)?;
            } else {
                publish(&part.0, &to)?;
            }
            fs::File::open(folder(&to))?.sync_all()
        })
        .await
    }
}

/// Gives a file its name unless that is taken, in one step where the file system can.
fn publish(part: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(part, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            if fs::symlink_metadata(to).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(part, to)
        }
        done => done,
    }
}

fn folder(of: &Path) -> &Path {
    of.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    async fn land(to: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
        let mut landing = Landing::begin(to).await?;
        landing.writer().write_all(bytes).await?;
        landing.finish(replace).await
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_file_appears_whole_for_its_owner_and_leaves_nothing_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let to = root.path().join("web1/app.log");
        let mut landing = Landing::begin(&to).await.unwrap();
        landing.writer().write_all(b"half").await.unwrap();
        assert!(!to.exists());
        drop(landing);
        assert_eq!(names(to.parent().unwrap()), [""; 0]);

        land(&to, b"whole", false).await.unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"whole");
        assert_eq!(names(to.parent().unwrap()), ["app.log"]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&to), mode(to.parent().unwrap())), (0o600, 0o700));
    }

    #[tokio::test]
    async fn another_file_is_replaced_only_when_told_to() {
        let root = tempfile::tempdir().unwrap();
        let to = root.path().join("f");
        fs::write(&to, b"old").unwrap();
        let error = land(&to, b"new", false).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&to).unwrap(), b"old");
        land(&to, b"new", true).await.unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"new");
        assert_eq!(names(root.path()), ["f"]);
    }
}
