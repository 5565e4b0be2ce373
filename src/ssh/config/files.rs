//! Reads `ssh_config` files and all that they include.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::At;
use super::lexer::{Line, lex};
use super::{ConfigError, Local, glob};

const MAX_DEPTH: usize = 16;
const MAX_BYTES: u64 = 4 << 20;
const SYSTEM_DIR: &str = "/etc/ssh";

/// A line, or what stands in the place of an `Include`.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Line(Line),
    Files(Vec<Vec<Item>>),
    /// An `Include` whose path depends on the host.
    Unclear(At),
}

/// Whose configuration a file belongs to: it decides what `Include` may say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    User,
    System,
}

/// Reads `file` and its includes; a missing file is an empty one.
pub(super) fn read_tree(
    local: &Local,
    origin: Origin,
    file: &Path,
) -> Result<Vec<Item>, ConfigError> {
    let mut reader = Reader { local, origin, open: Vec::new() };
    // OpenSSH trusts what stands under /etc/ssh to be root's.
    let items = reader.read(file, origin == Origin::User)?;
    Ok(items.unwrap_or_default())
}

struct Reader<'a> {
    local: &'a Local,
    origin: Origin,
    /// The files that include each other, down to the current one.
    open: Vec<PathBuf>,
}

impl Reader<'_> {
    fn read(&mut self, file: &Path, guarded: bool) -> Result<Option<Vec<Item>>, ConfigError> {
        let Some(content) = read_file(self.local, file, guarded)? else {
            return Ok(None);
        };
        let shared: Arc<Path> = Arc::from(file);
        self.open.push(fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()));
        let mut items = Vec::new();
        for line in lex(&shared, &content)? {
            if line.keyword == "include" {
                self.include(&line, &mut items)?;
            } else {
                items.push(Item::Line(line));
            }
        }
        self.open.pop();
        Ok(Some(items))
    }

    fn include(&mut self, line: &Line, items: &mut Vec<Item>) -> Result<(), ConfigError> {
        for arg in &line.args {
            if arg.contains('%') || arg.contains("${") {
                items.push(Item::Unclear(line.at.clone()));
                continue;
            }
            let mut files = Vec::new();
            for file in glob::expand(&self.anchor(&line.at, arg)?) {
                self.check_nesting(&line.at, &file)?;
                files.extend(self.read(&file, true)?);
            }
            items.push(Item::Files(files));
        }
        Ok(())
    }

    /// Makes the path of an include absolute.
    fn anchor(&self, at: &At, arg: &str) -> Result<PathBuf, ConfigError> {
        let home = &self.local.home;
        match (self.origin, arg.strip_prefix('~')) {
            (Origin::System, Some(_)) => {
                Err(at
                    .error(format!("include of {arg:?} in a system file"), "use an absolute path"))
            }
            (Origin::User, Some(rest)) if rest.is_empty() || rest.starts_with('/') => {
                Ok(home.join(rest.trim_start_matches('/')))
            }
            (Origin::User, Some(_)) => Err(at.error(
                format!("home directory in {arg:?} is not looked up"),
                "use an absolute path",
            )),
            (Origin::User, None) => Ok(home.join(".ssh").join(arg)),
            (Origin::System, None) => Ok(Path::new(SYSTEM_DIR).join(arg)),
        }
    }

    fn check_nesting(&self, at: &At, file: &Path) -> Result<(), ConfigError> {
        let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        if let Some(start) = self.open.iter().position(|open| *open == real) {
            let chain: Vec<String> = self.open[start..]
                .iter()
                .chain([&real])
                .map(|path| path.display().to_string())
                .collect();
            let text = format!("files include each other: {}", chain.join(" -> "));
            return Err(at.error(text, "remove one of these includes"));
        }
        if self.open.len() > MAX_DEPTH {
            let text = format!("includes are nested more than {MAX_DEPTH} deep");
            return Err(at.error(text, "include the files from one place"));
        }
        Ok(())
    }
}

fn read_file(local: &Local, file: &Path, guarded: bool) -> Result<Option<Vec<u8>>, ConfigError> {
    let whole = |text: String, hint: &str| ConfigError {
        file: file.to_owned(),
        line: None,
        text,
        hint: hint.to_owned(),
    };
    let unreadable = |e: io::Error| whole(format!("cannot be read: {e}"), "check its mode");
    let found = match fs::metadata(file) {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(e)),
    };
    if !found.is_file() {
        return Err(whole("is not a file".to_owned(), "name a regular file"));
    }
    let open = File::open(file).map_err(unreadable)?;
    // Checked on what was opened: the path may lead elsewhere by now.
    let found = open.metadata().map_err(unreadable)?;
    let foreign = found.uid() != 0 && found.uid() != local.uid;
    if guarded && (foreign || found.mode() & 0o022 != 0) {
        return Err(whole(
            "others may write it".to_owned(),
            "make yourself its owner and run chmod go-w on it",
        ));
    }
    let mut content = Vec::new();
    open.take(MAX_BYTES + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > MAX_BYTES {
        let text = format!("is larger than {MAX_BYTES} bytes");
        return Err(whole(text, "remove what does not belong there"));
    }
    Ok(Some(content))
}
