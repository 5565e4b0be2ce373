//! `fleet hosts`: the inventory as fleet understands it.

use super::args::Global;
use super::fault::Fault;
use super::out;
use super::project::Project;
use crate::human::escape;
use crate::inventory::Host;
use crate::record::ExitCode;
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(super) struct Hosts {
    /// Which hosts [default: all]
    #[arg(value_name = "EXPR")]
    hosts: Option<String>,

    /// Leave these out
    #[arg(long, value_name = "EXPR")]
    not: Option<String>,

    /// Say where each value comes from
    #[arg(long)]
    explain: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Hosts {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let hosts = project.select(self.hosts.as_deref().unwrap_or("all"), self.not.as_deref())?;
        let text = match (self.json, self.explain) {
            (true, explain) => as_json(&project, &hosts, explain),
            (false, true) => explained(&project, &hosts),
            (false, false) => table(&hosts),
        };
        out::result(&text);
        Ok(ExitCode::OK)
    }
}

fn login(host: &Host) -> String {
    let user = host.user.as_ref().map_or_else(String::new, |u| format!("{u}@"));
    let port = host.port.map_or_else(String::new, |p| format!(":{p}"));
    let address = if host.address.contains(':') {
        format!("[{}]", host.address)
    } else {
        host.address.clone()
    };
    format!("{user}{address}{port}")
}

fn table(hosts: &[&Host]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["host", "login", "through", "groups"]);
    for host in hosts {
        let through = host.jump.as_ref().map(ToString::to_string).unwrap_or_default();
        table.add_row([host.name.to_string(), login(host), through, host.groups.join(",")]);
    }
    let mut text = String::new();
    for line in table.lines() {
        // The table pads every cell on both sides.
        let _ = writeln!(text, "{}", line.strip_prefix(' ').unwrap_or(&line).trim_end());
    }
    text
}

fn explained(project: &Project, hosts: &[&Host]) -> String {
    let mut text = String::new();
    for host in hosts {
        let _ = writeln!(text, "{}", host.name);
        for line in project.inventory.explain(host) {
            let _ = writeln!(text, "  {} = {}  ({})", line.key, escape(&line.value), line.source);
            for (value, origin) in &line.overridden {
                let _ = writeln!(text, "      not {}  ({origin})", escape(value));
            }
        }
    }
    text
}

fn as_json(project: &Project, hosts: &[&Host], explain: bool) -> String {
    let list: Vec<Value> = hosts
        .iter()
        .map(|host| {
            let mut value = json!({
                "name": host.name,
                "address": host.address,
                "port": host.port,
                "user": host.user,
                "become": host.r#become,
                "jump": host.jump.as_ref().map(ToString::to_string),
                "identity_files": host.identity_files,
                "known_hosts": host.known_hosts,
                "protect": host.protect,
                "groups": host.groups,
                "vars": host.vars,
            });
            if explain {
                let lines = project.inventory.explain(host).into_iter().map(|line| {
                    json!({
                        "key": line.key,
                        "value": line.value,
                        "from": line.source.to_string(),
                        "overridden": line.overridden.iter()
                            .map(|(v, o)| json!({"value": v, "from": o.to_string()}))
                            .collect::<Vec<_>>(),
                    })
                });
                value["explain"] = lines.collect();
            }
            value
        })
        .collect();
    let document = json!({ "schema": "fleet.hosts/1", "hosts": list });
    format!("{document:#}\n")
}
