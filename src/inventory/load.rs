//! Finds the files of an inventory, checks whom they belong to, and reads them.

use super::check::Fault;
use super::dynamic::Printed;
use super::error::{Draft, InventoryError};
use super::raw::Raw;
use super::source::{Place, Sources};
use super::trust::{Me, Trust};
use super::value::{Folders, Reader};
use super::{Inventory, program, read, resolve};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The folder that makes a folder a project.
const FOLDER: &str = "inventory";
/// The most bytes of one file.
const MOST: u64 = 64 << 20;

/// The nearest folder, from `start` upwards, that holds `inventory/`.
pub(super) fn find(start: &Path) -> Result<PathBuf, InventoryError> {
    let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let found = start.ancestors().find(|folder| folder.join(FOLDER).is_dir());
    found.map(Path::to_owned).ok_or_else(|| {
        InventoryError::about(
            &start,
            Fault::new(
                "no inventory/ here or in any folder above",
                "`fleet init` makes one; -C DIR or --inventory PATH names another",
            ),
        )
    })
}

/// Reads the inventory that a path names.
pub(super) fn load(path: &Path, trust: Trust) -> Result<Inventory, InventoryError> {
    let (layout, me) = layout(path)
        .and_then(|layout| Me::ask().map(|me| (layout, me)))
        .map_err(|fault| InventoryError::about(path, fault))?;
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let mut loading = Loading {
        me,
        trust,
        folders: Folders { project: layout.project, home },
        sources: Sources::default(),
        raw: Raw::default(),
        drafts: Vec::new(),
        complete: true,
    };
    loading.folder(&layout.folder);
    for file in &layout.files {
        loading.file(file);
    }
    loading.finish()
}

/// What a path stands for.
struct Layout {
    /// The folder that relative paths start from.
    project: PathBuf,
    /// The folder that the files are in.
    folder: PathBuf,
    files: Vec<PathBuf>,
}

fn layout(path: &Path) -> Result<Layout, Fault> {
    let unreadable = |error: io::Error| {
        Fault::new(
            format!("cannot be read: {error}"),
            "name a project folder, an inventory folder or a file",
        )
    };
    let path = std::path::absolute(path).map_err(unreadable)?;
    if !fs::metadata(&path).map_err(unreadable)?.is_dir() {
        let folder = path.parent().unwrap_or(&path).to_owned();
        let inside = folder.file_name().is_some_and(|name| name == FOLDER);
        let project = folder.parent().filter(|_| inside).unwrap_or(&folder).to_owned();
        return Ok(Layout { project, folder, files: vec![path] });
    }
    let inner = path.join(FOLDER);
    let folder = if inner.is_dir() { inner } else { path };
    let project = folder.parent().unwrap_or(&folder).to_owned();
    let files = toml_files(&folder).map_err(unreadable)?;
    if files.is_empty() {
        return Err(Fault::new("holds no *.toml file", "`fleet init` writes a first inventory"));
    }
    Ok(Layout { project, folder, files })
}

/// The `*.toml` files of a folder, sorted; hidden ones are editors' leftovers.
fn toml_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// An inventory while its files are read.
struct Loading {
    me: Me,
    trust: Trust,
    folders: Folders,
    sources: Sources,
    raw: Raw,
    drafts: Vec<Draft>,
    /// Whether every file could be read to its end.
    complete: bool,
}

impl Loading {
    /// Checks the folder: who can write it can put a file into it.
    fn folder(&mut self, folder: &Path) {
        let checked = fs::metadata(folder)
            .map_err(|error| unreadable(&error))
            .and_then(|meta| self.me.check(folder, &meta, self.trust == Trust::Found));
        if let Err(fault) = checked {
            self.broken(folder, fault);
        }
    }

    fn broken(&mut self, path: &Path, fault: Fault) {
        self.drafts.push(Draft::about(self.name(path), fault));
        self.complete = false;
    }

