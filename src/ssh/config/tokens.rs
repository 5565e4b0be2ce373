//! Fills in `%h` and its like, `${NAME}` and `~`.

use std::path::PathBuf;

use super::Local;

/// The values of the tokens that OpenSSH knows in file names.
pub(super) struct Tokens<'a> {
    pub(super) local: &'a Local,
    pub(super) original: &'a str,
    pub(super) hostname: &'a str,
    pub(super) key_alias: &'a str,
    pub(super) user: &'a str,
    pub(super) port: u16,
}

impl Tokens<'_> {
    /// The file that `text` means, or what is wrong with it.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, String> {
        let text = self.expand(&self.with_home(text)?)?;
        Ok(PathBuf::from(text))
    }

    fn with_home(&self, text: &str) -> Result<String, String> {
        match text.strip_prefix('~') {
            None => Ok(text.to_owned()),
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                Ok(format!("{}{rest}", self.home()))
            }
            Some(_) => Err(format!("home directory in {text:?} is not looked up")),
        }
    }

    fn home(&self) -> String {
        self.local.home.display().to_string()
    }

    fn expand(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(['%', '$']) {
            out.push_str(&rest[..start]);
            rest = &rest[start..];
            if let Some(name) = rest.strip_prefix("${") {
                let (name, after) =
                    name.split_once('}').ok_or_else(|| format!("${{ has no end in {text:?}"))?;
                let value = self.local.env.get(name);
                out.push_str(value.ok_or_else(|| format!("variable {name} is not set"))?);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else {
                let mut chars = rest[1..].chars();
                let token = chars.next().unwrap_or(' ');
                let value = self.token(token);
                out.push_str(&value.ok_or_else(|| format!("unknown token %{token} in {text:?}"))?);
                rest = chars.as_str();
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn token(&self, token: char) -> Option<String> {
        let host = &self.local.hostname;
        Some(match token {
            '%' => "%".to_owned(),
            'd' => self.home(),
            'h' => self.hostname.to_owned(),
            'i' => self.local.uid.to_string(),
            'k' => self.key_alias.to_owned(),
            'L' => host.split('.').next().unwrap_or_default().to_owned(),
            'l' => host.clone(),
            'n' => self.original.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.user.to_owned(),
            'u' => self.local.user.clone(),
            _ => return None,
        })
    }
}

/// Fills in a `HostName`, in which only `%h` and `%%` have a meaning.
pub(super) fn expand_hostname(text: &str, given: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '%') {
            (c, false) => out.push(c),
            (_, true) => match chars.next() {
                Some('h') => out.push_str(given),
                Some('%') => out.push('%'),
                other => {
                    let token = other.map(String::from).unwrap_or_default();
                    return Err(format!("unknown token %{token} in HostName"));
                }
            },
        }
    }
    Ok(out)
}
