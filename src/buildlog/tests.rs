//! What logs say, for each form.

use super::{Form, Read, Reader, try_everything};
use crate::dockerfile::{Text, parse};
use crate::record::{BuildStep, BuildStepKind, BuildStepResult, Stream};

fn read(form: Form, dockerfile: &str, log: &[(u64, &str)], total: u64) -> Read {
    let file = parse(Text::new("Dockerfile", dockerfile.into(), false));
    let mut reader = Reader::new(form, &file);
    log.iter()
        .for_each(|(at, line)| reader.take(Stream::Stderr, *at, format!("{line}\n").as_bytes()));
    reader.finish(total)
}

fn spans(step: &BuildStep) -> Vec<(u64, u64)> {
    step.intervals.iter().map(|i| (i.start, i.end)).collect()
}

const TWO: &str = "FROM debian AS base\nRUN make\nRUN chown -R a:b /app\n";

fn vertex(digest: &str, name: &str, times: &str, inputs: &str, more: &str) -> String {
    let time = |ms: &str| format!("2026-11-27T00:00:{ms}Z");
    let (start, end) = times.split_once('-').unwrap_or((times, ""));
    let started =
        if start.is_empty() { String::new() } else { format!(",\"started\":\"{}\"", time(start)) };
    let completed =
        if end.is_empty() { String::new() } else { format!(",\"completed\":\"{}\"", time(end)) };
    format!(
        "{{\"vertexes\":[{{\"digest\":\"{digest}\",\"name\":\"{name}\",\"inputs\":[{inputs}]{started}{completed}{more}}}]}}"
    )
}

#[test]
fn vertexes_of_rawjson_become_steps_on_the_builds_clock() {
    let log = [
        (
            100,
            vertex(
                "d0",
                "[internal] load build definition from Dockerfile",
                "10.050-10.080",
                "",
                "",
            ),
        ),
        (
            120,
            vertex(
                "d1",
                "[1/3] FROM docker.io/library/debian",
                "10.100-10.100",
                "",
                ",\"cached\":true",
            ),
        ),
        (150, vertex("d2", "[2/3] RUN make", "10.110", "\"d1\"", "")),
        (900, vertex("d2", "[2/3] RUN make", "10.110-10.600", "\"d1\"", "")),
        (950, vertex("d2", "[2/3] RUN make", "10.800-10.900", "\"d1\"", "")),
        (2_000, vertex("d3", "[3/3] RUN chown -R a:b /app", "10.900-11.900", "\"d2\"", "")),
        (2_500, vertex("d4", "exporting to image", "11.900-12.400", "", "")),
    ];
    let log: Vec<(u64, &str)> = log.iter().map(|(at, line)| (*at, line.as_str())).collect();
    let read = read(Form::RawJson, TWO, &log, 2_600);
    // The fourth line came 300 ms after its event, the first 20 ms: the least delay counts.
    let seen: Vec<_> = read.steps.iter().map(|s| (s.line, spans(s), s.after.clone())).collect();
    assert_eq!(
        seen,
        [
            (None, vec![(70, 100)], vec![]),
            (Some(1), vec![(120, 120)], vec![0]),
            (Some(2), vec![(130, 620), (820, 920)], vec![1]),
            (Some(3), vec![(920, 1920)], vec![2]),
            (None, vec![(1920, 2420)], vec![3]),
        ]
    );
    assert!(read.steps.iter().all(|step| step.critical));
    assert_eq!(
        read.steps.iter().filter(|s| s.ownership).map(|s| s.line).collect::<Vec<_>>(),
        [Some(3)]
    );
    assert_eq!(read.steps[1].result, BuildStepResult::Cached);
    assert_eq!(read.steps[4].kind, BuildStepKind::Export);
    assert_eq!((read.dropped, read.steps[3].stage.as_deref()), (0, Some("base")));
}

/// A log as it was recorded: every line with the milliseconds at which it came and its stream,
/// the end with the exit status.
struct Recorded {
    lines: Vec<(u64, Stream, Vec<u8>)>,
    total: u64,
}

