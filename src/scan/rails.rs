//! Files of Rails itself: the route of its health check, the entrypoint that is there.

use super::App;
use super::found::Place;
use super::version::quoted;
use toml::Value;

const ROUTES: &str = "config/routes.rb";
const ENTRYPOINT: &str = "bin/docker-entrypoint";

/// Where Kamal's proxy asks.
const PROXY: i64 = 80;

/// The first line of what the template makes begins so.
const OURS: &str = "# Made by fleet from template";

pub(super) fn read(app: &mut App) {
    health(app);
    proxy(app);
    if let Some(text) = app.text(ENTRYPOINT)
        && !text.contains(OURS)
    {
        app.found.note(
            "the template's takes its place: compare them with fleet diff",
            Place::file(ENTRYPOINT),
        );
    }
}

/// The port that Kamal's proxy asks at must be the one that the container listens on.
fn proxy(app: &mut App) {
    let Some(place) = app.kamal.proxy.take() else { return };
    if app.found.get("port").and_then(Value::as_integer) != Some(PROXY) {
        let text = "decide: Kamal's proxy asks at this port unless app_port names another";
        app.found.suggest("port", PROXY, text, place);
    }
}

fn health(app: &mut App) {
    let Some(text) = app.text(ROUTES) else { return };
    let found = text.lines().zip(1..).find(|(line, _)| {
        line.contains("rails/health#show") && !line.trim_start().starts_with('#')
    });
    let Some((line, number)) = found else { return };
    let Some(path) = quoted(line).first().map(|path| path.trim_start_matches('/').to_owned())
    else {
        return;
    };
    let text = "decide: should Docker ask, too, beside a proxy that does?";
    app.found.suggest("health_check", format!("/{path}"), text, Place::line(ROUTES, number));
}
