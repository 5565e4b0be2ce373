//! Reads what the files say of one app.

use super::check::{self, Fault};
use super::raw::{Raw, RawApp, Vars};
use super::read;
use super::value::{Key, Reader};
use toml::de::DeTable;

/// What an app may hold.
const APP: [&str; 5] = ["template", "hosts", "path", "repo", "vars"];

/// Reads an `[apps.NAME]` table.
pub(super) fn read(reader: &mut Reader<'_>, key: Key, table: DeTable<'_>, raw: &mut Raw) {
    if let Err(fault) = reserved_app(&key.name) {
        reader.wrong(key.place, fault);
    }
    let name = key.located();
    let mut app =
        RawApp { name, template: None, hosts: None, path: None, repo: None, vars: Vars::new() };
    let folders = reader.folders;
    let (mut template, mut hosts) = (false, false);
    for (key, node) in reader.entries(table) {
        let name = key.name.as_str();
        match name {
            "template" => {
                template = true;
                app.template = reader.text(name, &node, check::name);
            }
            "hosts" => {
                hosts = true;
                app.hosts = reader.text(name, &node, check::filled);
            }
            "path" => app.path = reader.text(name, &node, remote_path),
            "repo" => app.repo = reader.convert(name, &node, |text| folders.path(text)),
            "vars" => app.vars = read::vars(reader, node),
            _ => reader.unknown(&key, "an app", &APP),
        }
    }
    for (key, given) in [("template", template), ("hosts", hosts)] {
        if !given {
            let message = format!("app `{}` lacks `{key}`", check::shown(&app.name.value));
            reader.wrong(app.name.place, Fault::new(message, format!("add {key} = \"…\"")));
        }
    }
    raw.apps.push(app);
}

fn reserved_app(text: &str) -> Result<(), Fault> {
    if text == "all" {
        return Err(Fault::new("`all` always means every app", "give the app another name"));
    }
    check::name(text)
}

/// A path on a host: absolute, and nothing that climbs out of it.
fn remote_path(text: &str) -> Result<(), Fault> {
    check::filled(text)?;
    if !text.starts_with('/') || text.split('/').any(|part| part == "..") {
        return Err(Fault::new(
            format!("`{}` is not an absolute path", check::shown(text)),
            "write the whole path on the host, from `/`, without `..`",
        ));
    }
    Ok(())
}
