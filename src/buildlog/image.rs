//! The image's ID among what BuildKit says while it writes the image out.

/// The ID, by the most trustworthy of the lines that name it.
#[derive(Debug, Default)]
pub(super) struct Image {
    pub(super) id: Option<String>,
    rank: usize,
}

/// What stands before a digest, the last one counts most: an image in containerd's store is
/// its manifest or the list of them, elsewhere its configuration, which the engine's own
/// exporter calls `writing image` (exporter/containerimage/writer.go of BuildKit and
/// daemon/internal/builder-next/exporter/mobyexporter of moby).
const BEFORE: [&str; 3] = ["exporting manifest ", "exporting manifest list ", "writing image "];

impl Image {
    /// Looks at what a step says of its progress.
    pub(super) fn status(&mut self, status: &str) {
        for (rank, before) in BEFORE.iter().enumerate() {
            let Some(rest) = status.strip_prefix(before) else { continue };
            let id = rest.split_whitespace().next().unwrap_or_default();
            if rank >= self.rank && is_digest(id) {
                self.id = Some(id.to_owned());
                self.rank = rank;
            }
        }
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