fn recorded(bytes: &[u8]) -> Recorded {
    let mut recorded = Recorded { lines: Vec::new(), total: 0 };
    for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let mut parts = line.splitn(3, |b| *b == b' ');
        let at = std::str::from_utf8(parts.next().unwrap()).unwrap().parse().unwrap();
        let (stream, text) = (parts.next().unwrap(), parts.next().unwrap().to_vec());
        match stream {
            b"1" => recorded.lines.push((at, Stream::Stdout, text)),
            b"2" => recorded.lines.push((at, Stream::Stderr, text)),
            _ => recorded.total = at,
        }
    }
    recorded
}

impl Recorded {
    fn read(&self, form: Form, dockerfile: &str, piece: usize) -> Read {
        let file = parse(Text::new("Dockerfile", dockerfile.into(), false));
        let mut reader = Reader::new(form, &file);
        for (at, stream, line) in &self.lines {
            let whole = [line.as_slice(), b"\n"].concat();
            whole.chunks(piece).for_each(|piece| reader.take(*stream, *at, piece));
        }
        reader.finish(self.total)
    }
}

fn shown(read: &Read) -> String {
    use std::fmt::Write as _;
    let mut out = format!("image {:?}, dropped {}\n", read.image, read.dropped);
    for (at, step) in read.steps.iter().enumerate() {
        let spans: Vec<String> =
            spans(step).iter().map(|(start, end)| format!("{start}-{end}")).collect();
        let _ = writeln!(
            out,
            "{at:>2} {}{} {:<11} {:<6} {:>4} {:<6} {:<22} after {:<9} {}",
            if step.critical { '*' } else { ' ' },
            if step.ownership { 'o' } else { ' ' },
            format!("{:?}", step.kind),
            step.stage.as_deref().unwrap_or("-"),
            step.line.map_or_else(|| "-".to_owned(), |line| line.to_string()),
            match &step.result {
                BuildStepResult::Failed { .. } => "FAILED".to_owned(),
                other => format!("{other:?}").to_lowercase(),
            },
            spans.join(" "),
            format!("{:?}", step.after),
            step.name,
        );
        if let BuildStepResult::Failed { reason } = &step.result {
            let _ = writeln!(out, "   {reason}");
        }
    }
    out.push_str("tail\n");
    for line in &read.tail {
        let _ = writeln!(out, "   {line}");
    }
    out
}

#[test]
fn recorded_logs_of_all_builders_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/buildlog/logs");
    let mut logs: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "log"))
        .collect();
    logs.sort();
    assert!(logs.len() > 20, "the logs are gone");
    for path in logs {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (file, builder) = name.split_once('.').unwrap();
        let form = match builder.split('-').next() {
            Some("rawjson") => Form::RawJson,
            Some("plain") => Form::Plain,
            _ => Form::Legacy,
        };
        let file = folder.join(file.trim_end_matches("-cached")).with_extension("dockerfile");
        let dockerfile = std::fs::read_to_string(file).unwrap();
        let recorded = recorded(&std::fs::read(&path).unwrap());
        let read = recorded.read(form, &dockerfile, usize::MAX);
        assert_eq!(read, recorded.read(form, &dockerfile, 7), "{name}: pieces are cut elsewhere");
        insta::with_settings!({ snapshot_path => "logs", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, shown(&read));
        });
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(bytes: Vec<u8>) {
        try_everything(&bytes);
    }

    /// Lines that look like a builder's, in any order.
    #[test]
    fn lines_out_of_order_are_read(choice: u8, picks in proptest::collection::vec(0_usize..LINES.len(), 0..60)) {
        let mut bytes = vec![choice];
        bytes.extend_from_slice(b"FROM a AS b\nRUN c\nFROM b\nCOPY --from=b d e\n\0");
        for pick in picks {
            bytes.extend_from_slice(LINES[pick].as_bytes());
            bytes.push(b'\n');
        }
        try_everything(&bytes);
    }
}

