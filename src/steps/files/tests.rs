//! The programs themselves, in this machine's own `/bin/sh`, as the loader would run them.

use super::push::{LOOK, PUT, SETTLE};
use crate::ssh::hex;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

const TOKEN: &str = "0123456789abcdef";

struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs a program on `path` with `payload` on its stdin, of which `promised` was said.
fn run(program: &str, path: &str, payload: &[u8], promised: &[u8], extra: &str) -> Ended {
    let sum = hex(&Sha256::digest(promised));
    let size = promised.len();
    let path = shlex::try_quote(path).unwrap();
    let text = format!(
        "finish() {{ exit \"$1\"; }}\npath={path} name='it is' size={size} sum={sum} mode= fresh=640 owner= parents= \
         token={TOKEN} idle=60\n{extra}\n{program}"
    );
    let mut child = Command::new("/bin/sh")
        .args(["-c", &text])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses reads nothing: its pipe breaks.
    let _ = child.stdin.take().unwrap().write_all(payload);
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn put(path: &Path, payload: &[u8], extra: &str) -> Ended {
    run(PUT, path.to_str().unwrap(), payload, payload, extra)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_file_gets_in_its_place_with_the_mode_that_is_wanted() {
    let root = tempfile::tempdir().unwrap();
    let to = root.path().join("a 'b\" -c [x]*");
    let ended = put(&to, b"one", "");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!((fs::read(&to).unwrap().as_slice(), mode(&to)), (&b"one"[..], 0o640));

    fs::set_permissions(&to, fs::Permissions::from_mode(0o4711)).unwrap();
    let before = fs::metadata(&to).unwrap();
    assert_eq!(put(&to, &vec![7; 3 << 20], "").code, 0);
    let after = fs::metadata(&to).unwrap();
    assert_eq!((after.len(), mode(&to)), (3 << 20, 0o4711), "the mode is kept");
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    assert_ne!(after.ino(), before.ino(), "it was written over, not replaced");

    assert_eq!(put(&to, b"", "mode=600").code, 0);
    assert_eq!((fs::read(&to).unwrap().len(), mode(&to)), (0, 0o600));
    assert_eq!(names(root.path()).len(), 1, "nothing is left beside it");
}

#[test]
fn links_and_folders_lead_to_the_file_that_is_meant() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir(at("real")).unwrap();
    fs::write(at("real/conf"), b"old").unwrap();
    symlink("real/conf", at("link")).unwrap();
    symlink("real", at("folder")).unwrap();
    assert_eq!(put(&at("link"), b"new", "").code, 0);
    assert_eq!(fs::read(at("real/conf")).unwrap(), b"new");
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert_eq!(put(&at("folder"), b"x", "").code, 0);
    assert_eq!(put(&at("real/"), b"y", "").code, 0);
    assert_eq!(names(&at("real")), ["conf", "it is"]);
    assert_eq!(fs::read(at("real/it is")).unwrap(), b"y");

    symlink("nowhere", at("dangling")).unwrap();
    symlink("/dev/null", at("device")).unwrap();
    fs::create_dir_all(at("deep/it is")).unwrap();
    for (to, words) in [
        ("dangling", "cannot be followed"),
        ("device", "not a regular file"),
        ("deep", "Is a directory"),
        ("missing/x", "No such file or directory"),
        ("missing/", "No such file or directory"),
    ] {
        // Looking and putting agree.
        for program in [LOOK, PUT] {
            let path = format!("{}/{to}", root.path().display());
            let ended = run(program, &path, b"z", b"z", "");
            assert_eq!(ended.code, 20, "{to}: {}", ended.stderr);
            assert!(ended.stderr.contains(words), "{to}: {}", ended.stderr);
        }
    }
    assert_eq!(put(&at("missing/er/x"), b"z", "parents=1").code, 0);
    assert_eq!(
        (fs::read(at("missing/er/x")).unwrap().as_slice(), mode(&at("missing"))),
        (&b"z"[..], 0o755)
    );
}

#[test]
fn what_does_not_come_whole_changes_nothing_and_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let to = root.path().join("f");
    fs::write(&to, b"old").unwrap();
    for (payload, code) in
        [(&b""[..], 22), (b"short", 22), (b"longer than was said", 22), (b"other bytes!", 23)]
    {
        let ended = run(PUT, to.to_str().unwrap(), payload, b"said before.", "");
        assert_eq!(ended.code, code, "{}", ended.stderr);
        assert_eq!(fs::read(&to).unwrap(), b"old");
        assert_eq!(names(root.path()), ["f"]);
    }
    let ended = put(&to, b"new", "owner=nobody-has-this-name");
    assert_eq!((ended.code, names(root.path()).len()), (21, 1), "{}", ended.stderr);
    assert!(ended.stderr.contains("invalid user"), "{}", ended.stderr);
}

