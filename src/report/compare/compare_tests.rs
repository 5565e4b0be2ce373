//! What is matched, what is tested, and what is said about it.

use super::fixtures::{Told, around, build, failed, quick, slow, step};
use super::*;
use crate::record::{Build, BuildStepResult, Moment, Run, Scenario};
use proptest::prelude::*;

fn bench(name: &str, builds: impl IntoIterator<Item = Build>) -> Run {
    Told::bench(name, &["web1"]).all_built("web1", builds).run()
}

fn compared(
    before: impl IntoIterator<Item = Build>,
    after: impl IntoIterator<Item = Build>,
) -> Comparison {
    compare(&[bench("one", before)], &[bench("two", after)]).unwrap()
}

fn only(comparison: &Comparison) -> &BuildRow {
    assert_eq!(comparison.builds.len(), 1);
    &comparison.builds[0]
}

#[test]
fn a_clear_difference_is_one() {
    let comparison = compared(slow(10), quick(10));
    let row = only(&comparison);
    let test = row.time.test.unwrap();
    assert_eq!((row.verdict, row.order), (Verdict::Faster, Order::Sequential));
    assert_eq!((test.u, test.exact), (0.0, true));
    // 2 of (20 choose 10) arrangements.
    assert!((test.p - 2.0 / 184_756.0).abs() < 1e-12 && (test.p - test.p_adjusted).abs() < 1e-15);
    let ratio = row.time.ratio.unwrap();
    assert!(0.15 < ratio.low && ratio.low < ratio.high && ratio.high < 0.18, "{ratio:?}");
    let change = row.time.change_percent.unwrap();
    assert!((-84.0..-83.0).contains(&change), "{change}");
    let turned = compared(quick(10), slow(10));
    assert_eq!(only(&turned).verdict, Verdict::Slower);
    assert_eq!(only(&compared(slow(10), slow(10))).verdict, Verdict::NotShown);
}

#[test]
fn runs_of_a_side_are_taken_together() {
    let few: Vec<Run> = (0..4).map(|i| bench(&format!("b{i}"), slow(1))).collect();
    let more: Vec<Run> = (0..4).map(|i| bench(&format!("a{i}"), quick(2))).collect();
    let comparison = compare(&few, &more).unwrap();
    let row = only(&comparison);
    let n = |spread: &Option<Spread>| spread.as_ref().unwrap().n;
    assert_eq!((n(&row.time.before), n(&row.time.after)), (4, 8));
    assert_eq!(row.verdict, Verdict::Faster);
    assert_eq!(comparison.sides.before.len(), 4);
}

#[test]
fn with_three_builds_a_side_nothing_is_tested() {
    for (before, after) in [(3, 10), (10, 3), (1, 1)] {
        let comparison = compared(slow(before), quick(after));
        let row = only(&comparison);
        assert_eq!((row.verdict, row.time.test), (Verdict::TooFewRuns, None));
        assert!(row.time.ratio.is_none() && row.time.change_percent.is_some());
        assert!(row.steps.iter().all(|step| step.time.test.is_none()));
        assert!(comparison.notes.iter().any(|note| note.contains("at least 4 builds a side")));
    }
    assert_eq!(only(&compared(slow(4), quick(4))).verdict, Verdict::Faster);
}

/// Each row: what is changed in the after side's builds, and the reason as it is told.
#[test]
fn other_conditions_are_a_reason_and_take_the_verdict_away() {
    type Change = fn(&mut Build);
    let cases: [(Change, &[&str]); 9] = [
        (|b| b.conditions.builder = "legacy".into(), &["builder buildkit before, legacy after"]),
        (|b| b.conditions.engine = "28.5.2".into(), &["engine 26.1.5 before, 28.5.2 after"]),
        (|b| b.conditions.buildx = None, &["buildx 0.13.1 before, none after"]),
        (|b| b.conditions.store = "overlayfs".into(), &["store overlay2 before, overlayfs after"]),
        (|b| b.conditions.processors = 2, &["processors 4 before, 2 after"]),
        (|b| b.conditions.load = Some(2.5), &["load per processor 0.10 before, 0.62 after"]),
        (|b| b.conditions.load = Some(2.3), &[]),
        (|b| b.conditions.load = None, &[]),
        (|b| b.conditions.commit = Some("beef".into()), &[]),
    ];
    for (change, want) in cases {
        let changed = quick(5).map(|mut build| {
            change(&mut build);
            build
        });
        let comparison = compared(slow(5), changed);
        let row = only(&comparison);
        let told: Vec<String> = row.reasons.iter().map(words::reason).collect();
        assert_eq!(told, want);
        assert_eq!(row.time.test.is_some(), want.is_empty());
        let verdict = if want.is_empty() { Verdict::Faster } else { Verdict::NotComparable };
        assert_eq!(row.verdict, verdict);
        // The numbers stand.
        assert!(row.time.change_percent.is_some() && row.time.ratio.is_some());
        let install = row.steps.iter().find(|step| step.name.contains("bundle")).unwrap();
        assert_eq!(install.verdict, verdict);
        let noted = comparison.notes.iter().any(|note| note.contains("not comparable"));
        assert_eq!(noted, !want.is_empty());
    }
}

