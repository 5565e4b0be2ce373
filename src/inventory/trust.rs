//! Whether a file may be believed: who owns it, and who else could have written it.

use super::check::Fault;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// How the inventory was chosen, which decides what must be true of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It was found by walking up from the current folder: its files and folder must belong
    /// to the current user or root, and nobody else may be able to write them.
    Found,
    /// The user named it: it may belong to anybody, but only its owner may be able to write it.
    /// A program that is to be run must belong to the current user or root even so.
    Named,
}

/// The user and group of this process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Me {
    uid: u32,
    gid: u32,
}

impl Me {
    /// Asks the kernel.
    pub(super) fn ask() -> Result<Self, Fault> {
        std::fs::metadata("/proc/self").map(|me| Self { uid: me.uid(), gid: me.gid() }).map_err(
            |error| {
                Fault::new(
                    format!("cannot tell who runs this program: /proc/self: {error}"),
                    "mount /proc; without it no inventory file can be trusted",
                )
            },
        )
    }

    /// Refuses what somebody else could have written.
    pub(super) fn check(self, path: &Path, meta: &Metadata, owned: bool) -> Result<(), Fault> {
        let (uid, gid, mode) = (meta.uid(), meta.gid(), meta.mode());
        let quoted = quote(path);
        if owned && uid != self.uid && uid != 0 {
            return Err(Fault::new(
                format!("belongs to user {uid}, neither to you nor to root"),
                format!("if you trust it: chown {} {quoted}", self.uid),
            ));
        }
        if mode & 0o002 != 0 {
            return Err(Fault::new("can be written by everybody", format!("chmod go-w {quoted}")));
        }
        if mode & 0o020 != 0 && gid != self.gid && gid != 0 {
            return Err(Fault::new(
                format!("can be written by group {gid}, which is not your own"),
                format!("chmod g-w {quoted}"),
            ));
        }
        Ok(())
    }
}

/// A path as a shell would need it.
fn quote(path: &Path) -> String {
    let text = path.to_string_lossy();
    shlex::try_quote(&text).map_or_else(|_| text.to_string(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt as _, chown};

    /// The answer for a file of this mode and, where the tests may change them, owner and group.
    fn verdict(me: Me, mode: u32, owned: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts.toml");
        let file = File::create(&path).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        match me.check(&path, &file.metadata().unwrap(), owned) {
            Ok(()) => "fine".into(),
            Err(fault) => {
                let help = fault.help.replace(&folder.path().display().to_string(), "DIR");
                format!("{}: {help}", fault.message)
            }
        }
    }

    #[test]
    fn modes() {
        let me = Me::ask().unwrap();
        for fine in [0o600, 0o644, 0o755, 0o664, 0o444] {
            assert_eq!(verdict(me, fine, true), "fine", "{fine:o}");
        }
        let expected = "can be written by everybody: chmod go-w DIR/hosts.toml";
        assert_eq!(verdict(me, 0o666, true), expected);
        assert_eq!(verdict(me, 0o602, false), expected);
    }

    #[test]
    fn owners_and_groups() {
        let me = Me::ask().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's.toml");
        let file = File::create(&path).unwrap();
        set_permissions(&path, Permissions::from_mode(0o664)).unwrap();
        if me.uid != 0 {
            // Only root gives files away; the rule is then tried from a stranger's side.
            let stranger = Me { uid: me.uid + 1, gid: me.gid + 1 };
            assert!(stranger.check(&path, &file.metadata().unwrap(), true).is_err());
            return;
        }
        chown(&path, Some(4321), Some(4321)).unwrap();
        let meta = file.metadata().unwrap();
        let fault = me.check(&path, &meta, true).unwrap_err();
        assert_eq!(fault.message, "belongs to user 4321, neither to you nor to root");
        let fault = me.check(&path, &meta, false).unwrap_err();
        assert_eq!(fault.message, "can be written by group 4321, which is not your own");
        assert!(fault.help.starts_with("chmod g-w \""), "{}", fault.help);
    }
}