#[test]
fn what_a_cut_left_is_removed_unless_somebody_is_at_it() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    for name in [
        ".f.fleet-00000000000000aa.part",
        ".f.fleet-00000000000000bb.part",
        ".f.fleet-notours0000000bb.part",
        ".f.fleet-00aa.part",
        ".g.fleet-00000000000000aa.part",
    ] {
        fs::write(at(name), b"half").unwrap();
    }
    fs::write(at(".f.fleet-00000000000000cc.part"), b"").unwrap();
    let old = fs::File::create(at(".f.fleet-00000000000000dd.part")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let mut busy = Command::new("flock")
        .arg(at(".f.fleet-00000000000000bb.part"))
        .args(["sh", "-c", "echo held; read line"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = [0; 5];
    std::io::Read::read_exact(busy.stdout.as_mut().unwrap(), &mut held).unwrap();
    assert_eq!(put(&at("f"), b"new", "").code, 0);
    drop(busy.stdin.take());
    busy.wait().unwrap();
    assert_eq!(
        names(root.path()),
        [
            ".f.fleet-00000000000000bb.part",
            ".f.fleet-00000000000000cc.part",
            ".f.fleet-00aa.part",
            ".f.fleet-notours0000000bb.part",
            ".g.fleet-00000000000000aa.part",
            "f"
        ]
    );
}

#[test]
fn a_name_that_is_taken_is_never_written_through() {
    let root = tempfile::tempdir().unwrap();
    let (to, victim) = (root.path().join("f"), root.path().join("victim"));
    fs::write(&victim, b"precious").unwrap();
    symlink(&victim, root.path().join(format!(".f.fleet-{TOKEN}.part"))).unwrap();
    let ended = put(&to, b"new", "");
    assert_eq!(ended.code, 21, "{}", ended.stderr);
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(!to.exists());
}

#[test]
fn looking_and_settling_tell_the_digest() {
    let root = tempfile::tempdir().unwrap();
    let to = root.path().join("f");
    let path = to.to_str().unwrap();
    let looked = run(LOOK, path, b"", b"abc", "");
    assert!(looked.code == 0 && !looked.stdout.contains("size="), "{}", looked.stdout);
    assert_eq!(run(SETTLE, path, b"", b"abc", "").stdout, "");
    fs::write(&to, b"abc").unwrap();
    let sum = format!("sum={}\n", hex(&Sha256::digest(b"abc")));
    assert!(run(LOOK, path, b"", b"abc", "").stdout.contains(&sum));
    assert_eq!(run(SETTLE, path, b"", b"abc", "").stdout, sum);
    let other = run(LOOK, path, b"", b"other size", "").stdout;
    assert!(other.contains("size=3\n") && !other.contains("sum="), "{other}");
}

#[test]
fn a_host_that_stops_sending_is_given_up_and_cleaned() {
    let root = tempfile::tempdir().unwrap();
    let to = root.path().join("f");
    let mut child = Command::new("/bin/sh")
        .args(["-c", &format!(
            "finish() {{ exit \"$1\"; }}\npath={} name=x size=9 sum=0 mode= fresh=600 owner= parents= token={TOKEN} idle=1\n{PUT}",
            to.display()
        )])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(b"half").unwrap();
    // The pipe stays open and nothing more comes.
    assert_eq!(child.wait().unwrap().code(), Some(21));
    assert_eq!(names(root.path()), [""; 0]);
    drop(pipe);
}
