//! What logs say, for each form.

use super::{Form, Read, Reader};
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