#[test]
fn a_condition_that_changes_within_a_side_is_a_reason_too() {
    let mixed = quick(6).enumerate().map(|(i, mut build)| {
        build.conditions.engine = if i < 3 { "26.1.5" } else { "28.5.2" }.into();
        build
    });
    let comparison = compared(slow(6), mixed);
    let told = words::reason(&only(&comparison).reasons[0]);
    assert_eq!(told, "engine 26.1.5 before, 26.1.5 and 28.5.2 after");
}

#[test]
fn failed_builds_are_counted_and_enter_no_number() {
    let with_failures = |builds: Vec<Build>, failures: usize| {
        let broken = (0..failures).map(|_| Build { end: failed(), ..build(1, 50) });
        builds.into_iter().chain(broken).collect::<Vec<_>>()
    };
    let plain = compared(slow(6), quick(6));
    let broken =
        compared(with_failures(slow(6).collect(), 2), with_failures(quick(6).collect(), 1));
    let (plain, row) = (only(&plain), only(&broken));
    assert_eq!(row.failed, Pair { before: 2, after: 1 });
    assert_eq!(row.time, plain.time);
    assert_eq!(row.steps, plain.steps);
    assert!(broken.notes.iter().any(|note| note.contains("2 before, 1 after")));

    let none = compared(slow(6), with_failures(Vec::new(), 3));
    assert_eq!(only(&none).verdict, Verdict::OnlyFailed);
    assert!(only(&none).time.after.is_none() && only(&none).steps.is_empty());
    assert!(none.headlines.is_empty());
}

#[test]
fn several_dockerfiles_on_a_side_are_named() {
    let other = |digest: &str| Build { dockerfile_sha256: digest.into(), ..build(1_000, 9) };
    let comparison = compared(slow(4), quick(4).chain([other("0123456789abcdef")]));
    let files = &only(&comparison).dockerfiles;
    assert_eq!(files.before, ["rails-before"]);
    assert_eq!(files.after, ["rails 0123456789ab", "rails 000000000000"]);
    let note = "several Dockerfiles on one side, taken together: shop (cold) on web1";
    assert!(comparison.notes.iter().any(|told| told == note), "{:?}", comparison.notes);
}

/// Sides in order of time, with the order that they are.
#[test]
fn builds_that_alternate_are_interleaved() {
    let cases = [
        ("AB", Order::Sequential),
        ("ABAB", Order::Interleaved),
        ("ABBA", Order::Interleaved),
        ("AABB", Order::Sequential),
        ("ABBAABBA", Order::Interleaved),
        ("AABBAABB", Order::Sequential),
        ("AAAABBBB", Order::Sequential),
        ("ABABABABABAAAA", Order::Interleaved),
        ("BAAAAAAAB", Order::Interleaved),
    ];
    for (sides, want) in cases {
        let of = |side: char| {
            let mine = sides.chars().enumerate().filter(move |(_, s)| *s == side);
            mine.map(|(i, _)| build(1_000, i64::try_from(i).unwrap()))
        };
        assert_eq!(only(&compared(of('A'), of('B'))).order, want, "{sides}");
    }
}

fn with_steps(steps: &[(&str, &str)]) -> Vec<Build> {
    let steps: Vec<_> = steps.iter().map(|(stage, name)| step(stage, name, 1_000)).collect();
    around(10_000, 4).map(|build| Build { steps: steps.clone(), ..build }).collect()
}

