//! What Kamal's `config/deploy.yml` says of the app.

use super::App;
use super::found::{Place, shown};
use super::yaml::Node;

const FILE: &str = "config/deploy.yml";

/// The most servers that are told.
const MOST: usize = 100;

/// Arguments of a build that choose versions, which the template has variables for.
const VERSIONS: [&str; 4] = ["RUBY_VERSION", "NODE_VERSION", "YARN_VERSION", "BUNDLER_VERSION"];

/// What other readers need of it.
#[derive(Debug, Default)]
pub(super) struct Kamal {
    /// The app's name there.
    pub(super) service: Option<(String, Place)>,
    /// The Dockerfile that it builds.
    pub(super) dockerfile: Option<String>,
    /// Where its proxy is set up without a port to ask at: it asks at 80.
    pub(super) proxy: Option<Place>,
    /// Addresses of its servers.
    pub(super) servers: Option<(Vec<String>, Place)>,
}

pub(super) fn read(app: &mut App) {
    let Some(root) = app.yaml(FILE) else { return };
    if let Some(node) = root.get("service")
        && let Some(name) = node.text()
    {
        app.kamal.service = Some((name.to_owned(), place(node, "service")));
    }
    image(app, &root);
    servers(app, &root);
    proxy(app, &root);
    if let Some(builder) = root.get("builder") {
        read_builder(app, builder);
    }
}

fn place(node: &Node, key: &str) -> Place {
    Place::line(FILE, node.line).what(key)
}

/// The image and the registry that it is pushed to: of no variable, but good to know.
fn image(app: &mut App, root: &Node) {
    let Some(node) = root.get("image") else { return };
    let Some(image) = node.text() else { return };
    let registry = root.at(&["registry", "server"]).and_then(Node::text).unwrap_or("docker.io");
    let text = format!("Kamal pushes {}/{}", shown(registry), shown(image));
    app.found.note(text, place(node, "image"));
}

/// Servers: a list, or lists by role, which may lie under `hosts`.
fn servers(app: &mut App, root: &Node) {
    let Some(node) = root.get("servers") else { return };
    let roles = node.entries().map(|(_, role)| role.get("hosts").unwrap_or(role));
    let mut servers = Vec::new();
    for item in [node].into_iter().chain(roles).flat_map(Node::items) {
        // A server with tags is a map of one key.
        let name = item.text().or_else(|| item.entries().next().map(|(name, _)| name));
        let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
        if servers.len() < MOST && !servers.iter().any(|known| known == name) {
            servers.push(name.to_owned());
        }
    }
    if !servers.is_empty() {
        app.kamal.servers = Some((servers, place(node, "servers")));
    }
}

fn proxy(app: &mut App, root: &Node) {
    let Some(proxy) = root.get("proxy") else { return };
    let Some(port) = proxy.get("app_port") else {
        app.kamal.proxy = Some(place(proxy, "proxy"));
        return;
    };
    match port.text().and_then(|text| text.parse::<i64>().ok()) {
        Some(number) => app.found.set("port", number, place(port, "proxy.app_port")),
        None => app.found.note("decide port: it is no number", place(port, "proxy.app_port")),
    }
}

fn read_builder(app: &mut App, builder: &Node) {
    app.kamal.dockerfile = builder.get("dockerfile").and_then(Node::text).map(str::to_owned);
    if let Some(node) = builder.get("arch")
        && let [arch] = node.items().as_slice()
        && let Some(arch) = arch.text()
    {
        let text = "decide: hosts of another kind that build it need it";
        app.found.suggest("platform", format!("linux/{arch}"), text, place(node, "builder.arch"));
    }
    if let Some(node) = builder.get("remote") {
        let remote = node.text().map_or_else(|| "elsewhere".into(), shown);
        app.found.note(format!("Kamal builds on {remote}"), place(node, "builder.remote"));
    }
    for (name, node) in builder.get("args").into_iter().flat_map(Node::entries) {
        if !VERSIONS.contains(&name) {
            app.found.add("build_args", name, place(node, "builder.args"));
        }
    }
    for node in builder.get("secrets").map(Node::items).unwrap_or_default() {
        let Some(name) = node.text() else { continue };
        match gem_host(name) {
            Some(host) => app.found.add("private_gem_hosts", &host, place(node, "builder.secrets")),
            None => {
                let text = format!("the template mounts no secret {}", shown(name));
                app.found.note(text, place(node, "builder.secrets"));
            }
        }
    }
}

/// The gem server whose password a variable of Bundler's holds: `BUNDLE_GEMS__EXAMPLE__COM`.
fn gem_host(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("BUNDLE_").filter(|name| name.contains("__"))?;
    Some(name.to_ascii_lowercase().replace("___", "-").replace("__", "."))
}

#[cfg(test)]
mod tests {
    #[test]
    fn bundlers_names_of_hosts_are_read_back() {
        let host = |name| super::gem_host(name);
        assert_eq!(host("BUNDLE_GEMS__EXAMPLE__COM").as_deref(), Some("gems.example.com"));
        assert_eq!(host("BUNDLE_MY___GEMS__EXAMPLE__COM").as_deref(), Some("my-gems.example.com"));
        assert_eq!(host("RAILS_MASTER_KEY"), None);
    }
}