    /// A path as messages name it: relative to the project where it is inside.
    fn name<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.folders.project)
            .ok()
            .filter(|it| !it.as_os_str().is_empty())
            .unwrap_or(path)
    }

    fn file(&mut self, path: &Path) {
        match self.open(path) {
            Ok((bytes, false)) => self.text(path, bytes),
            Ok((head, true)) => self.program(path, &head),
            Err(fault) => self.broken(path, fault),
        }
    }

    /// A file's bytes, and whether it is to be run. The checks ask the open file, so what is
    /// checked is what is read.
    fn open(&mut self, path: &Path) -> Result<(Vec<u8>, bool), Fault> {
        // Opening a named pipe would wait for a writer.
        let kind = fs::metadata(path).map_err(|error| unreadable(&error))?;
        if !kind.is_file() {
            return Err(Fault::new(
                "is not a file",
                "remove it, or give it another ending than .toml",
            ));
        }
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let meta = file.metadata().map_err(|error| unreadable(&error))?;
        let runs = meta.permissions().mode() & 0o111 != 0;
        self.check(path, &meta, runs)?;
        let limit = if runs { 4 } else { MOST };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        if !runs && bytes.len() as u64 > MOST {
            return Err(Fault::new(
                format!("is larger than {} MB", MOST >> 20),
                "split it, or use ranges",
            ));
        }
        Ok((bytes, runs))
    }

    fn check(&self, path: &Path, meta: &Metadata, runs: bool) -> Result<(), Fault> {
        let owned = runs || self.trust == Trust::Found;
        self.me.check(path, meta, owned)?;
        // Behind a link stands another folder, whose writers could swap the file.
        let real = fs::canonicalize(path).map_err(|error| unreadable(&error))?;
        let Some(folder) = real.parent().filter(|folder| path.parent() != Some(*folder)) else {
            return Ok(());
        };
        let meta = fs::metadata(folder).map_err(|error| unreadable(&error))?;
        self.me.check(folder, &meta, owned).map_err(|fault| {
            Fault::new(format!("lies in {}, which {}", folder.display(), fault.message), fault.help)
        })
    }

    fn text(&mut self, path: &Path, bytes: Vec<u8>) {
        let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(behind) => behind.to_vec(),
            None => bytes,
        };
        let name = self.name(path).to_owned();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return self.not_utf8(&name, &error),
        };
        let file = self.sources.add(&name, Some(text.clone()));
        let mut reader = Reader { file, folders: &self.folders, drafts: &mut self.drafts };
        self.complete &= read::file(&mut reader, &text, &mut self.raw);
    }

    fn not_utf8(&mut self, name: &Path, error: &std::string::FromUtf8Error) {
        let start = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(start).copied().unwrap_or_default();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let file = self.sources.add(name, Some(text));
        let place = Place { file, start, end: start + char::REPLACEMENT_CHARACTER.len_utf8() };
        let fault = Fault::new(format!("byte 0x{byte:02x} is not UTF-8"), "save the file as UTF-8");
        self.drafts.push(Draft::at(place, fault));
        self.complete = false;
    }

    fn program(&mut self, path: &Path, head: &[u8]) {
        // The C library hands a text without `#!` to a shell, which would run a plain TOML
        // file line by line.
        if !head.starts_with(b"#!") && !head.starts_with(b"\x7fELF") {
            let fault = Fault::new(
                "is executable but not a program",
                format!("if it is plain TOML: chmod a-x {}", self.name(path).display()),
            );
            return self.broken(path, fault);
        }
        match program::run(path, &self.folders.project) {
            Ok(printed) => {
                let name = self.name(path).to_owned();
                let file = self.sources.add(&name, None);
                let place = Place { file, start: 0, end: 0 };
                let before = self.drafts.len();
                Printed { place, drafts: &mut self.drafts }.read(&printed, &mut self.raw);
                self.complete &= self.drafts.len() == before;
            }
            Err(fault) => self.broken(path, fault),
        }
    }

    fn finish(self) -> Result<Inventory, InventoryError> {
        let Self { folders, sources, raw, mut drafts, complete, .. } = self;
        let inventory = resolve::resolve(&folders.project, raw, sources, complete, &mut drafts);
        if drafts.is_empty() {
            Ok(inventory)
        } else {
            Err(InventoryError::new(drafts, &inventory.parts.sources))
        }
    }
}

fn unreadable(error: &io::Error) -> Fault {
    Fault::new(format!("cannot be read: {error}"), "check the path and its permissions")
}
