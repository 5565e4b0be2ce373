//! `fleet lint` against real builders: that it reads Dockerfiles as BuildKit does, and that
//! its fixes leave an image's files as they are.

use super::support::repository;
use super::{engines, inside};
use fleet::dockerfile::{Instruction, Safety, Text, Unknown, mend, parse};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// BuildKit tells each instruction whose case is not that of most others, with its line. So
/// three copies of a file, each with another third of the keywords in small letters, show
/// every instruction that it sees.
const PARTS: usize = 3;

/// Puts a folder into a lab host, under a name of its own.
fn put(host: &str, folder: &Path, name: &str) {
    let tar = Command::new("tar").arg("-C").arg(folder).args(["-cf", "-", "."]).output().unwrap();
    assert!(tar.status.success());
    let script = format!("rm -rf /root/{name} && mkdir /root/{name} && tar -C /root/{name} -xf -");
    let mut child = Command::new("docker")
        .args(["exec", "-i", &format!("fleet-lab-{host}"), "sh", "-c", &script])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&tar.stdout).unwrap();
    assert!(child.wait().unwrap().success());
}

/// A copy with part of the keywords in small letters, that needs nothing from a registry.
fn variant(bytes: &[u8], part: usize) -> (Vec<u8>, BTreeSet<(usize, String)>) {
    let text = Text::new("Dockerfile", bytes.to_vec(), false);
    let file = parse(text);
    let mut bytes = bytes.to_vec();
    let mut expected = BTreeSet::new();
    // It does not look at the case of an `ARG` before the first `FROM`.
    let all: Vec<&Instruction> = file.instructions().collect();
    for (number, instruction) in all.iter().enumerate() {
        let span = instruction.keyword_span(&file.text);
        let small = number % PARTS == part && (number + 1) * 2 / PARTS <= all.len();
        let word = &mut bytes[span.clone()];
        if small {
            word.make_ascii_lowercase();
            let keyword = if instruction.onbuild { "onbuild" } else { instruction.keyword };
            expected.insert((file.text.line(span.start), keyword.to_ascii_lowercase()));
        } else {
            word.make_ascii_uppercase();
        }
    }
    // Another image than one that is there would be asked for at a registry.
    for stage in file.stages.iter().rev().filter(|stage| stage.parent.is_none()) {
        let name = if stage.base.value.starts_with("scratch") { continue } else { "scratch" };
        bytes.splice(stage.base.span.clone(), name.bytes());
    }
    let shown = String::from_utf8(bytes).unwrap();
    // A `# syntax=` line would fetch a frontend; behind a blank comment it is none.
    (shown.replace("syntax", "sintax").into_bytes(), expected)
}

