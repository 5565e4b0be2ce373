//! What a builder says while it builds: read into steps, kept whole, and told to whoever watches.

use crate::buildlog::{Form, Read, Reader};
use crate::dockerfile::Dockerfile;
use crate::record::{Stream, What};
use crate::steps::Tell;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{BufRead, BufReader, Write};
use std::time::Instant;

/// Bytes of a log that are kept, before they are compressed.
const KEPT: usize = 32 << 20;

/// Listens to one build.
pub(super) struct Listener {
    form: Form,
    reader: Reader,
    began: Instant,
    raw: GzEncoder<Vec<u8>>,
    room: usize,
    tell: Tell,
    told: String,
    what: String,
}

/// What was heard.
pub(super) struct Heard {
    pub(super) read: Read,
    /// The log, compressed by gzip.
    pub(super) raw: Vec<u8>,
    /// The beginnings of the IDs of images that the legacy builder made on the way.
    pub(super) images: Vec<String>,
}

impl Listener {
    /// For a build of `file`. `what` names it for whoever watches.
    pub(super) fn new(form: Form, file: &Dockerfile, tell: Tell, what: String) -> Self {
        Self {
            form,
            reader: Reader::new(form, file),
            began: Instant::now(),
            raw: GzEncoder::new(Vec::new(), Compression::fast()),
            room: KEPT,
            tell,
            told: String::new(),
            what,
        }
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// Counts from now on.
    pub(super) fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// Milliseconds since it began to listen.
    pub(super) fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Takes what came on one of the streams.
    pub(super) fn take(&mut self, stream: Stream, bytes: &[u8]) {
        let at = self.elapsed();
        self.reader.take(stream, at, bytes);
        let kept = &bytes[..bytes.len().min(self.room)];
        self.room -= kept.len();
        // Into memory: it cannot fail.
        let _ = self.raw.write_all(kept);
        self.tell();
    }

    fn tell(&mut self) {
        let Some(at) = self.reader.at().filter(|at| *at != self.told) else { return };
        at.clone_into(&mut self.told);
        let with = format!("{} · {at}", self.what);
        (self.tell)(What::Busy { with });
    }

    /// The end of the build, after `total` milliseconds.
    pub(super) fn finish(self, total: u64) -> Heard {
        let raw = self.raw.finish().unwrap_or_default();
        let images = if self.form == Form::Legacy { made(&raw) } else { Vec::new() };
        Heard { read: self.reader.finish(total), raw, images }
    }
}

/// The short IDs in lines such as ` ---> 0123456789ab`. A step may print such a line too: an
/// image is removed only when it is new, untagged and nothing else lies on it.
fn made(raw: &[u8]) -> Vec<String> {
    let lines = BufReader::new(GzDecoder::new(raw)).split(b'\n').map_while(Result::ok);
    lines
        .filter_map(|line| {
            let id = line.strip_prefix(b" ---> ")?.trim_ascii_end();
            let hex = id.len() == 12 && id.iter().all(u8::is_ascii_hexdigit);
            hex.then(|| String::from_utf8_lossy(id).into_owned())
        })
        .take(10_000)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_the_legacy_builder_made_are_found() {
        let mut raw = GzEncoder::new(Vec::new(), Compression::fast());
        let log = "Step 1/2 : FROM x\n ---> 0123456789ab\nStep 2/2 : RUN y\n ---> Running in ba9876543210\r\n ---> ffff56789abc\r\n";
        raw.write_all(log.as_bytes()).unwrap();
        assert_eq!(made(&raw.finish().unwrap()), ["0123456789ab", "ffff56789abc"]);
    }
}
