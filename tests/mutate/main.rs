//! `make mutate`: takes each protection of a cleanup out in turn and sees which test notices.
//!
//! The list is read from the code: every place where a rule keeps an object. What no test
//! notices is `SURVIVED`, and the target fails. The last result stands in
//! `docs/protections.md`, which this writes.

mod sites;

use sites::{Site, sites};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Places whose object no real engine of the lab can hold; the fast tests have them.
const UNREAL: &[(&str, &str, &str)] = &[
    ("stopped_containers.rs", "undated", "engines date every container"),
    ("stopped_containers.rs", "unmeasured", "these engines measure every stopped container"),
    ("build_cache.rs", "undated", "engines date every record"),
    ("volumes.rs", "undated", "engines date every volume"),
    ("networks.rs", "undated", "engines date every network"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The test programs, built with the feature.
struct Programs {
    fast: PathBuf,
    lab: PathBuf,
}

fn build() -> Programs {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--locked", "--all-features", "--lib", "--test", "lab", "--no-run"])
        .args(["--message-format", "json"])
        .current_dir(root())
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the tests do not build");
    let text = String::from_utf8(output.stdout).unwrap();
    let find = |target: &str| {
        let messages =
            text.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
        let of_target =
            |m: &serde_json::Value| m["target"]["name"] == *target && m["profile"]["test"] == true;
        let mut found =
            messages.filter(of_target).filter_map(|m| m["executable"].as_str().map(PathBuf::from));
        found.next().unwrap_or_else(|| panic!("no test program {target}"))
    };
    Programs { fast: find("fleet"), lab: find("lab") }
}

/// What tests print without a protection, when they fail.
fn failure(program: &Path, args: &[&str], off: &str) -> Option<String> {
    let (passed, text) = run(program, args, off);
    (!passed).then_some(text)
}

fn run(program: &Path, args: &[&str], off: &str) -> (bool, String) {
    let output = Command::new(program)
        .args(args)
        .current_dir(root())
        .env("FLEET_MUTATE", off)
        .env("PROPTEST_CASES", "64")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text + &String::from_utf8_lossy(&output.stderr))
}

/// The tests that failed, without the folders that they are in.
fn failed(text: &str) -> String {
    let names: BTreeSet<_> = text
        .lines()
        .filter_map(|l| l.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
        .map(|name| name.trim_start_matches("steps::cleanup::").replace("phases::", ""))
        .collect();
    let first: Vec<_> = names.iter().take(2).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(2);
    if more == 0 { first.join(", ") } else { format!("{} and {more} more", first.join(", ")) }
}

/// What the lab says without a protection: the engines that notice, and those that should.
fn in_lab(program: &Path, off: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut caught, mut expected) = (BTreeSet::new(), BTreeSet::new());
    for test in ["each_rule_keeps_its_object", UNUSUAL] {
        let test = format!("protections::{test}");
        let (_, text) = run(program, &["--nocapture", "--exact", &test], off);
        let hosts = |mark: &str| -> Vec<String> {
            let rest = text.lines().filter_map(|line| line.strip_prefix(mark));
            rest.map(|rest| rest.split(':').next().unwrap_or_default().to_owned()).collect()
        };
        caught.extend(hosts("CAUGHT on "));
        expected.extend(hosts("EXPECTED on "));
        if !expected.is_empty() {
            break;
        }
    }
    (caught, expected)
}

const UNUSUAL: &str = "each_rule_keeps_its_object_on_a_host_in_an_unusual_state";

fn row(programs: &Programs, site: &Site, alone: bool, with_lab: bool) -> (String, bool) {
    let off = format!("{}:{}:{}", site.file, site.line, site.rule);
    let fast = failure(&programs.fast, &["steps::cleanup"], &off).map(|text| failed(&text));
    let unreal = UNREAL.iter().find(|(file, rule, _)| *file == site.file && *rule == site.rule);
    let join = |hosts: &mut dyn Iterator<Item = &String>| {
        hosts.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let engines = if with_lab {
        let (caught, expected) = in_lab(&programs.lab, &off);
        // Where a rule stands twice in a phase, an engine may have an object for one place only.
        let missed = join(&mut expected.difference(&caught).filter(|_| alone));
        match (caught.is_empty(), missed.is_empty(), unreal) {
            (_, false, _) => format!("{}; **SURVIVED** on {missed}", join(&mut caught.iter())),
            (false, true, _) => join(&mut caught.iter()),
            (true, true, Some((_, _, why))) => format!("– ({why})"),
            (true, true, None) => "**SURVIVED**".to_owned(),
        }
    } else {
        "not run".to_owned()
    };
    let survived = fast.is_none() || engines.contains("SURVIVED");
    let fast = fast.unwrap_or_else(|| "**SURVIVED**".to_owned());
    let phase = site.file.trim_end_matches(".rs").replace('_', "-");
    (format!("| {phase} | `{}` | {} | {fast} | {engines} |\n", site.rule, site.line), survived)
}

fn main() -> ExitCode {
    let with_lab = std::env::var_os("FLEET_MUTATE_FAST").is_none();
    let only = std::env::var("FLEET_MUTATE_ONLY").unwrap_or_default();
    let sites: Vec<_> =
        sites().into_iter().filter(|s| format!("{}:{}", s.file, s.rule).contains(&only)).collect();
    let programs = build();
    if with_lab {
        let dirt = Command::new(root().join("tests/lab/lab")).arg("dirt").status().unwrap();
        assert!(dirt.success(), "no dirt");
    }
    // Without a mutation all is green, else nothing below means anything.
    assert_eq!(failure(&programs.fast, &["steps::cleanup"], ""), None, "red without a mutation");
    if with_lab {
        let lab = failure(&programs.lab, &["each_rule_keeps_its_object"], "");
        assert_eq!(lab, None, "red without a mutation");
    }
    let mut survivors = 0;
    let mut table = String::from(
        "| phase | rule | line | fast tests that notice | engines on which the lab notices |\n\
         |---|---|---|---|---|\n",
    );
    for site in &sites {
        let same = sites.iter().filter(|s| s.file == site.file && s.rule == site.rule).count();
        let (row, survived) = row(&programs, site, same == 1, with_lab);
        print!("{row}");
        table += &row;
        survivors += usize::from(survived);
    }
    println!("{} places, {survivors} survived", sites.len());
    if with_lab && only.is_empty() {
        write_down(&table, sites.len(), survivors);
    }
    if survivors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Puts the table into the documentation, between its two marks.
fn write_down(table: &str, places: usize, survivors: usize) {
    let path = root().join("docs/protections.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- mutate -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /mutate -->").unwrap();
    let mut new = before.to_owned();
    let _ = write!(
        new,
        "<!-- mutate -->\n{places} places where a rule keeps an object; {survivors} survived.\n\n\
         {table}<!-- /mutate -->{after}"
    );
    fs::write(path, new).unwrap();
}
