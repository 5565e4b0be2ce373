//! Variables: how one layer's values cover another's.

use super::raw::Vars;
use std::collections::BTreeMap;
use toml::Value;

/// Puts a layer over what is there: a name it holds replaces the value whole, tables too.
pub(super) fn cover(below: &mut BTreeMap<String, Value>, layer: &Vars) {
    for (name, value) in layer {
        below.insert(name.clone(), value.value.clone());
    }
}

/// The variables of a build: the host's, covered by the app's, covered by those given on the
/// command line. A name replaces the value whole, tables too.
#[must_use]
pub fn merge(
    host: &BTreeMap<String, Value>,
    app: &BTreeMap<String, Value>,
    command_line: &BTreeMap<String, Value>,
) -> BTreeMap<String, Value> {
    let layers = [host, app, command_line];
    layers.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(text: &str) -> BTreeMap<String, Value> {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_command_line_covers_the_app_covers_the_host() {
        let merged = merge(
            &vars("a = 1\nb = 1\nc = { x = 1 }"),
            &vars("b = 2\nd = 2\nc = { y = 2 }"),
            &vars("d = 3"),
        );
        assert_eq!(merged, vars("a = 1\nb = 2\nd = 3\nc = { y = 2 }"));
    }
}
