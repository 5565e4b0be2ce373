//! A report for the terminal.

use super::{View, body, layout};
use crate::record::Run;

pub(super) fn render(run: &Run, view: &View) -> String {
    layout::render(&body(run, view), view)
}
