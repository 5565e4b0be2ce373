//! Strict rendering of Dockerfile templates: what is not defined is an error, and no value can add a line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Bytes that a rendered file may have.
const LIMIT: usize = 1 << 20;

/// A template that cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The template's file cannot be read.
    #[error("{}: {reason}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A variable whose value could add or change an instruction.
    #[error("variable {name}: {reason}")]
    Value {
        /// The variable.
        name: String,
        /// Why it is refused.
        reason: String,
    },
    /// The template is wrong, or needs a variable that is not set.
    #[error("{}: {reason}", .path.display())]
    Render {
        /// The file.
        path: PathBuf,
        /// What the template engine says, with the place.
        reason: String,
    },
}

/// Renders `FOLDER/Dockerfile.tera` with these variables.
///
/// # Errors
/// When the file cannot be read, a value holds a control character, a variable is missing,
/// or the result is larger than 1 MB.
pub fn render_dockerfile(
    folder: &Path,
    variables: &BTreeMap<String, toml::Value>,
) -> Result<String, TemplateError> {
    let path = folder.join("Dockerfile.tera");
    for (name, value) in variables {
        check(name, value)?;
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|e| TemplateError::Read { path: path.clone(), reason: e.to_string() })?;
    let wrong = |e: &dyn std::error::Error| TemplateError::Render {
        path: path.clone(),
        reason: reasons(e),
    };
    let mut tera = tera::Tera::default();
    tera.add_raw_template("Dockerfile", &text).map_err(|e| wrong(&e))?;
    let context = tera::Context::from_serialize(variables).map_err(|e| wrong(&e))?;
    let rendered = tera.render("Dockerfile", &context).map_err(|e| wrong(&e))?;
    if rendered.len() > LIMIT {
        let reason = format!("renders to {} bytes, more than {LIMIT}", rendered.len());
        return Err(TemplateError::Render { path, reason });
    }
    Ok(rendered)
}

fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// A newline in a value would be a new instruction.
fn check(name: &str, value: &toml::Value) -> Result<(), TemplateError> {
    match value {
        toml::Value::String(text) if text.chars().any(char::is_control) => {
            Err(TemplateError::Value {
                name: name.to_owned(),
                reason: "holds a control character or a line break".into(),
            })
        }
        toml::Value::Array(list) => list.iter().try_for_each(|v| check(name, v)),
        toml::Value::Table(table) => table.iter().try_for_each(|(_, v)| check(name, v)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, vars: &str) -> Result<String, TemplateError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Dockerfile.tera"), text).unwrap();
        let table: toml::Table = vars.parse().unwrap();
        render_dockerfile(folder.path(), &table.into_iter().collect())
    }

    #[test]
    fn values_are_filled_in_as_they_are() {
        let vars = "base = \"ruby:3.4\"\npackages = [\"libvips\", \"git\"]";
        let text =
            "FROM {{ base }}\n{% for p in packages %}RUN apt-get install {{ p }}\n{% endfor %}";
        assert_eq!(
            render(text, vars).unwrap(),
            "FROM ruby:3.4\nRUN apt-get install libvips\nRUN apt-get install git\n"
        );
    }

    #[test]
    fn a_missing_variable_and_a_line_break_are_errors() {
        assert!(matches!(render("FROM {{ base }}", ""), Err(TemplateError::Render { .. })));
        let newline = render("FROM {{ base }}", "base = \"ruby\\nRUN curl x\"");
        assert!(matches!(newline, Err(TemplateError::Value { .. })));
    }
}
