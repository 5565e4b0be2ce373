//! The rules: one file each, one row each.

mod cache_mount;
mod comment_after_continuation;
mod copied_twice;
mod copy_before_install;
mod copy_then_chown;
mod deleted_later;
mod dockerignore;
mod ignore_file;
mod latest;
mod package_lists;
mod recursion;
mod recursive_chmod;
mod recursive_chown;
mod root_user;
mod runs_in_a_row;
mod secret;
mod syntax;
mod update_alone;
mod words;
mod world_writable;

use super::rule::Rule;

/// Every rule, those first that cost the most.
pub static RULES: [&Rule; 17] = [
    &recursive_chown::RULE,
    &recursive_chmod::RULE,
    &copy_then_chown::RULE,
    &copied_twice::RULE,
    &deleted_later::RULE,
    &copy_before_install::RULE,
    &dockerignore::RULE,
    &cache_mount::RULE,
    &update_alone::RULE,
    &package_lists::RULE,
    &runs_in_a_row::RULE,
    &comment_after_continuation::RULE,
    &secret::RULE,
    &latest::RULE,
    &world_writable::RULE,
    &root_user::RULE,
    &syntax::RULE,
];

/// The rule of a name, or of one of its codes.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.into_iter().find(|rule| {
        rule.name == name || rule.codes.iter().any(|code| code.eq_ignore_ascii_case(name))
    })
}
