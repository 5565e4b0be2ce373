//! The frame of every page: head, headline, sections, foot. Nothing in it is fetched or run.

use super::said;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The one text that goes into a page as it is.
const STYLE: PreEscaped<&str> = PreEscaped(include_str!("style.css"));

/// What the page may do: look as its own style sheet says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A part of the page with a heading.
pub(super) struct Section {
    /// Fixed: never made of what a host said.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) body: Markup,
}

/// One number of the top of the page.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) remark: String,
    /// Whether it misses its target.
    pub(super) missed: bool,
}

pub(super) struct Page {
    pub(super) title: String,
    /// When, what, by whom.
    pub(super) kicker: String,
    pub(super) headline: String,
    pub(super) lede: Vec<String>,
    pub(super) figures: Vec<Figure>,
    pub(super) sections: Vec<Section>,
    pub(super) foot: String,
}

impl Page {
    pub(super) fn render(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    title { (said(&self.title)) }
                    style { (STYLE) }
                }
                body {
                    a.skip href="#main" { "Skip to the report" }
                    (self.header())
                    main #main {
                        @for section in &self.sections {
                            section aria-labelledby=(section.id) {
                                h2 id=(section.id) { (section.title) }
                                (section.body)
                            }
                        }
                    }
                    footer { p { (said(&self.foot)) } }
                }
            }
        };
        page.into_string() + "\n"
    }

    fn header(&self) -> Markup {
        html! {
            header {
                p.kicker { (said(&self.kicker)) }
                h1 { (said(&self.headline)) }
                @for line in &self.lede { p.lede { (said(line)) } }
                @if !self.figures.is_empty() {
                    dl.key {
                        @for figure in &self.figures {
                            div {
                                dt { (said(&figure.name)) }
                                dd.bad[figure.missed] { (said(&figure.value)) small { (said(&figure.remark)) } }
                            }
                        }
                    }
                }
                nav aria-label="Parts of the report" {
                    @for section in &self.sections { a href={ "#" (section.id) } { (section.title) } }
                }
            }
        }
    }
}
