//! `fleet push` and `fleet pull`: what stands on a host afterwards, also when it was cut off.

use super::faulty::{Fault, faulty};
use super::support::{Project, Ran, wait_for};
use super::{inside, project, says};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A folder on the host edge that goes with the test.
struct Folder(String);

impl Folder {
    /// A folder that everybody may write to.
    fn new(name: &str) -> Self {
        let path = format!("/var/tmp/fleet-files-{name}-{}", std::process::id());
        assert!(inside("edge", &format!("mkdir -m 0777 '{path}'")).status.success());
        Self(path)
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }

    /// What `ls -A` says of it.
    fn names(&self) -> String {
        says("edge", &format!("ls -A '{}'", self.0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        inside("edge", &format!("rm -rf '{}'", self.0));
    }
}

/// Bytes that no two runs of the generator repeat within a file, and that compress badly.
fn bytes(n: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(n).collect()
}

fn local(project: &Project, name: &str, content: &[u8]) -> PathBuf {
    let path = project.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn push(project: &Project, hosts: &str, name: &str, to: &str, more: &[&str]) -> Ran {
    // Names behind `--` may begin with a dash.
    project.run(&[&["push", "--hosts", hosts], more, &["--", name, to]].concat())
}

fn sha256(host: &str, path: &str) -> String {
    says(host, &format!("sha256sum <'{path}' | cut -d' ' -f1"))
}

fn stat(path: &str) -> String {
    says("edge", &format!("stat -c '%a %U:%G' '{path}'"))
}

#[test]
fn a_file_is_put_once_and_its_mode_and_owner_are_kept() {
    let (project, folder) = (project(""), Folder::new("once"));
    local(&project, "conf", b"first\n");
    let to = folder.at("conf");
    push(&project, "edge-fish", "conf", &to, &["--check"])
        .code(0)
        .says(&["would change", "nothing"]);
    assert_eq!(folder.names(), "");
    push(&project, "edge-fish", "conf", &to, &["--mode", "0640"])
        .code(0)
        .says(&["1 changed", "nothing"]);
    assert_eq!(stat(&to), "640 fish:fish");
    push(&project, "edge-fish", "conf", &to, &[]).code(0).says(&["1 ok", "the same"]);
    push(&project, "edge-fish", "conf", &to, &["--mode", "0600", "--check"])
        .code(0)
        .says(&["would change", "another mode"]);
    assert_eq!(stat(&to), "640 fish:fish");

    inside("edge", &format!("chown root:fish '{to}'"));
    local(&project, "conf", b"second\n");
    push(&project, "edge-fish", "conf", &to, &[]).code(6).says(&["belongs to root", "--become"]);
    push(&project, "edge-fish", "conf", &to, &["--become"]).code(0).says(&["1 changed"]);
    assert_eq!(
        (stat(&to), says("edge", &format!("cat '{to}'"))),
        ("640 root:fish".into(), "second".into())
    );
    push(&project, "edge-fish", "conf", &to, &["--become", "--owner", "csh", "--mode", "4711"])
        .code(0);
    assert_eq!(stat(&to), "4711 csh:fish");
    let ran =
        push(&project, "edge-fish", "conf", &to, &["--become", "--owner", "csh", "--json"]).code(0);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let decision = &value["hosts"][0]["decisions"][0];
    assert_eq!((&decision["rule"], &decision["bytes"]), (&"same".into(), &7.into()));
    assert_eq!(decision["names"][0], format!("sha256:{}", sha256("edge", &to)));
    push(&project, "edge-fish", "conf", &to, &["--become", "--owner", "nosuchuser"])
        .code(3)
        .says(&["invalid user", "--owner"]);
    assert_eq!(folder.names(), "conf");
}

#[test]
fn links_folders_and_names_of_every_kind() {
    let (project, folder) = (project(""), Folder::new("names"));
    inside(
        "edge",
        &format!(
            "cd '{}' && mkdir -m 0777 real && ln -s real/conf link && ln -s nowhere lost && chown -h fish: real && echo old >real/conf && chown fish: real/conf",
            folder.0
        ),
    );
    local(&project, "conf", b"new\n");
    push(&project, "edge-fish", "conf", &folder.at("link"), &[]).code(0);
    assert_eq!(
        says("edge", &format!("readlink '{0}/link'; cat '{0}/real/conf'", folder.0)),
        "real/conf\nnew"
    );
    push(&project, "edge-fish", "conf", &folder.at("real/"), &[]).code(0).says(&["the same"]);
    push(&project, "edge-fish", "conf", &folder.at("lost"), &[])
        .code(6)
        .says(&["cannot be followed"]);
    push(&project, "edge-fish", "conf", &folder.at("no/such"), &[])
        .code(6)
        .says(&["No such file or directory", "--parents"]);
    push(&project, "edge-fish", "conf", &folder.at("no/such"), &["--parents"]).code(0);
    push(&project, "edge-fish", "conf", &folder.at("a\nb"), &[])
        .code(2)
        .says(&["control characters"]);
    push(&project, "edge-fish", "no-such", &folder.at("x"), &[]).code(2).says(&["no-such"]);
    for name in ["two words", "it's \"quoted\" $HOME `id`", "-rf", "zażółć gęślą 日本", "*?[a]"]
    {
        local(&project, name, name.as_bytes());
        push(&project, "edge-fish", name, &folder.0, &[]).code(0).says(&["1 changed"]);
    }
    assert_eq!(folder.names().lines().collect::<Vec<_>>().len(), 4 + 5, "{}", folder.names());
    for name in ["two words", "-rf", "*?[a]"] {
        assert_eq!(says("edge", &format!("cat -- '{}'", folder.at(name))), name);
    }
    // A path that begins with a dash is one at home.
    push(&project, "edge-fish", "conf", "-fleet-files", &[]).code(0);
    assert_eq!(says("edge", "cat ~fish/-fleet-files; rm -f ~fish/-fleet-files"), "new");
}

#[test]
fn login_shells_of_every_kind_take_a_file() {
    let (project, folder) = (project(""), Folder::new("shells"));
    let content = bytes(3 << 20, 3);
    local(&project, "blob", &content);
    for user in ["fish", "csh", "noisy", "busy"] {
        let to = folder.at(user);
        push(&project, &format!("edge-{user}"), "blob", &to, &[]).code(0);
        project.run(&["pull", "--hosts", &format!("edge-{user}"), &to, "got"]).code(0);
        let got = project.path().join(format!("got/edge-{user}/{user}"));
        assert!(fs::read(got).unwrap() == content, "{user}");
    }
    push(&project, "edge-exit0", "blob", &folder.at("exit0"), &[])
        .code(3)
        .says(&["remote shell did not start our script"]);
}

#[test]
fn what_stands_in_the_way_is_told_in_the_hosts_words() {
    let project = project("");
    local(&project, "conf", b"x");
    push(&project, "edge-fish", "conf", "/etc/fleet-files", &[])
        .code(6)
        .says(&["Permission denied", "--become"]);
    push(&project, "edge-pwsudo", "conf", "/etc/fleet-files", &["--become"])
        .code(6)
        .says(&["a password is required", "NOPASSWD"]);
    for place in ["/proc/fleet-files", "/sys/fleet-files"] {
        let ran = push(&project, "edge-fish", "conf", place, &["--become"]);
        assert!([3, 6].contains(&ran.code), "{place}: {ran:?}");
    }
    local(&project, "big", &vec![0; 80 << 20]);
    push(&project, "edge-fish", "big", "/dev/shm/fleet-files-big", &[])
        .code(3)
        .says(&["No space left on device", "fleet cleanup"]);
    assert_eq!(says("edge", "ls -A /dev/shm | grep -c fleet-files"), "0");
    let pull = |path: &str, more: &[&str]| {
        project.run(&[&["pull", "--hosts", "edge-fish", path], more].concat())
    };
    pull("/no/such", &[]).code(6).says(&["No such file or directory"]);
    pull("/etc", &[]).code(6).says(&["Is a directory"]);
    pull("/etc/shadow", &[]).code(6).says(&["Permission denied", "--become"]);
    pull("/dev/null", &[]).code(6).says(&["not a regular file"]);
    pull("/etc/passwd", &["--max-size", "10"]).code(6).says(&["larger than 10 B", "--max-size"]);
}

#[test]
fn a_hundred_megabytes_go_there_and_back() {
    let (project, folder) = (project(""), Folder::new("large"));
    let content = bytes(100 << 20, 7);
    local(&project, "large", &content);
    let to = folder.at("large");
    push(&project, "edge-fish", "large", &to, &[]).code(0);
    project.run(&["pull", "--hosts", "edge-fish", &to, "back/{host}"]).code(0).says(&["1 ok"]);
    assert!(fs::read(project.path().join("back/edge-fish")).unwrap() == content);
}

#[test]
fn what_is_here_is_never_lost_by_a_pull() {
    let (project, folder) = (project(""), Folder::new("pull"));
    let from = folder.at("f");
    inside("edge", &format!("echo theirs >'{from}'; chmod 600 '{from}'"));
    let pull = |more: &[&str]| {
        project.run(&[&["pull", "--become", "--hosts", "edge-fish", &from, "in"], more].concat())
    };
    let here = project.path().join("in/edge-fish/f");
    pull(&["--check"]).code(0).says(&["would fetch"]);
    assert!(!here.exists());
    pull(&[]).code(0).says(&["1 ok", "nothing"]);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&here), mode(here.parent().unwrap())), (0o600, 0o700));
    pull(&[]).code(0).says(&["the same"]);
    fs::write(&here, "mine").unwrap();
    pull(&[]).code(6).says(&["is there and differs", "--force"]);
    assert_eq!(fs::read(&here).unwrap(), b"mine");
    pull(&["--force"]).code(0);
    assert_eq!(fs::read(&here).unwrap(), b"theirs\n");
    // A disk that takes nothing here.
    let full = project.run(&["pull", "--become", "--hosts", "edge-fish", &from, "/proc/{host}"]);
    full.code(3).says(&["on this machine"]);
}

