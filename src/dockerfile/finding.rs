//! What a rule found: where, why it matters, how the file would look mended.

use super::rule::Rule;
use super::text::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Makes builds slower or images larger.
    Warning,
    /// Costs minutes, gives a secret away, or does not build.
    Error,
}

impl Severity {
    /// The word for it, which is also SARIF's level.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad this one is.
    pub severity: Severity,
    /// The place that is meant.
    pub span: Span,
    /// What is wrong, in one line.
    pub message: String,
    /// What stands under the mark.
    pub label: String,
    /// Other places that belong to it, with what they do.
    pub also: Vec<(Span, String)>,
    /// More about this one, in sentences.
    pub advice: String,
    /// The mended text.
    pub fix: Option<Fix>,
    /// What it costs, where somebody measured it.
    pub cost: Option<Cost>,
}

/// What a step took, from a benchmark or an image's history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Milliseconds.
    pub milliseconds: Option<u64>,
    /// Bytes of its layer.
    pub bytes: Option<u64>,
}

/// How sure a fix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Paths, owners and modes of the image stay as they are.
    Same,
    /// Modes change: only `--fix=modes` does it.
    Modes,
    /// A proposal: whether it fits, only a person knows.
    Proposal,
}

/// A change of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// How sure it is.
    pub safety: Safety,
    /// What to write where; the places do not overlap.
    pub edits: Vec<Edit>,
}

/// One replaced part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

impl Edit {
    /// Text that comes in at a place.
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { span: at..at, text: text.into() }
    }

    /// Text that comes instead of other text.
    pub(super) fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}

impl Finding {
    /// A finding of a rule, as bad as the rule says.
    pub(super) fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            span,
            message: message.into(),
            label: "here".into(),
            also: Vec::new(),
            advice: String::new(),
            fix: None,
            cost: None,
        }
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.also.push((span, text.into()));
        self
    }

    pub(super) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    pub(super) fn fix(mut self, safety: Safety, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { safety, edits });
        self
    }
}