#[test]
fn every_instruction_of_the_corpus_is_where_buildkit_sees_it() {
    let _turn = engines();
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let corpus = fs::read_dir(repository("tests/lint/corpus")).unwrap();
    for path in corpus.map(|entry| entry.unwrap().path()) {
        let bytes = fs::read(&path).unwrap();
        for part in 0..PARTS {
            let (copy, expected) = variant(&bytes, part);
            let name = format!("{}-{part}", path.file_stem().unwrap().to_string_lossy());
            fs::write(folder.path().join(&name), copy).unwrap();
            files.push((name, expected));
        }
    }
    put("forky", folder.path(), "fleet-lint");
    let script = "cd /root/fleet-lint && mkdir empty && for f in *-[0-9]; do \
                  echo \"=== $f\"; timeout 30 docker build --call=lint,format=json -f $f empty 2>/dev/null; \
                  done; cd / && rm -rf /root/fleet-lint";
    let output = String::from_utf8(inside("forky", script).stdout).unwrap();
    let mut wrong = Vec::new();
    for (name, expected) in &files {
        let answer = output.split(&format!("=== {name}\n")).nth(1).unwrap();
        let answer = answer.split("=== ").next().unwrap();
        let Ok(answer) = serde_json::from_str::<serde_json::Value>(answer) else {
            wrong.push(format!("{name}: {answer}"));
            continue;
        };
        let seen: BTreeSet<(usize, String)> = answer["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|warning| warning["ruleName"] == "ConsistentInstructionCasing")
            .map(|warning| {
                let line = warning["location"]["ranges"][0]["start"]["line"].as_u64().unwrap();
                let detail = warning["detail"].as_str().unwrap();
                let word = detail.split('\'').nth(1).unwrap().to_ascii_lowercase();
                (usize::try_from(line).unwrap(), word)
            })
            .collect();
        if seen != *expected {
            wrong.push(format!("{name}: BuildKit {seen:?}\nwe {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

/// Dockerfiles that `--fix` mends, on an image that the lab has.
const MENDED: [&str; 5] = [
    "WORKDIR /app\nCOPY . /app\nCOPY app/sub /app/app/sub\nRUN mkdir -p /app/tmp/pids /app/log\n\
     RUN touch /app/log/x.log && chown -R app:app /app\n",
    "COPY app /srv/site/app\nCOPY tmp /srv/site/other\nRUN chown -R 33:33 /srv/site\n",
    "COPY app /app\nRUN chown -R app /app\nRUN chmod 700 /app/sub\n",
    "COPY --chown=app:app . /app\nRUN mkdir /app/new && set -e; chown -R app:app /app; ls /app\n",
    "RUN mkdir -p /etc/shop\nCOPY app/a.rb /etc/shop/a.rb\nRUN chown app:app /etc/shop/a.rb && true\n",
];

#[test]
fn fixes_leave_paths_owners_and_modes_as_they_are() {
    let _turn = engines();
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("context");
    for inner in ["app/sub", "tmp"] {
        fs::create_dir_all(tree.join(inner)).unwrap();
    }
    for (file, text) in [("app/a.rb", "a"), ("app/sub/b.rb", "b"), ("tmp/c", "c")] {
        fs::write(tree.join(file), text).unwrap();
    }
    std::os::unix::fs::symlink("a.rb", tree.join("app/link")).unwrap();
    for (number, lines) in MENDED.iter().enumerate() {
        let user = "RUN groupadd -g 4321 app && useradd -u 4321 -g app app";
        let text = format!("FROM fleet-lab/rails:stable\n{user}\n{lines}");
        let before = Text::new("Dockerfile", text.clone().into_bytes(), false);
        let mended = mend(&before, &Unknown, Safety::Same);
        assert!(!mended.applied.is_empty(), "nothing to mend in {number}");
        fs::write(folder.path().join(format!("{number}-before")), &text).unwrap();
        fs::write(folder.path().join(format!("{number}-after")), &mended.bytes).unwrap();
    }
    // The new builder and the old one differ in what they do to folders above a destination.
    for host in ["forky", "bookworm"] {
        put(host, folder.path(), "fleet-lint");
        let script = "cd /root/fleet-lint && set -e; for f in *-before *-after; do \
                      docker build -q --no-cache -t fleet-lint:$f -f $f context > id; \
                      docker run --rm fleet-lint:$f find / -xdev -not -path '/proc/*' -not -path '/sys/*' \
                        -not -path '/dev/*' -printf '%p %u %g %m %l\\n' | sort > $f.txt; \
                      docker rmi -f fleet-lint:$f > /dev/null; done; \
                      for f in *-before; do n=${f%-before}; \
                      test $(wc -l < $f.txt) -gt 1000; \
                      diff $f.txt $n-after.txt > $n.diff && echo \"$n same\" || { echo \"$n differs\"; head -20 $n.diff; }; \
                      done; cd / && rm -rf /root/fleet-lint";
        let output = inside(host, script);
        let said = String::from_utf8_lossy(&output.stdout);
        let expected: Vec<String> = (0..MENDED.len()).map(|n| format!("{n} same")).collect();
        let said: Vec<&str> = said.lines().collect();
        assert_eq!(said, expected, "{host}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
