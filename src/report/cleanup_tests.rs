//! What the report of a cleanup with all its phases looks like.

use super::cleanup_fixtures::ALL;
use super::fixtures::{Build, GB};
use super::*;
use crate::record::{ActionResult, Moment, Outcome, Run, Verdict};
use insta::assert_snapshot;

const VIEW: View = View { width: 80, color: false, verbose: false };

fn terminal(run: &Run) -> String {
    (format("terminal").unwrap().render)(run, &VIEW)
}

fn engine(b: &mut Build, host: &str, version: &str, containerd: bool, free: u64) {
    b.probe(host, version, containerd).measure(host, Moment::Before, Some(free), Some(30 * GB));
}

/// Three hosts of which the last has the containerd store.
fn three() -> Build {
    let mut b = Build::new("cleanup", &["bookworm", "trixie", "forky"]);
    for (host, version, containerd, factor) in [
        ("bookworm", "20.10.24+dfsg1", false, 1),
        ("trixie", "26.1.5+dfsg1", false, 2),
        ("forky", "28.5.2+dfsg4", true, 1),
    ] {
        engine(&mut b, host, version, containerd, 41_200_000_000);
        let lots = if host == "trixie" { &ALL[..13] } else { ALL };
        b.find_all(host, lots, factor);
    }
    b
}

fn after(b: &mut Build, host: &str, gained: u64, layers: u64) {
    b.measure(host, Moment::After, Some(41_200_000_000 + gained), Some(30 * GB - layers));
}

