//! The variables of a template as a page of the documentation shows them.

use super::{Template, Variable};
use std::fmt::Write as _;

/// A table of a template's variables, in Markdown.
#[must_use]
pub fn reference(template: &Template) -> String {
    let mut text =
        String::from("| variable | type | default | may be | |\n|---|---|---|---|---|\n");
    for (name, variable) in template.variables() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| `{name}` | {} | {} | {} | {} |",
            variable.kind.as_str(),
            variable
                .default
                .as_ref()
                .map_or_else(|| "must be set".into(), |value| code(value.to_string())),
            allowed(variable),
            variable.help
        );
    }
    text
}

fn allowed(variable: &Variable) -> String {
    if !variable.values.is_empty() {
        return variable.values.iter().map(|v| code(v.clone())).collect::<Vec<_>>().join(", ");
    }
    if let (Some(min), Some(max)) = (variable.min, variable.max) {
        return format!("{min} to {max}");
    }
    variable.pattern.as_ref().map_or_else(String::new, |pattern| code(pattern.as_str().to_owned()))
}

/// As code inside a table, where a bar would end the cell.
fn code(text: String) -> String {
    if text.is_empty() {
        return text;
    }
    format!("`{}`", text.replace('|', "\\|"))
}
