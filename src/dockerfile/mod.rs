//! Finds what makes builds of a Dockerfile slow, and mends it. Pure: text in, findings out.

mod announce;
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

/// What fuzzing calls: everything that can be done with a file.
///
/// # Panics
/// When something that must hold does not.
pub fn try_everything(bytes: &[u8]) {
    let template = bytes.first() == Some(&b'{');
    let text = Text::new("Dockerfile", bytes.to_vec(), template);
    let file = parse(text.clone());
    let findings = lint(&file, &Unknown);
    for finding in &findings {
        let spans = finding.also.iter().map(|(span, _)| span).chain([&finding.span]);
        let edits = finding.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| &edit.span));
        for span in spans.chain(edits) {
            assert!(span.start <= span.end && span.end <= bytes.len(), "{finding:?}");
        }
    }
    assert!(file.outline().all(|(line, ..)| line <= text.count()));
    let mended = mend(&text, &Unknown, Safety::Modes);
    let after = parse(Text::new("Dockerfile", mended.bytes, template));
    assert!(after.mistakes.len() <= file.mistakes.len(), "a fix broke the file");
    let linted = [Linted { file, findings, applied: mended.applied }];
    let look = Look { width: 80, color: false, brief: false, verbose: true };
    for format in &FORMATS {
        let shown = (format.render)(&linted, &look);
        assert!(!shown.contains('\u{1b}'), "a control character got through");
    }
}

/// Shapes of files of any size that make careless code slow: for tests and benchmarks.
#[must_use]
pub fn shapes() -> [fn(usize) -> String; 12] {
    [
        |n| format!("FROM a\nRUN {}", "x".repeat(n * 16)),
        |n| format!("FROM a\nRUN a {}", "\\\n # c\n".repeat(n)),
        |n| format!("FROM a\n{}", "RUN chown -R a:b /app\n".repeat(n)),
        |n| format!("FROM a\n{}", "COPY . /app\nRUN chown -R a:b /app\n".repeat(n)),
        |n| format!("FROM a\nRUN {}", "$(".repeat(n * 4)),
        |n| format!("FROM a\nRUN {}", "cat <<A; ".repeat(n)),
        |n| "FROM a AS b\nARG X=1\nENV Y=$X$Y\n".repeat(n),
        |n| format!("FROM a\n{}", "NOTHING x\n".repeat(n)),
        |n| format!("FROM a\n{}", "# fleet ignore=latest-tag\n".repeat(n)),
        |n| format!("FROM a\n{}", "RUN mkdir x\n".repeat(n)),
        |n| format!("FROM a\n{}", "RUN apt-get update\nRUN apt-get clean\n".repeat(n)),
        |n| format!("FROM a\n{}", "RUN rm -rf /x\nCOPY x /x\nADD y* /x/\n".repeat(n)),
    ]
}

#[cfg(test)]
mod tests;
