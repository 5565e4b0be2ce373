//! Copies what is about to be removed to this machine: nothing goes before its copy is whole.

use super::Reached;
use crate::record::{Action, Backup, What};
use crate::ssh::{Landing, Limits, Program, SILENCE};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Copies a volume or an image into `folder` and tells of it. Anything else needs no copy.
///
/// # Errors
/// When the copy is not whole, with the reason; nothing is left of it then.
pub(super) async fn back_up(on: &Reached, folder: &Path, action: &Action) -> Result<(), String> {
    let object = &action.object;
    let names =
        object.names.iter().filter(|n| !n.contains('@')).cloned().collect::<Vec<_>>().join("\n");
    let volume = [("name", object.id.as_str())];
    let image = [("id", object.id.as_str()), ("names", names.as_str())];
    let (body, variables): (&str, &[(&str, &str)]) = match object.kind.as_str() {
        "volume" => (include_str!("programs/volume.sh"), &volume),
        "image" => (include_str!("programs/image.sh"), &image),
        _ => return Ok(()),
    };
    let program = Program { body, variables, root: on.sudo };
    let path = place(on, folder, action);
    let here = |error: std::io::Error| format!("backup {}: {error}", path.display());
    let mut landing = Landing::begin(&path).await.map_err(here)?;
    let limits = Limits { max_bytes: u64::MAX, idle: SILENCE };
    let received = on
        .connection
        .download(&program, landing.writer(), limits, |_| {})
        .await
        .map_err(|error| format!("backup: {error}"))?;
    landing.finish(false).await.map_err(here)?;
    let backup = Backup {
        kind: object.kind.clone(),
        id: object.id.clone(),
        file: path.display().to_string(),
        bytes: received.bytes,
        sha256: received.sha256,
    };
    (on.tell)(What::BackedUp { backup });
    Ok(())
}

/// `FOLDER/HOST/volume-NAME-20261125T101500Z.tar`: two backups of one name never meet.
fn place(on: &Reached, folder: &Path, action: &Action) -> PathBuf {
    let id = action.object.id.strip_prefix("sha256:").unwrap_or(&action.object.id);
    let name: String = id
        .chars()
        .take(if action.object.kind == "image" { 12 } else { 80 })
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .collect();
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    folder.join(on.name.as_str()).join(format!("{}-{name}-{now}.tar", action.object.kind))
}