#[test]
fn steps_are_matched_by_stage_and_normal_instruction() {
    let before = with_steps(&[
        ("", "[internal] load build context"),
        ("build", "RUN a"),
        ("build", "RUN  same"),
        ("build", "RUN same"),
        ("build", "RUN chown -R x /y"),
        ("final", "RUN a"),
    ]);
    let after = with_steps(&[
        ("", "[internal] load build context"),
        ("build", "RUN same"),
        ("build", "RUN --mount=type=cache,id=7f3a,target=/c b"),
        ("build", "[build 4/4] run same"),
        ("build", "RUN same"),
        ("other", "RUN a"),
    ]);
    let comparison = compared(before, after);
    let got: Vec<_> = only(&comparison)
        .steps
        .iter()
        .map(|step| (step.stage.as_deref().unwrap_or(""), step.name.as_str(), step.verdict))
        .collect();
    let want = [
        ("", "[internal] load build context", Verdict::NotShown),
        ("build", "RUN a", Verdict::Gone),
        ("build", "RUN same", Verdict::NotShown),
        ("build", "RUN --mount=type=cache,id=7f3a,target=/c b", Verdict::New),
        ("build", "[build 4/4] run same", Verdict::NotShown),
        ("build", "RUN chown -R x /y", Verdict::Gone),
        ("final", "RUN a", Verdict::Gone),
        ("build", "RUN same", Verdict::New),
        ("other", "RUN a", Verdict::New),
    ];
    assert_eq!(got, want);
}

#[test]
fn a_cached_step_counts_with_its_time_and_is_counted() {
    let cached = with_steps(&[("", "RUN a")]).into_iter().map(|mut build| {
        build.steps[0].result = BuildStepResult::Cached;
        build.steps[0].intervals.clear();
        build
    });
    let comparison = compared(with_steps(&[("", "RUN a")]), cached);
    let step = &only(&comparison).steps[0];
    assert_eq!(step.cached, Pair { before: 0, after: 4 });
    assert_eq!((step.time.change_percent, step.verdict), (Some(-100.0), Verdict::Faster));
    assert!(step.time.ratio.is_none(), "there is no median above 0 to divide by or to");
}

