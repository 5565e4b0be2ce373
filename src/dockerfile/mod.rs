//! Finds what makes builds of a Dockerfile slow, and mends it. Pure: text in, findings out.

mod context;
mod edits;
mod finding;
mod fix;
mod format;
mod ground;
mod ignore;
mod owners;
mod page;
mod parse;
mod paths;
mod programs;
mod rule;
mod rules;
mod scan;
mod secrets;
mod shell;
mod text;
mod tree;

pub use context::{Context, Unknown};
pub use finding::{Cost, Edit, Finding, Fix, Safety, Severity};
pub use fix::{Mended, mend};
pub use format::{FORMATS, Format, Linted, Look};
pub use ground::{Deed, Grade, Ground, Kind, Step};
pub use page::{explain, list, markdown};
pub use parse::parse;
pub use rule::{Case, Rule};
pub use rules::{RULES, rule};
pub use scan::Heredoc;
pub use shell::{Command, Form, Joint, Script};
pub use text::{Span, Text};
pub use tree::{Body, Dockerfile, Flag, Instruction, Stage, Word};

/// The most findings that one rule tells of one file.
const MOST: usize = 50;

/// Everything that the rules find in a file, in the order of the file.
#[must_use]
pub fn lint(file: &Dockerfile, context: &dyn Context) -> Vec<Finding> {
    let grounds = ground::survey(file, context);
    let case = Case { file, grounds: &grounds, context };
    let ignored = ignore::read(file);
    let mut findings: Vec<Finding> = RULES
        .iter()
        .flat_map(|rule| (rule.check)(rule, &case).into_iter().take(MOST))
        .filter(|finding| !ignored.covers(file, finding))
        .collect();
    findings.sort_by_key(|finding| (finding.span.start, std::cmp::Reverse(finding.severity)));
    findings
}

/// Fills in what steps cost, from whoever measured them.
pub fn price(findings: &mut [Finding], measure: impl Fn(&Finding) -> Option<Cost>) {
    for finding in findings {
        finding.cost = measure(finding);
    }
}

#[cfg(test)]
mod tests;