const LINES: [&str; 36] = [
    "",
    "#1 [b 1/2] FROM docker.io/library/a",
    "#1 DONE 0.1s",
    "#1 CACHED",
    "#2 [b 2/2] RUN c",
    "#2 0.5 output",
    "#2 9999999.5 output",
    "#2 ...",
    "#2 DONE 1.5s",
    "#2 DONE 99999999999999999999.5s",
    "#2 ERROR: no",
    "#2 CANCELED",
    "#2 0.5 x#2 DONE 3.0s",
    "#3 [stage-1 1/1] COPY --from=b d e",
    "#3 DONE 0.0s",
    "#4 exporting to image",
    "#4 writing image sha256:0000000000000000000000000000000000000000000000000000000000000000 done",
    "#4294967296 [b 1/1] x",
    "Sending build context to Docker daemon  1kB",
    "Step 1/4 : FROM a AS b",
    "Step 2/4 : RUN c",
    "Step 3/4 : FROM b",
    "Step 4/4 : COPY --from=b d e",
    " ---> 0123456789ab",
    " ---> Running in ba9876543210",
    "Removing intermediate container ba9876543210",
    " ---> Using cache",
    "Successfully built 0123456789ab",
    r#"{"vertexes":[{"digest":"a","name":"[b 2/2] RUN c","inputs":["b","a"],"started":"2026-01-01T00:00:01Z"}]}"#,
    r#"{"vertexes":[{"digest":"a","name":"[b 2/2] RUN c","inputs":["b"],"started":"2026-01-01T00:00:01Z","completed":"2025-01-01T00:00:03Z","error":"x"}]}"#,
    r#"{"vertexes":[{"digest":"b","name":"[b 1/2] FROM a","inputs":["a"],"started":"-009999-01-01T00:00:00Z","completed":"9999-12-30T00:00:00Z","cached":true}]}"#,
    r#"{"vertexes":[{"digest":"c","name":"exporting to image","started":"2026-01-01T00:00:04Z"}]}"#,
    r#"{"logs":[{"vertex":"a","data":"G1szMW0K","timestamp":"2026-01-01T00:00:02Z"}]}"#,
    "{",
    "  \"vertexes\": []",
    "}",
];

#[test]
fn a_log_without_end_takes_bounded_memory() {
    let file = parse(Text::new("Dockerfile", b"FROM a\nRUN b\n".to_vec(), false));
    let plain = |n: u64| {
        format!("\n#{n} [2/2] RUN {n} {}\n#{n} 0.1 {}\n", "x".repeat(9_000), "y".repeat(90_000))
    };
    let json = |n: u64| {
        format!(
            "{{\"vertexes\":[{{\"digest\":\"{n}\",\"name\":\"{}\",\"inputs\":[\"{}\",\"0\"]}}]}}\n",
            "x".repeat(9_000),
            n + 1
        )
    };
    for (form, lines) in [
        (Form::Plain, &plain as &dyn Fn(u64) -> String),
        (Form::RawJson, &json),
        (Form::Legacy, &plain),
    ] {
        let mut reader = Reader::new(form, &file);
        reader.take(Stream::Stdout, 0, &vec![b'z'; 3 << 20]);
        for n in 1..5_000 {
            reader.take(Stream::Stderr, n, lines(n).as_bytes());
        }
        let read = reader.finish(9_999);
        assert!(read.steps.len() <= 2_000 && read.dropped > 3_000, "{form:?} {}", read.dropped);
        let bytes: usize =
            read.steps.iter().map(|s| s.name.len()).chain(read.tail.iter().map(String::len)).sum();
        assert!(bytes < 1 << 20, "{form:?} {bytes}");
    }
}

