//! What the report of builds looks like.

use super::bench_runs as runs;
use super::*;
use crate::record::Run;
use insta::assert_snapshot;

const VIEW: View = View { width: 80, color: false, verbose: false };

fn terminal(run: &Run) -> String {
    (format("terminal").unwrap().render)(run, &VIEW)
}

fn lines(text: &str, from: usize, to: usize) -> String {
    text.lines().skip(from).take(to - from).collect::<Vec<_>>().join("\n")
}

#[test]
fn builds_of_three_hosts_are_told_side_by_side() {
    assert_snapshot!(lines(&terminal(&runs::before()), 0, 82), @r##"
    3 hosts of 5, selected by "hetzner": bookworm,trixie,forky
    Hosts that share a machine were built one after another: bookworm,trixie

    app      scenario  host      runs     median                range  verdict
    shop     cold      bookworm     3  12 m 51 s  12 m 41 s–12 m 54 s  too slow
                       trixie       3  12 m 00 s  11 m 57 s–12 m 00 s  too slow
                       forky        3   9 m 48 s    9 m 46 s–9 m 50 s  acceptable
             warm      bookworm     3      8.2 s          8.2 s–8.4 s  excellent
                       trixie       3      7.8 s          7.8 s–7.9 s  excellent
                       forky        3      6.5 s          6.4 s–6.5 s  excellent
             edit      bookworm     3   8 m 55 s    8 m 47 s–8 m 56 s  acceptable
                       trixie       3   8 m 21 s    8 m 19 s–8 m 26 s  acceptable
                       forky        3   6 m 51 s    6 m 51 s–6 m 52 s  acceptable
    billing  cold      bookworm     3   7 m 25 s    7 m 21 s–7 m 30 s  acceptable
                       trixie       3   6 m 55 s    6 m 51 s–6 m 58 s  acceptable, 1
                                                                       failed
                       forky        3   5 m 43 s    5 m 42 s–5 m 44 s  acceptable
             warm      bookworm     3      4.9 s          4.9 s–5.0 s  excellent
                       trixie       3      4.7 s          4.6 s–4.7 s  excellent
                       forky        3      3.9 s          3.8 s–3.9 s  excellent
             edit      bookworm     3   5 m 11 s    5 m 06 s–5 m 11 s  acceptable
                       trixie       3   4 m 52 s    4 m 48 s–4 m 52 s  good
                       forky        3   3 m 58 s    3 m 58 s–3 m 59 s  good

    Targets: excellent below 2 m, good below 5 m, acceptable below 10 m, else too
      slow; critical step (all chown and chmod) below 5 s; build cache below 5 GB;
      fewer than 25 layers

    shop, cold builds of rails-before: where the time goes

    step                        line        bookworm          trixie           forky
    RUN chown -R …rails /rails    26  3 m 09 s  24 %  2 m 58 s  24 %  2 m 26 s  24 %
    RUN bundle install            16  2 m 29 s  19 %  2 m 22 s  19 %  1 m 54 s  19 %
    RUN chmod -R 755 /rails       25  2 m 05 s  16 %  1 m 59 s  16 %  1 m 36 s  16 %
    RUN SECRET_KE…s:precompile    22  1 m 17 s  10 %  1 m 14 s  10 %  1 m 00 s  10 %
    RUN npm install               20  1 m 05 s   8 %  1 m 01 s   8 %    50.5 s   8 %
    RUN apt-get i… npm libvips     7  1 m 02 s   8 %    56.9 s   7 %    48.1 s   8 %
    critical step                     5 m 20 s  41 %  5 m 00 s  41 %  4 m 06 s  41 %
    pulling images                      14.6 s   1 %    13.9 s   1 %    11.4 s   1 %
    sending the context                  3.3 s   0 %     3.1 s   0 %     2.5 s   0 %
    writing the image                   43.8 s   5 %    42.2 s   5 %    34.6 s   5 %
    whole build                            12 m 51 s       12 m 00 s        9 m 48 s

                     bookworm  trixie   forky
    image              2.9 GB  2.9 GB  2.9 GB
    layers                 18      18      18
    wasted in it       1.2 GB  1.2 GB       –
    cache grew by      1.9 GB  1.9 GB  1.9 GB
    disk lost          3.1 GB  3.1 GB  3.1 GB
    build cache now    9.7 GB  9.7 GB  9.7 GB
    waiting for I/O      48 %    41 %    22 %

    largest layer: 612 MB by RUN apt-get install -y build-essential git libyaml-dev
      pkg-config libpq-dev postgresql-client nodejs npm libvips

    billing, cold builds of rails-before: where the time goes

    step                        line        bookworm          trixie           forky
    RUN chown -R …rails /rails    26  1 m 49 s  24 %  1 m 43 s  24 %  1 m 25 s  25 %
    RUN bundle install            16  1 m 26 s  19 %  1 m 20 s  19 %  1 m 07 s  19 %
    RUN chmod -R 755 /rails       25  1 m 12 s  16 %  1 m 08 s  16 %    54.6 s  15 %
    RUN SECRET_KE…s:precompile    22    45.9 s  10 %    42.0 s  10 %    35.8 s  10 %
    RUN npm install               20    39.4 s   8 %    35.9 s   8 %    29.6 s   8 %
    RUN apt-get i… npm libvips     7    36.0 s   8 %    33.7 s   8 %    28.4 s   8 %
    critical step                     3 m 04 s  41 %  2 m 54 s  41 %  2 m 22 s  41 %
    pulling images                       8.8 s   1 %     8.1 s   1 %     6.5 s   1 %
    sending the context                  1.9 s   0 %     1.8 s   0 %     1.4 s   0 %
    writing the image                   25.6 s   5 %    24.2 s   5 %    20.2 s   5 %
    whole build                             7 m 25 s        6 m 55 s        5 m 43 s

                     bookworm  trixie   forky
    image              1.8 GB  1.8 GB  1.8 GB
    layers                 18      18      18
    wasted in it       1.2 GB  1.2 GB       –
    cache grew by      1.9 GB  1.9 GB  1.9 GB
    disk lost          3.1 GB  3.1 GB  3.1 GB
    build cache now    9.7 GB  9.7 GB  9.7 GB
    waiting for I/O      49 %    42 %    22 %

    largest layer: 355 MB by RUN apt-get install -y build-essential git libyaml-dev
      pkg-config libpq-dev postgresql-client nodejs npm libvips
    "##);
}

#[test]
fn why_and_what_to_do_stands_below_the_numbers() {
    assert_snapshot!(lines(&terminal(&runs::before()), 82, 200), @r##"
    bookworm slow disk: shop cold waited for I/O 48 % of the time (all tasks 32 %),
      most in RUN chown -R rails:rails /rails (line 26); md2 resync 12.6%; md2 up to
      100 % busy, 43 ms a request; blocked: dockerd ext4_sync_file
      0::/system.slice/docker.service
    trixie slow disk: shop cold waited for I/O 42 % of the time (all tasks 28 %),
      most in RUN chown -R rails:rails /rails (line 26); md2 up to 93 % busy, 37 ms
      a request; blocked: dockerd ext4_sync_file 0::/system.slice/docker.service
    forky slow disk: shop cold waited for I/O 22 % of the time (all tasks 14 %),
      most in RUN chown -R rails:rails /rails (line 26); md2 up to 54 % busy, 20 ms
      a request
    trixie billing cold not built: exit 1 in RUN bundle install (line 16): process
      "/bin/sh -c bundle install" did not complete successfully: exit code: 5
        An error occurred while installing pg (1.5.9), and Bundler cannot continue.
        checking for libpq-fe.h... no
        Can't find the 'libpq-fe.h header

    advice: bookworm,trixie,forky: shop: chown and chmod take 41 % of a cold build
      (fleet lint shop --fix)
    advice: bookworm,trixie: shop: 39 % of the image lies in files that later layers
      replace (set owner and mode where files are copied: COPY --chown, --chmod)
    advice: bookworm,trixie,forky: billing: chown and chmod take 41 % of a cold
      build (fleet lint billing --fix)
    advice: bookworm,trixie: billing: 65 % of the image lies in files that later
      layers replace (set owner and mode where files are copied: COPY --chown,
      --chmod)
    advice: bookworm,trixie,forky: shop: a build with one file changed takes 69 % of
      a cold one (copy what changes rarely first, and only then the application)
    advice: bookworm,trixie,forky: billing: a build with one file changed takes
      69–70 % of a cold one (copy what changes rarely first, and only then the
      application)
    advice: bookworm: the legacy builder builds one step after the other (fleet
      buildkit enable --hosts bookworm)
    advice: bookworm,trixie,forky: the build cache is over its target (fleet cleanup
      --hosts bookworm,trixie,forky --max-cache 5GB)
    advice: bookworm: a RAID array was at work on itself: these times are too long
      (measure again when it is done)

    advice: bookworm,trixie,forky: Dockerfile:26 chown -R copies every file below
      /rails into one more layer (fleet lint shop --fix)

    3 changed · 1 h 31 m · run 20261124-153012-7f3a
    "##);
}

#[test]
fn a_single_build_is_told_whole() {
    assert_snapshot!(terminal(&runs::single()), @r##"
    1 host of 3, selected by "hetzner": trixie
    Hosts that share a machine were built one after another: bookworm,trixie

    app   scenario  host    runs     median  range  verdict
    shop  cold      trixie     1  11 m 57 s         too slow

    Targets: excellent below 2 m, good below 5 m, acceptable below 10 m, else too
      slow; critical step (all chown and chmod) below 5 s; build cache below 5 GB;
      fewer than 25 layers

    shop, cold builds of rails-before: where the time goes

    step                                                        line          trixie
    RUN chown -R rails:rails /rails                               26  2 m 55 s  24 %
    RUN bundle install                                            16  2 m 22 s  19 %
    RUN chmod -R 755 /rails                                       25  2 m 00 s  16 %
    RUN SECRET_KEY_BASE_DUMMY=1 S…/bin/rails assets:precompile    22  1 m 12 s  10 %
    RUN npm install                                               20  1 m 01 s   8 %
    RUN apt-get install -y build-…ql-client nodejs npm libvips     7    56.9 s   7 %
    critical step                                                     5 m 00 s  41 %
    pulling images                                                      13.8 s   1 %
    sending the context                                                  3.2 s   0 %
    writing the image                                                   41.3 s   5 %
    whole build                                                            11 m 57 s

                     trixie
    image            2.9 GB
    layers               18
    wasted in it     1.2 GB
    cache grew by    1.9 GB
    disk lost        3.1 GB
    build cache now  9.7 GB
    waiting for I/O    41 %

    largest layer: 612 MB by RUN apt-get install -y build-essential git libyaml-dev
      pkg-config libpq-dev postgresql-client nodejs npm libvips

    trixie slow disk: shop cold waited for I/O 41 % of the time (all tasks 27 %),
      most in RUN chmod -R 755 /rails (line 25); md2 up to 93 % busy, 37 ms a
      request; blocked: dockerd ext4_sync_file 0::/system.slice/docker.service

    advice: trixie: shop: chown and chmod take 41 % of a cold build (fleet lint shop
      --fix)
    advice: trixie: shop: 39 % of the image lies in files that later layers replace
      (set owner and mode where files are copied: COPY --chown, --chmod)
    advice: trixie: the build cache is over its target (fleet cleanup --hosts trixie
      --max-cache 5GB)

    1 changed · 1 h 31 m · run 20261124-153012-7f3a
    "##);
}

#[test]
fn fifty_hosts_are_told_by_what_is_usual_and_what_is_extreme() {
    assert_snapshot!(lines(&terminal(&runs::many(50, 1)), 0, 60), @r##"
    50 hosts of 52, selected by "hetzner": web[1:50]
    Hosts that share a machine were built one after another: bookworm,trixie

    app   scenario  hosts           runs     median                range  verdict
    app1  cold      33 hosts          99  11 m 07 s  10 m 00 s–19 m 04 s  too slow
                    17 hosts          51   8 m 57 s   7 m 45 s–10 m 02 s  acceptable
          warm      web[1:50]        150      6.9 s         5.1 s–12.3 s  excellent
          edit      web13              3  13 m 07 s  13 m 03 s–13 m 13 s  too slow
                    web[1:12,        147   7 m 18 s    5 m 21 s–9 m 09 s  acceptable
                    14:50]

    Targets: excellent below 2 m, good below 5 m, acceptable below 10 m, else too
      slow; critical step (all chown and chmod) below 5 s; build cache below 5 GB;
      fewer than 25 layers

    app1, cold builds of rails-before: where the time goes

    step                               line     median     least       most  most on
    RUN chown -R rails:rails /rails      26   2 m 35 s  1 m 53 s   4 m 40 s  web13
    RUN bundle install                   16   2 m 03 s  1 m 29 s   3 m 41 s  web13
    RUN chmod -R 755 /rails              25   1 m 44 s  1 m 17 s   3 m 07 s  web13
    RUN SECRET_KEY_B…ssets:precompile    22   1 m 04 s    47.9 s   1 m 56 s  web13
    RUN npm install                      20     54.3 s    40.0 s   1 m 38 s  web13
    RUN apt-get inst…dejs npm libvips     7     51.1 s    38.4 s   1 m 29 s  web13
    critical step                             4 m 23 s  3 m 15 s   7 m 54 s  web13
    pulling images                              12.4 s     9.1 s     21.8 s  web13
    sending the context                          2.7 s     2.0 s      5.0 s  web13
    writing the image                           36.8 s    27.1 s   1 m 05 s  web13
    whole build                              10 m 34 s  7 m 46 s  18 m 52 s  web13

                     median   least    most  most on
    image            2.3 GB  2.3 GB  2.3 GB
    layers               18      18      18
    wasted in it     1.2 GB  1.2 GB  1.2 GB
    cache grew by    1.9 GB  1.9 GB  1.9 GB
    disk lost        3.1 GB  3.1 GB  3.1 GB
    build cache now  9.7 GB  4.1 GB  9.7 GB  34 hosts
    waiting for I/O    41 %    22 %    50 %  web1

    largest layer: 477 MB by RUN apt-get install -y build-essential git libyaml-dev
      pkg-config libpq-dev postgresql-client nodejs npm libvips

    web40 slow disk: app1 cold waited for I/O 51 % of the time (all tasks 34 %),
      most in RUN chown -R rails:rails /rails (line 26); md2 resync 12.6%; md2 up to
      100 % busy, 43 ms a request; blocked: dockerd ext4_sync_file
      0::/system.slice/docker.service
    web13 slow disk: app1 cold waited for I/O 51 % of the time (all tasks 34 %),
      most in RUN chown -R rails:rails /rails (line 26); md2 resync 12.6%; md2 up to
      100 % busy, 43 ms a request; blocked: dockerd ext4_sync_file
      0::/system.slice/docker.service
    web1 slow disk: app1 cold waited for I/O 50 % of the time (all tasks 33 %), most
      in RUN chown -R rails:rails /rails (line 26); md2 resync 12.6%; md2 up to
      100 % busy, 43 ms a request; blocked: dockerd ext4_sync_file
      0::/system.slice/docker.service
    and 47 hosts more waited for I/O 20 % of the time or longer

    advice: web[1:50]: app1: chown and chmod take 40–42 % of a cold build (fleet
      lint app1 --fix)
    advice:
      web[1:2,4:5,7:8,10:11,13:14,16:17,19:20,22:23,25:26,28:29,31:32,34:35,37:38,
    "##);
}

#[test]
fn every_build_is_listed_when_that_is_asked_for() {
    let text =
        (format("terminal").unwrap().render)(&runs::before(), &View { verbose: true, ..VIEW });
    assert!(
        text.lines().any(|l| l.starts_with("billing cold  trixie        2   2 m 11 s")),
        "{text}"
    );
    assert!(text.lines().any(|l| l.contains("WORKDIR /rails")), "{text}");
}

#[test]
fn markdown_has_whole_instructions() {
    let text = (format("md").unwrap().render)(&runs::single(), &VIEW);
    let step = "| RUN SECRET\\_KEY\\_BASE\\_DUMMY=1 SECRET\\_KEY\\_BASE=dummy ./bin/rails assets:precompile | 22 |";
    assert!(text.lines().any(|l| l.starts_with(step)), "{text}");
}

#[test]
fn mended_builds_meet_their_targets() {
    let text = terminal(&runs::after());
    for words in ["excellent", "critical step"] {
        assert!(text.contains(words), "{text}");
    }
    assert!(!text.contains("too slow  ") && !text.contains("fleet lint"), "{text}");
}

#[test]
fn no_line_of_builds_is_wider_than_the_terminal() {
    for run in [runs::before(), runs::many(30, 2), runs::hostile()] {
        for width in [60, 80, 111, 140] {
            let text = (format("terminal").unwrap().render)(&run, &View { width, ..VIEW });
            for line in text.lines() {
                let fits = console::measure_text_width(line) <= width;
                assert!(fits || !line.trim().contains(' '), "{width}: {line}");
            }
        }
    }
}

#[test]
fn hostile_words_are_harmless_in_every_format() {
    for known in FORMATS {
        let text = (known.render)(&runs::hostile(), &VIEW);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\0']), "{}", known.name);
        assert!(text.contains("onload") && runs::HOSTILE.contains("onload"), "{}", known.name);
    }
}

#[test]
fn json_has_builds_with_every_step() {
    let text = (format("json").unwrap().render)(&runs::before(), &VIEW);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let build = &json["hosts"][1]["builds"][0];
    assert_eq!(
        (&build["app"], &build["scenario"], &build["round"]),
        (&"shop".into(), &"cold".into(), &1.into())
    );
    assert_eq!(build["end"]["end"], "built");
    let keys =
        ["kind", "stage", "name", "line", "result", "intervals", "after", "critical", "ownership"];
    for key in keys {
        assert!(build["steps"][17].get(key).is_some(), "{key}");
    }
    assert_eq!(
        (&build["steps"][17]["line"], &build["steps"][17]["ownership"]),
        (&26.into(), &true.into())
    );
    assert_eq!(build["image"]["layers"][0]["bytes"], 48_500_000);
    assert!(build["samples"][0]["io_some"].is_u64());
    assert!(json["hosts"][0]["backups"].is_array());
}

#[test]
fn a_table_repeats_the_build_on_each_step() {
    let text = (format("csv").unwrap().render)(&runs::before(), &VIEW);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 54 * 20, "builds of twenty steps");
    let cell =
        |row: usize, name: &str| rows[row][head.iter().position(|h| h == name).unwrap()].to_owned();
    assert_eq!(
        [cell(17, "name"), cell(17, "line"), cell(17, "ownership")],
        ["RUN chown -R rails:rails /rails", "26", "true"]
    );
    assert_eq!(cell(0, "wall_milliseconds"), cell(19, "wall_milliseconds"));
    let hostile = (format("csv").unwrap().render)(&runs::hostile(), &VIEW);
    assert!(::csv::Reader::from_reader(hostile.as_bytes()).records().all(|row| row.is_ok()));
    assert_eq!([csv::cell("=1+1"), csv::cell("-x"), csv::cell("a=b")], ["'=1+1", "'-x", "a=b"]);
}

#[test]
fn a_comparison_has_a_page() {
    let (before, after) = runs::sides();
    let comparison = compare::compare(&[before], &[after]).unwrap();
    let page = compare::COMPARISONS.iter().find(|f| f.name == "html").unwrap();
    let text = (page.render)(&comparison, &VIEW);
    let headline = "<h1>Fleet median cold build 8\u{a0}m\u{a0}37\u{a0}s → 1\u{a0}m\u{a0}46\u{a0}s, −79\u{a0}%, 3 of 3 hosts faster</h1>";
    assert!(text.contains(headline), "{text}");
}
