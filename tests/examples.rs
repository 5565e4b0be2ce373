//! What the repository ships as examples is loaded and rendered here.

use fleet::inventory::{Inventory, Trust};
use fleet::playbook::Playbook;
use fleet::{steps, template};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_example_inventory_loads() {
    let inventory = Inventory::load(root(), Trust::Named).unwrap();
    assert!(inventory.hosts().len() > 2 && !inventory.apps().is_empty());
}

#[test]
fn the_labs_inventory_loads() {
    let inventory = Inventory::load(&root().join("tests/lab"), Trust::Named).unwrap();
    assert_eq!(inventory.group("hetzner").count(), 3);
    assert!(inventory.group("mass").count() >= 16);
}

#[test]
fn every_playbook_is_made_of_steps_that_build() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("playbooks")).unwrap() {
        let path = entry.unwrap().path();
        for step in Playbook::load(&path).unwrap().steps {
            let kind = steps::kind(&step.kind).unwrap();
            assert!((kind.build)(&step.with).is_ok(), "{}: {}", path.display(), step.name);
        }
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn every_template_renders_with_the_variables_of_an_app() {
    let inventory = Inventory::load(&root().join("tests/lab"), Trust::Named).unwrap();
    let app = inventory.app("shop").unwrap();
    let vars: BTreeMap<_, _> = app.vars.clone();
    let text =
        template::render_dockerfile(&root().join("templates").join(&app.template), &vars).unwrap();
    assert!(text.contains("\nFROM ") && !text.contains("{{"), "{text}");
    let none = BTreeMap::new();
    assert!(template::render_dockerfile(&root().join("templates/rails-before"), &none).is_err());
}
