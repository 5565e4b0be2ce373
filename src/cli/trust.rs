//! `fleet trust`: shows host keys, asks, records them.

use super::args::Global;
use super::fault::Fault;
use super::limits::{self, Held};
use super::out;
use super::project::{self, Project};
use crate::human::count;
use crate::record::{ExitCode, Outcome};
use crate::ssh::{ConnectErrorKind, Dialer, Hop, IdentityFault, Route, Unknown, known_hosts};
use futures::StreamExt;
use russh::keys::PublicKey;
use std::time::Duration;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Compare the fingerprint with what the host itself says, on its console:
  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")]
pub(super) struct Trust {
    /// Which hosts
    #[arg(value_name = "EXPR")]
    hosts: String,

    /// Record the key only if this is its fingerprint; nothing is asked then
    #[arg(value_name = "SHA256:…")]
    fingerprint: Option<String>,

    /// Record without asking
    #[arg(short, long)]
    yes: bool,

    /// Give up on opening a connection after this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::args::duration)]
    connect_timeout: Duration,
}

/// What a host showed.
struct Seen {
    name: String,
    place: Option<(Hop, PublicKey)>,
    text: String,
    outcome: Outcome,
}

impl Trust {
    pub(super) async fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = Project::open(global)?;
        let hosts = project.select(&self.hosts, None)?;
        let routes = project.routes(&hosts, global.quiet)?;
        let dialer = project::dialer(&routes, self.connect_timeout, Unknown::Refuse).await?;
        let forks = limits::forks(None, routes.len(), Held::WhileWorked, global.quiet);
        let names = hosts.iter().map(|h| h.name.to_string());
        let seen: Vec<Seen> = futures::stream::iter(names.zip(&routes))
            .map(|(name, route)| look(&dialer, name, route, self.fingerprint.as_deref()))
            .buffered(forks)
            .collect()
            .await;
        self.record(seen, &routes)
    }

    fn record(&self, seen: Vec<Seen>, routes: &[Route]) -> Result<ExitCode, Fault> {
        let width = seen.iter().map(|s| s.name.len()).max().unwrap_or(0);
        let mut code = ExitCode::OK;
        let mut new: Vec<(Hop, PublicKey)> = Vec::new();
        for host in seen {
            out::result(&format!("{:width$}  {}\n", host.name, host.text));
            code = code.worse(host.outcome.exit_code());
            let is_new = |(hop, _): &(Hop, PublicKey)| {
                new.iter().all(|(other, _): &(Hop, PublicKey)| {
                    (&other.key_name, other.key_port) != (&hop.key_name, hop.key_port)
                })
            };
            if let Some(place) = host.place.filter(is_new) {
                new.push(place);
            }
        }
        if new.is_empty() {
            return Ok(code);
        }
        if let Some(wanted) = &self.fingerprint {
            if let Some((hop, key)) =
                new.iter().find(|(_, key)| known_hosts::fingerprint(key) != *wanted)
            {
                let shown = known_hosts::fingerprint(key);
                return Err(Fault::refused(format!("{} shows {shown}, not {wanted}", hop.name))
                    .hint("do not trust it before you know why"));
            }
        } else if !self.yes {
            if !out::can_ask() {
                return Err(Fault::refused("nothing was recorded: nobody can be asked")
                    .hint("compare the fingerprints, then add them to the command, or --yes"));
            }
            if !out::ask(&format!("Record {}? [y/N] ", count(new.len(), "key"))) {
                return Ok(ExitCode::REFUSED);
            }
        }
        for (hop, key) in &new {
            record(hop, key)?;
        }
        let jumps = routes.iter().any(|route| {
            route.jumps.iter().any(|jump| new.iter().any(|(hop, _)| hop.name == jump.name))
        });
        out::notice(&format!("recorded {}\n", count(new.len(), "key")));
        if jumps {
            out::notice("hosts behind a jump host: run it again, now that they can be reached\n");
            code = code.worse(ExitCode::IDENTITY);
        }
        Ok(code)
    }
}

fn record(hop: &Hop, key: &PublicKey) -> Result<(), Fault> {
    let file = hop
        .record_in
        .as_deref()
        .ok_or_else(|| Fault::usage(format!("{}: no known_hosts file is named", hop.name)))?;
    known_hosts::add(file, &hop.key_name, hop.key_port, key)
        .map(|_| ())
        .map_err(|e| Fault::usage(e.to_string()).hint(e.hint()))
}

/// Connects far enough to see the key. With a key that no file knows nothing more is sent.
async fn look(dialer: &Dialer, name: String, route: &Route, wanted: Option<&str>) -> Seen {
    let trusted = || Seen {
        name: name.clone(),
        place: None,
        text: "already trusted".into(),
        outcome: Outcome::Ok,
    };
    let error = match dialer.connect(route).await {
        Ok((connection, _)) => {
            let shown = connection.fingerprint();
            if let (Some(wanted), Some(shown)) = (wanted, shown)
                && wanted != shown
            {
                let text = format!("already trusted with {shown}, which is not {wanted}");
                return Seen { text, outcome: Outcome::Refused, ..trusted() };
            }
            return trusted();
        }
        Err(error) => error,
    };
    match &error.kind {
        // The login comes after the key.
        ConnectErrorKind::Authentication { .. } if error.jump.is_none() => trusted(),
        ConnectErrorKind::Identity { fault: IdentityFault::Unknown, key: Some(key), .. } => {
            let hop = route.jumps.iter().find(|hop| error.jump.as_ref() == Some(&hop.name));
            let hop = hop.unwrap_or(&route.host).clone();
            let fingerprint = known_hosts::fingerprint(key);
            let jump =
                error.jump.as_ref().map_or_else(String::new, |j| format!(" (jump host {j})"));
            let text = format!("{} {fingerprint}{jump}", key.algorithm().as_str());
            let place = Some((hop, key.as_ref().clone()));
            Seen { name, place, text, outcome: Outcome::Ok }
        }
        _ => {
            let problem = error.problem(&name);
            Seen { name, place: None, text: problem.to_string(), outcome: problem.outcome }
        }
    }
}
