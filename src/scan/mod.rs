//! Reads a Rails app's folder and tells which values of a template's variables fit it, each with
//! the file that says so.
//!
//! The folder may be anybody's: files are read up to a size, links that lead out of it are not
//! followed, nothing of it is run or evaluated. A file that cannot be understood is named, and
//! the others still count. Each reader knows one matter; the first to set a variable
//! counts, and one that disagrees is told.

mod database;
mod erb;
mod error;
mod fit;
mod folder;
mod found;
mod gems;
mod image;
mod kamal;
mod lock;
mod name;
mod node;
mod packages;
mod rails;
mod ruby;
mod table;
#[cfg(test)]
mod tests;
mod version;
mod yaml;

pub use error::ScanError;
pub use found::{Fact, Open, Place, Problem};
pub use name::is_name;
pub use table::{json, table};

use crate::template::Template;
use folder::Folder;
use found::Found;
use kamal::Kamal;
use lock::Lock;
use std::path::Path;

/// What a folder says of its app.
#[derive(Debug)]
pub struct Scan {
    /// A name for the app, and where it comes from.
    pub name: (String, Place),
    /// Values that are not the template's defaults, in the order of its variables.
    pub facts: Vec<Fact>,
    /// What has to be decided, or looked at.
    pub open: Vec<Open>,
    /// Files that could not be read, or not as a whole.
    pub problems: Vec<Problem>,
    /// Addresses of servers that a `config/deploy.yml` names.
    pub servers: Option<(Vec<String>, Place)>,
}

/// What readers work with.
struct App {
    folder: Folder,
    lock: Lock,
    kamal: Kamal,
    found: Found,
}

/// One matter each. Where two set the same variable the earlier counts.
const READERS: [fn(&mut App); 7] =
    [ruby::read, database::read, node::read, gems::read, kamal::read, image::read, rails::read];

/// Reads the app in a folder, for a template.
///
/// # Errors
/// When there is no such folder, or it holds no Rails app.
pub fn scan(path: &Path, template: &Template) -> Result<Scan, ScanError> {
    let folder = Folder::open(path)?;
    if !folder.has("Gemfile") && !folder.has("config/application.rb") {
        return Err(ScanError::NoApp(path.to_owned()));
    }
    let mut app =
        App { folder, lock: Lock::default(), kamal: Kamal::default(), found: Found::default() };
    app.lock = lock::read(&mut app);
    for read in READERS {
        read(&mut app);
    }
    let name = name::of(&mut app);
    let servers = app.kamal.servers.take();
    let Found { facts, mut open, problems } = app.found;
    let facts = fit::fit(template, facts, &mut open);
    Ok(Scan { name, facts, open, problems, servers })
}

impl App {
    /// The text of a file; what stands in the way is told.
    fn text(&mut self, path: &str) -> Option<String> {
        match self.folder.text(path) {
            Ok(text) => text,
            Err(problem) => {
                // More than one reader may ask for it.
                if !self.found.problems.contains(&problem) {
                    self.found.problems.push(problem);
                }
                None
            }
        }
    }

    /// A YAML file; what is wrong with it is told.
    fn yaml(&mut self, path: &str) -> Option<yaml::Node> {
        let text = self.text(path)?;
        match yaml::parse(path, &text) {
            Ok(node) => Some(node),
            Err(problem) => {
                self.found.problems.push(problem);
                None
            }
        }
    }
}