#[test]
fn a_step_that_was_tried_again_counts_by_its_last_try() {
    let log = [
        vertex("d1", "[2/3] RUN make", "01", "", ""),
        vertex("d1", "[2/3] RUN make", "01-02", "", r#","error":"no space left""#),
        vertex("d1", "[2/3] RUN make", "03", "", ""),
        vertex("d1", "[2/3] RUN make", "03-05", "", ""),
        vertex("d2", "[3/3] RUN chown -R a:b /app", "03-04", "", r#","error":"context canceled""#),
    ];
    let log: Vec<(u64, &str)> = log.iter().map(|line| (4_000, line.as_str())).collect();
    let read = read(Form::RawJson, TWO, &log, 9_000);
    let seen: Vec<_> = read.steps.iter().map(|s| (&s.result, spans(s))).collect();
    assert_eq!(
        seen,
        [
            (&BuildStepResult::Ran, vec![(0, 1_000), (2_000, 4_000)]),
            (&BuildStepResult::Cut, vec![(2_000, 3_000)]),
        ]
    );
}

#[test]
fn lines_of_a_plain_log_count_only_for_the_step_that_has_the_word() {
    let log = [
        (100, "#1 [2/3] RUN make"),
        (1_100, "#1 0.9 #1 DONE 0.5s"),
        // Neither the word nor an empty line before it.
        (1_200, "#2 [3/3] RUN chown -R a:b /app"),
        (1_200, "#2 DONE 0.1s"),
        (3_100, "#1 DONE 3.0s"),
        (3_200, "#1 DONE 3.0s"),
        (3_200, ""),
        // Another name under a number that is taken.
        (3_300, "#1 [3/3] RUN chown -R a:b /app"),
        (3_400, ""),
        (3_400, "#7 [3/3] RUN chown -R a:b /app"),
        (3_500, "#7 ..."),
        (3_600, "#7 DONE 0.1s"),
        (5_000, ""),
        (5_000, "#7 [3/3] RUN chown -R a:b /app"),
        (5_000, "#7 DONE 1.6s"),
        (6_000, ""),
        (6_000, "#7 [3/3] RUN chown -R a:b /app"),
        (6_000, "#7 DONE 2.0s"),
    ];
    let read = read(Form::Plain, TWO, &log, 9_000);
    let seen: Vec<_> = read.steps.iter().map(|s| (s.line, spans(s))).collect();
    assert_eq!(
        seen,
        [(Some(2), vec![(100, 3_100)]), (Some(3), vec![(3_400, 5_000), (5_600, 6_000)])]
    );
    assert_eq!((read.dropped, read.tail), (5, vec!["#1 DONE 0.5s".to_owned()]));
}

#[test]
fn the_step_at_work_is_known_on_the_way() {
    let file = parse(Text::new("Dockerfile", TWO.into(), false));
    let at = |form: Form, lines: &[&str]| {
        let mut reader = Reader::new(form, &file);
        lines
            .iter()
            .for_each(|line| reader.take(Stream::Stdout, 1, format!("{line}\n").as_bytes()));
        reader.at().map(str::to_owned)
    };
    let make = vertex("d1", "[2/3] RUN make", "01", "", "");
    let made = vertex("d1", "[2/3] RUN make", "01-02", "", "");
    let other = vertex("d2", "[3/3] RUN chown \\u001b[0m", "02", "", "");
    let shown = |text: &str| Some(text.to_owned());
    assert_eq!(at(Form::RawJson, &[&make]), shown("[2/3] RUN make"));
    assert_eq!(at(Form::RawJson, &[&make, &other, &made]), shown("[3/3] RUN chown \\u{1b}[0m"));
    assert_eq!(at(Form::RawJson, &[&make, &made]), None);
    let step = "Step 1/3 : FROM debian AS base";
    assert_eq!(at(Form::Legacy, &[step]), shown("[1/3] FROM debian AS base"));
    assert_eq!(
        at(Form::Legacy, &[step, "Step 2/3 : RUN make"]),
        shown("[1/3] FROM debian AS base")
    );
    let next = [step, " ---> 0123456789ab", "Step 2/3 : RUN make"];
    assert_eq!(at(Form::Legacy, &next), shown("[2/3] RUN make"));
    let other = [step, " ---> 0123456789ab", "Step 2/3 : RUN rake"];
    assert_eq!(at(Form::Legacy, &other), shown("[1/3] FROM debian AS base"));
}
