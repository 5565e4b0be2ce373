//! What the reports look like.

use super::fixtures::{Build, GB};
use super::*;
use crate::record::{ActionResult, ExitCode, Moment, Outcome, Run, RunId};
use insta::assert_snapshot;
use proptest::prelude::*;

const VIEW: View = View { width: 80, color: false, verbose: false };
const VERBOSE: View = View { verbose: true, ..VIEW };

fn terminal(run: &Run) -> String {
    (format("terminal").unwrap().render)(run, &VIEW)
}

/// Three hosts that answer and two that do not.
fn three() -> Build {
    let mut b = Build::new("cleanup", &["bookworm", "trixie", "forky", "sid", "etch"]);
    for (host, version, containerd) in
        [("bookworm", "20.10.24", false), ("trixie", "26.1.5", false), ("forky", "28.5.2", true)]
    {
        b.probe(host, version, containerd);
        b.measure(host, Moment::Before, Some(41_200_000_000), Some(30 * GB));
    }
    b.decide("bookworm", &[8 * GB, 3_900_000_000], 6, 2);
    b.decide("trixie", &[GB; 14], 0, 1);
    b.decide("forky", &[3_500_000_000], 1, 0);
    let hint = "check its address: fleet hosts sid --explain";
    b.end("sid", Outcome::Unreachable, None, Some(("no answer within 10 s", hint)));
    let hint = "if that is right: fleet trust etch --replace";
    b.end("etch", Outcome::Identity, None, Some(("its host key changed", hint)));
    b
}

/// Fifty hosts, of which one has far more, one has little room and one has nothing.
fn fifty() -> Build {
    let names: Vec<String> = (1..=50).map(|i| format!("web{i}")).collect();
    let mut b = Build::new("cleanup", &names.iter().map(String::as_str).collect::<Vec<_>>());
    for (i, name) in names.iter().enumerate() {
        b.probe(name, if i < 40 { "26.1.5" } else { "20.10.24" }, false);
        let free = if i == 6 { 5 * GB } else { (30 + i as u64 % 7) * GB };
        b.measure(name, Moment::Before, Some(free), Some(30 * GB));
        let bytes = match i {
            12 => vec![20 * GB, 9 * GB],
            30 => Vec::new(),
            _ => vec![GB + i as u64 * 20_000_000; 4],
        };
        b.decide(name, &bytes, 2 + i % 2, 1);
    }
    b
}

/// What `three` brought when two of its hosts had trouble.
fn half_failed() -> Run {
    let mut b = three();
    b.apply("bookworm", &[]);
    b.measure("bookworm", Moment::After, Some(52_700_000_000), Some(18_100_000_000));
    b.end("bookworm", Outcome::Changed, None, None);
    let refused = |reason: &str| Some(ActionResult::KeptInUse { reason: reason.into() });
    let failed = || Some(ActionResult::Failed { reason: "500: device busy".into() });
    b.apply("trixie", &[refused("a container came"), failed(), Some(ActionResult::AlreadyGone)]);
    b.measure("trixie", Moment::After, Some(53 * GB), Some(19 * GB));
    b.end(
        "trixie",
        Outcome::Failed,
        None,
        Some(("1 image was not removed: 500: device busy", "run it again")),
    );
    b.apply("forky", &[None]);
    b.end(
        "forky",
        Outcome::Unknown,
        None,
        Some(("an answer was lost: connection reset", "fleet resume 20261124-153012-7f3a")),
    );
    for host in ["bookworm", "trixie"] {
        let hint = "fleet buildkit enable --hosts bookworm,trixie";
        b.find(host, "gc-off", "the builder's garbage collection is off", hint);
    }
    b.over()
}

