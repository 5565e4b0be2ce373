//! A comparison as one JSON document, all numbers of it.

use super::{COMPARISON_SCHEMA, Comparison};
use crate::report::View;
use crate::report::json::escape;

pub(super) fn render(comparison: &Comparison, _: &View) -> String {
    let text = serde_json::to_string_pretty(comparison);
    // No type here can fail to serialise.
    text.map_or_else(
        |e| format!("{{\"schema\":\"{COMPARISON_SCHEMA}\",\"error\":\"{e}\"}}\n"),
        |text| escape(text) + "\n",
    )
}
