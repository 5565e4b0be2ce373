//! What a template says of one variable: its type, default, what it may hold, and its help.

use regex::Regex;
use serde::Deserialize;
use toml::Value;

/// The type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One line of text.
    String,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// An array of texts.
    List,
    /// A table of texts.
    Map,
    /// An array of whole instructions, the one way to add any.
    Instructions,
}

impl Kind {
    /// As `template.toml` writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Map => "map",
            Self::Instructions => "instructions",
        }
    }

    /// As a sentence needs it.
    pub(super) const fn a(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::List => "an array of strings",
            Self::Map => "a table of strings",
            Self::Instructions => "an array of instructions",
        }
    }
}

/// A variable as `template.toml` declares it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Its value where nobody gives one; without it the variable must be given.
    pub default: Option<Value>,
    /// The only texts that it may be.
    #[serde(default)]
    pub values: Vec<String>,
    /// What each of its texts must match as a whole.
    pub pattern: Option<Pattern>,
    /// What each key of a table must match as a whole.
    pub keys: Option<Pattern>,
    /// The smallest number.
    pub min: Option<i64>,
    /// The largest number.
    pub max: Option<i64>,
    /// One line of help.
    pub help: String,
}

impl Variable {
    /// The value that a text on the command line means.
    ///
    /// # Errors
    /// When it is no value of this type; the error says how to write one.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        let toml =
            |text: &str| format!("value = {text}").parse::<toml::Table>().ok()?.remove("value");
        let no = |example: &str| format!("is not {}; write it as {example}", self.kind.a());
        match self.kind {
            Kind::String => Ok(text.into()),
            Kind::Integer => text.parse().map(Value::Integer).map_err(|_| no("3000")),
            Kind::Boolean => text.parse().map(Value::Boolean).map_err(|_| no("true")),
            Kind::List | Kind::Instructions if text.starts_with('[') => {
                toml(text).filter(Value::is_array).ok_or_else(|| no("[\"a\", \"b\"]"))
            }
            Kind::List => {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                Ok(Value::Array(words.map(Value::from).collect()))
            }
            Kind::Instructions => Ok(Value::Array(vec![text.into()])),
            Kind::Map => {
                toml(text).filter(Value::is_table).ok_or_else(|| no("{ KEY = \"value\" }"))
            }
        }
    }

    /// What is wrong with the declaration itself.
    pub(super) fn fault(&self) -> Option<String> {
        let bounded = self.pattern.is_some() || !self.values.is_empty();
        match self.kind {
            Kind::String | Kind::List if !bounded => Some("needs `values` or a `pattern`".into()),
            Kind::Map if self.pattern.is_none() || self.keys.is_none() => {
                Some("needs a `pattern` for its values and one for its `keys`".into())
            }
            _ if self.help.trim().is_empty() => Some("needs a line of `help`".into()),
            _ => None,
        }
    }
}

/// A regular expression that a whole text must match.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a text matches as a whole.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        let regex = Regex::new(&format!("^(?:{text})$"))?;
        Ok(Self { text, regex })
    }
}
