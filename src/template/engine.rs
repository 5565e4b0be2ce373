//! tera, made strict and bounded.

use super::File;
use super::GIVEN;
use super::error::TemplateError;
use super::filters;
use super::manifest::{FileRow, Manifest};
use super::place::{MANIFEST, Place};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use tera::{Context, ErrorKind, Tera};
use toml::Value;

/// Bytes that a rendered file may have.
const LIMIT: usize = 1 << 20;

/// How long compiling, and rendering all files for one app, may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The compiled files of one template.
pub(super) struct Engine {
    tera: Arc<Tera>,
    /// How messages name each file.
    shown: Arc<BTreeMap<String, String>>,
    /// Whether rendering surely ends soon, so that nobody has to wait for it with a clock.
    plain: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Engine").field(&self.shown.keys()).finish()
    }
}

impl Engine {
    /// Compiles all files and sees that they name only variables that are declared.
    pub(super) fn compile(place: &Place, manifest: &Manifest) -> Result<Self, TemplateError> {
        let sources: Vec<(String, String)> = place
            .files
            .iter()
            .filter(|(name, _)| *name != MANIFEST)
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect();
        let names = sources.iter().map(|(name, _)| (name.clone(), place.show(name)));
        let shown: Arc<BTreeMap<_, _>> = Arc::new(names.collect());
        let first = place.show(&manifest.files[0].source);
        let tera = bounded(&first, move || {
            let mut tera = Tera::default();
            tera.register_filter("quote", filters::quote);
            tera.register_filter("json", filters::json);
            tera.add_raw_templates(sources).map(|()| tera)
        })?
        .map_err(|error| explain(&error, &shown, &first))?;
        for (name, shown) in shown.iter() {
            check_names(&tera, name, shown, place, manifest)?;
        }
        let plain = place.files.values().all(|text| is_plain(text));
        Ok(Self { tera: Arc::new(tera), shown, plain })
    }

    /// Renders every file whose condition holds.
    pub(super) fn render(
        &self,
        manifest: &Manifest,
        values: &BTreeMap<String, Value>,
    ) -> Result<Vec<File>, TemplateError> {
        let on = |row: &&FileRow| {
            let condition = row.when.as_ref().and_then(|name| values.get(name));
            condition.and_then(Value::as_bool).unwrap_or(true)
        };
        let rows: Vec<FileRow> = manifest.files.iter().filter(on).cloned().collect();
        let first = self.name(&rows[0].source);
        let context = Context::from_serialize(values)
            .map_err(|error| explain(&error, &self.shown, &first))?;
        let (tera, shown) = (Arc::clone(&self.tera), Arc::clone(&self.shown));
        let work = move || {
            let deadline = Instant::now() + PATIENCE;
            rows.into_iter().map(|row| render_one(&tera, &shown, row, &context, deadline)).collect()
        };
        if self.plain { work() } else { bounded(&first, work)? }
    }

    fn name(&self, source: &str) -> String {
        self.shown.get(source).cloned().unwrap_or_else(|| source.to_owned())
    }
}

fn render_one(
    tera: &Tera,
    shown: &BTreeMap<String, String>,
    row: FileRow,
    context: &Context,
    deadline: Instant,
) -> Result<File, TemplateError> {
    let name = shown.get(&row.source).map_or(row.source.as_str(), String::as_str);
    let mut sheet = Sheet { bytes: Vec::new(), deadline };
    tera.render_to(&row.source, context, &mut sheet).map_err(|e| explain(&e, shown, name))?;
    let text = String::from_utf8(sheet.bytes)
        .map_err(|_| TemplateError::new(name, "renders to something that is not UTF-8"))?;
    Ok(File { path: row.path, text, executable: row.executable })
}

/// Where a file is written, up to a size and a time.
struct Sheet {
    bytes: Vec<u8>,
    deadline: Instant,
}

