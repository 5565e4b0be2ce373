//! What comparisons look like.

use super::fixtures::{Told, around, build, failed, image, quick, slow, step};
use super::*;
use crate::record::{Build, Moment, Run, Scenario};
use insta::assert_snapshot;

const VIEW: View = View { width: 80, color: false, verbose: false };

fn rendered(name: &str, comparison: &Comparison, view: &View) -> String {
    let format = COMPARISONS.iter().find(|format| format.name == name).unwrap();
    (format.render)(comparison, view)
}

fn one_host() -> Comparison {
    let before = Told::bench("20261124-153012-7f3a", &["web1"]).label("baseline");
    let after = Told::bench("20261125-153012-beef", &["web1"]).label("tuned");
    compare(
        &[before.all_built("web1", slow(10)).run()],
        &[after.all_built("web1", quick(10)).run()],
    )
    .unwrap()
}

/// Nine hosts of which one changed its engine, one has too few builds and one only failures.
fn nine_hosts() -> Comparison {
    let names: Vec<String> = (1..=9).map(|i| format!("hel1-web{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let before = names.iter().fold(Told::bench("20261124-153012-7f3a", &names), |told, host| {
        let warm = around(4_000, 6).map(|build| Build { scenario: Scenario::Warm, ..build });
        told.all_built(host, slow(6)).all_built(host, warm)
    });
    let after = names.iter().enumerate().fold(
        Told::bench("20261125-153012-beef", &names),
        |told, (i, host)| {
            let warm = around(4_010, 6).map(|build| Build { scenario: Scenario::Warm, ..build });
            let cold = quick(if i == 4 { 3 } else { 6 }).map(|mut build| {
                match i {
                    2 => build.conditions.engine = "28.5.2".into(),
                    7 => build.end = failed(),
                    _ => {}
                }
                build
            });
            told.all_built(host, cold).all_built(host, warm)
        },
    );
    let blog = Build { app: "blog".into(), ..build(90_000, 1) };
    compare(&[before.built("hel1-web1", blog).run()], &[after.run()]).unwrap()
}

fn cleanups() -> Comparison {
    let run = |name: &str, start: u64, end: u64| -> Run {
        ["web1", "web2"]
            .iter()
            .fold(Told::new(name, "cleanup", &["web1", "web2"]), |told, host| {
                told.measured(host, "disk.size", Moment::Before, 80_000_000_000)
                    .measured(host, "disk.free", Moment::Before, start * 1_000_000_000)
                    .measured(host, "disk.free", Moment::After, end * 1_000_000_000)
            })
            .run()
    };
    compare(&[run("one", 10, 40)], &[run("two", 31, 44)]).unwrap()
}

