//! The database: what `config/database.yml` says of production, or whose gem is there.

use super::App;
use super::found::{Place, shown};
use super::yaml::Node;

const FILE: &str = "config/database.yml";

/// Adapters by gem, and the database that the template knows them as.
const ADAPTERS: [(&str, &str); 7] = [
    ("pg", "postgresql"),
    ("mysql2", "mysql"),
    ("trilogy", "mysql"),
    ("sqlite3", "sqlite"),
    ("postgresql", "postgresql"),
    ("postgis", "postgresql"),
    ("sqlite", "sqlite"),
];

/// How many of [`ADAPTERS`] are names of gems.
const GEMS: usize = 4;

pub(super) fn read(app: &mut App) {
    let named = app.yaml(FILE).map(|node| adapters(app, &node)).unwrap_or_default();
    let gems = ADAPTERS[..GEMS].iter();
    let gems: Vec<_> =
        gems.filter_map(|(gem, database)| Some((*database, app.lock.gem(gem)?))).collect();
    // The first counts: `primary` is written first, and gems for development come last.
    let mut all = named.into_iter().chain(gems);
    let Some((database, place)) = all.next() else {
        if app.lock.is_known() && app.lock.any(&["activerecord"]).is_none() {
            app.found.set("database", "none", app.lock.whole().what("no database"));
        } else {
            app.found.note("decide database: neither a file nor a gem names one", app.lock.whole());
        }
        return;
    };
    for (other, place) in all {
        if other != database {
            second(app, other, place);
        }
    }
    app.found.set("database", database, place);
}

/// The databases of production, the main one first.
fn adapters(app: &mut App, root: &Node) -> Vec<(&'static str, Place)> {
    let Some(production) = root.get("production") else {
        app.found.note("has no production", Place::file(FILE));
        return Vec::new();
    };
    let parts: Vec<&Node> = match production.get("primary") {
        Some(primary) => {
            let rest = production.entries().filter(|(key, _)| !matches!(*key, "primary" | "<<"));
            [primary].into_iter().chain(rest.map(|(_, part)| part)).collect()
        }
        None => vec![production],
    };
    parts.into_iter().filter_map(|part| adapter(app, part)).collect()
}

fn adapter(app: &mut App, part: &Node) -> Option<(&'static str, Place)> {
    let (node, name) = match (part.get("adapter"), part.get("url")) {
        (Some(node), _) => (node, node.text()),
        (None, Some(url)) => (url, url.text().and_then(|url| url.split(':').next())),
        (None, None) => return None,
    };
    let place = Place::line(FILE, node.line);
    let Some(name) = name else {
        app.found.note("the adapter is known only when the app runs", place);
        return None;
    };
    let found = ADAPTERS.iter().find(|(adapter, _)| *adapter == name);
    if found.is_none() {
        app.found.note(format!("the template knows no {}", shown(name)), place.clone());
    }
    found.map(|(_, database)| (*database, place))
}

/// A database beside the main one: what its gem needs, in packages.
fn second(app: &mut App, database: &str, place: Place) {
    let (image, build) = match database {
        "postgresql" => ("libpq5", "libpq-dev"),
        "mysql" => ("libmariadb3", "default-libmysqlclient-dev"),
        // Its library comes with the gem.
        _ => return,
    };
    app.found.add("packages", image, place.clone());
    app.found.add("build_packages", build, place);
}
