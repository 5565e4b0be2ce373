use super::parse::{Line, line};
use super::{MOST, SAMPLER, Samples};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const FIRST: &str = "disks md2 sda\n\
    100.00 300.00\n\
    some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n\
    full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n\
    MemAvailable:    2000 kB\n\
    0.50 0.40 0.30 1/234 567\n\
    \x20  8       0 sda 100 0 1000 50 200 0 4000 150 0 500 700 0 0 0 0 5 5\n\
    \x20  9       2 md2 10 0 1000 5 20 0 4000 15 0 0 0\n";
const SECOND: &str = "102.00 305.00\n\
    some avg10=0.00 avg60=0.00 avg300=0.00 total=2820000\n\
    full avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n\
    MemAvailable:    1000 kB\n\
    1.25 0.40 0.30 1/234 567\n\
    \x20  8       0 sda 150 0 3000 100 250 0 8000 1050 0 2440 2000 0 0 0 0 5 5\n\
    \x20  9       2 md2 10 0 1000 5 20 0 4000 15 0 0 0\n\
    md2 : active raid1 sda3[0] sdb3[1]\n\
    \x20     [==>..................]  resync = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec\n\
    blocked ext4_sync_file 0::/system.slice/docker.service dockerd\n\
    blocked 0 - name with \x1b[31m blanks\n";

fn samples(chunks: &[(u64, &str)]) -> (Vec<crate::record::Sample>, u64) {
    let mut samples = Samples::new();
    chunks.iter().for_each(|(at, chunk)| samples.take(*at, chunk.as_bytes()));
    let dropped = samples.dropped();
    (samples.finish(), dropped)
}

#[test]
fn counters_become_shares_of_the_time_between() {
    let (samples, dropped) = samples(&[(300, FIRST), (2_100, SECOND)]);
    assert_eq!((samples.len(), dropped), (2, 0));
    let (first, second) = (&samples[0], &samples[1]);
    // The first line came 200 ms later after its moment than the second.
    assert_eq!((first.at, second.at), (100, 2_100));
    assert_eq!((first.io_some, first.memory_available_bytes), (None, Some(2_048_000)));
    assert_eq!((second.io_some, second.io_full, second.load), (Some(910), Some(500), Some(125)));
    let disks: Vec<_> = second
        .disks
        .iter()
        .map(|d| (d.name.as_str(), d.busy, d.await_microseconds, d.read_bytes, d.written_bytes))
        .collect();
    assert_eq!(
        disks,
        [("md2", 0, None, 0, 0), ("sda", 970, Some(9_500), 2_000 * 512, 4_000 * 512)]
    );
    assert_eq!(second.raid, ["md2 resync 12.6%"]);
    assert_eq!(
        second.blocked,
        [
            "dockerd ext4_sync_file 0::/system.slice/docker.service",
            "name with \\u{1b}[31m blanks 0 -"
        ]
    );
}

#[test]
fn lines_of_every_kind_are_told_apart() {
    for (text, expected) in [
        ("1.00 2.00", Some(Line::Uptime(1_000))),
        ("0.01 0.02 0.03 1/2 3", Some(Line::Load(1))),
        ("md127 : active (auto-read-only) raid1 sdb[1]", Some(Line::Array("md127".into()))),
        ("      [>....]  check =  0.3% (1/2) finish=9.9min", Some(Line::Raid("check 0.3%".into()))),
        ("        resync=DELAYED", None),
        ("some avg10=0 total=x", None),
        ("MemAvailable: 99999999999999999999 kB", None),
        ("8 0 sda 1 2 3", None),
        ("", None),
        ("blocked", None),
    ] {
        assert_eq!(line(text), expected, "{text}");
    }
}

#[test]
fn disks_that_nobody_asked_for_and_clocks_that_go_back_are_left_out() {
    let other = "3.00 1.00\n 8 0 sdz 1 0 1 1 1 0 1 1 0 1 1\n2.00 1.00\n";
    let (samples, dropped) = samples(&[(0, "disks sda\n1.00 1.00\n"), (9, other)]);
    assert_eq!((samples.len(), samples[1].disks.len(), dropped), (2, 0, 0));
}

#[test]
fn long_builds_have_fewer_samples_of_longer_times() {
    let mut samples = Samples::new();
    for second in 0..10_000_u64 {
        let up = format!("{second}.00 1.00\nsome x total={}\n", second * 250_000);
        samples.take(second * 1_000, up.as_bytes());
        if second == 4_321 {
            samples.take(second * 1_000, b"blocked a b c\n");
        }
    }
    let samples = samples.finish();
    assert!(samples.len() <= MOST && samples.len() > MOST / 2, "{}", samples.len());
    assert!(samples.iter().skip(1).all(|sample| sample.io_some == Some(250)));
    assert_eq!(samples.iter().filter(|sample| !sample.blocked.is_empty()).count(), 1);
    assert_eq!(samples.last().map(|sample| sample.at), Some(9_999_000));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(chunks: Vec<(u16, Vec<u8>)>) {
        let mut samples = Samples::new();
        chunks.iter().for_each(|(at, chunk)| samples.take(u64::from(*at), chunk));
        drop(samples.finish());
    }

    #[test]
    fn lines_in_any_order_are_read(picks in proptest::collection::vec(0_usize..20, 0..200)) {
        let lines: Vec<&str> = FIRST.lines().chain(SECOND.lines()).collect();
        let mut samples = Samples::new();
        for pick in picks {
            samples.take(1, format!("{}\n", lines[pick % lines.len()]).as_bytes());
        }
        proptest::prop_assert!(samples.finish().len() <= 2);
    }
}

