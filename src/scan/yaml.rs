//! A YAML file as a tree of texts, ERB taken out. Aliases share what they name, so that a small
//! file cannot become a large tree.

use super::erb::{self, UNKNOWN};
use super::found::Problem;
use saphyr_parser::{Event, Parser};
use std::collections::HashMap;
use std::rc::Rc;

/// The most bytes of a file, the most values in it, how deep they may lie, and how often
/// `<<` is followed, and into how many of a list.
const LARGEST: usize = 256 << 10;
const MOST: usize = 50_000;
const DEEPEST: usize = 64;
const MERGES: usize = 16;
const MERGED: usize = 4;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// From 1.
    pub(super) line: usize,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Text(String),
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    fn new(line: usize, kind: Kind) -> Self {
        Self { line, kind }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.look_up(key, MERGES)
    }

    /// The value at the end of several keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    fn look_up(&self, key: &str, merges: usize) -> Option<&Self> {
        let Kind::Map(entries) = &self.kind else { return None };
        let own =
            |key: &str| entries.iter().rev().find(|(own, _)| own == key).map(|(_, node)| node);
        if let Some(node) = own(key) {
            return Some(node);
        }
        let merged = own("<<")?;
        let left = merges.checked_sub(1)?;
        match &merged.kind {
            Kind::List(items) => {
                items.iter().take(MERGED).find_map(|item| item.look_up(key, left / 2))
            }
            _ => merged.look_up(key, left),
        }
    }

    /// Its text, unless it is none, is empty, or holds what only running the app would tell.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) if !matches!(text.as_str(), "" | "~" | "null") => {
                Some(text.as_str()).filter(|text| !text.contains(UNKNOWN))
            }
            _ => None,
        }
    }

    /// The items of a list; a text is a list of one.
    pub(super) fn items(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::List(items) => items.iter().map(AsRef::as_ref).collect(),
            Kind::Text(_) => vec![self],
            Kind::Map(_) => Vec::new(),
        }
    }

    /// The keys and values of a map.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let entries = match &self.kind {
            Kind::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, node)| (key.as_str(), node.as_ref()))
    }
}

/// The first document of a file.
pub(super) fn parse(file: &str, text: &str) -> Result<Node, Problem> {
    if text.len() > LARGEST {
        return Err(Problem::new(file, "is larger than 256 kB"));
    }
    let text =
        erb::blank(text).map_err(|line| Problem::new(file, "`<%` without `%>`").line(line))?;
    let mut tree = Tree::default();
    for (count, event) in Parser::new_from_str(&text).enumerate() {
        let (event, span) = event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            Problem::new(file, format!("is not YAML: {}", error.info())).line(line).column(column)
        })?;
        let line = span.start.line();
        if count > MOST || tree.open.len() > DEEPEST {
            return Err(Problem::new(file, "holds too much, or lies too deep").line(line));
        }
        if matches!(event, Event::DocumentEnd | Event::StreamEnd) {
            break;
        }
        tree.take(event, line);
    }
    Ok(tree.root.map_or_else(|| Node::new(1, Kind::Text(String::new())), Rc::unwrap_or_clone))
}

/// A list or map that has not ended yet.
struct Frame {
    anchor: usize,
    node: Node,
    key: Option<String>,
}

/// The tree while it grows.
#[derive(Default)]
struct Tree {
    open: Vec<Frame>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.finish(anchor, Node::new(line, Kind::Text(text.into_owned())));
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let empty = || Rc::new(Node::new(line, Kind::Text(String::new())));
                self.put(node.unwrap_or_else(empty));
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, line, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(anchor, line, Kind::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(frame) = self.open.pop() {
                    self.finish(frame.anchor, frame.node);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, anchor: usize, line: usize, kind: Kind) {
        self.open.push(Frame { anchor, node: Node::new(line, kind), key: None });
    }

    fn finish(&mut self, anchor: usize, node: Node) {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.put(node);
    }

    fn put(&mut self, node: Rc<Node>) {
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match (&mut frame.node.kind, frame.key.take()) {
            (Kind::List(items), _) => items.push(node),
            (Kind::Map(entries), Some(key)) => entries.push((key, node)),
            // A key that is no text is one that nobody asks for.
            (Kind::Map(_), None) => frame.key = Some(node.text().unwrap_or_default().to_owned()),
            (Kind::Text(_), _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_anchors_and_erb_are_seen_through() {
        let text = "default: &default\n  adapter: postgresql\n  pool: <%= ENV[\"P\"] %>\n\
            production:\n  <<: *default\n  database: shop\n";
        let node = parse("f", text).unwrap();
        let adapter = node.at(&["production", "adapter"]).unwrap();
        assert_eq!((adapter.text(), adapter.line), (Some("postgresql"), 2));
        let pool = node.at(&["production", "pool"]).unwrap();
        assert_eq!((pool.text(), pool.line), (None, 3));
        assert_eq!(node.at(&["production", "nothing"]).map(|node| node.line), None);
    }

    #[test]
    fn what_would_grow_or_go_round_does_not() {
        use std::fmt::Write as _;
        let mut text = String::from("a0: &a0 [x, x]\n");
        for n in 1..60 {
            writeln!(text, "a{n}: &a{n} [*a{0}, *a{0}]", n - 1).unwrap();
        }
        text.push_str("m: &m\n  <<: [*m, *m, *m]\nx: *m\n");
        let node = parse("f", &text).unwrap();
        assert_eq!(node.get("a59").map(|node| node.items().len()), Some(2));
        assert!(node.at(&["x", "nothing"]).is_none());
        let problem = parse("f", &"[".repeat(100)).unwrap_err();
        assert!(problem.reason.contains("too deep"), "{problem}");
    }

    #[test]
    fn a_mistake_has_its_place() {
        let problem = parse("config/database.yml", "a: 1\nb: [1, 2\nc: }\n").unwrap_err();
        assert!(problem.to_string().starts_with("config/database.yml:"), "{problem}");
        assert!(problem.line.is_some_and(|line| line >= 2), "{problem}");
    }
}
