//! Checks what users give for a template's variables.

use super::GIVEN;
use super::manifest::Manifest;
use super::variable::{Kind, Variable};
use std::collections::BTreeMap;
use toml::Value;

/// The most characters of one text, and the most items of an array or table.
const LONGEST: usize = 4096;
const MOST: usize = 256;

/// How much of a refused text a message repeats, in characters.
const SHOWN: usize = 60;

/// Keywords that an instruction of the user's own may begin with. `FROM` would be a stage.
pub(super) const KEYWORDS: [&str; 11] = [
    "ADD",
    "ARG",
    "COPY",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "RUN",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
];

/// A value that a variable cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueFault {
    /// The variable.
    pub variable: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// Why a text is refused, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) hint: String,
}

impl Fault {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// Every variable with its value, or all that is wrong.
pub(super) fn check(
    manifest: &Manifest,
    given: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, Value>, Vec<ValueFault>> {
    let mut faults = Vec::new();
    let mut wrong = |variable: &str, fault: Fault| {
        let Fault { message, hint } = fault;
        faults.push(ValueFault { variable: variable.to_owned(), message, hint });
    };
    for name in given.keys().filter(|name| manifest.variable(name).is_none()) {
        wrong(name, unknown(manifest, name));
    }
    let mut values = BTreeMap::new();
    for (name, variable) in &manifest.variables {
        match given.get(name).or(variable.default.as_ref()) {
            None => wrong(name, Fault::new("is not set, and has no default", &variable.help)),
            Some(value) => match fault(variable, value) {
                Some(fault) => wrong(name, fault),
                None => drop(values.insert(name.clone(), value.clone())),
            },
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

fn unknown(manifest: &Manifest, name: &str) -> Fault {
    if GIVEN.contains(&name) {
        return Fault::new("cannot be set", "every template is given it");
    }
    let names = manifest.variables.iter().map(|(name, _)| name.as_str());
    let near = names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= (name.chars().count() / 3).clamp(1, 3))
        .min();
    let hint = match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => "docs/template.md lists the variables".to_owned(),
    };
    Fault::new("is no variable of the template", hint)
}

/// What is wrong with a value, if anything.
pub(super) fn fault(variable: &Variable, value: &Value) -> Option<Fault> {
    match (variable.kind, value) {
        (Kind::Boolean, Value::Boolean(_)) => None,
        (Kind::Integer, Value::Integer(number)) => out_of_range(variable, *number),
        (Kind::String, Value::String(text)) => text_fault(variable, text),
        (Kind::List | Kind::Instructions, Value::Array(items)) => too_many(items.len())
            .or_else(|| items.iter().find_map(|item| item_fault(variable, item))),
        (Kind::Map, Value::Table(table)) => too_many(table.len()).or_else(|| {
            table.iter().find_map(|(key, value)| {
                key_fault(variable, key).or_else(|| item_fault(variable, value))
            })
        }),
        (kind, other) => Some(mistyped(kind.a(), other)),
    }
}

fn mistyped(expected: &str, found: &Value) -> Fault {
    let kind = found.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    let hint = match found {
        Value::Float(_) | Value::Integer(_) if expected == "a string" => {
            format!("write it in quotes: \"{found}\"")
        }
        _ => format!("write {expected}"),
    };
    Fault::new(format!("must be {expected}, not {article} {kind}"), hint)
}

fn out_of_range(variable: &Variable, number: i64) -> Option<Fault> {
    let (min, max) = (variable.min.unwrap_or(i64::MIN), variable.max.unwrap_or(i64::MAX));
    (!(min..=max).contains(&number))
        .then(|| Fault::new(format!("{number} is out of range"), format!("write {min} to {max}")))
}

fn too_many(count: usize) -> Option<Fault> {
    (count > MOST).then(|| Fault::new(format!("{count} items"), format!("at most {MOST}")))
}

fn item_fault(variable: &Variable, item: &Value) -> Option<Fault> {
    let Value::String(text) = item else { return Some(mistyped(variable.kind.a(), item)) };
    match variable.kind {
        Kind::Instructions => line_fault(text).or_else(|| instruction_fault(text)),
        _ => text_fault(variable, text),
    }
}

fn key_fault(variable: &Variable, key: &str) -> Option<Fault> {
    line_fault(key).or_else(|| {
        let pattern = variable.keys.as_ref().filter(|pattern| !pattern.holds(key))?;
        let message = format!("the key `{}` does not match its pattern", shown(key));
        Some(Fault::new(message, format!("it must match {}", pattern.as_str())))
    })
}

fn text_fault(variable: &Variable, text: &str) -> Option<Fault> {
    if let Some(fault) = line_fault(text) {
        return Some(fault);
    }
    let values = &variable.values;
    if !values.is_empty() && !values.iter().any(|value| value == text) {
        let message = format!("`{}` is none of its values", shown(text));
        return Some(Fault::new(message, format!("write one of: {}", values.join(", "))));
    }
    let pattern = variable.pattern.as_ref().filter(|pattern| !pattern.holds(text))?;
    let message = format!("`{}` does not match its pattern", shown(text));
    Some(Fault::new(message, format!("it must match {}", pattern.as_str())))
}

/// A newline would be a new instruction; what cannot be seen cannot be reviewed.
fn line_fault(text: &str) -> Option<Fault> {
    let unsafe_char = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if let Some(c) = text.chars().find(|c| unsafe_char(*c)) {
        let message = format!("holds the character U+{:04X}", u32::from(c));
        return Some(Fault::new(message, "a value is one line of visible characters"));
    }
    (text.chars().count() > LONGEST)
        .then(|| Fault::new("is too long", format!("at most {LONGEST} characters")))
}

/// An instruction of the user's own must be one, whole, and end where its line ends.
fn instruction_fault(line: &str) -> Option<Fault> {
    let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
    if !KEYWORDS.contains(&keyword) {
        let message = format!("`{}` does not begin with an instruction", shown(line));
        return Some(Fault::new(message, format!("begin with one of: {}", KEYWORDS.join(", "))));
    }
    if rest.trim().is_empty() {
        return Some(Fault::new(format!("{keyword} stands alone"), "write the whole instruction"));
    }
    if line.trim_end().ends_with('\\') || line.contains("<<") {
        let message = format!("`{}` would go on in the next line", shown(line));
        return Some(Fault::new(message, "write it on one line, without `\\` at its end and `<<`"));
    }
    None
}

fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}
