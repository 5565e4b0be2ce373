//! Secrets in `ARG` and `ENV`.

use super::words;
use crate::dockerfile::finding::{Finding, Severity};
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::secrets;

pub(super) static RULE: Rule = Rule {
    name: "secret-in-image",
    codes: &[],
    severity: Severity::Error,
    summary: "a secret in ARG or ENV, which everybody with the image can read",
    why: "The value of an ENV, and of an ARG that a RUN uses, is written into the image and its history: \
          docker history shows it, and deleting it later does not help. A secret mount shows it to one \
          RUN only and leaves nothing behind.",
    before: "ARG NPM_TOKEN\nRUN npm ci",
    after: "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let all = case.file.globals.iter().chain(case.file.instructions());
    all.flat_map(|instruction| {
        secrets::of(instruction).filter_map(|(name, span, value)| {
            let is_arg = instruction.keyword == "ARG";
            // An ARG is there to be given; an ENV without a real value gives nothing away.
            let harmless = match value {
                Some(value) => secrets::is_harmless_value(value),
                None => !is_arg,
            };
            let harmless = harmless && !(is_arg && value.is_none_or(str::is_empty));
            (!harmless).then(|| {
                let name = words::shown(name, 40);
                let severity = if is_arg && value.is_none_or(str::is_empty) {
                    Severity::Warning
                } else {
                    Severity::Error
                };
                Finding::new(rule, span, format!("{name} is in the image for everybody to read"))
                    .severity(severity)
                    .label("shown by docker history")
                    .advice(format!(
                        "give it to the one RUN that needs it: RUN --mount=type=secret,id={},env={name}, \
                         built with --secret id={0}; or at run time",
                        name.to_ascii_lowercase()
                    ))
            })
        })
    })
    .collect()
}
