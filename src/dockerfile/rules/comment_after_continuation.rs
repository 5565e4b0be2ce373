//! A comment behind the backslash that was meant to continue the line.

use crate::dockerfile::finding::{Edit, Finding, Safety, Severity};
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "comment-after-continuation",
    codes: &[],
    severity: Severity::Error,
    summary: "a comment behind a backslash, which then continues nothing",
    why: "A backslash continues a line only where nothing but blanks stands behind it. With a comment \
          behind it the instruction ends there, and the next line is read as an instruction that does \
          not exist: the file does not build. A comment may have a line of its own between the lines.",
    before: "RUN apt-get update \\  # fresh lists\n && apt-get install -y git",
    after: "# fresh lists\nRUN apt-get update \\\n && apt-get install -y git",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let text = &case.file.text;
    case.file
        .slips
        .iter()
        .map(|(backslash, comment)| {
            let line = text.line_span(text.line(*backslash));
            let content = text.show(line.clone());
            let indent: String = content.chars().take_while(|c| c.is_whitespace()).collect();
            let words = text.show(comment.clone()).into_owned();
            Finding::new(rule, *backslash..comment.end, "this backslash does not continue the line")
                .label("a comment behind it makes it an escaped blank")
                .advice("give the comment a line of its own, above")
                .fix(
                    Safety::Same,
                    vec![
                        Edit::insert(line.start, format!("{indent}{}\n", words.trim_end())),
                        Edit::replace(backslash + 1..comment.end, ""),
                    ],
                )
        })
        .collect()
}