#[test]
fn a_host_that_is_down_keeps_no_other_from_its_file() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = dead.local_addr().unwrap().port();
    drop(dead);
    let project = project(&format!("[hosts.dead]\naddress = \"127.0.0.1\"\nport = {port}\n"));
    let folder = Folder::new("down");
    local(&project, "f", b"x");
    push(&project, "dead,edge-csh", "f", &folder.at("f"), &[])
        .code(4)
        .says(&["1 changed", "1 unreachable"]);
    assert_eq!(folder.names(), "f");
}

#[test]
fn many_names_of_one_machine_get_the_file_and_leave_nothing_else() {
    let project = project("");
    local(&project, "f", &bytes(300_000, 19));
    let folder = format!("/var/tmp/fleet-files-mass-{}", std::process::id());
    let to = format!("{folder}/f");
    push(&project, "127.0.2.[1:30]", "f", &to, &["--parents"]).code(0);
    assert_eq!(says("mass", &format!("ls -A '{folder}'")), "f");
    push(&project, "127.0.2.[1:30]", "f", &to, &[]).code(0).says(&["30 ok"]);
    inside("mass", &format!("rm -rf '{folder}'"));
}

#[test]
fn an_upload_that_is_let_go_leaves_the_old_file() {
    let folder = Folder::new("letgo");
    let to = folder.at("f");
    inside("edge", &format!("echo old >'{to}'; chown fish: '{to}'"));
    let (project, _) = faulty(Fault::Slow);
    local(&project, "f", &bytes(50 << 20, 23));
    let child = project
        .command(&["push", "--accept-new", "--hosts", "faulty", "f", &to])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = format!("find '{}' -name '*.part' -size +1000k | wc -l", folder.0);
    wait_for("the upload to begin", Duration::from_secs(20), || says("edge", &begun) == "1");
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(says("edge", &begun), "1", "the first interrupt ends nothing");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::of(&child.wait_with_output().unwrap());
    ran.code(130).says(&["1 interrupted", "nothing was changed"]);
    assert_eq!(says("edge", &format!("cat '{to}'")), "old");
    wait_for("the host to clean up", Duration::from_secs(20), || folder.names() == "f");
}

