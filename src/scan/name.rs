//! The app's name.

use super::App;
use super::found::Place;

/// The most characters of a name.
const LONGEST: usize = 64;

/// Whether the inventory takes an app of this name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(plain)
        && text.len() <= LONGEST
        && text != "all"
}

/// What Kamal calls it, or its module, or its folder.
pub(super) fn of(app: &mut App) -> (String, Place) {
    if let Some((name, place)) = app.kamal.service.take()
        && is_name(&name)
    {
        return (name, place);
    }
    let text = app.text("config/application.rb").unwrap_or_default();
    for (line, number) in text.lines().zip(1..) {
        if let Some(module) = line.strip_prefix("module ")
            && let name = underscore(module.trim())
            && is_name(&name)
        {
            return (name, Place::line("config/application.rb", number));
        }
    }
    let name = app.folder.name();
    let kept = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(kept).take(LONGEST).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    let name = if is_name(&name) { name } else { "app".into() };
    (name, Place::file("the folder's name"))
}

/// `MyShop` as `my_shop`.
fn underscore(module: &str) -> String {
    let mut name = String::new();
    for c in module.chars().take(LONGEST) {
        if c.is_ascii_uppercase() && name.ends_with(|last: char| last.is_ascii_lowercase()) {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}
