//! Mistakes in an inventory, each with its place and the next thing to do.

use super::check::Fault;
use super::source::{Excerpt, Place, Sources};
use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use std::fmt;
use std::path::{Path, PathBuf};

/// The most mistakes that one error tells; a broken generator can make thousands.
const MOST: usize = 50;

/// A mistake before its line was cut out.
#[derive(Debug)]
pub(super) struct Draft {
    place: Option<Place>,
    path: Option<PathBuf>,
    message: String,
    label: String,
    help: String,
    also: Vec<(Place, String)>,
}

impl Draft {
    /// A mistake at a place.
    pub(super) fn at(place: Place, fault: Fault) -> Self {
        let Fault { message, help } = fault;
        Self {
            place: Some(place),
            path: None,
            message,
            label: "here".into(),
            help,
            also: Vec::new(),
        }
    }

    /// A mistake about a file as a whole.
    pub(super) fn about(path: &Path, fault: Fault) -> Self {
        let Fault { message, help } = fault;
        let path = Some(path.to_owned());
        Self { place: None, path, message, label: String::new(), help, also: Vec::new() }
    }

    /// What stands under the caret.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Another place that belongs to the mistake.
    pub(super) fn also(mut self, place: Place, message: impl Into<String>) -> Self {
        self.also.push((place, message.into()));
        self
    }

    fn finish(self, sources: &Sources) -> Mistake {
        let notes = self.also.into_iter().map(|(place, message)| Mistake {
            path: sources.path(place).to_owned(),
            excerpt: sources.excerpt(place),
            message,
            label: "here".into(),
            help: String::new(),
            severity: Severity::Advice,
            notes: Vec::new(),
        });
        Mistake {
            path: match (self.place, self.path) {
                (Some(place), _) => sources.path(place).to_owned(),
                (None, path) => path.unwrap_or_default(),
            },
            excerpt: self.place.and_then(|place| sources.excerpt(place)),
            message: self.message,
            label: self.label,
            help: self.help,
            severity: Severity::Error,
            notes: notes.collect(),
        }
    }
}

/// One mistake in an inventory.
#[derive(Debug, Clone)]
pub struct Mistake {
    path: PathBuf,
    message: String,
    label: String,
    help: String,
    severity: Severity,
    excerpt: Option<Excerpt>,
    notes: Vec<Mistake>,
}

impl Mistake {
    /// The file it is in, relative to the project folder where that holds it.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.path
    }

    /// Its line, from 1; `None` where a file as a whole is wrong.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.excerpt.as_ref().map(|excerpt| excerpt.line)
    }

    /// Its character in the line, from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.excerpt.as_ref().map(|excerpt| excerpt.column)
    }

    /// What to do about it; empty for a note.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.help
    }

    /// Other places that belong to it, such as the first of two duplicates.
    #[must_use]
    pub fn notes(&self) -> &[Mistake] {
        &self.notes
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.excerpt.is_none() && !self.path.as_os_str().is_empty() {
            write!(f, "{}: ", super::check::escaped(&self.path.to_string_lossy()))?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.excerpt.as_ref()?.span();
        let label = LabeledSpan::new_primary_with_span(Some(self.label.clone()), span);
        Some(Box::new(std::iter::once(label)))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.notes.is_empty() {
            return None;
        }
        Some(Box::new(self.notes.iter().map(|note| note as &dyn Diagnostic)))
    }
}

/// An inventory that cannot be used, with every mistake that was found.
#[derive(Debug, Clone)]
pub struct InventoryError {
    mistakes: Vec<Mistake>,
    untold: usize,
}

impl InventoryError {
    pub(super) fn new(mut drafts: Vec<Draft>, sources: &Sources) -> Self {
        // Files as a whole first, then the order in which a person reads them.
        drafts.sort_by_key(|draft| draft.place);
        let untold = drafts.len().saturating_sub(MOST);
        drafts.truncate(MOST);
        let mistakes = drafts.into_iter().map(|draft| draft.finish(sources)).collect();
        Self { mistakes, untold }
    }

    /// An error about one path.
    pub(super) fn about(path: &Path, fault: Fault) -> Self {
        Self::new(vec![Draft::about(path, fault)], &Sources::default())
    }

    /// The mistakes, in the order of files and lines; at most 50.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl fmt::Display for InventoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.len() + self.untold {
            1 => f.write_str("the inventory has a mistake"),
            count => write!(f, "the inventory has {count} mistakes"),
        }?;
        if self.untold > 0 {
            write!(f, "; these are the first {}", self.mistakes.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for InventoryError {}

impl Diagnostic for InventoryError {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.mistakes.iter().map(|mistake| mistake as &dyn Diagnostic)))
    }
}

/// A selection that cannot be understood, or that selects nothing.
#[derive(Debug, Clone)]
pub struct SelectError {
    message: String,
    help: String,
    label: String,
    /// Boxed because results of this type are passed around by value.
    excerpt: Box<Excerpt>,
    /// The part of the expression that is meant, in bytes.
    pub(super) span: std::ops::Range<usize>,
}

impl SelectError {
    pub(super) fn new(expression: &str, span: std::ops::Range<usize>, fault: Fault) -> Self {
        let name = "selection".to_owned();
        let excerpt = Box::new(Excerpt::cut(name, expression, span.start, span.end));
        let Fault { message, help } = fault;
        Self { message, help, label: "here".into(), excerpt, span }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.help
    }

    /// Its message and advice, to be told about another place.
    pub(super) fn into_fault(self) -> Fault {
        Fault { message: self.message, help: self.help }
    }
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SelectError {}

impl Diagnostic for SelectError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label =
            LabeledSpan::new_primary_with_span(Some(self.label.clone()), self.excerpt.span());
        Some(Box::new(std::iter::once(label)))
    }
}
