//! What the gems say: packages, bootsnap, assets, Thruster, servers of gems.

use super::App;
use super::found::{Place, shown};
use super::lock::Kind;
use super::packages::PACKAGES;

/// Any of these makes assets.
const ASSETS: [&str; 14] = [
    "propshaft",
    "sprockets-rails",
    "sprockets",
    "jsbundling-rails",
    "cssbundling-rails",
    "tailwindcss-rails",
    "dartsass-rails",
    "importmap-rails",
    "vite_rails",
    "vite_ruby",
    "shakapacker",
    "webpacker",
    "bun_bun_bundle",
    "rspack-rails",
];

/// Any of these runs JavaScript in Ruby, which is what execjs needs.
const RUNTIMES: [&str; 3] = ["mini_racer", "therubyracer", "duktape"];

pub(super) fn read(app: &mut App) {
    if app.folder.has_files("vendor/cache", ".gem") {
        app.found.set("gems", "vendored", Place::file("vendor/cache"));
    }
    if !app.lock.is_known() {
        return;
    }
    switches(app);
    packages(app);
    script_runtime(app);
    solid_queue(app);
    platforms(app);
    servers(app);
}

fn switches(app: &mut App) {
    let whole = || app.lock.whole();
    if app.lock.gem("bootsnap").is_none() {
        app.found.set("bootsnap", false, whole().what("no bootsnap"));
    }
    if app.lock.any(&ASSETS).is_none() {
        app.found.set("assets", false, whole().what("no asset pipeline"));
    }
    if app.lock.any(&["railties", "rails"]).is_none() {
        app.found.note("rails is not among the gems", whole());
    }
    let Some(place) = app.lock.gem("thruster") else { return };
    if app.folder.has("bin/thrust") {
        app.found.set("thruster", true, place);
    } else {
        let text = "needs bin/thrust: bundle binstubs thruster";
        app.found.suggest("thruster", true, text, place);
    }
}

fn packages(app: &mut App) {
    for row in PACKAGES {
        let place = if row.direct { app.lock.direct(row.gem) } else { app.lock.gem(row.gem) };
        let Some(place) = place else { continue };
        for package in row.image {
            app.found.add("packages", package, place.clone());
        }
        for package in row.build {
            app.found.add("build_packages", package, place.clone());
        }
    }
}

/// execjs runs node while assets are made; the template brings node only with modules.
fn script_runtime(app: &mut App) {
    let has_node = app.found.get("javascript").is_some();
    if let Some(place) = app.lock.gem("execjs")
        && !has_node
        && app.lock.any(&RUNTIMES).is_none()
    {
        app.found.add("build_packages", "nodejs", place);
    }
}

fn solid_queue(app: &mut App) {
    if let Some(place) = app.lock.gem("solid_queue") {
        app.found.note("jobs run in a container of their own (bin/jobs), or in the server where SOLID_QUEUE_IN_PUMA is set", place);
    }
}

/// Bundler refuses to install for a platform that the lock file does not name.
fn platforms(app: &mut App) {
    let fits = |platform: &String| platform == "ruby" || platform.contains("linux");
    if app.lock.platforms.is_empty() || app.lock.platforms.iter().any(fits) {
        return;
    }
    let place = app.lock.place(app.lock.platforms_line);
    app.found.note("names no Linux: bundle lock --add-platform x86_64-linux", place);
}

fn servers(app: &mut App) {
    for (kind, remote, line) in app.lock.remotes.clone() {
        let place = app.lock.place(line);
        let host = host(&remote);
        match (kind, host) {
            (Kind::Git, None) => {
                let text =
                    format!("{} needs an SSH key, which a build does not have", shown(&remote));
                app.found.note(text, place);
            }
            (Kind::Gem, Some(host)) if !matches!(host, "rubygems.org" | "index.rubygems.org") => {
                let text = "decide: does it ask for a password?";
                app.found.suggest("private_gem_hosts", vec![host.to_owned()], text, place);
            }
            _ => {}
        }
    }
}

/// The host of an address on the web.
fn host(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    host.split(':').next().filter(|host| !host.is_empty())
}
