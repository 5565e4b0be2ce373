//! Walks the configuration for one host and gathers its settings.

use std::borrow::Cow;
use std::net::IpAddr;

use super::criteria::{Subject, block_matches, host_matches, wants_final_pass};
use super::error::ConfigError;
use super::files::Item;
use super::lexer::Line;
use super::resolved::Found;
use super::settings::Settings;
use super::tokens::expand_hostname;
use super::{Local, Resolved, SshConfig, values};

impl SshConfig {
    /// Tells what the configuration says of `host_alias`, for a login as
    /// `user_from_fleet` if that is set.
    ///
    /// # Errors
    /// A setting for this host that cannot be understood, that would run a
    /// command, or that must not be passed over; never one for other hosts.
    pub fn resolve(
        &self,
        host_alias: &str,
        user_from_fleet: Option<&str>,
    ) -> Result<Resolved, ConfigError> {
        let mut walk = Walk::new(&self.local, host_alias, user_from_fleet);
        walk.pass(&self.files)?;
        walk.hostname = walk.final_hostname()?;
        if walk.final_wanted || walk.settings.canonicalize == Some(true) {
            walk.final_pass = true;
            walk.pass(&self.files)?;
        }
        Found {
            local: walk.local,
            original: walk.original,
            hostname: walk.hostname,
            user_from_fleet,
            settings: walk.settings,
        }
        .finish()
    }
}

/// One host's way through the files.
struct Walk<'a> {
    local: &'a Local,
    original: &'a str,
    user_from_fleet: Option<&'a str>,
    /// The name found by the first pass.
    hostname: String,
    settings: Settings,
    final_wanted: bool,
    final_pass: bool,
}

impl<'a> Walk<'a> {
    fn new(local: &'a Local, original: &'a str, user_from_fleet: Option<&'a str>) -> Self {
        Self {
            local,
            original,
            user_from_fleet,
            hostname: original.to_owned(),
            settings: Settings::default(),
            final_wanted: false,
            final_pass: false,
        }
    }

    fn pass(&mut self, files: &[Vec<Item>]) -> Result<(), ConfigError> {
        files.iter().try_for_each(|file| self.file(file, true))
    }

    /// Takes a file that stands in an active block or not: in the latter no
    /// block of its own can become active.
    fn file(&mut self, items: &[Item], reachable: bool) -> Result<(), ConfigError> {
        let mut active = reachable;
        for item in items {
            match item {
                Item::Files(files) => {
                    files.iter().try_for_each(|file| self.file(file, active))?;
                }
                Item::Unclear(at) if active => {
                    return Err(at.error(
                        "Include with a token or a variable is not supported",
                        "write the path out",
                    ));
                }
                Item::Unclear(_) => {}
                Item::Line(line) => match line.keyword.as_str() {
                    "host" => active = reachable && host_matches(line, &self.subject()?)?,
                    "match" => active = self.enter_match(line, reachable)?,
                    _ if active => self.settings.apply(line)?,
                    _ => {}
                },
            }
        }
        Ok(())
    }

    fn enter_match(&mut self, line: &Line, reachable: bool) -> Result<bool, ConfigError> {
        self.final_wanted |= wants_final_pass(line);
        Ok(reachable && block_matches(line, &self.subject()?)?)
    }

    fn subject(&self) -> Result<Subject<'_>, ConfigError> {
        Ok(Subject {
            host: if self.final_pass { &self.hostname } else { self.original },
            hostname: self.hostname_so_far()?,
            original: self.original,
            user: self.user().unwrap_or(&self.local.user),
            local_user: &self.local.user,
            final_pass: self.final_pass,
        })
    }

    fn user(&self) -> Option<&str> {
        let configured = self.settings.user.as_ref().map(|(_, user)| user.as_str());
        self.user_from_fleet.or(configured)
    }

    fn hostname_so_far(&self) -> Result<Cow<'_, str>, ConfigError> {
        if self.final_pass {
            return Ok(Cow::Borrowed(&self.hostname));
        }
        match &self.settings.hostname {
            None => Ok(Cow::Borrowed(self.original)),
            Some((at, text)) => expand_hostname(text, self.original)
                .map(Cow::Owned)
                .map_err(|problem| at.error(problem, "use %h, or %% for a percent sign")),
        }
    }

    /// The name that all else is based on, as `ssh` writes it.
    fn final_hostname(&self) -> Result<String, ConfigError> {
        let name = self.hostname_so_far()?;
        if let Some((at, _)) = &self.settings.hostname
            && !values::is_name(&name)
        {
            let text = format!("{name:?} is no host name");
            return Err(at.error(text, "write a name or an address"));
        }
        Ok(match name.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => name.to_lowercase(),
        })
    }
}
