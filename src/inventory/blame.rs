//! Mistakes that only the user of a variable can see, shown where the variable is written.

use super::check::Fault;
use super::error::{Draft, InventoryError};
use super::layers::Layers;
use super::source::Place;
use super::{App, Explained, Inventory, Origin};
use crate::record::HostName;

/// A variable of an app that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarMistake {
    /// The app.
    pub app: String,
    /// The host whose variables count, where the app's own do not cover them.
    pub host: Option<HostName>,
    /// The variable.
    pub variable: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl Inventory {
    /// An error that shows these mistakes where their variables are written; where a variable
    /// is written nowhere, the app.
    #[must_use]
    pub fn var_mistakes(&self, mistakes: &[VarMistake]) -> InventoryError {
        let drafts = mistakes.iter().filter_map(|mistake| {
            let VarMistake { app, host, variable, message, help } = mistake;
            let text = format!("app `{app}`: `{variable}` {message}");
            let place = self.place_of(app, host.as_ref(), variable)?;
            Some(Draft::at(place, Fault::new(text, help.clone())))
        });
        InventoryError::new(drafts.collect(), &self.parts.sources)
    }

    /// Where each of an app's own variables is written.
    #[must_use]
    pub fn explain_app(&self, app: &App) -> Vec<Explained> {
        let sources = &self.parts.sources;
        let raw = self.parts.raw.apps.iter().find(|raw| raw.name.value == app.name);
        let vars = raw.into_iter().flat_map(|raw| &raw.vars);
        vars.map(|(name, value)| Explained {
            key: format!("vars.{name}"),
            value: value.value.to_string(),
            source: Origin {
                file: sources.path(value.place).to_owned(),
                line: sources.line(value.place),
                layer: format!("app {}", app.name),
            },
            overridden: Vec::new(),
        })
        .collect()
    }

    fn place_of(&self, app: &str, host: Option<&HostName>, variable: &str) -> Option<Place> {
        let raw = self.parts.raw.apps.iter().find(|raw| raw.name.value == app)?;
        let own = raw.vars.get(variable).map(|value| value.place);
        let of_host = || self.place_on(host?, variable);
        own.or_else(of_host).or(Some(raw.name.place))
    }

    /// Where the value that counts on a host is written.
    fn place_on(&self, host: &HostName, variable: &str) -> Option<Place> {
        let parts = &self.parts;
        let written = &parts.raw.hosts[parts.origins[*self.by_name.get(host)?]];
        let direct: Vec<usize> =
            written.groups.iter().filter_map(|group| parts.groups.number(&group.value)).collect();
        let order = parts.groups.upwards(&direct);
        let layers = Layers::stack(&parts.raw, &parts.groups, &order, written);
        layers.iter().filter_map(|(_, table)| table.vars.get(variable)).last().map(|it| it.place)
    }
}
