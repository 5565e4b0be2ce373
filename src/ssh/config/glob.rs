//! Finds the files that a path with wildcards means, as the shell would.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// The existing files that `pattern` means, in byte order.
pub(super) fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        found = found.iter().flat_map(|directory| step(directory, part)).collect();
    }
    found.retain(|path| path.exists());
    found
}

fn step(directory: &Path, part: Component<'_>) -> Vec<PathBuf> {
    let name = part.as_os_str();
    let wild = name.as_bytes().iter().any(|byte| b"*?[\\".contains(byte));
    let matcher = name.to_str().filter(|_| wild).and_then(compile);
    let (Some(matcher), Ok(listing)) = (matcher, fs::read_dir(directory)) else {
        return vec![directory.join(name)];
    };
    let hidden_too = name.as_bytes().starts_with(b".");
    let mut found: Vec<PathBuf> = listing
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|entry| hidden_too || !entry.as_bytes().starts_with(b"."))
        .filter(|entry| matcher.is_match(entry))
        .map(|entry| directory.join(entry))
        .collect();
    found.sort();
    found
}

/// Braces are no wildcards for `ssh`; an impossible pattern is a plain name.
fn compile(pattern: &str) -> Option<GlobMatcher> {
    let mut plain = String::new();
    for c in pattern.chars() {
        match c {
            '{' => plain.push_str("[{]"),
            '}' => plain.push_str("[}]"),
            c => plain.push(c),
        }
    }
    let glob = GlobBuilder::new(&plain).literal_separator(true).build();
    Some(glob.ok()?.compile_matcher())
}
