//! A page as the parser of browsers reads it.

use html5ever::driver::ParseOpts;
use html5ever::parse_document;
use html5ever::tendril::TendrilSink;
use html5ever::tree_builder::TreeBuilderOpts;
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// An element with its attributes, and all text below it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
    /// Names of the elements that it lies in, the document's first.
    pub(crate) path: Vec<String>,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Every element in the order of the document; the page must have no error at all.
#[track_caller]
pub(crate) fn parse(page: &str) -> Vec<Element> {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { exact_errors: true, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let dom = parse_document(RcDom::default(), options).one(page);
    assert!(dom.errors.borrow().is_empty(), "{:?}", dom.errors.borrow());
    let mut elements = Vec::new();
    walk(&dom.document, &mut Vec::new(), &mut elements);
    elements
}

fn walk(node: &Handle, path: &mut Vec<String>, elements: &mut Vec<Element>) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attributes = attrs
            .borrow()
            .iter()
            .map(|a| (a.name.local.to_string(), a.value.to_string()))
            .collect();
        let name = name.local.to_string();
        elements.push(Element {
            name: name.clone(),
            attributes,
            text: text(node),
            path: path.clone(),
        });
        path.push(name);
        node.children.borrow().iter().for_each(|child| walk(child, path, elements));
        path.pop();
    } else {
        node.children.borrow().iter().for_each(|child| walk(child, path, elements));
    }
}

fn text(node: &Handle) -> String {
    if let NodeData::Text { contents } = &node.data {
        return contents.borrow().to_string();
    }
    node.children.borrow().iter().map(text).collect()
}
