//! Shapes of one chart, gathered by class so that each class is a single `path`.

use maud::{Markup, html};
use std::fmt::Write as _;

/// Classes in the order in which they are drawn, and their names in the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Grid,
    Some,
    Full,
    Io,
    Run,
    Own,
    /// Beside the critical path.
    Off,
    OffOwn,
    Bad,
    Gap,
    Tick,
}

const NAMES: [&str; 11] = [
    "p-grid", "p-some", "p-full", "p-io", "p-run", "p-own", "p-off", "p-offown", "p-bad", "p-gap",
    "p-tick",
];

#[derive(Default)]
pub(super) struct Shapes {
    paths: [String; NAMES.len()],
    /// The bar drawn last: its class, row, height, start and end.
    last: Option<(Class, u64, u64, u64, u64)>,
}

impl Shapes {
    /// A bar; one that touches the one before it, in the same class and row, becomes one with it.
    pub(super) fn bar(&mut self, class: Class, from: u64, to: u64, y: u64, height: u64) {
        let to = to.max(from + 2);
        match &mut self.last {
            Some((c, row, h, start, end))
                if (*c, *row, *h) == (class, y, height) && from <= *end && from >= *start =>
            {
                *end = (*end).max(to);
            }
            _ => {
                self.flush();
                self.last = Some((class, y, height, from, to));
            }
        }
    }

    fn flush(&mut self) {
        if let Some((class, y, height, from, to)) = self.last.take() {
            let width = to - from;
            let _ = write!(self.paths[class as usize], "M{from} {y}h{width}v{height}h-{width}z");
        }
    }

    /// A line across the whole row of a table, which reaches over the chart's own height.
    pub(super) fn rule(&mut self, x: u64, height: u64) {
        let _ = write!(self.paths[Class::Grid as usize], "M{x} -3v{}", height + 6);
    }

    /// A vertical line.
    pub(super) fn tick(&mut self, class: Class, x: u64, y: u64, height: u64) {
        let _ = write!(self.paths[class as usize], "M{x} {y}v{height}");
    }

    /// A line through points with the ground below it filled; both count from the top.
    pub(super) fn area(&mut self, class: Class, points: &[(u64, u64)], ground: u64) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let path = &mut self.paths[class as usize];
        let _ = write!(path, "M{} {ground}", first.0);
        for (x, y) in points {
            let _ = write!(path, "L{x} {y}");
        }
        let _ = write!(path, "V{ground}z");
        debug_assert!(last.0 >= first.0, "points go from left to right");
    }

    /// A chart that says what it shows to those who cannot see it.
    pub(super) fn chart(
        mut self,
        height: u64,
        pixels: u64,
        title: &str,
        desc: Option<&str>,
    ) -> Markup {
        self.flush();
        html! {
            svg role="img" viewBox={ "0 0 1000 " (height) } preserveAspectRatio="none" style={ "height:" (pixels) "px" } {
                title { (title) }
                @if let Some(desc) = desc { desc { (desc) } }
                (self.paths())
            }
        }
    }

    /// A chart whose numbers all stand beside it as text.
    pub(super) fn decoration(mut self, height: u64, pixels: u64) -> Markup {
        self.flush();
        html! {
            svg aria-hidden="true" viewBox={ "0 0 1000 " (height) } preserveAspectRatio="none" style={ "height:" (pixels) "px" } {
                (self.paths())
            }
        }
    }

    /// A sample of a bar, `inset` from both edges of a row of height 12, with what it means.
    pub(super) fn key(class: Class, inset: u64, meaning: &str) -> Markup {
        let mut shapes = Self::default();
        shapes.bar(class, 0, 1_000, inset, 12 - 2 * inset);
        html! { span { (shapes.decoration(12, 11)) (meaning) } }
    }

    fn paths(&self) -> Markup {
        html! {
            @for (path, name) in self.paths.iter().zip(NAMES).filter(|(path, _)| !path.is_empty()) {
                path class=(name) d=(path) {}
            }
        }
    }
}
