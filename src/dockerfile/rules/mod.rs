//! The rules: one file each, one row each.

mod recursion;
mod recursive_chown;
mod words;

use super::rule::Rule;

/// Every rule, those first that cost the most.
pub static RULES: [&Rule; 1] = [&recursive_chown::RULE];

/// The rule of a name, or of one of its codes.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.into_iter().find(|rule| {
        rule.name == name || rule.codes.iter().any(|code| code.eq_ignore_ascii_case(name))
    })
}
