//! The result for one host: settings with names and files filled in.

use std::path::PathBuf;
use std::time::Duration;

use super::error::{At, ConfigError, Warning};
use super::settings::{Patience, Placed, Route, Settings};
use super::tokens::Tokens;
use super::{Destination, Local};

const SSH_PORT: u16 = 22;

/// What the configuration says of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The name or address to connect to, in lower case.
    pub hostname: String,
    /// The user to log in as, unless nothing is said.
    pub user: Option<String>,
    /// The port, unless nothing is said.
    pub port: Option<u16>,
    /// The private keys to offer, in order; `None` means the usual ones, an
    /// empty list none.
    pub identity_files: Option<Vec<PathBuf>>,
    /// The user certificates that go with them.
    pub certificate_files: Vec<PathBuf>,
    /// The hosts to pass through, nearest first. Each is to be resolved in
    /// its turn, with its own user if it names one.
    pub proxy_jump: Vec<Destination>,
    /// Where host keys are on record for this user; `None` means the usual
    /// files, an empty list none.
    pub user_known_hosts_files: Option<Vec<PathBuf>>,
    /// The same for all users.
    pub global_known_hosts_files: Option<Vec<PathBuf>>,
    /// Whether an agent's other keys must not be offered.
    pub identities_only: bool,
    /// The agent to ask for keys.
    pub identity_agent: IdentityAgent,
    /// The name under which the host's key is on record, without a port.
    pub host_key_alias: Option<String>,
    /// How long connecting may take, unless nothing is said.
    pub connect_timeout: Option<Duration>,
    /// Settings that do not do here what they do for `ssh`.
    pub warnings: Vec<Warning>,
}

/// Where to ask for keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IdentityAgent {
    /// The socket that `SSH_AUTH_SOCK` names.
    #[default]
    Environment,
    /// This socket.
    Socket(PathBuf),
    /// Nowhere.
    Disabled,
}

/// All that was gathered for a host.
pub(super) struct Found<'a> {
    pub(super) local: &'a Local,
    pub(super) original: &'a str,
    pub(super) hostname: String,
    pub(super) user_from_fleet: Option<&'a str>,
    pub(super) settings: Settings,
}

impl Found<'_> {
    /// Fills in names and files.
    pub(super) fn finish(self) -> Result<Resolved, ConfigError> {
        let user = self.user()?;
        let settings = &self.settings;
        let tokens = self.tokens(user.as_deref());
        let files = |files: &[Placed<String>]| paths(&tokens, files);
        Ok(Resolved {
            port: settings.port,
            identity_files: (!settings.identity_files.is_empty())
                .then(|| files(&settings.identity_files))
                .transpose()?,
            certificate_files: files(&settings.certificate_files)?,
            proxy_jump: jumps(settings.route.as_ref())?,
            user_known_hosts_files: known_hosts(&tokens, settings.user_known_hosts.as_ref())?,
            global_known_hosts_files: known_hosts(&tokens, settings.global_known_hosts.as_ref())?,
            identities_only: settings.identities_only.unwrap_or(false),
            identity_agent: agent(&tokens, settings.identity_agent.as_ref())?,
            host_key_alias: settings.host_key_alias.clone(),
            connect_timeout: match settings.connect_timeout {
                Some(Patience::Limited(time)) => Some(time),
                Some(Patience::Endless) | None => None,
            },
            user,
            hostname: self.hostname.clone(),
            warnings: self.settings.warnings.clone(),
        })
    }

    fn user(&self) -> Result<Option<String>, ConfigError> {
        match (self.user_from_fleet, &self.settings.user) {
            (Some(user), _) => Ok(Some(user.to_owned())),
            // Some versions of OpenSSH fill tokens in, others do not.
            (None, Some((at, user))) if user.contains(['%', '$']) => {
                let text = format!("token in User {user:?} is not supported");
                Err(at.error(text, "write the user out"))
            }
            (None, user) => Ok(user.as_ref().map(|(_, user)| user.clone())),
        }
    }

    fn tokens<'t>(&'t self, user: Option<&'t str>) -> Tokens<'t> {
        Tokens {
            local: self.local,
            original: self.original,
            hostname: &self.hostname,
            key_alias: self.settings.host_key_alias.as_deref().unwrap_or(self.original),
            user: user.unwrap_or(&self.local.user),
            port: self.settings.port.unwrap_or(SSH_PORT),
        }
    }
}

fn path(tokens: &Tokens<'_>, at: &At, text: &str) -> Result<PathBuf, ConfigError> {
    tokens.path(text).map_err(|problem| at.error(problem, "write the path out"))
}

/// Leaves `none` out: it only keeps the usual files away.
fn paths(tokens: &Tokens<'_>, files: &[Placed<String>]) -> Result<Vec<PathBuf>, ConfigError> {
    files
        .iter()
        .filter(|(_, file)| !file.eq_ignore_ascii_case("none"))
        .map(|(at, file)| path(tokens, at, file))
        .collect()
}

fn known_hosts(
    tokens: &Tokens<'_>,
    files: Option<&Placed<Vec<String>>>,
) -> Result<Option<Vec<PathBuf>>, ConfigError> {
    let Some((at, files)) = files else {
        return Ok(None);
    };
    let paths = files.iter().map(|file| path(tokens, at, file));
    paths.collect::<Result<_, _>>().map(Some)
}

fn jumps(route: Option<&Route>) -> Result<Vec<Destination>, ConfigError> {
    match route {
        None | Some(Route::Direct) => Ok(Vec::new()),
        Some(Route::Jumps(jumps)) => Ok(jumps.clone()),
        Some(Route::Command(at)) => {
            Err(at.error("ProxyCommand is never run", "use ProxyJump for this host"))
        }
    }
}

fn agent(
    tokens: &Tokens<'_>,
    setting: Option<&Placed<String>>,
) -> Result<IdentityAgent, ConfigError> {
    let Some((at, value)) = setting else {
        return Ok(IdentityAgent::Environment);
    };
    if value == "SSH_AUTH_SOCK" {
        return Ok(IdentityAgent::Environment);
    }
    if value == "none" {
        return Ok(IdentityAgent::Disabled);
    }
    let variable = value.strip_prefix('$').filter(|name| !name.starts_with('{'));
    let Some(name) = variable else {
        return Ok(IdentityAgent::Socket(path(tokens, at, value)?));
    };
    let Some(socket) = tokens.local.env.get(name) else {
        let text = format!("variable {name} is not set");
        return Err(at.error(text, "set it, or write the path out"));
    };
    Ok(IdentityAgent::Socket(PathBuf::from(socket)))
}
