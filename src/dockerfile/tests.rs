//! The rules against case files, and the parser against a corpus and against anything.
//!
//! A case is `rules/cases/RULE/NAME.txt`: a Dockerfile, perhaps files of its build context,
//! the lines where that rule finds something, and the mended file. `FLEET_UPDATE=1 cargo test
//! --lib dockerfile` writes the last two anew.

use super::fix::mend_some;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A build context in memory.
#[derive(Default)]
struct Memory(Option<BTreeMap<String, String>>);

impl Context for Memory {
    fn script(&self, path: &str) -> Option<String> {
        self.0.as_ref()?.get(path).cloned()
    }

    fn ignored(&self) -> Option<String> {
        self.script(".dockerignore")
    }

    fn is_known(&self) -> bool {
        self.0.is_some()
    }

    fn holds(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.0.as_ref().is_some_and(|files| {
            files.contains_key(path) || files.keys().any(|file| file.starts_with(&folder))
        })
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

struct Example {
    path: PathBuf,
    text: String,
    context: Memory,
    expected: String,
}

fn read_case(path: &Path) -> Example {
    let content = fs::read_to_string(path).unwrap();
    let mut example = Example {
        path: path.to_owned(),
        text: String::new(),
        context: Memory::default(),
        expected: String::new(),
    };
    for section in content.split("=== ").skip(1) {
        let (name, body) = section.split_once('\n').unwrap();
        match name.split_once(' ') {
            None if name == "Dockerfile" => body.clone_into(&mut example.text),
            Some(("context", file)) => {
                let files = example.context.0.get_or_insert_default();
                files.insert(file.to_owned(), body.to_owned());
            }
            _ => write!(example.expected, "=== {section}").unwrap(),
        }
    }
    example
}

fn outcome(example: &Example, rule: &Rule) -> String {
    let source = || Text::new("Dockerfile", example.text.clone().into_bytes(), false);
    let file = parse(source());
    let mut out = String::from("=== findings\n");
    for finding in lint(&file, &example.context).iter().filter(|f| f.rule.name == rule.name) {
        let line = file.text.line(finding.span.start);
        writeln!(out, "{line} {} {}", finding.severity.as_str(), finding.message).unwrap();
    }
    for (safety, name) in [(Safety::Same, "fix"), (Safety::Modes, "fix=modes")] {
        let of_rule = |f: &Finding| {
            f.rule.name == rule.name && f.fix.as_ref().is_some_and(|fix| fix.safety == safety)
        };
        let mended = mend_some(&source(), &example.context, safety, of_rule);
        if mended.bytes != example.text.as_bytes() {
            let text = String::from_utf8(mended.bytes).unwrap();
            write!(out, "=== {name}\n{text}").unwrap();
        }
    }
    out
}

#[test]
fn every_rule_finds_what_its_cases_say_and_nothing_in_the_traps() {
    let update = std::env::var_os("FLEET_UPDATE").is_some();
    let mut wrong = Vec::new();
    for rule in RULES {
        let (mut hits, mut traps) = (0, 0);
        for path in files(&root().join("src/dockerfile/rules/cases").join(rule.name)) {
            let example = read_case(&path);
            let actual = outcome(&example, rule);
            let is_trap = actual == "=== findings\n";
            let named = path.file_stem().unwrap().to_string_lossy().starts_with("trap-");
            if is_trap != named {
                wrong.push(format!(
                    "{}: traps, and only they, have names with trap-\n{actual}",
                    path.display()
                ));
            }
            hits += usize::from(!is_trap);
            traps += usize::from(is_trap);
            if update && actual != example.expected {
                let content = fs::read_to_string(&path).unwrap();
                let input = content.split("=== findings\n").next().unwrap();
                fs::write(&path, format!("{input}{actual}")).unwrap();
            } else if actual != example.expected {
                wrong.push(format!(
                    "{}\n{}\nis now\n{actual}",
                    example.path.display(),
                    example.expected
                ));
            }
        }
        assert!(hits > 0 && traps >= hits, "{}: {hits} true cases, {traps} traps", rule.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = root().join("tests/lint/corpus");
    files(&folder).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn the_corpus_parses_without_a_mistake() {
    let corpus = corpus();
    assert!(corpus.len() >= 60, "{} files", corpus.len());
    let mut seen = std::collections::HashSet::new();
    for (path, bytes) in corpus {
        assert!(seen.insert(bytes.clone()), "{} is there twice", path.display());
        let file = parse(Text::new(path.display().to_string(), bytes, false));
        assert!(file.mistakes.is_empty(), "{}: {:?}", path.display(), file.mistakes);
        assert!(file.slips.is_empty(), "{}", path.display());
        assert!(!file.stages.is_empty() && file.outline().count() > 1, "{}", path.display());
        let lines: Vec<usize> = file.outline().map(|(line, ..)| line).collect();
        assert!(lines.is_sorted(), "{}: {lines:?}", path.display());
    }
}

#[test]
fn a_fix_leaves_nothing_of_itself_and_breaks_nothing() {
    for (path, bytes) in corpus() {
        let text = Text::new("f", bytes, false);
        for safety in [Safety::Same, Safety::Modes] {
            let mended = mend(&text, &Unknown, safety);
            let again = Text::new("f", mended.bytes.clone(), false);
            let file = parse(again.clone());
            assert!(file.mistakes.is_empty(), "{}: {:?}", path.display(), file.mistakes);
            let left: Vec<_> = lint(&file, &Unknown)
                .into_iter()
                .filter(|f| f.fix.as_ref().is_some_and(|fix| fix.safety <= safety))
                .map(|f| f.message)
                .collect();
            assert!(left.is_empty(), "{}: {left:?}", path.display());
            assert_eq!(mend(&again, &Unknown, safety).bytes, mended.bytes, "{}", path.display());
        }
    }
}

#[test]
fn every_rule_is_told_apart_and_its_example_shows_it() {
    let mut names = std::collections::HashSet::new();
    for rule in RULES {
        assert!(names.insert(rule.name));
        assert!(rule.codes.iter().all(|code| names.insert(code)), "{}", rule.name);
        assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
        assert!(!rule.summary.ends_with('.') && rule.why.ends_with('.'), "{}", rule.name);
    }
}

#[test]
fn the_page_is_made_from_the_same_texts() {
    let path = root().join("docs/lint.md");
    if std::env::var_os("FLEET_UPDATE").is_some() {
        fs::write(&path, markdown()).unwrap();
    }
    let page = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(page, markdown(), "docs/lint.md is old: run `make lint-page`");
}

/// Whatever comes in: no panic, spans inside the file, every format writes, a fix parses.
fn survives(bytes: &[u8]) {
    super::try_everything(bytes);
}

#[test]
fn what_a_stranger_writes_is_survived() {
    let deep = |n: usize| format!("FROM a\nRUN {}x", "( \\\n".repeat(n));
    let mut cases: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\xff\xfe\x00FROM".to_vec(),
        b"\xef\xbb\xbfFROM a\nRUN chown -R a /x".to_vec(),
        b"FROM a\nRUN cat <<A <<-B >x\n<<C\nA\n\tB\nRUN ls".to_vec(),
        b"FROM a\nRUN <<A\nnever".to_vec(),
        b"FROM a\nRUN <<A\ncat <<B\nchown -R x /\nB\nA\n".to_vec(),
        b"# escape=`\nFROM a\nRUN dir `\n c:\\\nCOPY . c:\\\n".to_vec(),
        b"ONBUILD ONBUILD RUN x".to_vec(),
        b"FROM a\nONBUILD".to_vec(),
        b"FROM a AS a\nFROM a AS A\nFROM a".to_vec(),
        b"FROM a\nENV A=$A$A$A B=${A} C\nRUN chown -R $A ${B} ${ $".to_vec(),
        b"FROM a\nCOPY [\"a\", \"b\nRUN [\"sh\",\"-c\",\"chown -R \\u0061 /x\"]".to_vec(),
        b"FROM a\nRUN chown -R\nRUN chown -R x\nRUN find -exec chown\nRUN xargs\nRUN install -o"
            .to_vec(),
        b"FROM a\r\nCOPY . /x\r\nRUN chown -R a:b /x\r\n".to_vec(),
    ];
    cases.extend(
        ["\\\n", "$(", "\"", "'", "`", "${", "(", "{ ", "if ", "<<A ", "&& ", "\u{202e}"]
            .map(|piece| format!("FROM a\nCOPY . /a\nRUN {}", piece.repeat(3000)).into_bytes()),
    );
    cases.push(deep(3000).into_bytes());
    cases.extend(files(&root().join("fuzz/corpus/lint")).into_iter().map(|p| fs::read(p).unwrap()));
    cases.extend(corpus().into_iter().map(|(_, bytes)| bytes));
    for case in cases {
        survives(&case);
    }
}

#[test]
fn large_files_of_one_shape_are_survived() {
    // `benches/lint.rs` sees that none of them takes quadratic time.
    for shape in super::shapes() {
        survives(shape(300).as_bytes());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        survives(&bytes);
    }

    #[test]
    fn pieces_of_dockerfiles_in_any_order_are_survived(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "FROM a\n", "FROM b AS x\n", "COPY . /app\n", "COPY --chown=a:b x y /app/\n", "RUN ", "chown -R a:b /app",
            " && ", "\\\n", " # x\n", "\n", "<<EOF", "EOF\n", "'", "\"", "$(", ")", "[\"", "\"]\n", "ONBUILD ",
            "WORKDIR /app\n", "ENV A=/app\n", "$A", "rm -rf /app", "mkdir -p /app/x", "USER root\n", "é", "\t",
            "bundle install", "chmod 777 x", "{{ x }}", "ARG T=1\n", "| xargs chown a", "find /app ", "; ", "`",
        ]),
        0..40,
    )) {
        survives(pieces.concat().as_bytes());
    }

    #[test]
    fn broken_files_of_the_corpus_are_survived(seed: u64, cut in 0_usize..3000) {
        let corpus = corpus();
        let (_, bytes) = &corpus[usize::try_from(seed % corpus.len() as u64).unwrap()];
        let mut bytes = bytes.clone();
        let at = cut % bytes.len();
        match seed % 3 {
            0 => bytes.truncate(at),
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, u8::try_from(seed % 251).unwrap()),
        }
        survives(&bytes);
    }
}
