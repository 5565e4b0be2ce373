//! What a build made: its image's size, its layers, and what they hold in vain.

use super::workshop::Workshop;
use crate::docker::Docker;
use crate::record::BuiltImage;

/// The image of this ID; `None` where the engine does not tell of it.
///
/// What is wasted is counted on the disk, which takes a moment: only where it is asked for, and
/// only where layers are folders (overlay2).
pub(super) async fn look(
    docker: &Docker,
    workshop: &Workshop,
    id: &str,
    count_waste: bool,
) -> Option<BuiltImage> {
    let looked = docker.built_image(id).await;
    docker.rest();
    let (mut image, folders) = looked.ok()?;
    if count_waste && !folders.is_empty() {
        let folders = folders.join(":");
        let program = include_str!("programs/layers.sh");
        let answer = workshop.run(program, &[("folders", &folders)]).await;
        image.wasted_bytes = answer.ok().and_then(|answer| answer.number("wasted"));
    }
    Some(image)
}
