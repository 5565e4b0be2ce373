//! From an app to its files: its variables laid over each other, checked by its template, rendered.

use crate::inventory::{App, Host, Inventory, VarMistake, merge_vars};
use crate::template::{File, Template, TemplateError, ValueFault, Values};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use toml::Value;

/// The variable that says what the builder understands.
const FRONTEND: &str = "frontend";

/// Why an app has no files.
#[derive(Debug)]
pub enum RenderError {
    /// The template is wrong, or refuses these values.
    Template {
        /// The app.
        app: String,
        /// What is wrong.
        error: TemplateError,
    },
    /// Variables of the inventory cannot be used.
    Values(Vec<VarMistake>),
    /// A value of the command line cannot be used.
    Given {
        /// What is wrong.
        text: String,
        /// What to do about it.
        hint: String,
    },
}

/// Renders apps; each template is read and compiled once.
#[derive(Debug)]
pub struct Renderer<'i> {
    inventory: &'i Inventory,
    given: BTreeMap<String, String>,
    instead: Option<String>,
    templates: HashMap<String, Arc<Template>>,
}

impl<'i> Renderer<'i> {
    /// A renderer for an inventory. `given` are variables of the command line, which cover all
    /// others; `instead` names a template to take instead of each app's own.
    #[must_use]
    pub fn new(
        inventory: &'i Inventory,
        given: impl IntoIterator<Item = (String, String)>,
        instead: Option<String>,
    ) -> Self {
        let given = given.into_iter().collect();
        Self { inventory, given, instead, templates: HashMap::new() }
    }

    /// The template of an app.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn template(&mut self, app: &App) -> Result<Arc<Template>, RenderError> {
        let name = self.instead.as_ref().unwrap_or(&app.template);
        if let Some(template) = self.templates.get(name) {
            return Ok(Arc::clone(template));
        }
        let template = Template::load(self.inventory.project(), name)
            .map_err(|error| RenderError::Template { app: app.name.clone(), error })?;
        let template = Arc::new(template);
        self.templates.insert(name.clone(), Arc::clone(&template));
        Ok(template)
    }

    /// An app's files as they are on a host, or on all hosts that it is built on alike.
    /// `frontend` is what a probe found, and counts where nobody says otherwise.
    ///
    /// # Errors
    /// When the template or a value cannot be used, or the app's hosts do not agree on one.
    pub fn render(
        &mut self,
        app: &App,
        on: Option<&Host>,
        frontend: Option<&str>,
    ) -> Result<Vec<File>, RenderError> {
        let (template, values) = self.values(app, on, frontend)?;
        template
            .render(&app.name, &values)
            .map_err(|error| RenderError::Template { app: app.name.clone(), error })
    }

    /// An app's template and the values that it is rendered with, as [`Renderer::render`] has them.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    pub fn values(
        &mut self,
        app: &App,
        on: Option<&Host>,
        frontend: Option<&str>,
    ) -> Result<(Arc<Template>, Values), RenderError> {
        let template = self.template(app)?;
        let given = self.given(&template)?;
        let below = match on {
            Some(host) => declared(&template, host),
            None => self.agreed(&template, app, &given)?,
        };
        let mut all = merge_vars(&below, &app.vars, &given);
        if let (Some(frontend), true) = (frontend, template.variable(FRONTEND).is_some()) {
            all.entry(FRONTEND.to_owned()).or_insert_with(|| frontend.into());
        }
        let values = template.check(&all).map_err(|faults| self.blame(app, on, faults))?;
        Ok((template, values))
    }

    /// The values of the command line, each read as its variable's type wants it.
    fn given(&self, template: &Template) -> Result<BTreeMap<String, Value>, RenderError> {
        let read = |(name, text): (&String, &String)| {
            let value = match template.variable(name) {
                Some(variable) => variable.read(text).map_err(|reason| RenderError::Given {
                    text: format!("--set {name}: `{}` {reason}", crate::human::escape(text)),
                    hint: variable.help.clone(),
                })?,
                None => Value::from(text.as_str()),
            };
            Ok((name.clone(), value))
        };
        self.given.iter().map(read).collect()
    }

    /// What the hosts of an app say, where they say the same.
    fn agreed(
        &self,
        template: &Template,
        app: &App,
        given: &BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Value>, RenderError> {
        let hosts = self.inventory.app_hosts(app).unwrap_or_default();
        let covered = |name: &String| app.vars.contains_key(name) || given.contains_key(name);
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        for (at, host) in hosts.iter().enumerate() {
            let mut own = declared(template, host);
            own.retain(|name, _| !covered(name));
            if at == 0 {
                all = own;
            } else if let Some(name) = differing(&all, &own) {
                return Err(disagree(app, hosts[0], host, name));
            }
        }
        Ok(all)
    }

    fn blame(&self, app: &App, on: Option<&Host>, faults: Vec<ValueFault>) -> RenderError {
        if let Some(fault) = faults.iter().find(|fault| self.given.contains_key(&fault.variable)) {
            let text = format!("--set {}: {}", fault.variable, fault.message);
            return RenderError::Given { text, hint: fault.hint.clone() };
        }
        let hosts = self.inventory.app_hosts(app).unwrap_or_default();
        let host = on.or(hosts.first().copied()).map(|host| host.name.clone());
        let mistake = |fault: ValueFault| VarMistake {
            app: app.name.clone(),
            host: host.clone(),
            variable: fault.variable,
            message: fault.message,
            help: fault.hint,
        };
        RenderError::Values(faults.into_iter().map(mistake).collect())
    }
}

/// Those of a host's variables that a template declares; the others are for other things.
fn declared(template: &Template, host: &Host) -> BTreeMap<String, Value> {
    let vars = host.vars.iter().filter(|(name, _)| template.variable(name).is_some());
    vars.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn differing<'n>(
    one: &'n BTreeMap<String, Value>,
    other: &'n BTreeMap<String, Value>,
) -> Option<&'n str> {
    let names = one.keys().chain(other.keys());
    names.map(String::as_str).find(|name| one.get(*name) != other.get(*name))
}

fn disagree(app: &App, one: &Host, other: &Host, name: &str) -> RenderError {
    let text = format!(
        "app {}: `{name}` is not the same on its hosts {} and {}",
        app.name, one.name, other.name
    );
    let hint = format!("choose one with --for HOST, or set `{name}` for the app");
    RenderError::Given { text, hint }
}
