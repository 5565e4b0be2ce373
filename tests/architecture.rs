//! The arrows between modules point one way: this table is the house plan, and the code is
//! parsed to see that it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use syn::visit::{self, Visit};

/// Each module with those that it may use. A new arrow is a line here and a sentence in
/// the commit.
const MAY_USE: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("stats", &[]),
    ("human", &[]),
    ("door", &["record"]),
    ("dockerfile", &["human"]),
    ("buildlog", &["record", "human", "dockerfile"]),
    ("template", &[]),
    ("scan", &["human", "dockerfile", "template"]),
    ("inventory", &["record"]),
    ("ssh", &["human", "inventory", "record", "door"]),
    ("docker", &["ssh", "human", "record", "door"]),
    ("steps", &["record", "human", "dockerfile", "buildlog", "template", "door", "ssh", "docker"]),
    ("playbook", &[]),
    ("plan", &["record", "human", "inventory", "template", "playbook", "ssh", "steps"]),
    ("runner", &["record", "human", "door", "ssh", "docker", "steps", "playbook", "plan"]),
    ("progress", &["record", "human"]),
    ("history", &["record", "human"]),
    ("report", &["record", "stats", "human"]),
    (
        "cli",
        &[
            "record",
            "human",
            "door",
            "dockerfile",
            "buildlog",
            "template",
            "scan",
            "inventory",
            "ssh",
            "docker",
            "steps",
            "playbook",
            "plan",
            "runner",
            "progress",
            "history",
            "report",
        ],
    ),
];

#[derive(Default)]
struct Arrows(BTreeSet<String>);

impl<'ast> Visit<'ast> for Arrows {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        collect(&item.tree, &mut self.0);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter().map(|s| s.ident.to_string());
        if segments.next().as_deref() == Some("crate") {
            self.0.extend(segments.next());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // Tests may look wherever they like.
        if !module.attrs.iter().any(|a| a.path().is_ident("cfg")) {
            visit::visit_item_mod(self, module);
        }
    }
}

fn collect(tree: &syn::UseTree, arrows: &mut BTreeSet<String>) {
    let syn::UseTree::Path(path) = tree else { return };
    if path.ident != "crate" {
        return;
    }
    match &*path.tree {
        syn::UseTree::Path(inner) => drop(arrows.insert(inner.ident.to_string())),
        syn::UseTree::Name(name) => drop(arrows.insert(name.ident.to_string())),
        syn::UseTree::Rename(name) => drop(arrows.insert(name.ident.to_string())),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| match item {
            syn::UseTree::Path(inner) => drop(arrows.insert(inner.ident.to_string())),
            syn::UseTree::Name(name) => drop(arrows.insert(name.ident.to_string())),
            _ => panic!("write `use crate::module::…` instead of a star or a rename"),
        }),
        syn::UseTree::Glob(_) => panic!("`use crate::*` hides every arrow"),
    }
}

fn rust_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "tests") {
                rust_files(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs")
            && !path.file_stem().is_some_and(|s| s.to_string_lossy().ends_with("tests"))
        {
            found.push(path);
        }
    }
}

fn src() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
}

#[test]
fn arrows_point_one_way() {
    let allowed: BTreeMap<_, BTreeSet<&str>> =
        MAY_USE.iter().map(|(m, uses)| (*m, uses.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for (module, may) in &allowed {
        let mut files = Vec::new();
        rust_files(&src().join(module), &mut files);
        assert!(!files.is_empty(), "module {module} has no files");
        for file in files {
            let parsed = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap();
            let mut arrows = Arrows::default();
            arrows.visit_file(&parsed);
            for to in arrows.0.iter().filter(|to| *to != module && !may.contains(to.as_str())) {
                wrong.push(format!("{}: {module} uses {to}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the table does not have:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_names_every_module_and_has_no_circle() {
    let modules: BTreeSet<String> = fs::read_dir(src())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let named: BTreeSet<String> = MAY_USE.iter().map(|(m, _)| (*m).to_owned()).collect();
    assert_eq!(modules, named);
    let mut above = BTreeSet::new();
    for (module, uses) in MAY_USE {
        assert!(uses.iter().all(|u| above.contains(u)), "{module} uses a module below it");
        above.insert(*module);
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut files = Vec::new();
    rust_files(src(), &mut files);
    let silent: Vec<_> = files
        .iter()
        .filter(|f| !fs::read_to_string(f).unwrap().starts_with("//!"))
        .map(|f| f.display().to_string())
        .collect();
    assert!(silent.is_empty(), "files without a first sentence: {silent:?}");
}
