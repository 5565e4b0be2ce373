//! What the repository ships as examples is loaded and rendered here.

use fleet::inventory::{Inventory, Trust};
use fleet::plan::Renderer;
use fleet::playbook::Playbook;
use fleet::template::Template;
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
fn every_template_renders_every_app_of_the_examples() {
    for project in [root().to_owned(), root().join("tests/lab")] {
        let inventory = Inventory::load(&project, Trust::Named).unwrap();
        for name in template::shipped_names() {
            let mut renderer = Renderer::new(&inventory, [], Some(name.to_owned()));
            for app in inventory.apps() {
                let files = renderer.render(app, None, None).unwrap();
                let text = &files[0].text;
                assert!(text.contains("\nFROM ") && !text.contains("{{"), "{text}");
            }
        }
    }
}

#[test]
fn what_fleet_ships_is_what_the_repository_holds() {
    let folders = fs::read_dir(root().join("templates")).unwrap();
    let mut names: Vec<_> =
        folders.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, template::shipped_names().collect::<Vec<_>>());
    for name in &names {
        let own = Template::load(root(), name).unwrap();
        let shipped = Template::load(Path::new("/nowhere"), name).unwrap();
        let values = own.check(&BTreeMap::new()).unwrap();
        assert_eq!(own.render("shop", &values), shipped.render("shop", &values));
    }
}