#[test]
fn a_plan_of_one_host_is_one_column() {
    let mut b = Build::new("cleanup", &["fsn1-build"]);
    b.probe("fsn1-build", "26.1.5", false);
    b.measure("fsn1-build", Moment::Before, None, Some(30 * GB));
    b.decide("fsn1-build", &[8 * GB, 3_900_000_000], 6, 2);
    assert_snapshot!(plan(&b.going_on(), &VIEW), @r#"
    1 host of 3, selected by "hetzner": fsn1-build

                     fsn1-build
    Docker               26.1.5
    store              overlay2
    free / size      41.2/80 GB
    dangling images  2  11.9 GB
    reclaims            11.9 GB

    stays
    dangling images  2 younger than 24 h, 300 MB · 6 in use by a container, 900 MB
    "#);
}

#[test]
fn a_plan_of_three_hosts_has_columns() {
    assert_snapshot!(plan(&three().going_on(), &VIEW), @r#"
    5 hosts of 7, selected by "hetzner": bookworm,trixie,forky,sid,etch

                       bookworm      trixie       forky        fleet
    Docker             20.10.24      26.1.5      28.5.2
    store              overlay2    overlay2  containerd
    free / size      41.2/80 GB  41.2/80 GB  41.2/80 GB
    dangling images  2  11.9 GB   14  14 GB   1  3.5 GB  17  29.4 GB
    reclaims            11.9 GB       14 GB      3.5 GB      29.4 GB

    stays
    dangling images  3 younger than 24 h, 450 MB · 7 in use by a container, 1.1 GB

    sid unreachable: no answer within 10 s (check its address: fleet hosts sid
      --explain)
    etch identity: its host key changed (if that is right: fleet trust etch
      --replace)
    "#);
}

#[test]
fn a_plan_of_fifty_hosts_folds_and_outliers_stand_out() {
    assert_snapshot!(plan(&fifty().going_on(), &VIEW), @r#"
    50 hosts of 52, selected by "hetzner": web[1:50]

    hosts                    Docker       free  to remove    reclaims
    web13                    26.1.5       43 %          2       29 GB
    web[41:50]               20.10.24  37–45 %          4  7.2–7.9 GB
    web[1:6,8:12,14:30,      26.1.5    37–45 %          4    4–7.1 GB
    32:40]
    web7                     26.1.5        6 %          4      4.5 GB  almost full
    web31                    26.1.5       40 %          0         0 B  nothing to do
    50 hosts                                          194      316 GB

                     objects    size  hosts
    dangling images      194  316 GB  web[1:30,32:50]

    stays
    dangling images  50 younger than 24 h, 7.5 GB ·
                     125 in use by a container, 18.8 GB
    "#);
}

#[test]
fn a_verbose_plan_lists_every_object() {
    let mut b = Build::new("cleanup", &["a"]);
    b.probe("a", "26.1.5", false).decide("a", &[8 * GB], 1, 1);
    assert_snapshot!(plan(&b.going_on(), &VERBOSE), @r#"
    1 host of 3, selected by "hetzner": a

                              a
    Docker               26.1.5
    store              overlay2
    free / size      41.2/80 GB
    dangling images     1  8 GB
    reclaims               8 GB

    stays
    dangling images  1 younger than 24 h, 150 MB · 1 in use by a container, 150 MB

    a

    object             size   age         reason
    dangling images          made
      beef00000000     8 GB  30 h  goes   untagged, unused, older than 24 h
      beef00000000   150 MB   9 d  stays  younger than 24 h
      beef00000000   150 MB   5 d  stays  used by container app-0
    "#);
}

#[test]
fn a_result_says_what_went_and_what_did_not() {
    assert_snapshot!(terminal(&half_failed()), @r#"
    5 hosts of 7, selected by "hetzner": bookworm,trixie,forky,sid,etch

                          bookworm      trixie       forky        fleet
    Docker                20.10.24      26.1.5      28.5.2
    store                 overlay2    overlay2  containerd
    free / size         41.2/80 GB  41.2/80 GB  41.2/80 GB
    free after             52.7 GB       53 GB     unknown
    dangling images     2  11.9 GB   11  11 GB   0          13  22.9 GB
      failed            0             1   1 GB   0           1     1 GB
      unknown           0             0          1  3.5 GB   1   3.5 GB
      kept, now in use  0             1   1 GB   0           1     1 GB
      already gone      0             1   1 GB   0           1     1 GB
    reclaimed              11.9 GB       11 GB     unknown    ≥ 22.9 GB

    reclaimed 22.9 GB of 29.4 GB planned (engine; 1 host not measured) · 23.3 GB
      (file system; 1 host not measured)

    stays
    dangling images  3 younger than 24 h, 450 MB · 7 in use by a container, 1.1 GB

    advice: bookworm,trixie: the builder's garbage collection is off (fleet buildkit
      enable --hosts bookworm,trixie)
    trixie failed cleanup: 1 image was not removed: 500: device busy (run it again)
    forky unknown cleanup: an answer was lost: connection reset (fleet resume
      20261124-153012-7f3a)
    sid unreachable: no answer within 10 s (check its address: fleet hosts sid
      --explain)
    etch identity: its host key changed (if that is right: fleet trust etch
      --replace)

    1 changed · 1 failed · 1 unreachable · 1 identity · 1 unknown · 41.0 s · run
      20261124-153012-7f3a
    "#);
}

#[test]
fn a_result_of_fifty_hosts_is_short() {
    let mut b = fifty();
    for i in 1..=50_u64 {
        let name = format!("web{i}");
        let result = if i == 9 {
            Some(ActionResult::Failed { reason: "busy".into() })
        } else {
            Some(ActionResult::Done)
        };
        b.apply(&name, &[result]);
        let gain = 4 * GB + i * 80_000_000;
        b.measure(&name, Moment::After, Some(34 * GB + gain), Some(30 * GB - gain));
        match i {
            9 => b.end(
                &name,
                Outcome::Failed,
                None,
                Some(("1 image was not removed: busy", "run it again")),
            ),
            31 => b.end(&name, Outcome::Ok, None, None),
            _ => b.end(&name, Outcome::Changed, None, None),
        };
    }
    assert_snapshot!(terminal(&b.over()), @r#"
    50 hosts of 52, selected by "hetzner": web[1:50]

    hosts                 Docker       free  removed   reclaimed
    web[41:50]            20.10.24  51–52 %        4    7.3–8 GB
    web[1:8,10:30,32:40]  26.1.5    47–51 %      2–4  4.1–7.2 GB
    web9                  26.1.5       48 %        3      4.7 GB  failed, 1 not done
    web31                 26.1.5       40 %        0         0 B  nothing to do
    50 hosts                                     193      296 GB

                     objects    size  hosts
    dangling images      193  314 GB  web[1:30,32:50]
      failed               1  1.2 GB  web9

    reclaimed 296 GB of 316 GB planned (engine) · 378 GB (file system) · gap 82 GB:
      nothing that was measured explains it; --deep measures the store as well

    stays
    dangling images  50 younger than 24 h, 7.5 GB ·
                     125 in use by a container, 18.8 GB

    web9 failed cleanup: 1 image was not removed: busy (run it again)

    1 ok · 48 changed · 1 failed · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn nothing_to_do_is_said_plainly() {
    let mut b = Build::new("cleanup", &["a", "b"]).check();
    for (host, used, young) in [("a", 6, 0), ("b", 0, 2)] {
        b.probe(host, "26.1.5", false);
        b.measure(host, Moment::Before, Some(41 * GB), Some(30 * GB));
        b.decide(host, &[], used, young);
        b.end(host, Outcome::Ok, None, None);
    }
    assert_snapshot!(terminal(&b.over()), @r#"
    2 hosts of 4, selected by "hetzner": a,b

                        a         b  fleet
    Docker         26.1.5    26.1.5
    store        overlay2  overlay2
    free / size  41/80 GB  41/80 GB

    nothing to remove: all that was found stays

    stays
    dangling images  2 younger than 24 h, 300 MB · 6 in use by a container, 900 MB

    check only: nothing was changed
    2 ok · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn a_command_folds_equal_ends() {
    let names: Vec<String> = (1..=100).map(|i| format!("web{i}")).collect();
    let mut b = Build::new("exec", &names.iter().map(String::as_str).collect::<Vec<_>>());
    for (i, name) in names.iter().enumerate() {
        match i {
            4 | 7 => b.print(name, "one\ntwo\nthree\nfour\nfive\nls: cannot access '/srv': No such file or directory\n")
                .end(name, Outcome::Failed, Some(2), Some(("the command ended with status 2", "see its output"))),
            _ => b.print(name, "fine\n").end(name, Outcome::Ok, Some(0), None),
        };
    }
    assert_snapshot!(terminal(&b.over()), @r#"
    100 hosts of 102, selected by "hetzner": web[1:100]

    98 hosts ok: web[1:4,6:7,9:100]
    web[5,8] failed, exit 2: the command ended with status 2 (see its output)
        two
        three
        four
        five
        ls: cannot access '/srv': No such file or directory

    98 ok · 2 failed · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn a_ping_is_a_table_of_facts() {
    let mut b = three();
    b.end("bookworm", Outcome::Ok, None, None);
    b.end("trixie", Outcome::Ok, None, None);
    b.end("forky", Outcome::Ok, None, None);
    let mut run = b.over();
    run.start.verb = "ping".into();
    assert_snapshot!(terminal(&run), @r#"
    5 hosts of 7, selected by "hetzner": bookworm,trixie,forky,sid,etch

    host      Docker    API   builder         free  user    connect
    bookworm  20.10.24  1.44  buildkit  41.2/80 GB  deploy    38 ms
    trixie    26.1.5    1.44  buildkit  41.2/80 GB  deploy    38 ms
    forky     28.5.2    1.44  buildkit  41.2/80 GB  deploy    38 ms

    sid unreachable: no answer within 10 s (check its address: fleet hosts sid
      --explain)
    etch identity: its host key changed (if that is right: fleet trust etch
      --replace)

    3 ok · 1 unreachable · 1 identity · 41.0 s · run 20261124-153012-7f3a
    "#);
    assert_snapshot!((format("terminal").unwrap().render)(&run, &VERBOSE), @r#"
    5 hosts of 7, selected by "hetzner": bookworm,trixie,forky,sid,etch

    host      Docker    API   builder         free  user    connect
    bookworm  20.10.24  1.44  buildkit  41.2/80 GB  deploy    38 ms
    trixie    26.1.5    1.44  buildkit  41.2/80 GB  deploy    38 ms
    forky     28.5.2    1.44  buildkit  41.2/80 GB  deploy    38 ms

    host      store                   reached by       buildx  inodes free  skew
    bookworm  overlay2                sudo dial-stdio  0.13.1         82 %   0 s
    trixie    overlay2                sudo dial-stdio  0.13.1         82 %   0 s
    forky     overlayfs (containerd)  sudo dial-stdio  0.13.1         82 %   0 s

    host      live-restore  GC       system
    bookworm  off           unknown  Debian GNU/Linux 12 (bookworm)
    trixie    off           unknown  Debian GNU/Linux 12 (bookworm)
    forky     off           unknown  Debian GNU/Linux 12 (bookworm)

    host      kernel
    bookworm  Linux 6.1.0-18-amd64
    trixie    Linux 6.1.0-18-amd64
    forky     Linux 6.1.0-18-amd64

    sid unreachable: no answer within 10 s (check its address: fleet hosts sid
      --explain)
    etch identity: its host key changed (if that is right: fleet trust etch
      --replace)

    3 ok · 1 unreachable · 1 identity · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn many_pings_fold() {
    let mut b = fifty();
    for i in 1..=50 {
        b.end(&format!("web{i}"), Outcome::Ok, None, None);
    }
    let mut run = b.over();
    run.start.verb = "ping".into();
    assert_snapshot!(terminal(&run), @r#"
    50 hosts of 52, selected by "hetzner": web[1:50]

    host        Docker    API   builder   store        free  user    connect
    web[1:40]   26.1.5    1.44  buildkit  overlay2   6–45 %  deploy    38 ms
    web[41:50]  20.10.24  1.44  buildkit  overlay2  37–45 %  deploy    38 ms

    50 ok · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn markdown_has_the_same_content() {
    assert_snapshot!((format("md").unwrap().render)(&half_failed(), &VIEW), @r#"
    # cleanup 20261124-153012-7f3a

    **5 hosts** of 7, selected by "hetzner": bookworm,trixie,forky,sid,etch

    |  | bookworm | trixie | forky | fleet |
    | --- | ---: | ---: | ---: | ---: |
    | Docker | 20.10.24 | 26.1.5 | 28.5.2 |  |
    | store | overlay2 | overlay2 | containerd |  |
    | free / size | 41.2/80 GB | 41.2/80 GB | 41.2/80 GB |  |
    | free after | 52.7 GB | 53 GB | unknown |  |
    | dangling images | 2, 11.9 GB | 11, 11 GB | 0 | 13, 22.9 GB |
    | &emsp;failed | 0 | 1, 1 GB | 0 | 1, 1 GB |
    | &emsp;unknown | 0 | 0 | 1, 3.5 GB | 1, 3.5 GB |
    | &emsp;kept, now in use | 0 | 1, 1 GB | 0 | 1, 1 GB |
    | &emsp;already gone | 0 | 1, 1 GB | 0 | 1, 1 GB |
    | reclaimed | 11.9 GB | 11 GB | unknown | ≥ 22.9 GB |

    **reclaimed 22.9 GB of 29.4 GB planned** (engine; 1 host not measured) · 23.3 GB (file system; 1 host not measured)

    | stays |  |
    | --- | --- |
    | dangling images | 3 younger than 24 h, 450 MB · 7 in use by a container, 1.1 GB |

    **advice:** bookworm,trixie: the builder's garbage collection is off (fleet buildkit enable --hosts bookworm,trixie)

    **trixie** **failed** cleanup: 1 image was not removed: 500: device busy (run it again)

    **forky** **unknown** cleanup: an answer was lost: connection reset (fleet resume 20261124-153012-7f3a)

    **sid** **unreachable**: no answer within 10 s (check its address: fleet hosts sid --explain)

    **etch** **identity**: its host key changed (if that is right: fleet trust etch --replace)

    **1 changed** · **1 failed** · **1 unreachable** · **1 identity** · **1 unknown** · 41.0 s · run 20261124-153012-7f3a
    "#);
}

#[test]
fn an_unknown_verb_still_has_a_report() {
    let mut run = half_failed();
    run.start.verb = "play".into();
    assert_snapshot!(terminal(&run), @r#"
    5 hosts of 7, selected by "hetzner": bookworm,trixie,forky,sid,etch

    1 host changed: bookworm

    advice: bookworm,trixie: the builder's garbage collection is off (fleet buildkit
      enable --hosts bookworm,trixie)
    trixie failed cleanup: 1 image was not removed: 500: device busy (run it again)
    forky unknown cleanup: an answer was lost: connection reset (fleet resume
      20261124-153012-7f3a)
    sid unreachable: no answer within 10 s (check its address: fleet hosts sid
      --explain)
    etch identity: its host key changed (if that is right: fleet trust etch
      --replace)

    1 changed · 1 failed · 1 unreachable · 1 identity · 1 unknown · 41.0 s · run
      20261124-153012-7f3a
    "#);
}

#[test]
fn json_has_raw_numbers() {
    let text = (format("json").unwrap().render)(&half_failed(), &VIEW);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "fleet.run/1");
    assert_eq!(json["exit_code"], 5);
    assert_eq!(json["outcomes"]["changed"], 1);
    assert_eq!(json["planned"]["bytes"], 29_400_000_000_u64);
    assert_eq!(json["reclaimed"]["engine_bytes"], serde_json::Value::Null, "forky has no number");
    let host = &json["hosts"][0];
    assert_eq!((&host["host"], &host["outcome"]), (&"bookworm".into(), &"changed".into()));
    assert_eq!(host["reclaimed"]["engine_bytes"], 11_900_000_000_u64);
    for key in ["engine_without_size", "file_system_bytes", "store_bytes", "logs_grew_bytes"] {
        assert!(host["reclaimed"].get(key).is_some(), "{key}");
    }
    assert_eq!(host["actions"][0]["verb"], "remove");
    let decision = &host["decisions"][0];
    let keys: Vec<_> = decision.as_object().unwrap().keys().map(String::as_str).collect();
    let want = [
        "age_seconds",
        "bytes",
        "created",
        "decision",
        "id",
        "kind",
        "names",
        "phase",
        "reason",
        "rule",
    ];
    assert_eq!(keys, want);
    assert_eq!((&decision["decision"], &decision["age_seconds"]), (&"go".into(), &108_000.into()));
    assert_eq!(json["hosts"][2]["outcome"], "unknown");
    assert!(text.lines().nth(1).unwrap().contains("schema"));
}

#[test]
fn a_list_of_runs_is_a_table() {
    let row = |run: &str, ended: Option<i64>, code, tally: &[(Outcome, usize)]| HistoryRow {
        run: RunId::from(run.to_owned()),
        started: jiff::Timestamp::UNIX_EPOCH,
        ended: ended.map(|s| jiff::Timestamp::from_second(s).unwrap()),
        verb: "cleanup".into(),
        selection: "hetzner:!db".into(),
        label: None,
        check: ended == Some(41),
        exit_code: code,
        hosts: 5,
        tally: tally.to_vec(),
    };
    let rows = [
        row("20261124-153012-7f3a", Some(41), Some(ExitCode::OK), &[(Outcome::Ok, 5)]),
        row(
            "20261123-153012-0001",
            Some(760),
            Some(ExitCode(4)),
            &[(Outcome::Changed, 4), (Outcome::Unreachable, 1)],
        ),
        row("20261122-153012-beef", None, None, &[(Outcome::Interrupted, 5)]),
    ];
    assert_snapshot!(history(&rows, &VIEW), @r#"
    run                   verb          selection    hosts              took    exit
    20261124-153012-7f3a  cleanup       hetzner:!db  5 ok             41.0 s       0
                          --check
    20261123-153012-0001  cleanup       hetzner:!db  4 changed, 1  12 m 40 s       4
                                                     unreachable
    20261122-153012-beef  cleanup       hetzner:!db  5                        no end
                                                     interrupted
    "#);
    assert_eq!(history(&[], &VIEW), "there is no run yet\n");
}

#[test]
fn colours_are_used_only_when_asked_for() {
    let run = half_failed();
    let colored = (format("terminal").unwrap().render)(&run, &View { color: true, ..VIEW });
    assert!(colored.contains("\u{1b}[32mchanged\u{1b}[0m"));
    assert_eq!(console::strip_ansi_codes(&colored), terminal(&run));
}

#[test]
fn what_a_host_says_cannot_steer_the_terminal() {
    let mut b = Build::new("exec", &["a"]);
    b.print("a", "\u{1b}]0;x\u{7}\u{1b}[2J\rbad\n");
    b.end("a", Outcome::Failed, Some(1), Some(("x\u{1b}[2Jy\nz", "\u{202e}")));
    let run = b.over();
    for format in FORMATS {
        let text = (format.render)(&run, &VIEW);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{}", format.name);
    }
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_terminal(
        width in 60_usize..140,
        verbose: bool,
        verb in prop::sample::select(vec!["cleanup", "exec", "ping", "play"]),
        hosts in prop::collection::vec(
            ("[a-z]{1,9}[0-9]{0,3}", prop::collection::vec(0..40 * GB, 0..4), 0..9_usize, 0..9_usize,
             "[a-z ]{0,90}", prop::sample::select(Outcome::ALL.to_vec()), prop::option::of(0..80 * GB)),
            0..30),
    ) {
        let mut hosts = hosts;
        hosts.sort_by(|a, b| a.0.cmp(&b.0));
        hosts.dedup_by(|a, b| a.0 == b.0);
        let names: Vec<_> = hosts.iter().map(|h| h.0.as_str()).collect();
        let mut b = Build::new(verb, &names);
        for (name, go, used, young, text, outcome, free) in &hosts {
            b.probe(name, "28.5.2", used % 2 == 0).measure(name, Moment::Before, *free, Some(50 * GB));
            b.decide(name, go, *used, *young).apply(name, &[]).print(name, text);
            b.measure(name, Moment::After, Some(60 * GB), *free).find(name, "n", text, "do it");
            b.end(name, *outcome, Some(3), Some((text, text)));
        }
        let view = View { width, color: false, verbose };
        let run = b.over();
        for text in [plan(&run, &view), (format("terminal").unwrap().render)(&run, &view)] {
            for line in text.lines() {
                let fits = console::measure_text_width(line) <= width;
                prop_assert!(fits || !line.trim().contains(' '), "{line}");
            }
        }
        for format in FORMATS {
            prop_assert!((format.render)(&run, &view).ends_with('\n'));
        }
    }
}
