//! Single values of an inventory file: their type and what they may hold.

use super::check::{self, Fault};
use super::error::Draft;
use super::source::{Located, Place};
use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

/// A value with its place.
pub(super) type Node<'i> = Spanned<DeValue<'i>>;

/// Where relative paths and `~/` lead.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    pub(super) project: PathBuf,
    pub(super) home: Option<PathBuf>,
}

impl Folders {
    /// The absolute path that a text means.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, Fault> {
        check::filled(text)?;
        let Some(behind) = text.strip_prefix('~') else {
            return Ok(tidy(&self.project.join(text)));
        };
        let inner = match behind.strip_prefix('/') {
            Some(inner) => inner,
            None if behind.is_empty() => "",
            None => {
                return Err(Fault::new(
                    format!("`{}` names another user's home", check::shown(text)),
                    "only your own home is known, as `~/`; write the whole path",
                ));
            }
        };
        let home = self.home.as_ref().ok_or_else(|| {
            Fault::new("`~/` without a home", "set HOME, or write the whole path")
        })?;
        Ok(home.join(inner))
    }
}

/// Drops `.` parts; `..` stays, because a link may stand before it.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// A key with its place.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) place: Place,
}

impl Key {
    /// The key as a located text.
    pub(super) fn located(self) -> Located<String> {
        Located { value: self.name, place: self.place }
    }
}

/// Reads the values of one file and notes what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) file: usize,
    pub(super) folders: &'a Folders,
    pub(super) drafts: &'a mut Vec<Draft>,
}

