//! Whole inventories, tried from the outside.

mod examples;
mod mistakes;
mod programs;
mod selections;

use super::{Inventory, InventoryError, Trust};
use miette::{GraphicalReportHandler, GraphicalTheme};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

/// A project folder with these files in its `inventory/`.
fn project(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("inventory")).unwrap();
    for (name, text) in files {
        let path = folder.path().join("inventory").join(name);
        fs::write(&path, text).unwrap();
        let mode = if text.starts_with(b"#!") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    folder
}

fn load(text: &str) -> Result<Inventory, InventoryError> {
    Inventory::load(project(&[("hosts.toml", text.as_bytes())]).path(), Trust::Found)
}

/// Every mistake on a line: `file:line:column: message | help`, notes indented.
fn told(error: &InventoryError) -> String {
    let mut out = String::new();
    for mistake in error.mistakes() {
        let notes = mistake.notes().iter().map(|note| (note, "  "));
        for (it, indent) in std::iter::once((mistake, "")).chain(notes) {
            let place = match (it.line(), it.column()) {
                (Some(line), Some(column)) => format!("{}:{line}:{column}: ", it.file().display()),
                _ => String::new(),
            };
            let help =
                if it.advice().is_empty() { String::new() } else { format!(" | {}", it.advice()) };
            writeln!(out, "{indent}{place}{it}{help}").unwrap();
        }
    }
    out
}

fn mistakes(text: &str) -> String {
    told(&load(text).unwrap_err())
}

/// A diagnostic as a terminal without colours shows it.
fn drawn(diagnostic: &dyn miette::Diagnostic) -> String {
    let mut out = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    handler.with_width(100).render_report(&mut out, diagnostic).unwrap();
    out
}

fn manifest() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