/// Many hosts: 9 rows, of which Holm takes the weak ones back.
#[test]
fn a_table_is_tested_as_a_whole() {
    let hosts: Vec<String> = (1..=9).map(|i| format!("web{i}")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let all = |name: &str, of: &dyn Fn() -> Vec<Build>| {
        names.iter().fold(Told::bench(name, &names), |told, host| told.all_built(host, of())).run()
    };
    let before = all("one", &|| slow(4).collect());
    let comparison =
        compare(std::slice::from_ref(&before), &[all("two", &|| quick(4).collect())]).unwrap();
    for row in &comparison.builds {
        let test = row.time.test.unwrap();
        assert!(
            (test.p - 2.0 / 70.0).abs() < 1e-12 && (test.p_adjusted - 18.0 / 70.0).abs() < 1e-9
        );
        assert_eq!(row.verdict, Verdict::NotShown);
    }
    let weak = "9 of 9 rows tested at once could not come out significant with so few builds; 6 a side would do";
    assert!(comparison.notes.iter().any(|note| note == weak), "{:?}", comparison.notes);
    let enough =
        compare(&[all("one", &|| slow(6).collect())], &[all("two", &|| quick(6).collect())])
            .unwrap();
    assert!(enough.builds.iter().all(|row| row.verdict == Verdict::Faster));
    assert_eq!(
        enough.headlines[0].text,
        "cold: fleet median build 12 m 49 s → 2 m 06 s, −84 %, 9 of 9 hosts faster"
    );
}

#[test]
fn the_headline_has_a_line_per_scenario_and_counts_hosts() {
    let warm = |build: Build| Build { scenario: Scenario::Warm, ..build };
    let run = |name: &str, first: u64, second: u64| {
        Told::bench(name, &["web1", "web2"])
            .all_built("web1", around(first, 6))
            .all_built("web2", around(second, 6))
            .all_built("web2", around(first, 6).map(warm))
            .run()
    };
    let comparison = compare(&[run("one", 60_000, 90_000)], &[run("two", 30_000, 95_000)]).unwrap();
    let told: Vec<_> = comparison.headlines.iter().map(|h| h.text.as_str()).collect();
    let want = [
        "cold: fleet median build 1 m 15 s → 1 m 03 s, −17 %, 1 of 2 hosts faster",
        "warm: fleet median build 1 m 00 s → 30.3 s, −50 %, 1 of 1 host faster",
    ];
    assert_eq!(told, want);
}

#[test]
fn what_only_one_side_built_is_named() {
    let blog = |build: Build| Build { app: "blog".into(), ..build };
    let before = bench("one", slow(4).chain(quick(4).map(blog)));
    let after = Told::bench("two", &["web1", "web2"])
        .all_built("web1", quick(4))
        .all_built("web2", quick(4))
        .run();
    let comparison = compare(&[before], &[after]).unwrap();
    assert_eq!(words::places(&comparison.alone.before), "blog (cold) on web1");
    assert_eq!(words::places(&comparison.alone.after), "shop (cold) on web2");
}

#[test]
fn metrics_are_matched_by_host_name_and_moment() {
    let cleanup = |name: &str, free: [u64; 2]| {
        Told::new(name, "cleanup", &["web1", "web2"])
            .measured("web1", "disk.free", Moment::Before, 1)
            .measured("web1", "disk.free", Moment::Before, free[0])
            .measured("web1", "disk.free", Moment::After, free[1])
            .run()
    };
    let sides = [cleanup("b1", [10, 40]), cleanup("b2", [20, 40])];
    let comparison = compare(&sides, &[cleanup("a", [30, 36])]).unwrap();
    let got: Vec<_> = comparison
        .metrics
        .iter()
        .map(|row| (row.name.as_str(), row.moment, row.value.before, row.value.after, row.change))
        .collect();
    let want = [
        ("disk.free", Some(Moment::Before), 15.0, 30.0, 15.0),
        ("disk.free", Some(Moment::After), 40.0, 36.0, -4.0),
        ("reclaimed.file-system", None, 25.0, 6.0, -19.0),
    ];
    assert_eq!(got, want);
    assert_eq!(comparison.metrics[0].runs, Pair { before: 2, after: 1 });
}

#[test]
fn what_cannot_be_compared_is_said_with_what_each_side_has() {
    let one = bench("one", slow(1));
    let cleanup = Told::new("two", "cleanup", &["web1"]).run();
    let elsewhere = Told::bench("two", &["db1"]).all_built("db1", quick(1)).run();
    let empty = Told::bench("three", &["web1", "web2"]).run();
    let cases = [
        (vec![one.clone()], vec![one.clone()], "run one is on both sides"),
        (vec![one.clone()], vec![cleanup], "run one is a bench and run two is a cleanup"),
        (Vec::new(), vec![one.clone()], "nothing to compare: a side has no run"),
        (
            vec![one.clone()],
            vec![elsewhere, empty.clone()],
            "the sides have nothing in common: before there is shop (cold) of web1; after there is \
             shop (cold) of db1,web[1:2]",
        ),
        (
            vec![empty],
            vec![one],
            "the sides have nothing in common: before there is no build and no metric of \
             web[1:2]; after there is shop (cold) of web1",
        ),
    ];
    for (before, after, want) in cases {
        let error = compare(&before, &after).unwrap_err();
        assert_eq!(error.to_string(), want);
        assert!(error.hint().contains("fleet history"));
    }
}

proptest! {
    /// Whatever the builds, both ways round say the same of opposite sign.
    #[test]
    fn turning_the_sides_round_turns_the_answer_round(
        before in proptest::collection::vec(1_u64..100_000, 1..12),
        after in proptest::collection::vec(1_u64..100_000, 1..12),
    ) {
        let builds = |times: &[u64]| times.iter().map(|t| build(*t, 0)).collect::<Vec<_>>();
        let one = compared(builds(&before), builds(&after));
        let other = compared(builds(&after), builds(&before));
        let (one, other) = (only(&one), only(&other));
        let turned = match one.verdict {
            Verdict::Faster => Verdict::Slower,
            Verdict::Slower => Verdict::Faster,
            same => same,
        };
        prop_assert_eq!(turned, other.verdict);
        prop_assert_eq!(&one.time.before, &other.time.after);
        prop_assert_eq!(one.time.test.map(|t| t.u), other.time.test.map(|t| {
            stats_pairs(&before, &after) - t.u
        }));
    }
}

fn stats_pairs(before: &[u64], after: &[u64]) -> f64 {
    crate::stats::real(before.len() * after.len())
}
