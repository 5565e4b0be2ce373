//! Comments that silence a rule: hadolint's own, and fleet's in the same form.

use super::finding::Finding;
use super::rule::Rule;
use super::text::Span;
use super::tree::Dockerfile;

/// What comments silence.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// Names for the whole file.
    everywhere: Vec<String>,
    /// Instructions, in order, with the names that stand before or in them.
    places: Vec<(Span, Vec<String>)>,
}

/// Reads the comments of a file.
pub(super) fn read(file: &Dockerfile) -> Ignored {
    let mut ignored = Ignored::default();
    let spans: Vec<Span> =
        file.globals.iter().chain(file.instructions()).map(|i| i.span.clone()).collect();
    for comment in &file.comments {
        let Some((names, everywhere)) = names(file.text.slice(comment.clone())) else { continue };
        if everywhere {
            ignored.everywhere.extend(names);
            continue;
        }
        // The instruction that the comment stands in, or the next one.
        let next = spans.partition_point(|span| span.end <= comment.start);
        if let Some(span) = spans.get(next) {
            match ignored.places.last_mut() {
                Some((last, all)) if last == span => all.extend(names),
                _ => ignored.places.push((span.clone(), names)),
            }
        }
    }
    ignored
}

/// The names in a comment such as `# hadolint ignore=DL3007,DL3008`.
fn names(comment: &str) -> Option<(Vec<String>, bool)> {
    let mut rest = comment.trim_start_matches('#').trim();
    rest = rest.strip_prefix("hadolint ").or_else(|| rest.strip_prefix("fleet "))?.trim_start();
    let everywhere = rest.starts_with("global ");
    rest = rest.strip_prefix("global ").unwrap_or(rest).trim_start();
    let list = rest.strip_prefix("ignore")?.trim_start().strip_prefix('=')?;
    // A reason may stand behind the names.
    let list = list.split('#').next().unwrap_or_default();
    let names = list.split([',', ' ', '\t']).filter(|name| !name.is_empty()).take(100);
    Some((names.map(str::to_owned).collect(), everywhere))
}

impl Ignored {
    /// Whether a finding is silenced.
    pub(super) fn covers(&self, file: &Dockerfile, finding: &Finding) -> bool {
        if self.everywhere.iter().any(|name| is(name, finding.rule)) {
            return true;
        }
        let at = finding.span.start;
        let next = self.places.partition_point(|(span, _)| span.end < at);
        let covers = |(span, names): &(Span, Vec<String>)| {
            let start = file.text.line_span(file.text.line(span.start)).start;
            (start..=span.end).contains(&at) && names.iter().any(|name| is(name, finding.rule))
        };
        self.places.get(next).is_some_and(covers)
    }
}

fn is(name: &str, rule: &Rule) -> bool {
    rule.name == name || rule.codes.iter().any(|code| code.eq_ignore_ascii_case(name))
}