#[test]
fn a_cut_upload_leaves_the_old_file_and_nothing_else() {
    let folder = Folder::new("cut");
    let to = folder.at("f");
    for after in [200_000, 3 << 20, 15 << 20] {
        inside("edge", &format!("echo old >'{to}'; chown fish: '{to}'"));
        let (project, connections) = faulty(Fault::CutUp(after));
        local(&project, "f", &bytes(20 << 20, after));
        push(&project, "faulty", "f", &to, &["--accept-new"])
            .code(3)
            .says(&["reached again", "run it again"]);
        assert_eq!(says("edge", &format!("cat '{to}'")), "old");
        wait_for("the host to clean up", Duration::from_secs(20), || folder.names() == "f");
        assert_eq!(connections.load(Ordering::SeqCst), 2);
        push(&project, "faulty", "f", &to, &[]).code(0).says(&["1 changed"]);
    }
}

#[test]
fn an_upload_whose_answer_was_lost_is_settled_by_its_digest() {
    let folder = Folder::new("deaf");
    let to = folder.at("f");
    let (project, connections) = faulty(Fault::Deafen(20 << 20));
    local(&project, "f", &bytes(20 << 20, 11));
    push(&project, "faulty", "f", &to, &["--accept-new"]).code(0).says(&["1 changed"]);
    assert_eq!(connections.load(Ordering::SeqCst), 2, "the answer was not lost");
    assert_eq!(folder.names(), "f");
    push(&project, "faulty", "f", &to, &[]).code(0).says(&["the same"]);
}