impl io::Write for Sheet {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + piece.len() > LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if Instant::now() > self.deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a template has no loop inside another and nothing that could hide one: then it takes
/// no longer than its length and that of its lists allow. A thread for each app would cost more
/// than rendering it.
fn is_plain(text: &str) -> bool {
    let tags = text.split("{%").flat_map(|part| part.split("{{")).skip(1);
    let tags = tags.filter_map(|tag| tag.split("%}").next()?.split("}}").next());
    // A table written inside a tag could end it too early here.
    if tags.clone().any(|tag| tag.contains('{')) {
        return false;
    }
    let words = tags.flat_map(|tag| tag.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let mut depth = 0_i32;
    for word in words {
        match word {
            "for" => depth += 1,
            "endfor" => depth -= 1,
            "range" | "include" | "extends" | "block" | "component" => return false,
            _ => {}
        }
        if depth > 1 {
            return false;
        }
    }
    depth == 0
}

/// Does something in a thread of its own and waits for it so long. A loop that writes nothing
/// cannot be ended from outside; its thread goes with the process.
fn bounded<T: Send + 'static>(
    file: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TemplateError> {
    let (tell, hear) = mpsc::channel();
    std::thread::Builder::new()
        .name("template".into())
        .spawn(move || tell.send(work()))
        .map_err(|error| TemplateError::new(file, format!("no thread to render in: {error}")))?;
    hear.recv_timeout(PATIENCE + Duration::from_millis(200)).map_err(|error| match error {
        RecvTimeoutError::Timeout => too_slow(file),
        RecvTimeoutError::Disconnected => TemplateError::new(file, "the template engine panicked"),
    })
}

fn too_slow(file: &str) -> TemplateError {
    TemplateError::new(file, format!("takes longer than {} s", PATIENCE.as_secs()))
        .hint("look for loops inside loops")
}

/// tera's own words, with the place.
fn explain(error: &tera::Error, shown: &BTreeMap<String, String>, file: &str) -> TemplateError {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let name = shown.get(report.filename()).map_or(file, String::as_str);
            TemplateError::new(name, report.message()).line(report.span().start_line)
        }
        ErrorKind::Io(io::ErrorKind::FileTooLarge) => {
            TemplateError::new(file, "renders to more than 1 MB").hint("look for loops")
        }
        ErrorKind::Io(io::ErrorKind::TimedOut) => too_slow(file),
        _ => unpack(&error.to_string(), shown, file),
    }
}

/// Mistakes that tera finds after parsing come as text: `error: REASON`, then `--> FILE:LINE:COLUMN`.
fn unpack(text: &str, shown: &BTreeMap<String, String>, file: &str) -> TemplateError {
    let mut lines = text.lines();
    let reason = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let place = lines.next().and_then(|line| line.trim_start().strip_prefix("--> "));
    let place = place.and_then(|place| {
        let mut parts = place.rsplitn(3, ':').skip(1);
        let line = parts.next()?.parse().ok()?;
        Some((shown.get(parts.next()?)?, line))
    });
    match place {
        Some((name, line)) => TemplateError::new(name, reason).line(line),
        None => TemplateError::new(file, reason),
    }
}

/// An undefined name in a condition would be taken for false, so every name must be declared.
fn check_names(
    tera: &Tera,
    name: &str,
    shown: &str,
    place: &Place,
    manifest: &Manifest,
) -> Result<(), TemplateError> {
    let text = place.text(name).unwrap_or_default();
    let used =
        tera.get_template_variables(name).map_err(|e| TemplateError::new(shown, e.to_string()))?;
    let mut unknown: Vec<&str> = used
        .into_iter()
        .filter(|used| manifest.variable(used).is_none() && !GIVEN.contains(used))
        .filter(|used| !is_set(place, used))
        .collect();
    unknown.sort_unstable();
    let Some(first) = unknown.first() else { return Ok(()) };
    let line = text.lines().position(|line| line.contains(first)).map_or(1, |at| at + 1);
    Err(TemplateError::new(shown, format!("`{first}` is not declared"))
        .line(line)
        .hint("declare it in template.toml, or correct the name"))
}

/// Whether a file of the template gives the name a value of its own.
fn is_set(place: &Place, name: &str) -> bool {
    place.files.values().any(|text| {
        text.split("set ").chain(text.split("set_global ")).skip(1).any(|rest| {
            rest.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn loops_inside_loops_are_not_plain() {
        let cases = [
            ("# for all\nFROM x", true),
            ("{% for a in b %}x{% endfor %}{% for a in b %}y{% endfor %}", true),
            ("{% for a in b %}{% if a %}{{ a }}{% endif %}{% endfor %}", true),
            ("{% for a in b %}{%- for c in d -%}{% endfor %}{% endfor %}", false),
            ("{% for a in range(end=9) %}{% endfor %}", false),
            ("{% for a in b %}{{ [c for c in d] }}{% endfor %}", false),
            ("{{ [c for c in d] }}", false),
            ("{% include \"x\" %}", false),
        ];
        for (text, plain) in cases {
            assert_eq!(is_plain(text), plain, "{text}");
        }
        for file in ["rails/Dockerfile.tera", "rails-before/Dockerfile.tera"] {
            let path = format!("{}/templates/{file}", env!("CARGO_MANIFEST_DIR"));
            assert!(is_plain(&std::fs::read_to_string(path).unwrap()), "{file}");
        }
    }
}
