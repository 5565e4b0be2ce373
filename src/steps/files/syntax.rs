//! What users may write for paths, modes, owners and sizes.

use crate::steps::ParameterError;

/// The longest path that Linux takes.
const LONGEST_PATH: usize = 4_095;

/// A text parameter, where it is given.
pub(super) fn text<'t>(
    with: &'t toml::Table,
    name: &str,
) -> Result<Option<&'t str>, ParameterError> {
    match with.get(name) {
        None => Ok(None),
        Some(toml::Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ParameterError::new(name, "must be a text, in quotes")),
    }
}

/// A text parameter that must be there.
pub(super) fn needed<'t>(with: &'t toml::Table, name: &str) -> Result<&'t str, ParameterError> {
    text(with, name)?
        .filter(|text| !text.is_empty())
        .ok_or_else(|| ParameterError::new(name, "a path is needed"))
}

/// A flag.
pub(super) fn flag(with: &toml::Table, name: &str) -> Result<bool, ParameterError> {
    match with.get(name) {
        None => Ok(false),
        Some(toml::Value::Boolean(on)) => Ok(*on),
        Some(_) => Err(ParameterError::new(name, "must be true or false")),
    }
}

/// A path on a host, as its programs take it. A relative one starts at the login's home.
pub(super) fn remote(with: &toml::Table, name: &str) -> Result<String, ParameterError> {
    let path = needed(with, name)?;
    if path.contains(|c: char| c.is_control()) {
        return Err(ParameterError::new(name, "a path with control characters is refused"));
    }
    if path.len() > LONGEST_PATH {
        return Err(ParameterError::new(name, "too long for a path"));
    }
    if path == "~" || path.starts_with("~/") {
        let mut error = ParameterError::new(name, "~ is not expanded on hosts");
        error.hint = Some("a relative path starts at the login's home: leave ~/ out".into());
        return Err(error);
    }
    // No program may take it for an option.
    Ok(if path.starts_with('/') { path.to_owned() } else { format!("./{path}") })
}

/// Permission bits in octal, as `chmod` takes them.
pub(super) fn mode(with: &toml::Table) -> Result<Option<u32>, ParameterError> {
    let Some(text) = text(with, "mode")? else { return Ok(None) };
    let octal = (3..=4).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
    match u32::from_str_radix(text, 8) {
        Ok(mode) if octal => Ok(Some(mode)),
        _ => Err(ParameterError::new("mode", "must be three or four octal digits such as 0644")),
    }
}

/// A file's owner, by names or numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) user: String,
    pub(super) group: Option<String>,
}

impl Owner {
    /// The owner parameter: `USER` or `USER:GROUP`.
    pub(super) fn from_table(with: &toml::Table) -> Result<Option<Self>, ParameterError> {
        let Some(text) = text(with, "owner")? else { return Ok(None) };
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        if !is_account(user) || !group.is_none_or(is_account) {
            return Err(ParameterError::new("owner", "must be USER or USER:GROUP"));
        }
        Ok(Some(Self { user: user.to_owned(), group: group.map(str::to_owned) }))
    }

    /// As `chown` takes it.
    pub(super) fn as_word(&self) -> String {
        match &self.group {
            Some(group) => format!("{}:{group}", self.user),
            None => self.user.clone(),
        }
    }
}

fn is_account(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@');
    (1..=64).contains(&name.len()) && !name.starts_with('-') && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn paths_never_look_like_options_and_hold_no_line_ends() {
        let path = |text: &str| {
            let value = toml::Value::String(text.into());
            remote(&toml::Table::from_iter([("to".to_owned(), value)]), "to").ok()
        };
        for (text, expected) in [
            ("/etc/motd", Some("/etc/motd")),
            ("-rf", Some("./-rf")),
            ("a b/it's \"żółw\"", Some("./a b/it's \"żółw\"")),
            ("a\nb", None),
            ("a\u{1b}b", None),
            ("~/x", None),
            ("", None),
        ] {
            assert_eq!(path(text).as_deref(), expected, "{text:?}");
        }
        assert!(path(&"x".repeat(5_000)).is_none());
    }

    #[test]
    fn modes_and_owners_are_what_chmod_and_chown_take() {
        for (text, expected) in
            [("0644", Some(0o644)), ("755", Some(0o755)), ("4755", Some(0o4755))]
        {
            assert_eq!(mode(&table(&format!("mode = \"{text}\""))).unwrap(), expected);
        }
        for text in
            ["mode = \"64\"", "mode = \"0888\"", "mode = \"u+x\"", "mode = 644", "mode = \"+644\""]
        {
            assert_eq!(mode(&table(text)).unwrap_err().parameter, "mode", "{text}");
        }
        for (text, good) in [
            ("deploy", true),
            ("deploy:www-data", true),
            ("0:0", true),
            ("-x", false),
            ("a:-b", false),
            (":g", false),
            ("a:", false),
            ("a b", false),
            ("a:b:c", false),
        ] {
            let owner = Owner::from_table(&table(&format!("owner = \"{text}\"")));
            assert_eq!(
                owner.map(|o| o.map(|o| o.as_word())).ok(),
                good.then(|| Some(text.to_owned())),
                "{text}"
            );
        }
    }
}
