//! Reads a file of a host.

use super::session::{Connection, Program, ShellError};
use std::time::Duration;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What there is at a path of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteFile {
    /// A plain file, with what it holds.
    File(Vec<u8>),
    /// Nothing, or nothing that can be seen.
    Absent,
    /// Something that is not read, and why.
    Refused(&'static str),
}

impl Connection {
    /// Reads a plain file of at most `limit` bytes; `root` says whether through sudo.
    ///
    /// # Errors
    /// When the program that reads it did not run to its end.
    pub async fn read_file(
        &self,
        path: &str,
        limit: usize,
        root: bool,
    ) -> Result<RemoteFile, ShellError> {
        let most = (limit + 1).to_string();
        let program = Program {
            body: include_str!("programs/read.sh"),
            variables: &[("path", path), ("limit", &most)],
            root,
        };
        let done = self.run(&program, PATIENCE, limit + 64).await?;
        Ok(read(&done.stdout, limit))
    }
}

fn read(printed: &[u8], limit: usize) -> RemoteFile {
    let end = memchr::memchr(b'\n', printed).unwrap_or(printed.len());
    let (kind, rest) = printed.split_at(end);
    match kind {
        b"file" if rest.len() > limit + 1 => RemoteFile::Refused("is larger than 1 MB"),
        b"file" => RemoteFile::File(rest.get(1..).unwrap_or_default().to_vec()),
        b"absent" => RemoteFile::Absent,
        b"link" => RemoteFile::Refused("is a symbolic link"),
        b"unreadable" => RemoteFile::Refused("cannot be read by this user"),
        _ => RemoteFile::Refused("is not a plain file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_taken_apart() {
        let cases: [(&[u8], RemoteFile); 6] = [
            (b"file\nFROM x\n", RemoteFile::File(b"FROM x\n".to_vec())),
            (b"file\n", RemoteFile::File(Vec::new())),
            (b"file\n0123456789", RemoteFile::Refused("is larger than 1 MB")),
            (b"absent\n", RemoteFile::Absent),
            (b"link\n", RemoteFile::Refused("is a symbolic link")),
            (b"", RemoteFile::Refused("is not a plain file")),
        ];
        for (printed, expected) in cases {
            assert_eq!(read(printed, 9), expected);
        }
    }
}
