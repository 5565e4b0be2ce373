//! The package manager, node's version, and the files that installing modules reads.

use super::App;
use super::found::{Place, Problem, shown};
use super::version::{agree, anchored, exact, major, of_tool};
use serde_json::Value;

const PACKAGE: &str = "package.json";
const VERSION: &str = "node_version";

/// Lock files with the manager that writes them.
const LOCKS: [(&str, &str); 5] = [
    ("yarn.lock", "yarn"),
    ("package-lock.json", "npm"),
    ("pnpm-lock.yaml", "pnpm"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
];

/// Files and folders that managers read beside the lock file.
const FILES: [(&str, &[&str]); 9] = [
    (".npmrc", &["npm", "pnpm", "yarn", "bun"]),
    (".yarnrc", &["yarn"]),
    (".yarnrc.yml", &["yarn"]),
    (".yarn/releases", &["yarn"]),
    (".yarn/plugins", &["yarn"]),
    (".yarn/patches", &["yarn"]),
    ("pnpm-workspace.yaml", &["pnpm"]),
    (".pnpmfile.cjs", &["pnpm"]),
    ("bunfig.toml", &["bun"]),
];

pub(super) fn read(app: &mut App) {
    let Some(text) = app.text(PACKAGE) else {
        needs_modules(app);
        return;
    };
    let package = match serde_json::from_str::<Value>(&text) {
        Ok(package) => package,
        Err(error) => {
            let problem = Problem::new(PACKAGE, format!("is not JSON: {error}"));
            app.found.problems.push(problem.line(error.line()).column(error.column()));
            Value::Null
        }
    };
    let Some(manager) = manager(app, &package) else { return };
    for (file, managers) in FILES {
        if managers.contains(&manager) && app.folder.has(file) {
            app.found.add("node_files", file, Place::file(file));
        }
    }
    version_of_manager(app, manager, &package);
    if manager != "bun" {
        version(app, &package);
    }
    scripts(app, &package);
}

/// Gems that bundle with node need a `package.json`.
fn needs_modules(app: &mut App) {
    if let Some(place) = app.lock.any(&["jsbundling-rails", "cssbundling-rails"]) {
        app.found.note("there is no package.json, which it needs", place);
    }
}

/// The manager: what `packageManager` names, or whose lock file is there.
fn manager(app: &mut App, package: &Value) -> Option<&'static str> {
    let there = LOCKS.iter().filter(|(file, _)| app.folder.has(file));
    let there: Vec<_> = there.copied().collect();
    let named =
        package["packageManager"].as_str().map(|text| text.split('@').next().unwrap_or(text));
    let chosen = there.iter().find(|(_, manager)| named == Some(manager)).or(there.first());
    let Some((file, manager)) = chosen.copied() else {
        let text = "decide: there is no lock file, without which no modules are installed";
        let manager = LOCKS.iter().find(|(_, manager)| named == Some(manager));
        let manager = manager.map_or("npm", |(_, manager)| manager);
        app.found.suggest("javascript", manager, text, Place::file(PACKAGE));
        return None;
    };
    app.found.set("javascript", manager, Place::file(file));
    for (other, second) in there.iter().filter(|(_, second)| *second != manager) {
        let text = format!("decide: {file} is there, too");
        app.found.suggest("javascript", *second, text, Place::file(*other));
    }
    Some(manager)
}

/// The manager's own version, from `packageManager` or the format of its lock file.
fn version_of_manager(app: &mut App, manager: &str, package: &Value) {
    let named = package["packageManager"].as_str().and_then(|text| text.strip_prefix(manager));
    let named = named.and_then(|text| text.strip_prefix('@'));
    let named = named.and_then(|text| exact(text.split('+').next().unwrap_or(text)));
    let place = Place::file(PACKAGE).what("packageManager");
    match (manager, named) {
        ("yarn", Some(version)) => app.found.set("yarn_version", version, place),
        ("pnpm", Some(version)) => app.found.set("pnpm_version", version, place),
        ("bun", Some(version)) => {
            app.found.set("bun_image", format!("docker.io/oven/bun:{version}"), place);
        }
        ("bun", None) => bun(app),
        ("yarn", None) => yarn(app),
        ("pnpm", None) => pnpm(app),
        _ => {}
    }
}

fn bun(app: &mut App) {
    if let Some(text) = app.text(".bun-version")
        && let Some(version) = exact(&text)
    {
        let image = format!("docker.io/oven/bun:{version}");
        app.found.set("bun_image", image, Place::file(".bun-version"));
    }
}

fn yarn(app: &mut App) {
    let text = app.text("yarn.lock").unwrap_or_default();
    if text.lines().take(20).any(|line| line.starts_with("__metadata:")) {
        let text = "decide: the lock file is one of Yarn 2 or newer, whose version nothing names";
        app.found.suggest("yarn_version", "4.5.0", text, Place::file("yarn.lock"));
    }
}

/// Formats of the lock file before 9 are read by older versions alone.
fn pnpm(app: &mut App) {
    let text = app.text("pnpm-lock.yaml").unwrap_or_default();
    let line = text.lines().zip(1..).take(20);
    let mut found =
        line.filter_map(|(line, number)| Some((line.strip_prefix("lockfileVersion:")?, number)));
    let Some((format, number)) = found.next() else { return };
    let version = match major(format.trim().trim_matches(['\'', '"'])) {
        Some(5) => "7",
        Some(6) => "8",
        _ => return,
    };
    app.found.set(
        "pnpm_version",
        version,
        Place::line("pnpm-lock.yaml", number).what("lockfileVersion"),
    );
}

/// Node's version, by what is most likely meant for it.
fn version(app: &mut App, package: &Value) {
    for file in [".node-version", ".nvmrc"] {
        if let Some(text) = app.text(file) {
            take(app, text.trim(), Place::file(file));
        }
    }
    if let Some(text) = app.text(".tool-versions")
        && let Some((found, line)) = of_tool(&text, &["nodejs", "node"])
    {
        take(app, found, Place::line(".tool-versions", line));
    }
    for (table, key) in [("volta", "volta.node"), ("engines", "engines.node")] {
        if let Some(text) = package[table]["node"].as_str()
            && (table == "volta" || app.found.get(VERSION).is_none())
        {
            take(app, text, Place::file(PACKAGE).what(key));
        }
    }
}

/// The tag of node's image that a version means.
fn take(app: &mut App, text: &str, place: Place) {
    let alias = text.strip_prefix("lts/");
    let tag = match alias {
        Some("*") => Some("lts"),
        Some(name) if name.bytes().all(|b| b.is_ascii_lowercase()) => Some(name),
        _ => anchored(text),
    };
    match tag {
        Some(tag) => {
            let known = app.found.text(VERSION).and_then(|known| known.strip_suffix("-slim"));
            if !known.is_some_and(|known| agree(known, tag)) {
                app.found.set(VERSION, format!("{tag}-slim"), place);
            }
        }
        None => app.found.note(format!("decide {VERSION}: it takes {}", shown(text)), place),
    }
}

/// Scripts and workspaces read files that are not there yet when modules are installed.
fn scripts(app: &mut App, package: &Value) {
    for script in ["preinstall", "postinstall", "prepare"] {
        if let Some(text) = package["scripts"][script].as_str() {
            let text = format!("add to node_files what it reads: {}", shown(text));
            app.found.note(text, Place::file(PACKAGE).what(script));
        }
    }
    if !package["workspaces"].is_null() {
        let text = "add to node_files the folders of the workspaces";
        app.found.note(text, Place::file(PACKAGE).what("workspaces"));
    }
}
