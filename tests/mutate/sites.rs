//! Every place where a rule keeps an object, read from the code.

use super::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A place where a rule keeps an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    pub file: String,
    pub line: usize,
    pub rule: String,
}

/// A function: whether it tracks its caller, the rules by which it keeps something, and what
/// it calls.
#[derive(Default)]
struct Function {
    file: String,
    tracks: bool,
    rules: Vec<(String, usize)>,
    calls: Vec<(String, usize)>,
}

struct Functions {
    file: String,
    all: BTreeMap<String, Function>,
    at: Vec<String>,
}

impl Functions {
    fn enter(&mut self, name: &syn::Ident, attributes: &[syn::Attribute]) {
        let tracks = attributes.iter().any(|a| a.path().is_ident("track_caller"));
        // Two functions of one name are in two files.
        let name = format!("{}::{name}", self.file);
        let function = Function { file: self.file.clone(), tracks, ..Function::default() };
        self.all.insert(name.clone(), function);
        self.at.push(name);
    }

    fn now(&mut self) -> Option<&mut Function> {
        self.all.get_mut(self.at.last()?)
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if !module.attrs.iter().any(|a| a.path().is_ident("cfg")) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.enter(&function.sig.ident, &function.attrs);
        visit::visit_item_fn(self, function);
        self.at.pop();
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.enter(&function.sig.ident, &function.attrs);
        visit::visit_impl_item_fn(self, function);
        self.at.pop();
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func
            && let Some(name) = path.path.segments.last().map(|s| s.ident.to_string())
        {
            let line = call.func.span().start().line;
            match call.args.first() {
                Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(rule), .. }))
                    if name == "stay" =>
                {
                    self.now().unwrap().rules.push((rule.value(), line));
                }
                _ => {
                    assert_ne!(name, "stay", "{}:{line}: a rule is a text", self.file);
                    if let Some(function) = self.now() {
                        function.calls.push((name, line));
                    }
                }
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        let line = call.method.span().start().line;
        if let Some(function) = self.now() {
            function.calls.push((call.method.to_string(), line));
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Every place of the phases where a rule keeps an object, helpers resolved to their callers.
pub(crate) fn sites() -> Vec<Site> {
    let folder = root().join("src/steps/cleanup");
    let phases = fs::read_dir(folder.join("phases")).unwrap().map(|entry| entry.unwrap().path());
    let mut functions = Functions { file: String::new(), all: BTreeMap::new(), at: Vec::new() };
    for path in phases.chain([folder.join("judge.rs")]) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with("_tests.rs") {
            functions.file = name;
            functions.visit_file(&syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    let all = functions.all;
    let mut sites = BTreeSet::new();
    for function in all.values().filter(|f| !f.tracks) {
        let direct = function.rules.iter().map(|(rule, line)| (rule.clone(), *line));
        let through = function
            .calls
            .iter()
            .flat_map(|(name, line)| tracked(&all, name).into_iter().map(|rule| (rule, *line)));
        for (rule, line) in direct.chain(through) {
            sites.insert(Site { file: function.file.clone(), line, rule });
        }
    }
    sites.into_iter().collect()
}

/// The rules that a call of this name stands for, when what it calls tracks its caller.
fn tracked(all: &BTreeMap<String, Function>, name: &str) -> BTreeSet<String> {
    let called = all.iter().filter(|(full, f)| f.tracks && full.ends_with(&format!("::{name}")));
    called
        .flat_map(|(_, f)| {
            let direct = f.rules.iter().map(|(rule, _)| rule.clone());
            let deeper =
                f.calls.iter().filter(|(n, _)| n != name).flat_map(|(n, _)| tracked(all, n));
            direct.chain(deeper).collect::<Vec<_>>()
        })
        .collect()
}
