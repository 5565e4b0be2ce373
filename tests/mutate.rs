//! `make mutate`: takes each protection of a cleanup out in turn and sees which test notices.
//!
//! The list is read from the code: every place where a rule keeps an object. What no test
//! notices is `SURVIVED`, and the target fails. The last result stands in
//! `docs/protections.md`, which this writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Places whose object no real engine of the lab can hold; the fast tests have them.
const UNREAL: &[(&str, &str, &str)] = &[
    ("stopped_containers.rs", "undated", "engines date every container"),
    ("stopped_containers.rs", "unmeasured", "these engines measure every stopped container"),
    ("build_cache.rs", "undated", "engines date every record"),
    ("volumes.rs", "undated", "engines date every volume"),
    ("networks.rs", "undated", "engines date every network"),
];

/// A place where a rule keeps an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Site {
    file: String,
    line: usize,
    rule: String,
}

/// A function: whether it tracks its caller, the rules by which it keeps something, and what
/// it calls.
#[derive(Default)]
struct Function {
    file: String,
    tracks: bool,
    rules: Vec<(String, usize)>,
    calls: Vec<(String, usize)>,
}

struct Functions {
    file: String,
    all: BTreeMap<String, Function>,
    at: Vec<String>,
}

impl Functions {
    fn enter(&mut self, name: &syn::Ident, attributes: &[syn::Attribute]) {
        let tracks = attributes.iter().any(|a| a.path().is_ident("track_caller"));
        // Two functions of one name are in two files.
        let name = format!("{}::{name}", self.file);
        let function = Function { file: self.file.clone(), tracks, ..Function::default() };
        self.all.insert(name.clone(), function);
        self.at.push(name);
    }

    fn now(&mut self) -> Option<&mut Function> {
        self.all.get_mut(self.at.last()?)
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if !module.attrs.iter().any(|a| a.path().is_ident("cfg")) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.enter(&function.sig.ident, &function.attrs);
        visit::visit_item_fn(self, function);
        self.at.pop();
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.enter(&function.sig.ident, &function.attrs);
        visit::visit_impl_item_fn(self, function);
        self.at.pop();
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func
            && let Some(name) = path.path.segments.last().map(|s| s.ident.to_string())
        {
            let line = call.func.span().start().line;
            match call.args.first() {
                Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(rule), .. }))
                    if name == "stay" =>
                {
                    self.now().unwrap().rules.push((rule.value(), line));
                }
                _ => {
                    assert_ne!(name, "stay", "{}:{line}: a rule is a text", self.file);
                    if let Some(function) = self.now() {
                        function.calls.push((name, line));
                    }
                }
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        let line = call.method.span().start().line;
        if let Some(function) = self.now() {
            function.calls.push((call.method.to_string(), line));
        }
        visit::visit_expr_method_call(self, call);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every place of the phases where a rule keeps an object, helpers resolved to their callers.
fn sites() -> Vec<Site> {
    let folder = root().join("src/steps/cleanup");
    let phases = fs::read_dir(folder.join("phases")).unwrap().map(|entry| entry.unwrap().path());
    let mut functions = Functions { file: String::new(), all: BTreeMap::new(), at: Vec::new() };
    for path in phases.chain([folder.join("judge.rs")]) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with("_tests.rs") {
            functions.file = name;
            functions.visit_file(&syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    let all = functions.all;
    let mut sites = BTreeSet::new();
    for function in all.values().filter(|f| !f.tracks) {
        let direct = function.rules.iter().map(|(rule, line)| (rule.clone(), *line));
        let through = function
            .calls
            .iter()
            .flat_map(|(name, line)| tracked(&all, name).into_iter().map(|rule| (rule, *line)));
        for (rule, line) in direct.chain(through) {
            sites.insert(Site { file: function.file.clone(), line, rule });
        }
    }
    sites.into_iter().collect()
}

/// The rules that a call of this name stands for, when what it calls tracks its caller.
fn tracked(all: &BTreeMap<String, Function>, name: &str) -> BTreeSet<String> {
    let called = all.iter().filter(|(full, f)| f.tracks && full.ends_with(&format!("::{name}")));
    called
        .flat_map(|(_, f)| {
            let direct = f.rules.iter().map(|(rule, _)| rule.clone());
            let deeper =
                f.calls.iter().filter(|(n, _)| n != name).flat_map(|(n, _)| tracked(all, n));
            direct.chain(deeper).collect::<Vec<_>>()
        })
        .collect()
}

/// The test programs, built with the feature.
struct Programs {
    fast: PathBuf,
    lab: PathBuf,
}

fn build() -> Programs {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--locked", "--features", "mutate", "--lib", "--test", "lab", "--no-run"])
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
