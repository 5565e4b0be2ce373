//! Holds what was found against the template: only what it takes, and what is not its default.

use super::found::{Fact, Open, shown};
use crate::template::Template;
use std::collections::BTreeMap;
use toml::Value;

/// The facts that the template takes and that differ from its defaults, in its order. The others
/// become something to decide.
pub(super) fn fit(template: &Template, facts: Vec<Fact>, open: &mut Vec<Open>) -> Vec<Fact> {
    let mut fitting: Vec<Fact> =
        facts.into_iter().filter_map(|fact| fit_one(template, fact, open)).collect();
    let order = |name: &str| template.variables().position(|(variable, _)| variable == name);
    fitting.sort_by_key(|fact| order(fact.variable));
    for open in open {
        let takes = |(name, value): &(&str, Value)| fault(template, name, value).is_none();
        open.suggestion = open.suggestion.take().filter(takes);
    }
    fitting
}

fn fit_one(template: &Template, mut fact: Fact, open: &mut Vec<Open>) -> Option<Fact> {
    let mut refuse = |value: &Value, reason: String| {
        let text = format!("{} = {}: {reason}", fact.variable, shown(&value.to_string()));
        open.push(Open { suggestion: None, text, from: fact.from.first().cloned() });
    };
    if let Value::Array(items) = &mut fact.value {
        // One item that does not fit must not take the others with it.
        items.retain(|item| {
            let reason = fault(template, fact.variable, &Value::Array(vec![item.clone()]));
            reason.is_none_or(|reason| {
                refuse(item, reason);
                false
            })
        });
    }
    if let Some(reason) = fault(template, fact.variable, &fact.value) {
        refuse(&fact.value, reason);
        return None;
    }
    let default = template.variable(fact.variable).and_then(|variable| variable.default.as_ref());
    (default != Some(&fact.value)).then_some(fact)
}

/// Why the template does not take a value.
fn fault(template: &Template, name: &str, value: &Value) -> Option<String> {
    let given = BTreeMap::from([(name.to_owned(), value.clone())]);
    let faults = template.check(&given).err()?;
    faults.into_iter().find(|fault| fault.variable == name).map(|fault| fault.message)
}
