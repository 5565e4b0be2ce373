//! Filters that put a free text where an instruction takes one, so that it stays one.

use tera::{Error, Kwargs, State, TeraResult, Value};

/// A text as one double-quoted word of `ENV`, `LABEL` or `ARG`, in which nothing is replaced.
pub(super) fn quote(text: &str, _: Kwargs, _: &State) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// A list of texts as the JSON array of an exec form.
pub(super) fn json(words: &[Value], _: Kwargs, _: &State) -> TeraResult<String> {
    serde_json::to_string(&words.iter().filter_map(Value::as_str).collect::<Vec<_>>())
        .map_err(|error| Error::message(error.to_string()))
}
