//! Where a template's files come from: a folder of the project, or this program itself.

use super::error::TemplateError;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes of one file of a template.
const LARGEST: u64 = 1 << 20;

/// The most files of a template.
const MOST: usize = 100;

/// The file that declares a template.
pub(super) const MANIFEST: &str = "template.toml";

/// The files of one template, by name.
#[derive(Debug)]
pub(super) struct Place {
    /// The folder; `None` for what fleet ships.
    pub(super) folder: Option<PathBuf>,
    /// How messages name the folder.
    shown: String,
    /// Every file's text.
    pub(super) files: BTreeMap<String, String>,
}

impl Place {
    /// How messages name a file.
    pub(super) fn show(&self, file: &str) -> String {
        format!("{}/{file}", self.shown)
    }

    /// The text of a file.
    pub(super) fn text(&self, file: &str) -> Option<&str> {
        self.files.get(file).map(String::as_str)
    }
}

macro_rules! shipped {
    ($name:literal: $($file:literal),+) => {
        ($name, &[$(($file, include_str!(concat!("../../templates/", $name, "/", $file)))),+])
    };
}

/// A file's name and text.
type Text = (&'static str, &'static str);

/// The templates that fleet ships.
const SHIPPED: [(&str, &[Text]); 2] = [
    shipped!("rails": "template.toml", "Dockerfile.tera", ".dockerignore.tera", "docker-entrypoint.tera"),
    shipped!("rails-before": "template.toml", "Dockerfile.tera", ".dockerignore.tera"),
];

/// The names of the templates that fleet ships.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// Finds a template's files.
pub(super) fn find(project: &Path, name: &str) -> Result<Place, TemplateError> {
    // The name becomes a folder's: nothing in it may lead elsewhere.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(plain) {
        let name = name.escape_default();
        return Err(TemplateError::new("templates", format!("`{name}` cannot name a template")));
    }
    let folder = project.join("templates").join(name);
    if folder.is_dir() {
        let files = read_folder(&folder)?;
        let shown = format!("templates/{name}");
        return Ok(Place { folder: Some(folder), shown, files });
    }
    let Some((_, files)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) else {
        let ships: Vec<_> = shipped_names().collect();
        return Err(TemplateError::new(format!("templates/{name}"), "there is no such template")
            .hint(format!("make that folder, or use one that fleet ships: {}", ships.join(", "))));
    };
    let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    Ok(Place { folder: None, shown: format!("fleet's own {name}"), files: files.collect() })
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, String>, TemplateError> {
    let wrong =
        |path: &Path, reason: String| TemplateError::new(path.display().to_string(), reason);
    let entries = fs::read_dir(folder).map_err(|e| wrong(folder, e.to_string()))?;
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|e| wrong(folder, e.to_string()))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let wanted = name == MANIFEST || path.extension().is_some_and(|e| e == "tera");
        if !wanted || !path.is_file() {
            continue;
        }
        let text = read(&path).map_err(|reason| wrong(&path, reason))?;
        files.insert(name.to_owned(), text);
        if files.len() > MOST {
            return Err(wrong(folder, format!("holds more than {MOST} files")));
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err("is larger than 1 MB".into());
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".into())
}