#[test]
fn a_cut_download_is_tried_once_more() {
    let folder = Folder::new("down2");
    let from = folder.at("f");
    inside("edge", &format!("head -c 20000000 /dev/urandom >'{from}'; chmod 644 '{from}'"));
    let (project, connections) = faulty(Fault::CutDown(5 << 20));
    project
        .run(&["pull", "--accept-new", "--hosts", "faulty", &from, "{host}.bin"])
        .code(0)
        .says(&["1 ok"]);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    assert_eq!(fs::metadata(project.path().join("faulty.bin")).unwrap().len(), 20_000_000);
    let parts = fs::read_dir(project.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
    assert_eq!(parts.count(), 0);
}

#[test]
fn what_a_killed_host_side_left_is_removed_by_the_next_run() {
    let folder = Folder::new("killed");
    let to = folder.at("f");
    inside("edge", &format!("echo old >'{to}'; chown fish: '{to}'"));
    let (project, _) = faulty(Fault::Stall(4 << 20));
    local(&project, "f", &bytes(20 << 20, 13));
    let mut child = project
        .command(&["push", "--accept-new", "--hosts", "faulty", "f", &to])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = format!("find '{}' -name '*.part' -size +1000k | wc -l", folder.0);
    wait_for("the upload to begin", Duration::from_secs(20), || says("edge", &begun) == "1");
    // Everything on the host that has the file open, at once, as a crash would.
    let script = format!(
        "for p in /proc/[0-9]*; do ls -l $p/fd 2>/dev/null | grep -q {}/.f.fleet && echo ${{p#/proc/}}; done | xargs kill -9",
        folder.0
    );
    let user = "setpriv --reuid fish --regid fish --clear-groups";
    assert!(inside("edge", &format!("{user} sh -c '{script}'")).status.success());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(folder.names().contains(".part"), "{}", folder.names());
    assert_eq!(says("edge", &format!("cat '{to}'")), "old");
    push(&project, "edge-fish", "f", &to, &[]).code(0).says(&["1 changed"]);
    assert_eq!(folder.names(), "f");
}

/// The loader and the program in a shell and with tools that read ahead.
#[test]
fn the_program_takes_every_byte_in_busybox_too() {
    const PUT: &str = concat!(
        include_str!("../../src/steps/files/programs/resolve.sh"),
        include_str!("../../src/steps/files/programs/put.sh")
    );
    let folder = Folder::new("busybox");
    let content = bytes(3 << 20, 17);
    let source = tempfile::NamedTempFile::new().unwrap();
    fs::write(source.path(), &content).unwrap();
    let sum = std::process::Command::new("sha256sum").arg(source.path()).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let program = format!(
        "{{\nfinish() {{ exit \"$1\"; }}\npath='{}' name=x size={} sum={} mode= fresh=640 owner=fish parents=1 token=0123456789abcdef idle=60\n{PUT}\n}}\n",
        folder.at("a/b"),
        content.len(),
        &sum[..64]
    );
    let tools = folder.at("tools");
    let shell = format!(
        "mkdir {tools}; busybox --install -s {tools}; PATH={tools} exec busybox sh -c 'IFS= read -r n; s=$(head -c \"$n\"); eval \"$s\"'"
    );
    let mut child = std::process::Command::new("docker")
        .args(["exec", "-i", "fleet-lab-edge", "sh", "-c", &shell])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    write!(stdin, "{}\n{program}", program.len()).unwrap();
    let mut ready = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    stdin.write_all(&content).unwrap();
    drop(stdin);
    assert_eq!((ready, child.wait().unwrap().code()), (*b"r", Some(0)));
    assert_eq!(sha256("edge", &folder.at("a/b")), sum[..64]);
    assert_eq!(stat(&folder.at("a/b")), "640 fish:root");
    assert_eq!(says("edge", &format!("ls -A '{}'", folder.at("a"))), "b");
}
