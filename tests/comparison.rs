//! Stored runs compared by the real binary, and what it says when they cannot be.

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod support;

use fleet::history::Writer;
use fleet::record::{
    Build, BuildEnd, Conditions, Event, ExitCode, HostName, Metric, Moment, Outcome, RunId,
    RunStarted, Scenario, Unit, What,
};
use jiff::Timestamp;
use support::Project;

const HOSTS: &str = "[hosts.web1]\naddress = \"203.0.113.1\"\n";

fn event(host: Option<&str>, what: What) -> Event {
    let host = host.map(|host| HostName::new(host).unwrap());
    Event { at: Timestamp::from_second(1_795_534_212).unwrap(), host, what }
}

/// Writes a run as the runner does.
fn store(project: &Project, second: i64, name: &str, verb: &str, label: &str, whats: Vec<What>) {
    let start = RunStarted {
        run: RunId::from(name.to_owned()),
        verb: verb.into(),
        selection: "all".into(),
        parameters: vec![("label".into(), label.into())],
        check: false,
        hosts: vec![HostName::new("web1").unwrap()],
        inventory_hosts: 1,
        fleet: "0.1.0".into(),
        by: "ops@laptop".into(),
        with: serde_json::Value::Null,
        resumes: None,
        process: None,
    };
    let mut first = event(None, What::RunStarted(start));
    first.at = Timestamp::from_second(1_795_534_212 + second).unwrap();
    let ended = What::HostEnded { outcome: Outcome::Ok, problem: None, exit_status: None };
    let folder = project.path().join(".fleet");
    let writer = Writer::open(&folder, Box::new(|error| panic!("{error}"))).unwrap();
    writer.event(&first);
    for what in whats.into_iter().chain([ended]) {
        writer.event(&event(Some("web1"), what));
    }
    writer.event(&event(None, What::RunEnded { exit_code: ExitCode::OK }));
    writer.close().unwrap();
}

/// Builds of an app that take these milliseconds.
fn builds(app: &str, milliseconds: &[u64]) -> Vec<What> {
    let build = |(round, milliseconds): (u32, &u64)| Build {
        app: app.into(),
        scenario: Scenario::Cold,
        dockerfile: "rails".into(),
        dockerfile_sha256: String::new(),
        round,
        conditions: Conditions { builder: "buildkit".into(), ..Conditions::default() },
        started: Timestamp::from_second(1_795_534_212 + i64::from(round)).unwrap(),
        wall_milliseconds: *milliseconds,
        end: BuildEnd::Built,
        steps: Vec::new(),
        image: None,
        cache_growth_bytes: None,
        disk_growth_bytes: None,
        samples: Vec::new(),
    };
    let builds = (1..).zip(milliseconds).map(build);
    builds.map(|build| What::Built { build: Box::new(build) }).collect()
}

/// Two benches of one app, one of another, and a cleanup.
fn project() -> Project {
    let project = Project::new(HOSTS);
    let free = Metric {
        name: "disk.free".into(),
        moment: Moment::Before,
        value: Some(1),
        unit: Unit::Bytes,
    };
    let slow = builds("shop", &[760_000, 770_000, 780_000, 790_000]);
    store(&project, 0, "20261124-100000-0001", "bench", "baseline", slow);
    let quick = builds("shop", &[120_000, 125_000, 130_000, 135_000]);
    store(&project, 1, "20261124-110000-0002", "bench", "tuned", quick);
    store(&project, 2, "20261124-120000-0003", "bench", "blog", builds("blog", &[9_000]));
    let measured = vec![What::Measured { metric: free }];
    store(&project, 3, "20261124-130000-0004", "cleanup", "", measured);
    project
}

const HEADLINE: &str = "cold: fleet median build 12 m 55 s → 2 m 07 s, −84 %, 1 of 1 host faster";

#[test]
fn sides_are_named_by_label_by_name_and_by_how_long_ago() {
    let project = project();
    for (before, after) in
        [("baseline", "tuned"), ("20261124-10", "20261124-11"), ("last~3", "last~2")]
    {
        let ran = project.run(&["report", "--before", before, "--after", after]).code(0);
        assert!(ran.stdout.contains(HEADLINE), "{}", ran.stdout);
        assert!(ran.stdout.contains("\"baseline\"") && ran.stdout.contains(" faster\n"));
        assert_eq!(ran.stderr, "");
    }
    let both = ["report", "--before", "baseline,20261124-12", "--after", "tuned"];
    let ran = project.run(&both).code(0);
    assert!(ran.stdout.contains("only before: blog (cold) on web1"), "{}", ran.stdout);
    let twice = ["report", "--before", "baseline", "--before", "last~3", "--after", "tuned"];
    assert!(project.run(&twice).code(0).stdout.contains("4 before and 4 after"));
    assert!(project.run(&["history"]).code(0).stdout.contains("baseline"));
}

#[test]
fn formats_are_chosen_by_name_and_by_the_files_end() {
    let project = project();
    let compare = ["report", "--before", "baseline", "--after", "tuned"];
    let with = |more: &[&str]| project.run(&[&compare[..], more].concat()).code(0).stdout;
    assert!(with(&["--format", "md"]).starts_with("# bench compared\n"));
    let json: serde_json::Value = serde_json::from_str(&with(&["--format", "json"])).unwrap();
    assert_eq!(json["schema"], "fleet.comparison/1");
    let file = project.path().join("comparison.csv");
    assert_eq!(with(&["-o", file.to_str().unwrap()]), "");
    let csv = std::fs::read_to_string(&file).unwrap();
    assert!(csv.starts_with("what,host,app,") && csv.contains("\nbuild,web1,shop,cold,"), "{csv}");
}

#[test]
fn what_cannot_be_compared_says_where_and_what_to_do() {
    let project = project();
    let cases: [(&[&str], &[&str]); 7] = [
        (&["--before", "nonsense", "--after", "tuned"], &["--before: no run is called `nonsense`"]),
        (&["--before", "tuned", "--after", "tunde"], &["--after: no run is called", "near: tuned"]),
        (
            &["--before", "tuned", "--after", "last"],
            &["20261124-110000-0002 is a bench", "20261124-130000-0004 is a cleanup"],
        ),
        (
            &["--before", "tuned", "--after", "blog"],
            &["nothing in common", "shop (cold) of web1", "blog (cold) of web1"],
        ),
        (&["--before", "tuned", "--after", "tuned"], &["20261124-110000-0002 is on both sides"]),
        (&["--before", "tuned"], &["--after"]),
        (&["last", "--before", "tuned", "--after", "blog"], &["--before"]),
    ];
    for (arguments, words) in cases {
        let ran = project.run(&[&["report"], arguments].concat()).code(2).says(words);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("hint: ") || ran.stderr.contains("Usage: "), "{}", ran.stderr);
    }
}