#[test]
fn a_plan_is_one_row_per_phase() {
    assert_snapshot!(plan(&three().going_on(), &VIEW), @r#"
    3 hosts of 5, selected by "hetzner": bookworm,trixie,forky

                           bookworm        trixie        forky         fleet
    Docker                 20.10.24        26.1.5       28.5.2
    store                  overlay2      overlay2   containerd
    free / size          41.2/80 GB    41.2/80 GB   41.2/80 GB
    stopped containers   14  1.1 GB   14   2.2 GB   14  1.1 GB   42   4.5 GB
    dangling images       9  6.3 GB    9  12.6 GB    9  6.3 GB   27  25.2 GB
    build cache         120    6 GB  120    12 GB  120    6 GB  360    24 GB
    volumes               0            0             0            0
    networks              1            0             1            2
    reclaims                13.4 GB       26.8 GB      13.4 GB       53.7 GB

    stays
    stopped containers  15 for Kamal's rollback ·
                        3 whose anonymous volume holds data ·
                        3 that wrote much (only by --containers), 3.6 GB ·
                        9 younger than 24 h, 108 MB · 6 running
    dangling images     18 that other images are built on ·
                        6 in use by a container, 3.2 GB
    build cache         6 kept between builds, used in the last 7 d, 2.4 GB ·
                        24 younger than 24 h, 640 MB
    volumes             4 unused (only by --volumes), 24 GB ·
                        6 anonymous (only by --anonymous-volumes) ·
                        4 in use by a container, 36 GB
    networks            4 declared by Compose or Kamal
    "#);
}

#[test]
fn a_plan_of_one_host_has_no_total() {
    let mut b = Build::new("cleanup", &["fsn1-build"]);
    engine(&mut b, "fsn1-build", "26.1.5+dfsg1", false, 41_200_000_000);
    b.find_all("fsn1-build", ALL, 1);
    assert_snapshot!(plan(&b.going_on(), &VIEW), @r#"
    1 host of 3, selected by "hetzner": fsn1-build

                         fsn1-build
    Docker                   26.1.5
    store                  overlay2
    free / size          41.2/80 GB
    stopped containers   14  1.1 GB
    dangling images       9  6.3 GB
    build cache         120    6 GB
    volumes               0
    networks              1
    reclaims                13.4 GB

    stays
    stopped containers  5 for Kamal's rollback ·
                        1 whose anonymous volume holds data ·
                        1 that wrote much (only by --containers), 900 MB ·
                        3 younger than 24 h · 2 running
    dangling images     6 that other images are built on ·
                        2 in use by a container, 800 MB
    build cache         2 kept between builds, used in the last 7 d, 600 MB ·
                        8 younger than 24 h, 160 MB
    volumes             2 unused (only by --volumes), 12 GB ·
                        3 anonymous (only by --anonymous-volumes) ·
                        2 in use by a container, 18 GB
    networks            2 declared by Compose or Kamal
    "#);
}

#[test]
fn a_result_shows_what_was_removed() {
    let mut b = three();
    for (host, gained, layers) in [
        ("bookworm", 13_400_000_000, 6_300_000_000),
        ("trixie", 26_700_000_000, 12_600_000_000),
        ("forky", 10_100_000_000, 13_420_000_000),
    ] {
        b.apply(host, &[]);
        after(&mut b, host, gained, layers);
        b.number(host, "logs.bytes", 500_000_000, 520_000_000);
        b.number(host, "cache.records", 130, 10).number(host, "images.count", 30, 21);
        b.end(host, Outcome::Changed, None, None);
    }
    assert_snapshot!(terminal(&b.over()), @r#"
    3 hosts of 5, selected by "hetzner": bookworm,trixie,forky

                           bookworm        trixie        forky         fleet
    Docker                 20.10.24        26.1.5       28.5.2
    store                  overlay2      overlay2   containerd
    free / size          41.2/80 GB    41.2/80 GB   41.2/80 GB
    free after              54.6 GB       67.9 GB      51.3 GB
    stopped containers   14  1.1 GB   14   2.2 GB   14  1.1 GB   42   4.5 GB
    dangling images       9  6.3 GB    9  12.6 GB    9  6.3 GB   27  25.2 GB
    build cache         120    6 GB  120    12 GB  120    6 GB  360    24 GB
    networks              1            0             1            2
    reclaimed               13.4 GB       26.8 GB      13.4 GB       53.7 GB

    reclaimed 53.7 GB of 53.7 GB planned (engine) · 50.2 GB (file system) · gap
      3.5 GB: container logs grew by 60 MB; 3.3 GB of it on forky, whose containerd
      store shares content with the 10 cache records and 21 images that stay

    stays
    stopped containers  15 for Kamal's rollback ·
                        3 whose anonymous volume holds data ·
                        3 that wrote much (only by --containers), 3.6 GB ·
                        9 younger than 24 h, 108 MB · 6 running
    dangling images     18 that other images are built on ·
                        6 in use by a container, 3.2 GB
    build cache         6 kept between builds, used in the last 7 d, 2.4 GB ·
                        24 younger than 24 h, 640 MB
    volumes             4 unused (only by --volumes), 24 GB ·
                        6 anonymous (only by --anonymous-volumes) ·
                        4 in use by a container, 36 GB
    networks            4 declared by Compose or Kamal

    3 changed · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn the_store_is_a_third_number_where_it_was_walked() {
    let mut b = Build::new("cleanup", &["fsn1-build"]);
    engine(&mut b, "fsn1-build", "26.1.5", false, 41_200_000_000);
    b.find_all("fsn1-build", ALL, 1).apply("fsn1-build", &[]);
    after(&mut b, "fsn1-build", 12_000_000_000, 6_300_000_000);
    b.number("fsn1-build", "store.bytes", 60 * GB, 60 * GB - 13_200_000_000);
    b.end("fsn1-build", Outcome::Changed, None, None);
    assert_snapshot!(terminal(&b.over()), @r#"
    1 host of 3, selected by "hetzner": fsn1-build

                         fsn1-build
    Docker                   26.1.5
    store                  overlay2
    free / size          41.2/80 GB
    free after              53.2 GB
    stopped containers   14  1.1 GB
    dangling images       9  6.3 GB
    build cache         120    6 GB
    networks              1
    reclaimed               13.4 GB

    reclaimed 13.4 GB of 13.4 GB planned (engine) · 12 GB (file system) · 13.2 GB
      (store) · gap 1.4 GB: the store shrank by 220 MB less than the engine counts;
      1.2 GB were written outside Docker's store meanwhile

    stays
    stopped containers  5 for Kamal's rollback ·
                        1 whose anonymous volume holds data ·
                        1 that wrote much (only by --containers), 900 MB ·
                        3 younger than 24 h · 2 running
    dangling images     6 that other images are built on ·
                        2 in use by a container, 800 MB
    build cache         2 kept between builds, used in the last 7 d, 600 MB ·
                        8 younger than 24 h, 160 MB
    volumes             2 unused (only by --volumes), 12 GB ·
                        3 anonymous (only by --anonymous-volumes) ·
                        2 in use by a container, 18 GB
    networks            2 declared by Compose or Kamal

    1 changed · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn the_engine_counts_every_byte_once() {
    // Sizes of 14 containers and of the whole cache, beside the layers or within them.
    let cases = [
        (false, ALL, Some(6 * GB), Some(13_120_000_000), 0),
        (true, ALL, Some(6 * GB), Some(6 * GB), 0),
        (false, ALL, None, None, 0),
        (false, &ALL[..6], None, Some(1_120_000_000), 0),
        (false, &[(ALL[2].0, Verdict::Go, "stopped", "", 3, None)], None, Some(0), 3),
    ];
    for (containerd, lots, layers, bytes, unsized_objects) in cases {
        let mut b = Build::new("cleanup", &["a"]);
        engine(&mut b, "a", "28.5.2", containerd, GB);
        b.find_all("a", lots, 1).apply("a", &[]);
        b.measure("a", Moment::After, Some(GB), layers.map(|layers| 30 * GB - layers));
        let counted = summary::by_engine(&b.over().hosts[0]);
        assert_eq!(counted.map(|c| u64::try_from(c.bytes).unwrap()), bytes);
        assert_eq!(counted.map_or(0, |c| c.unsized_objects), unsized_objects);
    }
}

#[test]
fn half_of_it_failed() {
    let mut b = three();
    let failed = || Some(ActionResult::Failed { reason: "500: device busy".into() });
    let kept = || Some(ActionResult::KeptInUse { reason: "409: in use".into() });
    b.apply("bookworm", &[failed(), kept(), Some(ActionResult::AlreadyGone)]);
    after(&mut b, "bookworm", 13_100_000_000, 6_300_000_000);
    let hint = "run it again: what was removed stays removed";
    let why = "1 of 144 actions failed: 500: device busy";
    b.end("bookworm", Outcome::Failed, None, Some((why, hint)));
    let lost = || Some(ActionResult::Unknown { reason: "connection reset".into() });
    let mut results = vec![Some(ActionResult::Done); 14];
    results.push(lost());
    results.extend(vec![Some(ActionResult::NotBegun); 200]);
    b.apply("trixie", &results);
    let why = "an answer was lost: connection reset";
    b.end("trixie", Outcome::Unknown, None, Some((why, "fleet resume 20261124-153012-7f3a")));
    b.apply("forky", &[]);
    after(&mut b, "forky", 13_400_000_000, 13_420_000_000);
    b.end("forky", Outcome::Changed, None, None);
    assert_snapshot!(terminal(&b.over()), @r#"
    3 hosts of 5, selected by "hetzner": bookworm,trixie,forky

                           bookworm        trixie        forky         fleet
    Docker                 20.10.24        26.1.5       28.5.2
    store                  overlay2      overlay2   containerd
    free / size          41.2/80 GB    41.2/80 GB   41.2/80 GB
    free after              54.3 GB       unknown      54.6 GB
    stopped containers   11  880 MB   14   2.2 GB   14  1.1 GB   39   4.2 GB
      failed              1   80 MB    0             0            1    80 MB
      kept, now in use    1   80 MB    0             0            1    80 MB
      already gone        1   80 MB    0             0            1    80 MB
    dangling images       9  6.3 GB    0             9  6.3 GB   18  12.6 GB
      unknown             0            1   1.4 GB    0            1   1.4 GB
      not begun           0            8  11.2 GB    0            8  11.2 GB
    build cache         120    6 GB    0           120    6 GB  240    12 GB
      not begun           0          120    12 GB    0          120    12 GB
    networks              1            0             1            2
    reclaimed               13.2 GB       unknown      13.4 GB     ≥ 26.6 GB

    reclaimed 26.6 GB of 53.7 GB planned (engine; 1 host not measured) · 26.5 GB
      (file system; 1 host not measured)

    stays
    stopped containers  15 for Kamal's rollback ·
                        3 whose anonymous volume holds data ·
                        3 that wrote much (only by --containers), 3.6 GB ·
                        9 younger than 24 h, 108 MB · 6 running
    dangling images     18 that other images are built on ·
                        6 in use by a container, 3.2 GB
    build cache         6 kept between builds, used in the last 7 d, 2.4 GB ·
                        24 younger than 24 h, 640 MB
    volumes             4 unused (only by --volumes), 24 GB ·
                        6 anonymous (only by --anonymous-volumes) ·
                        4 in use by a container, 36 GB
    networks            4 declared by Compose or Kamal

    bookworm failed cleanup: 1 of 144 actions failed: 500: device busy (run it
      again: what was removed stays removed)
    trixie unknown cleanup: an answer was lost: connection reset (fleet resume
      20261124-153012-7f3a)

    1 changed · 1 failed · 1 unknown · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn stopping_is_told_apart_from_removing() {
    let mut b = Build::new("cleanup", &["a", "b"]);
    for host in ["a", "b"] {
        engine(&mut b, host, "26.1.5", false, 41_200_000_000);
        b.stop(host, 2).find_all(host, &ALL[2..3], 1);
    }
    assert_snapshot!(plan(&b.going_on(), &VIEW), @r#"
    2 hosts of 4, selected by "hetzner": a,b

                                 a           b       fleet
    Docker                  26.1.5      26.1.5
    store                 overlay2    overlay2
    free / size         41.2/80 GB  41.2/80 GB
    containers to stop   2           2           4
      to start again     2           2           4
    stopped containers  14  1.1 GB  14  1.1 GB  28  2.2 GB
    reclaims                1.1 GB      1.1 GB      2.2 GB
    "#);
    b.apply("a", &[]);
    let mut results = vec![Some(ActionResult::Done); 17];
    let reason = "it does not start again: 500: port is already allocated".into();
    results.push(Some(ActionResult::Failed { reason }));
    b.apply("b", &results);
    for (host, outcome) in [("a", Outcome::Changed), ("b", Outcome::Failed)] {
        after(&mut b, host, 1_120_000_000, 0);
        b.end(host, outcome, None, None);
    }
    assert_snapshot!(terminal(&b.over()), @r#"
    2 hosts of 4, selected by "hetzner": a,b

                                  a           b       fleet
    Docker                   26.1.5      26.1.5
    store                  overlay2    overlay2
    free / size          41.2/80 GB  41.2/80 GB
    free after              42.3 GB     42.3 GB
    containers stopped    2           2           4
      started again       2           1           3
      NOT started again   0           1           1
    stopped containers   14  1.1 GB  14  1.1 GB  28  2.2 GB
    reclaimed                1.1 GB      1.1 GB      2.2 GB

    b NOT STARTED AGAIN shop-web-1: it does not start again: 500: port is already
      allocated (fleet exec --hosts b -- sudo docker start shop-web-1)
    reclaimed 2.2 GB of 2.2 GB planned (engine) · 2.2 GB (file system)

    b failed cleanup

    1 changed · 1 failed · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn containers_may_stay_stopped() {
    let mut b = Build::new("cleanup", &["a"]);
    engine(&mut b, "a", "26.1.5", false, 41_200_000_000);
    b.stop("a", 1);
    let mut run = b.going_on();
    run.start.parameters.push(("leave_stopped".into(), "true".into()));
    assert_snapshot!(plan(&run, &VIEW), @r#"
    1 host of 3, selected by "hetzner": a

                                 a
    Docker                  26.1.5
    store                 overlay2
    free / size         41.2/80 GB
    containers to stop           1
    reclaims                   0 B
    "#);
}

#[test]
fn nothing_to_do() {
    let mut b = Build::new("cleanup", &["a", "b"]).check();
    for host in ["a", "b"] {
        engine(&mut b, host, "26.1.5", false, 41_200_000_000);
        b.find_all(host, &ALL[13..16], 1).end(host, Outcome::Ok, None, None);
    }
    assert_snapshot!(terminal(&b.over()), @r#"
    2 hosts of 4, selected by "hetzner": a,b

                          a           b  fleet
    Docker           26.1.5      26.1.5
    store          overlay2    overlay2
    free / size  41.2/80 GB  41.2/80 GB

    nothing to remove: all that was found stays

    stays
    volumes  4 unused (only by --volumes), 24 GB ·
             6 anonymous (only by --anonymous-volumes) ·
             4 in use by a container, 36 GB

    check only: nothing was changed
    2 ok · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn a_full_disk_is_seen_at_once() {
    let mut b = Build::new("cleanup", &["a", "b"]);
    engine(&mut b, "a", "26.1.5", false, 41_200_000_000);
    engine(&mut b, "b", "26.1.5", false, 900_000_000);
    b.find_all("a", ALL, 1).find_all("b", &ALL[3..4], 1);
    assert_snapshot!(plan(&b.going_on(), &VIEW), @r#"
    2 hosts of 4, selected by "hetzner": a,b

                                  a             b        fleet
    Docker                   26.1.5        26.1.5
    store                  overlay2      overlay2
    free / size          41.2/80 GB  900 MB/80 GB
    stopped containers   14  1.1 GB             0   14  1.1 GB
    dangling images       9  6.3 GB             0    9  6.3 GB
    build cache         120    6 GB             0  120    6 GB
    volumes               0                     0    0
    networks              1                     0    1
    reclaims                13.4 GB           0 B      13.4 GB

    almost full: b has 900 MB free (1 %)

    stays
    stopped containers  10 for Kamal's rollback ·
                        1 whose anonymous volume holds data ·
                        1 that wrote much (only by --containers), 900 MB ·
                        3 younger than 24 h · 2 running
    dangling images     6 that other images are built on ·
                        2 in use by a container, 800 MB
    build cache         2 kept between builds, used in the last 7 d, 600 MB ·
                        8 younger than 24 h, 160 MB
    volumes             2 unused (only by --volumes), 12 GB ·
                        3 anonymous (only by --anonymous-volumes) ·
                        2 in use by a container, 18 GB
    networks            2 declared by Compose or Kamal
    "#);
}

/// Fifty hosts: one with far more, one nearly full, one with nothing to remove.
fn fifty() -> (Build, Vec<String>) {
    let names: Vec<String> = (1..=50).map(|i| format!("web{i}")).collect();
    let mut b = Build::new("cleanup", &names.iter().map(String::as_str).collect::<Vec<_>>());
    for (i, name) in names.iter().enumerate() {
        let (version, containerd) = if i < 40 { ("26.1.5+dfsg1", false) } else { ("28.5.2", true) };
        engine(&mut b, name, version, containerd, if i == 6 { 5 * GB } else { 30 * GB });
        match i {
            12 => b.find_all(name, ALL, 9),
            30 => b.find_all(name, &ALL[3..4], 1),
            _ => b.find_all(name, ALL, 1 + i as u64 % 2),
        };
        let cache = format!("{} GB of build cache", 6 + i % 7);
        b.find(
            name,
            "build-cache",
            &cache,
            &format!("fleet cleanup --hosts {name} --max-cache 5GB"),
        );
    }
    (b, names)
}

#[test]
fn a_plan_of_fifty_hosts_is_two_small_tables() {
    assert_snapshot!(plan(&fifty().0.going_on(), &VIEW), @r#"
    50 hosts of 52, selected by "hetzner": web[1:50]

    hosts             Docker            free  to remove      reclaims
    web13             26.1.5            37 %        144        121 GB
    web[1:6,8:12,     26.1.5            37 %        144  13.4–26.8 GB
    14:30,32:40]
    web[41:50]        28.5.2            37 %        144  13.4–26.8 GB
                      (containerd)
    web7              26.1.5             6 %        144       13.4 GB  almost full
    web31             26.1.5            37 %          0           0 B  nothing to do
    50 hosts                                       7056        1.1 TB

                        objects     size  hosts
    stopped containers      686  91.8 GB  web[1:30,32:50]
    dangling images         441   517 GB  web[1:30,32:50]
    build cache            5880   492 GB  web[1:30,32:50]
    volumes                   0
    networks                 49           web[1:30,32:50]

    stays
    stopped containers  250 for Kamal's rollback, 415 MB ·
                        49 whose anonymous volume holds data ·
                        49 that wrote much (only by --containers), 73.8 GB ·
                        147 younger than 24 h, 2.2 GB · 98 running
    dangling images     294 that other images are built on ·
                        98 in use by a container, 65.6 GB
    build cache         98 kept between builds, used in the last 7 d, 49.2 GB ·
                        392 younger than 24 h, 13.1 GB
    volumes             98 unused (only by --volumes), 984 GB ·
                        147 anonymous (only by --anonymous-volumes), 246 MB ·
                        98 in use by a container, 1.5 TB
    networks            98 declared by Compose or Kamal

    advice: web[1:50]: 6–12 GB of build cache (fleet cleanup --hosts 'web[1:50]'
      --max-cache 5GB)
    "#);
}

#[test]
fn a_result_of_fifty_hosts_names_those_with_trouble() {
    let (mut b, names) = fifty();
    for (i, name) in names.iter().enumerate() {
        let failed = Some(ActionResult::Failed { reason: "500: device busy".into() });
        b.apply(name, if i == 9 { std::slice::from_ref(&failed) } else { &[] });
        let free = if i == 6 { 18 * GB } else { 43 * GB };
        b.measure(name, Moment::After, Some(free), Some(23 * GB));
        match i {
            9 => b.end(
                name,
                Outcome::Failed,
                None,
                Some(("1 of 144 actions failed", "run it again")),
            ),
            30 => b.end(name, Outcome::Ok, None, None),
            _ => b.end(name, Outcome::Changed, None, None),
        };
    }
    assert_snapshot!(terminal(&b.over()), @r#"
    50 hosts of 52, selected by "hetzner": web[1:50]

    hosts            Docker              free  removed     reclaimed
    web13            26.1.5              53 %      144       71.1 GB
    web[1:9,11:12,   26.1.5           22–53 %      144  14.1–21.2 GB
    14:30,32:40]
    web10            26.1.5              53 %      143       21.1 GB  failed, 1 not
                                                                      done
    web[41:50]       28.5.2              53 %      144          7 GB
                     (containerd)
    web31            26.1.5              37 %        0           0 B  nothing to do
    50 hosts                                      7055        820 GB

                        objects     size  hosts
    stopped containers      685  91.7 GB  web[1:30,32:50]
      failed                  1   160 MB  web10
    dangling images         441   517 GB  web[1:30,32:50]
    build cache            5880   492 GB  web[1:30,32:50]
    networks                 49           web[1:30,32:50]

    reclaimed 820 GB of 1.1 TB planned (engine) · 637 GB (file system) · gap 183 GB:
      nothing that was measured explains it; --deep measures the store as well

    stays
    stopped containers  250 for Kamal's rollback, 415 MB ·
                        49 whose anonymous volume holds data ·
                        49 that wrote much (only by --containers), 73.8 GB ·
                        147 younger than 24 h, 2.2 GB · 98 running
    dangling images     294 that other images are built on ·
                        98 in use by a container, 65.6 GB
    build cache         98 kept between builds, used in the last 7 d, 49.2 GB ·
                        392 younger than 24 h, 13.1 GB
    volumes             98 unused (only by --volumes), 984 GB ·
                        147 anonymous (only by --anonymous-volumes), 246 MB ·
                        98 in use by a container, 1.5 TB
    networks            98 declared by Compose or Kamal

    advice: web[1:50]: 6–12 GB of build cache (fleet cleanup --hosts 'web[1:50]'
      --max-cache 5GB)
    web10 failed cleanup: 1 of 144 actions failed (run it again)

    1 ok · 48 changed · 1 failed · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn a_verbose_plan_lists_objects_by_phase() {
    let mut b = Build::new("cleanup", &["a"]);
    engine(&mut b, "a", "26.1.5", false, 41_200_000_000);
    let mut lots = ALL.to_vec();
    lots.iter_mut().for_each(|lot| lot.4 = 1);
    let text = "nothing shows that it can be pulled again; goes only by --images shop/web:v1";
    lots.push(("unused-images", Verdict::Stay, "built-here", text, 1, Some(GB)));
    b.find_all("a", &lots, 1);
    assert_snapshot!(plan(&b.going_on(), &View { verbose: true, ..VIEW }), @r#"
    1 host of 3, selected by "hetzner": a

                                 a
    Docker                  26.1.5
    store                 overlay2
    free / size         41.2/80 GB
    stopped containers   1   80 MB
    dangling images      1  700 MB
    build cache          1   50 MB
    volumes              0
    networks             1
    unused images        0
    reclaims                830 MB

    stays
    stopped containers  1 for Kamal's rollback ·
                        1 whose anonymous volume holds data ·
                        1 that wrote much (only by --containers), 900 MB ·
                        1 younger than 24 h · 1 running
    dangling images     1 that other images are built on ·
                        1 in use by a container, 400 MB
    build cache         1 kept between builds, used in the last 7 d, 300 MB ·
                        1 younger than 24 h
    volumes             1 unused (only by --volumes), 6 GB ·
                        1 anonymous (only by --anonymous-volumes) ·
                        1 in use by a container, 9 GB
    networks            1 declared by Compose or Kamal
    unused images       1 that may not come back by a pull (only by --images), 1 GB

    a

    object                       size      age         reason
    stopped containers                   ended
      shop-web-2000             80 MB     84 d  goes   stopped, for longer than 24 h
      shop-web-3000              1 MB    126 d  stays  one of the newest 5 that Kam…
      shop-web-4000               0 B    167 d  stays  its anonymous volume holds d…
      shop-web-5000            900 MB    209 d  stays  wrote 900 MB; goes only by -…
      shop-web-1000              9 MB     42 d  stays  younger than 24 h
    running containers
      shop-web-0                  0 B     30 h  stays  is running
    dangling images                       made
      10ea906cbc43             700 MB    292 d  goes   untagged and unused, for lon…
      1354992038dc            unknown    334 d  stays  image c9935e62fc30 is built …
      15bea1d3b575             400 MB    376 d  stays  used by container shop-web-1
    tagged images
      e8087b93fa9d             600 MB    251 d  stays  has a tag: shop:v1
    build cache                           used
      [stage-1 4…ps ruby-dev    50 MB    417 d  goes   no build used it, for longer…
      [stage-1 4…ps ruby-dev   300 MB    459 d  stays  a directory that builds keep…
      [stage-1 4…ps ruby-dev    20 MB    501 d  stays  younger than 24 h
    volumes                            changed
      shop_pgdata_13000          6 GB    542 d  stays  unused; goes only by --volum…
      shop_pgdata_14000          1 MB    584 d  stays  anonymous and unused; goes w…
      shop_pgdata_15000          9 GB    626 d  stays  container shop-db-1 mounts it
    networks                              made
      shop_net_16000                     667 d  goes   no container refers to it, f…
      shop_net_17000                     709 d  stays  declared by Compose project …
    unused images                         made
      registry.e…/web:v1 +11     1 GB    751 d  stays  nothing shows that it can be…
    "#);
}

#[test]
fn markdown_has_all_phases() {
    assert_snapshot!((format("md").unwrap().render)(&three().over(), &VIEW), @r#"
    # cleanup 20261124-153012-7f3a

    **3 hosts** of 5, selected by "hetzner": bookworm,trixie,forky

    |  | bookworm | trixie | forky | fleet |
    | --- | ---: | ---: | ---: | ---: |
    | Docker | 20.10.24 | 26.1.5 | 28.5.2 |  |
    | store | overlay2 | overlay2 | containerd |  |
    | free / size | 41.2/80 GB | 41.2/80 GB | 41.2/80 GB |  |
    | stopped containers | 14, 1.1 GB | 14, 2.2 GB | 14, 1.1 GB | 42, 4.5 GB |
    | dangling images | 9, 6.3 GB | 9, 12.6 GB | 9, 6.3 GB | 27, 25.2 GB |
    | build cache | 120, 6 GB | 120, 12 GB | 120, 6 GB | 360, 24 GB |
    | volumes | 0 | 0 | 0 | 0 |
    | networks | 1 | 0 | 1 | 2 |
    | reclaims | 13.4 GB | 26.8 GB | 13.4 GB | 53.7 GB |

    | stays |  |
    | --- | --- |
    | stopped containers | 15 for Kamal's rollback · 3 whose anonymous volume holds data · 3 that wrote much (only by --containers), 3.6 GB · 9 younger than 24 h, 108 MB · 6 running |
    | dangling images | 18 that other images are built on · 6 in use by a container, 3.2 GB |
    | build cache | 6 kept between builds, used in the last 7 d, 2.4 GB · 24 younger than 24 h, 640 MB |
    | volumes | 4 unused (only by --volumes), 24 GB · 6 anonymous (only by --anonymous-volumes) · 4 in use by a container, 36 GB |
    | networks | 4 declared by Compose or Kamal |

    **bookworm,trixie,forky** **interrupted** cleanup

    **3 interrupted** · 41.0 s · run 20261124-153012-7f3a
    "#);
}