#[test]
fn one_row_with_its_steps() {
    assert_snapshot!(rendered("terminal", &one_host(), &VIEW), @r#"
    before: run 20261124-153012-7f3a "baseline" (rails-before) of 1 host
    after: run 20261125-153012-beef "tuned" (rails) of 1 host

    cold: fleet median build 12 m 57 s → 2 m 07 s, −84 %, 1 of 1 host faster

    all rows are sequential; whatever else changed between the sides is in the
      difference too

    cold builds of shop, 10 before and 10 after in each row

                  before          after  change        p
    web1  12 m 57 s ±1 %  2 m 07 s ±1 %   −84 %  <0.0001  faster

    medians over the rows            before   after  change  rows
    size of the image                1.9 GB  820 MB   −57 %     1
    layers of the image                  31      14   −55 %     1
    replaced or deleted in layers    475 MB  205 MB   −57 %     1
    growth on the disk               2.4 GB  900 MB   −62 %     1
    time in chown and chmod        4 m 19 s    0 ms  −100 %     1

    steps of web1 shop, cold

    step                                   before     after  change        p
    base: RUN bundle install             6 m 28 s  1 m 03 s   −84 %  <0.0001  faster
    base: RUN chown -R app:app /app      4 m 19 s         –                   gone
    base: COPY . .                          3.0 s         –                   gone
    base: COPY --chown=app:app . .              –     2.0 s                   new
    base: FROM ruby:3.4                     9.0 s     8.0 s   −11 %  <0.0001  faster
    load build defini…n from Dockerfile     40 ms     42 ms    +5 %  <0.0001  slower
    "#);
}

#[test]
fn many_rows_with_the_steps_that_changed_most() {
    assert_snapshot!(rendered("terminal", &nine_hosts(), &VIEW), @r#"
    before: run 20261124-153012-7f3a (rails, rails-before) of 9 hosts
    after: run 20261125-153012-beef (rails) of 9 hosts

    cold: fleet median build 12 m 49 s → 2 m 06 s, −84 %, 8 of 8 hosts faster, 6
      significantly
    warm: fleet median build 4.0 s → 4.0 s, +0.2 %, 0 of 9 hosts faster

    shop (cold) on hel1-web3 not comparable: engine 26.1.5 before, 28.5.2 after; the
      numbers stand, but they do not say what made the difference
    sequential: shop (cold) on hel1-web[1:9]; whatever else changed between the
      sides is in the difference too
    failed builds are in no number: 0 before, 6 after; shop (cold) on hel1-web8
    1 row has too few runs: a test needs at least 4 builds a side

    cold builds of shop

                 n          before          after  change       p
    hel1-web1  6/6  12 m 49 s ±1 %  2 m 06 s ±1 %   −84 %  0.0325  faster
    hel1-web2  6/6  12 m 49 s ±1 %  2 m 06 s ±1 %   −84 %  0.0325  faster
    hel1-web3  6/6  12 m 49 s ±1 %  2 m 06 s ±1 %   −84 %          not comparable
    hel1-web4  6/6  12 m 49 s ±1 %  2 m 06 s ±1 %   −84 %  0.0325  faster
    hel1-web5  6/3  12 m 49 s ±1 %  2 m 05 s ±0 %   −84 %          too few runs
    hel1-web6  6/6  12 m 49 s ±1 %  2 m 06 s ±1 %   −84 %  0.0325  faster
    hel1-web7  6/6  12 m 49 s ±1 %  2 m 06 s ±1 %   −84 %  0.0325  faster
    hel1-web8  6/0  12 m 49 s ±1 %              –                  only failed
    hel1-web9  6/6  12 m 49 s ±1 %  2 m 06 s ±1 %   −84 %  0.0325  faster

    medians over the rows            before   after  change  rows
    size of the image                1.9 GB  820 MB   −57 %     8
    layers of the image                  31      14   −55 %     8
    replaced or deleted in layers    475 MB  205 MB   −57 %     8
    growth on the disk               2.4 GB  900 MB   −62 %     8
    time in chown and chmod        4 m 16 s    0 ms  −100 %     8

    steps that changed most                  before     after  change  rows
    base: RUN bundle install               6 m 24 s  1 m 03 s   −84 %  6 of 8 faster
    base: RUN chown -R app:app /app        4 m 16 s         –          8 of 8 gone
    base: COPY . .                            3.0 s         –          8 of 8 gone
    base: COPY --chown=app:app . .                –     2.0 s          8 of 8 new
    base: FROM ruby:3.4                       9.0 s     8.0 s   −11 %  6 of 8 faster
    load build definition from Dockerfile     40 ms     42 ms    +5 %  6 of 8 slower

    warm builds of shop, 6 before and 6 after in each row

                   before       after  change       p
    hel1-web1  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web2  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web3  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web4  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web5  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web6  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web7  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web8  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown
    hel1-web9  4.0 s ±1 %  4.0 s ±1 %  +0.2 %  1.0000  not shown

    only before: blog (cold) on hel1-web1
    "#);
}

#[test]
fn cleanups_are_compared_by_what_was_measured() {
    assert_snapshot!(rendered("terminal", &cleanups(), &VIEW), @r#"
    before: run one of 2 hosts
    after: run two of 2 hosts

    metric                   hosts     before  after  change
    disk.free, at the start  web[1:2]   20 GB  62 GB  +42 GB
    disk.free, at the end    web[1:2]   80 GB  88 GB   +8 GB
    reclaimed.file-system    web[1:2]   60 GB  26 GB  −34 GB
    "#);
}

#[test]
fn markdown_has_the_same_content() {
    assert_snapshot!(rendered("md", &one_host(), &VIEW), @r#"
    # bench compared

    **before**: run 20261124-153012-7f3a "baseline" (rails-before) of 1 host

    **after**: run 20261125-153012-beef "tuned" (rails) of 1 host

    **cold: fleet median build 12 m 57 s → 2 m 07 s, −84 %, 1 of 1 host faster**

    all rows are sequential; whatever else changed between the sides is in the difference too

    **cold builds of shop, 10 before and 10 after in each row**

    |  | before | after | change | p |  |
    | --- | ---: | ---: | ---: | ---: | --- |
    | web1 | 12 m 57 s ±1 % | 2 m 07 s ±1 % | −84 % | \<0.0001 | faster |

    | medians over the rows | before | after | change | rows |
    | --- | ---: | ---: | ---: | ---: |
    | size of the image | 1.9 GB | 820 MB | −57 % | 1 |
    | layers of the image | 31 | 14 | −55 % | 1 |
    | replaced or deleted in layers | 475 MB | 205 MB | −57 % | 1 |
    | growth on the disk | 2.4 GB | 900 MB | −62 % | 1 |
    | time in chown and chmod | 4 m 19 s | 0 ms | −100 % | 1 |

    **steps of web1 shop, cold**

    | step | before | after | change | p |  |
    | --- | ---: | ---: | ---: | ---: | --- |
    | base: RUN bundle install | 6 m 28 s | 1 m 03 s | −84 % | \<0.0001 | faster |
    | base: RUN chown -R app:app /app | 4 m 19 s | – |  |  | gone |
    | base: COPY . . | 3.0 s | – |  |  | gone |
    | base: COPY --chown=app:app . . | – | 2.0 s |  |  | new |
    | base: FROM ruby:3.4 | 9.0 s | 8.0 s | −11 % | \<0.0001 | faster |
    | load build definition from Dockerfile | 40 ms | 42 ms | +5 % | \<0.0001 | slower |
    "#);
}

#[test]
fn a_spreadsheet_gets_a_line_per_number() {
    let text = rendered("csv", &one_host(), &VIEW);
    let lines: Vec<&str> = text.lines().collect();
    let fields = |line: &str| line.matches(',').count();
    assert!(
        lines.iter().skip(1).all(|line| line.contains('"') || fields(line) == fields(lines[0]))
    );
    let whats: Vec<_> = lines.iter().filter_map(|line| line.split(',').next()).collect();
    let count = |what: &str| whats.iter().filter(|w| **w == what).count();
    assert_eq!([count("build"), count("step"), count("amount")], [1, 6, 5]);
    assert_snapshot!(format!("{}\n{}", lines[0], lines[1]), @r#"
    what,host,app,scenario,stage,name,unit,n_before,n_after,median_before,median_after,mad_before,mad_after,lower_quartile_before,lower_quartile_after,upper_quartile_before,upper_quartile_after,change_percent,ratio_low,ratio_high,p,p_adjusted,verdict,order,failed_before,failed_after,reasons
    build,web1,shop,cold,,,milliseconds,10,10,777100.0,127812.5,9500.0,1562.5,768550.0,126406.25,785650.0,129218.75,-83.55263157894737,0.1612954488472011,0.1677145449863524,0.00001082508822446903,0.00001082508822446903,faster,sequential,0,0,
    "#);
}

#[test]
fn many_hosts_are_folded_by_what_is_said_of_them() {
    let names: Vec<String> = (1..=300).map(|i| format!("web{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = |name: &str, quicker: usize| {
        let built = |(told, i): (Told, usize), host: &&str| {
            let builds: Vec<Build> =
                if i < quicker { quick(8).collect() } else { slow(8).collect() };
            (told.all_built(host, builds), i + 1)
        };
        names.iter().fold((Told::bench(name, &names), 0), built).0.run()
    };
    let comparison = compare(&[run("one", 0)], &[run("two", 280)]).unwrap();
    let text = rendered("terminal", &comparison, &VIEW);
    let (_, table) = text.split_once("cold builds of shop").unwrap();
    let lines: Vec<&str> = table.lines().skip(2).take(3).collect();
    assert_snapshot!(lines.join("\n"), @r#"
                  rows     before      after  change
    web[1:280]     280  12 m 53 s   2 m 07 s   −84 %  faster
    web[281:300]    20  12 m 53 s  12 m 53 s     0 %  not shown
    "#);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 120] {
        for comparison in [one_host(), nine_hosts(), cleanups()] {
            for verbose in [false, true] {
                let text = rendered("terminal", &comparison, &View { width, verbose, ..VIEW });
                let wide = text.lines().find(|line| console::measure_text_width(line) > width);
                assert_eq!(wide, None, "{text}");
            }
        }
    }
}

#[test]
fn everything_is_there_when_it_is_asked_for() {
    let few = rendered("terminal", &nine_hosts(), &VIEW);
    let all = rendered("terminal", &nine_hosts(), &View { verbose: true, ..VIEW });
    assert!(!few.contains("steps of hel1-web9 shop") && all.contains("steps of hel1-web9 shop"));
}

/// What a host calls its steps reaches no terminal, no table and no formula.
#[test]
fn names_from_hosts_are_harmless_in_every_format() {
    let hostile = |evil: Vec<Build>| {
        evil.into_iter().map(|mut build| {
            build.steps = vec![step("=1+1", "=cmd|' /C calc'!A1 \u{1b}[2J\n| x", 900)];
            build.image = Some(image(1, 1));
            build
        })
    };
    let run = |name: &str, builds: Vec<Build>| {
        Told::bench(name, &["web1"]).all_built("web1", hostile(builds)).run()
    };
    let before = run("one", slow(4).collect());
    let comparison = compare(&[before], &[run("two", quick(4).collect())]).unwrap();
    for format in COMPARISONS {
        let text = (format.render)(&comparison, &VIEW);
        assert!(!text.contains('\u{1b}'), "{}", format.name);
        assert!(!text.contains(",=") && !text.contains(",\"="), "{text}");
    }
}

#[test]
fn the_json_names_its_schema_and_has_every_number() {
    let text = rendered("json", &one_host(), &VIEW);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "fleet.comparison/1");
    assert_eq!(json["sides"]["before"][0]["label"], "baseline");
    let row = &json["builds"][0];
    assert_eq!(row["verdict"], "faster");
    assert_eq!(row["order"], "sequential");
    assert_eq!(row["key"]["scenario"], "cold");
    assert_eq!(row["time"]["before"]["values"].as_array().unwrap().len(), 10);
    assert_eq!(row["time"]["test"]["exact"], true);
    assert_eq!(row["steps"][3]["verdict"], "gone");
}

/// `docs/json.md` names every field, however deep.
#[test]
fn the_json_is_documented() {
    let page = include_str!("../../../docs/json.md");
    let (_, page) = page.split_once("# The JSON of a comparison").unwrap();
    // What stands between backquotes, without the path before it.
    let told: Vec<&str> =
        page.split('`').skip(1).step_by(2).flat_map(|path| path.split(['.', '[', ']'])).collect();
    for comparison in [one_host(), nine_hosts(), cleanups()] {
        let json = serde_json::to_value(&comparison).unwrap();
        let mut missing = Vec::new();
        names(&json, &mut |name| {
            if !told.contains(&name) {
                missing.push(name.to_owned());
            }
        });
        assert!(missing.is_empty(), "docs/json.md is silent about {missing:?}");
    }
}

fn names(json: &serde_json::Value, tell: &mut dyn FnMut(&str)) {
    match json {
        serde_json::Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            tell(name);
            names(value, tell);
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|value| names(value, tell)),
        _ => {}
    }
}
