//! The shipped template in all its variants, and what the documentation says of it.

#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/matrix.rs"]
mod matrix;

use fleet::template::{self, File, Template};
use matrix::{Variant, variants};
use parse_dockerfile::Instruction;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn load(name: &str) -> Template {
    Template::load(Path::new(env!("CARGO_MANIFEST_DIR")), name).unwrap()
}

fn render(template: &Template, variant: &Variant) -> Vec<File> {
    let values = template.check(variant).unwrap_or_else(|faults| panic!("{faults:?}"));
    template.render("shop", &values).unwrap_or_else(|error| panic!("{error}\n{variant:?}"))
}

fn minor(variant: &Variant) -> u32 {
    let frontend = variant["frontend"].as_str().unwrap();
    frontend.strip_prefix("1.").map_or(0, |minor| minor.parse().unwrap())
}

#[test]
fn every_variant_keeps_the_rules() {
    let template = load("rails");
    let all = variants();
    assert!(all.len() > 20, "{}", all.len());
    for variant in &all {
        let text = &render(&template, variant)[0].text;
        let shown = format!("{variant:?}\n{text}");
        let parsed = parse_dockerfile::parse(text).unwrap_or_else(|e| panic!("{e}\n{shown}"));
        only_what_the_frontend_knows(minor(variant), text, &shown);
        nothing_slow(text, &shown);
        stages_come_before_their_use(&parsed, &shown);
        the_image_is_small(&parsed, variant, &shown);
    }
}

fn only_what_the_frontend_knows(minor: u32, text: &str, shown: &str) {
    assert!(minor >= 2 || !text.contains("--mount="), "{shown}");
    assert!(minor >= 4 || !text.contains("--link"), "{shown}");
    assert!(!text.contains("<<") && !text.contains("--chmod"), "{shown}");
    assert_eq!(text.starts_with("# syntax="), text.contains("# syntax="), "{shown}");
}

fn nothing_slow(text: &str, shown: &str) {
    for word in ["chown -R", "chmod -R", "--recursive", "chmod 777", "find / "] {
        assert!(!text.contains(word), "{word}\n{shown}");
    }
    assert!(!text.contains("\n\n\n") && text.ends_with('\n') && !text.contains(" \n"), "{shown}");
}

fn stages_come_before_their_use(parsed: &parse_dockerfile::Dockerfile<'_>, shown: &str) {
    let mut stages = BTreeSet::new();
    for instruction in &parsed.instructions {
        match instruction {
            Instruction::From(from) => {
                let image = from.image.value.as_ref();
                assert!(image.contains([':', '/']) || stages.contains(image), "{image}\n{shown}");
                stages.extend(from.as_.as_ref().map(|(_, name)| name.value.to_string()));
            }
            Instruction::Copy(copy) => {
                for from in copy.options.iter().filter(|o| o.name.value == "from") {
                    let stage = from.value.as_ref().unwrap().value.as_ref();
                    assert!(stages.contains(stage), "{stage}\n{shown}");
                }
            }
            _ => {}
        }
    }
}

fn the_image_is_small(parsed: &parse_dockerfile::Dockerfile<'_>, variant: &Variant, shown: &str) {
    let last = parsed.stages().last().unwrap();
    let copies = last.instructions.iter().filter_map(|instruction| match instruction {
        Instruction::Copy(copy) => Some(copy),
        _ => None,
    });
    let mut count = 0;
    for copy in copies {
        count += 1;
        let owner = copy.options.iter().find(|option| option.name.value == "chown");
        let owner = owner.map(|option| option.value.as_ref().unwrap().value.as_ref());
        let by_root = variant["code_owner"].as_str() == Some("root");
        let fine = match owner {
            Some("1000:1000") => !by_root,
            Some("0:0") => true,
            None => by_root,
            Some(_) => false,
        };
        assert!(fine, "{owner:?}\n{shown}");
    }
    assert!((1..=4).contains(&count), "{count} copies\n{shown}");
    let users = last.instructions.iter().filter(|i| matches!(i, Instruction::User(_))).count();
    assert_eq!(users, 1, "{shown}");
}

#[test]
fn every_variant_of_the_slow_one_parses() {
    let template = load("rails-before");
    for mut variant in variants() {
        variant.insert("private_gem_hosts".into(), toml::Value::Array(Vec::new()));
        let text = &render(&template, &variant)[0].text;
        parse_dockerfile::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert!(text.contains("chown -R") && text.contains("chmod -R"), "{text}");
    }
}

#[test]
fn the_matrix_knows_every_switch() {
    let variant = variants().remove(0);
    let template = load("rails");
    // These change a word and no structure.
    let words = [
        "ruby_version",
        "registry",
        "node_version",
        "bun_image",
        "user",
        "uid",
        "gid",
        "writable",
        "workdir",
        "health_interval",
    ];
    for (name, _) in template.variables() {
        assert!(variant.contains_key(name) || words.contains(&name), "{name} is in no variant");
    }
}

#[test]
fn the_documentation_lists_the_variables_as_they_are() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/template.md")).unwrap();
    let table = template::reference(&load("rails"));
    assert!(text.contains(&table), "docs/template.md should hold:\n{table}");
}