impl Reader<'_> {
    /// A table's entries in the order of the file.
    pub(super) fn entries<'i>(&self, table: DeTable<'i>) -> Vec<(Key, Node<'i>)> {
        let mut entries: Vec<_> = table
            .into_iter()
            .map(|(key, value)| {
                let place = self.place(key.span());
                (Key { name: key.into_inner().into_owned(), place }, value)
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.place.start);
        entries
    }

    /// The place of some bytes of the file.
    pub(super) fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place { file: self.file, start: span.start, end: span.end }
    }

    /// Notes a mistake.
    pub(super) fn wrong(&mut self, place: Place, fault: Fault) {
        self.drafts.push(Draft::at(place, fault));
    }

    /// Notes a key that nobody knows, with the one that was probably meant.
    pub(super) fn unknown(&mut self, key: &Key, table: &str, known: &[&str]) {
        let help = match check::nearest(&key.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{table} may hold: {}", known.join(", ")),
        };
        let message = format!("unknown key `{}` in {table}", check::shown(&key.name));
        self.drafts.push(Draft::at(key.place, Fault::new(message, help)).label("unknown"));
    }

    /// Keeps a value that passes its check, or notes why it does not.
    fn keep<T>(&mut self, place: Place, checked: Result<T, Fault>) -> Option<Located<T>> {
        match checked {
            Ok(value) => Some(Located { value, place }),
            Err(fault) => {
                self.wrong(place, fault);
                None
            }
        }
    }

    /// Notes a value of the wrong type.
    fn mistyped(&mut self, key: &str, node: &Node<'_>, expected: &str) {
        let found = node.get_ref().type_str();
        let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
        let message = format!("`{}` must be {expected}, not {article} {found}", check::shown(key));
        let help = match node.get_ref() {
            DeValue::String(text) if matches!(&**text, "true" | "false" | "yes" | "no") => {
                "write true or false, without quotes".to_owned()
            }
            DeValue::String(_) if expected.contains("number") => {
                "write the number without quotes".to_owned()
            }
            _ => format!("write {expected}"),
        };
        let place = self.place(node.span());
        self.drafts.push(
            Draft::at(place, Fault::new(message, help)).label(format!("this is {article} {found}")),
        );
    }

    /// A table.
    pub(super) fn table<'i>(&mut self, key: &str, node: Node<'i>) -> Option<DeTable<'i>> {
        if !node.get_ref().is_table() {
            self.mistyped(key, &node, "a table");
        }
        match node.into_inner() {
            DeValue::Table(table) => Some(table),
            _ => None,
        }
    }

    /// A text that passes a check.
    pub(super) fn text(
        &mut self,
        key: &str,
        node: &Node<'_>,
        check: impl FnOnce(&str) -> Result<(), Fault>,
    ) -> Option<Located<String>> {
        self.convert(key, node, |text| check(text).map(|()| text.to_owned()))
    }

    /// A text that a check turns into something else.
    pub(super) fn convert<T>(
        &mut self,
        key: &str,
        node: &Node<'_>,
        check: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<Located<T>> {
        let Some(text) = node.get_ref().as_str() else {
            self.mistyped(key, node, "a string");
            return None;
        };
        self.keep(self.place(node.span()), check(text))
    }

    /// An array of texts that a check turns into something; a single text will do too.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        node: &Node<'_>,
        check: impl Fn(&str) -> Result<T, Fault>,
    ) -> Vec<Located<T>> {
        match node.get_ref() {
            DeValue::String(_) => self.convert(key, node, &check).into_iter().collect(),
            DeValue::Array(items) => {
                items.iter().filter_map(|item| self.convert(key, item, &check)).collect()
            }
            _ => {
                self.mistyped(key, node, "a string or an array of strings");
                Vec::new()
            }
        }
    }

    /// An array whose own place counts, rather than its items'.
    pub(super) fn whole_list<T>(
        &mut self,
        key: &str,
        node: &Node<'_>,
        check: impl Fn(&str) -> Result<T, Fault>,
    ) -> Located<Vec<T>> {
        let value = self.list(key, node, check).into_iter().map(|item| item.value).collect();
        Located { value, place: self.place(node.span()) }
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, key: &str, node: &Node<'_>) -> Option<Located<bool>> {
        let Some(value) = node.get_ref().as_bool() else {
            self.mistyped(key, node, "true or false");
            return None;
        };
        Some(Located { value, place: self.place(node.span()) })
    }

    /// A TCP port.
    pub(super) fn port(&mut self, key: &str, node: &Node<'_>) -> Option<Located<u16>> {
        let Some(number) = node.get_ref().as_integer() else {
            self.mistyped(key, node, "a whole number from 1 to 65535");
            return None;
        };
        let port =
            u16::from_str_radix(number.as_str(), number.radix()).ok().filter(|port| *port > 0);
        let checked = port.ok_or_else(|| {
            Fault::new(
                format!("`{}` is not a port", check::shown(number.as_str())),
                "write a whole number from 1 to 65535",
            )
        });
        self.keep(self.place(node.span()), checked)
    }

    /// A variable's value: whatever TOML has, its texts checked at any depth.
    pub(super) fn value(&mut self, node: Node<'_>) -> Option<Located<Value>> {
        let place = self.place(node.span());
        let before = self.drafts.len();
        self.check_texts(&node);
        if self.drafts.len() > before {
            return None;
        }
        let value = serde::Deserialize::deserialize(toml::de::ValueDeserializer::from(node));
        let checked = value.map_err(|error: toml::de::Error| {
            Fault::new(check::escaped(error.message()), "write a value that TOML can hold")
        });
        self.keep(place, checked)
    }

    fn check_texts(&mut self, node: &Node<'_>) {
        match node.get_ref() {
            DeValue::String(text) => {
                if let Err(fault) = check::plain(text) {
                    self.wrong(self.place(node.span()), fault);
                }
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.check_texts(item)),
            DeValue::Table(table) => {
                for (key, value) in table {
                    self.check_key(key);
                    self.check_texts(value);
                }
            }
            _ => {}
        }
    }

    fn check_key(&mut self, key: &Spanned<Cow<'_, str>>) {
        if let Err(fault) = check::plain(key.get_ref()) {
            self.wrong(self.place(key.span()), fault);
        }
    }
}
