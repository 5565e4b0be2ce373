//! What every page keeps to: nothing fetched, nothing run, readable without eyes.

use crate::dom::{self, Element};
use crate::{bench_runs, comparison, page};
use std::collections::BTreeSet;

/// Elements that can carry a page's own code or fetch something, none of which any page has.
const FORBIDDEN: [&str; 14] = [
    "script",
    "link",
    "img",
    "image",
    "iframe",
    "object",
    "embed",
    "base",
    "form",
    "use",
    "foreignobject",
    "animate",
    "set",
    "template",
];

fn pages() -> Vec<(&'static str, String)> {
    let mut verbs = bench_runs::single();
    verbs.start.verb = "ping".into();
    verbs.hosts.iter_mut().for_each(|host| host.builds.clear());
    let mut cleanup = verbs.clone();
    cleanup.start.verb = "cleanup".into();
    vec![
        ("before", page(&bench_runs::before())),
        ("after", page(&bench_runs::after())),
        ("single", page(&bench_runs::single())),
        ("many", page(&bench_runs::many(30, 3))),
        ("comparison", comparison()),
        ("hostile", page(&bench_runs::hostile())),
        ("ping", page(&verbs)),
        ("cleanup", page(&cleanup)),
    ]
}

#[test]
fn pages_parse_without_an_error_and_their_ids_are_unique() {
    for (name, page) in pages() {
        let elements = dom::parse(&page);
        let ids: Vec<&str> = elements.iter().filter_map(|e| e.get("id")).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        let references = ["aria-labelledby", "aria-describedby", "for"];
        for target in elements.iter().flat_map(|e| references.iter().filter_map(|r| e.get(r))) {
            assert!(unique.contains(target), "{name}: nothing is called {target}");
        }
        for link in elements.iter().filter_map(|e| e.get("href")) {
            assert!(
                unique.contains(link.strip_prefix('#').unwrap()),
                "{name}: {link} leads nowhere"
            );
        }
    }
}

