//! The raw settings of one host, gathered line by line; the first value wins.

use std::time::Duration;

use super::error::{At, ConfigError, Warning};
use super::lexer::Line;
use super::{Destination, keywords, values};
use crate::ssh::pattern;

/// OpenSSH's limit on key files, and on certificates.
const MAX_FILES: usize = 100;

/// A value and where it stands.
pub(super) type Placed<T> = (At, T);

/// The way to the host, of which there is one.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Direct,
    Command(At),
    Jumps(Vec<Destination>),
}

/// How long connecting may take; `none` keeps later values away.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    Endless,
    Limited(Duration),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) hostname: Option<Placed<String>>,
    pub(super) user: Option<Placed<String>>,
    pub(super) port: Option<u16>,
    pub(super) identity_files: Vec<Placed<String>>,
    pub(super) certificate_files: Vec<Placed<String>>,
    pub(super) user_known_hosts: Option<Placed<Vec<String>>>,
    pub(super) global_known_hosts: Option<Placed<Vec<String>>>,
    pub(super) identities_only: Option<bool>,
    pub(super) identity_agent: Option<Placed<String>>,
    pub(super) host_key_alias: Option<String>,
    pub(super) connect_timeout: Option<Patience>,
    pub(super) canonicalize: Option<bool>,
    pub(super) route: Option<Route>,
    pub(super) warnings: Vec<Warning>,
    ignore_unknown: Option<String>,
}

impl Settings {
    /// Takes an active line.
    ///
    /// # Errors
    /// A value that cannot be understood, and settings that fleet must not
    /// pass over in silence.
    pub(super) fn apply(&mut self, line: &Line) -> Result<(), ConfigError> {
        let at = &line.at;
        match line.keyword.as_str() {
            "hostname" => first(&mut self.hostname, (at.clone(), one(line)?)),
            "user" => first(&mut self.user, (at.clone(), one(line)?)),
            "port" => first(&mut self.port, parsed(line, values::port)?),
            "hostkeyalias" => first(&mut self.host_key_alias, one(line)?.to_ascii_lowercase()),
            "identityfile" | "identityfile2" => collect(&mut self.identity_files, line)?,
            "certificatefile" => collect(&mut self.certificate_files, line)?,
            "userknownhostsfile" => first(&mut self.user_known_hosts, list(line)?),
            "globalknownhostsfile" => first(&mut self.global_known_hosts, list(line)?),
            "identitiesonly" => first(&mut self.identities_only, parsed(line, values::flag)?),
            "identityagent" => first(&mut self.identity_agent, (at.clone(), one(line)?)),
            "connecttimeout" => first(&mut self.connect_timeout, parsed(line, timeout)?),
            "proxyjump" => self.jump(line)?,
            "proxycommand" => self.command(line),
            "revokedhostkeys" if !one(line)?.eq_ignore_ascii_case("none") => {
                return Err(at.error(
                    "RevokedHostKeys is not supported",
                    "put the keys into known_hosts as @revoked lines",
                ));
            }
            "revokedhostkeys" => {}
            _ => self.remark(line)?,
        }
        Ok(())
    }

    fn jump(&mut self, line: &Line) -> Result<(), ConfigError> {
        let Some(jumps) = values::jumps(raw(line)) else {
            let text = format!("ProxyJump {:?} is not understood", line.rest);
            return Err(line.at.error(text, "write [user@]host[:port],…"));
        };
        first(&mut self.route, Route::Jumps(jumps));
        Ok(())
    }

    fn command(&mut self, line: &Line) {
        let route = if raw(line).eq_ignore_ascii_case("none") {
            Route::Direct
        } else {
            Route::Command(line.at.clone())
        };
        first(&mut self.route, route);
    }

    fn remark(&mut self, line: &Line) -> Result<(), ConfigError> {
        let value = one(line)?;
        match line.keyword.as_str() {
            "ignoreunknown" => first(&mut self.ignore_unknown, value.clone()),
            "canonicalizehostname" => first(
                &mut self.canonicalize,
                !matches!(&*value.to_ascii_lowercase(), "no" | "false" | "none"),
            ),
            _ => {}
        }
        let ignored = self.ignore_unknown.as_ref().is_some_and(|list| {
            pattern::matches_list(list.to_ascii_lowercase().as_bytes(), line.keyword.as_bytes())
        });
        if let Some(text) = keywords::remark(&line.keyword, &value) {
            let warning = line.at.warning(text);
            if !ignored && !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        Ok(())
    }
}

fn first<T>(slot: &mut Option<T>, value: T) {
    slot.get_or_insert(value);
}

/// All behind the keyword as written, for values that are not cut into words.
fn raw(line: &Line) -> &str {
    line.rest.trim_start_matches([' ', '\t', '\r', '='])
}

fn one(line: &Line) -> Result<String, ConfigError> {
    match line.args.first() {
        Some(arg) if !arg.is_empty() => Ok(arg.clone()),
        _ => {
            let text = format!("{} has no value", line.keyword);
            Err(line.at.error(text, "give it one, or delete the line"))
        }
    }
}

fn parsed<T>(line: &Line, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
    let value = one(line)?;
    parse(&value).ok_or_else(|| {
        let text = format!("{} {value:?} is not understood", line.keyword);
        line.at.error(text, "see man ssh_config for its values")
    })
}

fn timeout(text: &str) -> Option<Patience> {
    if text == "none" { Some(Patience::Endless) } else { values::time(text).map(Patience::Limited) }
}

fn collect(files: &mut Vec<Placed<String>>, line: &Line) -> Result<(), ConfigError> {
    let file = one(line)?;
    if files.iter().any(|(_, known)| *known == file) {
        return Ok(());
    }
    if files.len() >= MAX_FILES {
        let text = format!("more than {MAX_FILES} times {}", line.keyword);
        return Err(line.at.error(text, "name only the keys that this host takes"));
    }
    files.push((line.at.clone(), file));
    Ok(())
}

/// Reads one or more files, or `none` by itself.
fn list(line: &Line) -> Result<Placed<Vec<String>>, ConfigError> {
    let none = |arg: &String| arg.eq_ignore_ascii_case("none");
    let files = match &line.args[..] {
        [arg] if none(arg) => Vec::new(),
        args if args.is_empty() || args.iter().any(|arg| arg.is_empty() || none(arg)) => {
            let text = format!("{} is not understood", line.keyword);
            return Err(line.at.error(text, "name files, or none by itself"));
        }
        args => args.to_vec(),
    };
    Ok((line.at.clone(), files))
}