/// A tree like /proc and /sys of a machine whose data root lies on an array of two partitions.
fn machine(folder: &Path) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("proc/uptime", "5.00 5.00\n");
    write("proc/loadavg", "0.10 0.10 0.10 1/99 7\n");
    write("proc/meminfo", "MemTotal: 9 kB\nMemAvailable: 5 kB\nSwapFree: 1 kB\n");
    write(
        "proc/pressure/io",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=3\n",
    );
    write(
        "proc/diskstats",
        "   9 2 md2 1 0 1 1 1 0 1 1 0 1 1\n   8 3 sda3 1 0 1 1 1 0 1 1 0 1 1\n   8 0 sda 1 0 1 1 1 0 1 1 0 1 1\n   8 16 sdb 1 0 1 1 1 0 1 1 0 1 1\n   8 32 sdc 1 0 1 1 1 0 1 1 0 1 1\n",
    );
    write(
        "proc/mdstat",
        "Personalities : [raid1]\nmd2 : active raid1 sda3[0] sdb3[1]\n      292945152 blocks [2/2] [UU]\n      [=>...]  resync = 12.6% (1/2) finish=127.5min\n\nunused devices: <none>\n",
    );
    write("proc/7/task/8/stat", "8 (a ) b) D 1 1\n");
    write("proc/7/task/8/comm", "a ) b\n");
    write("proc/7/task/8/wchan", "ext4_sync_file");
    write("proc/7/task/8/cgroup", "0::/system.slice/docker.service\n");
    write("proc/7/task/9/stat", "9 (c) S 1 1\n");
    for disk in ["sda", "sdb"] {
        write(&format!("sys/devices/{disk}/{disk}3/partition"), "3\n");
    }
    fs::create_dir_all(folder.join("sys/devices/md2/slaves")).unwrap();
    fs::create_dir_all(folder.join("sys/class/block")).unwrap();
    fs::create_dir_all(folder.join("sys/dev/block")).unwrap();
    let link = |to: &str, from: String| {
        std::os::unix::fs::symlink(folder.join(to), folder.join(from)).unwrap();
    };
    for (name, at) in
        [("md2", "md2"), ("sda", "sda"), ("sdb", "sdb"), ("sda3", "sda/sda3"), ("sdb3", "sdb/sdb3")]
    {
        link(&format!("sys/devices/{at}"), format!("sys/class/block/{name}"));
    }
    for (member, at) in [("sda3", "sda/sda3"), ("sdb3", "sdb/sdb3")] {
        link(&format!("sys/devices/{at}"), format!("sys/devices/md2/slaves/{member}"));
    }
    link("sys/devices/md2", "sys/dev/block/9:2".to_owned());
    // Says where any folder lies.
    write("bin/findmnt", "#!/bin/sh\necho '  9:2  '\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.join("bin/findmnt"), mode).unwrap();
}

fn sampler(folder: &Path, limit: u32) -> std::process::Child {
    let shown = folder.display();
    let variables = format!(
        "finish() {{ printf 'finished %s\\n' \"$1\" >&2; exit \"$1\"; }}\n\
         PATH='{shown}/bin':$PATH proc='{shown}/proc' sys='{shown}/sys' root='{shown}' idle=60 limit={limit}\n"
    );
    Command::new("/bin/sh")
        .args(["-c", &format!("{{\n{variables}{SAMPLER}\n}}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn the_program_finds_the_disks_below_an_array_and_blocked_threads() {
    let folder = tempfile::tempdir().unwrap();
    machine(folder.path());
    let mut child = sampler(folder.path(), 1);
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "finished 0\n");
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r"
    disks md2 sda sdb
    5.00 5.00
    some avg10=0.00 avg60=0.00 avg300=0.00 total=7
    full avg10=0.00 avg60=0.00 avg300=0.00 total=3
    MemAvailable: 5 kB
    0.10 0.10 0.10 1/99 7
       9 2 md2 1 0 1 1 1 0 1 1 0 1 1
       8 0 sda 1 0 1 1 1 0 1 1 0 1 1
       8 16 sdb 1 0 1 1 1 0 1 1 0 1 1
    md2 : active raid1 sda3[0] sdb3[1]
          [=>...]  resync = 12.6% (1/2) finish=127.5min
    blocked ext4_sync_file 0::/system.slice/docker.service a ) b
    ");
}

#[test]
fn the_program_ends_when_nobody_listens_any_more() {
    let folder = tempfile::tempdir().unwrap();
    machine(folder.path());
    let mut child = sampler(folder.path(), 3_600);
    child.stdin.take().unwrap().write_all(b"bb").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "finished 0\n");
    assert!(output.stdout.starts_with(b"disks md2 "));
}