#[test]
fn nothing_is_fetched_and_nothing_is_run() {
    for (name, page) in pages() {
        let elements = dom::parse(&page);
        for element in &elements {
            assert!(
                !FORBIDDEN.contains(&element.name.to_ascii_lowercase().as_str()),
                "{name}: {element:?}"
            );
            for (attribute, value) in &element.attributes {
                let fetches =
                    ["src", "srcset", "action", "data", "xlink:href", "poster", "background"];
                assert!(
                    !attribute.starts_with("on") && !fetches.contains(&attribute.as_str()),
                    "{name}: {element:?}"
                );
                assert!(attribute == "content" || !value.contains("url("), "{name}: {element:?}");
            }
        }
        let style: String =
            elements.iter().filter(|e| e.name == "style").map(|e| e.text.clone()).collect();
        assert!(!style.contains("url(") && !style.contains("@import"), "{name}");
        let policy = elements
            .iter()
            .find(|e| e.get("http-equiv") == Some("Content-Security-Policy"))
            .unwrap();
        assert_eq!(
            policy.get("content"),
            Some("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
        );
    }
}

/// The text that a host would break out with is there as text, and no element or attribute is made of it.
#[test]
fn what_a_host_says_stays_text() {
    let hostile = page(&bench_runs::hostile());
    let tame = page(&bench_runs::before());
    let shape = |page: &str| -> (BTreeSet<String>, BTreeSet<String>) {
        let elements = dom::parse(page);
        let attributes = elements.iter().flat_map(|e| &e.attributes).map(|(name, _)| name.clone());
        (elements.iter().map(|e| e.name.clone()).collect(), attributes.collect())
    };
    let ((names, attributes), (known, known_attributes)) = (shape(&hostile), shape(&tame));
    assert!(names.is_subset(&known), "{:?}", names.difference(&known));
    assert!(
        attributes.is_subset(&known_attributes),
        "{:?}",
        attributes.difference(&known_attributes)
    );
    let elements = dom::parse(&hostile);
    let body = elements.iter().find(|e| e.name == "body").unwrap();
    let shown =
        "</script><svg onload=alert(1)>\"'&<b>]]>--><style>=cmd\\u{1b}]0;x\\u{7}\\u{202e}\\u{0}";
    // Host names alone are checked when an inventory is read, so every other text is the hostile one.
    for place in ["h3", "summary", "th", "td", "p", "pre", "title"] {
        let has = |e: &Element| e.name == place && e.text.contains(shown);
        let needed = !["td", "summary"].contains(&place);
        assert!(!needed || elements.iter().any(has), "no {place} shows it");
    }
    assert!(body.text.matches(shown).count() > 50);
    assert!(!hostile.contains(['\u{1b}', '\u{7}', '\u{202e}', '\0']));
}

#[test]
fn headings_are_in_order_and_there_is_one_of_the_first() {
    for (name, page) in pages() {
        let elements = dom::parse(&page);
        let levels: Vec<u32> = elements
            .iter()
            .filter(|e| e.name.len() == 2 && e.name.starts_with('h') && e.name != "hr")
            .map(|e| u32::from(e.name.as_bytes()[1] - b'0'))
            .collect();
        assert_eq!(levels.iter().filter(|l| **l == 1).count(), 1, "{name}: {levels:?}");
        assert_eq!(levels[0], 1, "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: {levels:?}");
    }
}

#[test]
fn tables_and_charts_speak_to_those_who_cannot_see_them() {
    for (name, page) in pages() {
        let elements = dom::parse(&page);
        for cell in elements.iter().filter(|e| e.name == "th") {
            assert!(
                cell.get("scope").is_some() && !cell.text.trim().is_empty(),
                "{name}: {cell:?}"
            );
        }
        for (at, chart) in elements.iter().enumerate().filter(|(_, e)| e.name == "svg") {
            let hidden = chart.get("aria-hidden") == Some("true");
            let titled = elements
                .get(at + 1)
                .is_some_and(|e| e.name == "title" && !e.text.trim().is_empty());
            assert!(hidden || (chart.get("role") == Some("img") && titled), "{name}: {chart:?}");
        }
        let html = elements.iter().find(|e| e.name == "html").unwrap();
        assert_eq!(html.get("lang"), Some("en"));
        assert!(
            elements
                .iter()
                .any(|e| e.get("class") == Some("skip") && e.get("href") == Some("#main"))
        );
        assert!(
            elements
                .iter()
                .any(|e| e.name == "title" && e.path.last().is_some_and(|p| p == "head"))
        );
    }
}

/// WCAG 2.2, success criterion 1.4.3: 4.5 for text, 1.4.11: 3 for what is drawn.
#[test]
fn colours_stand_out_from_their_ground() {
    let page = page(&bench_runs::single());
    let themes: Vec<&str> =
        page.split(":root{").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(themes.len(), 3, "light, dark, print");
    for theme in themes {
        let color = |name: &str| {
            let rest = theme.split(&format!("--{name}:#")).nth(1).unwrap();
            luminance(rest.split(';').next().unwrap())
        };
        let paper = color("paper");
        for (name, least) in
            [("ink", 7.0), ("dim", 4.5), ("accent", 4.5), ("own", 3.0), ("run", 3.0)]
        {
            let ratio = contrast(color(name), paper);
            assert!(ratio >= least, "{name} on paper: {ratio:.2} in {theme}");
        }
    }
}

fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance, as WCAG defines it.
fn luminance(hex: &str) -> f64 {
    let hex =
        if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

/// Everything else in a page goes through escaping.
#[test]
fn only_the_style_sheet_goes_in_as_it_is() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/html");
    let mut raw = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| line.contains("PreEscaped"));
            raw.extend(lines.map(str::to_owned));
        }
    }
    let allowed = "const STYLE: PreEscaped<&str> = PreEscaped(include_str!(\"style.css\"));";
    raw.retain(|line| line != allowed && !line.starts_with("use maud::"));
    assert!(raw.is_empty(), "{raw:?}");
    let style = include_str!("../../src/report/html/style.css");
    assert!(!style.contains('<') && style.is_ascii());
}
