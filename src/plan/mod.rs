//! A step applied to hosts: for each of them the way there and the typed step, ready to run; and
//! an app's files, rendered with the variables that count there.

mod render;

pub use render::{RenderError, Renderer};

use crate::record::HostName;
use crate::ssh::Route;
use crate::steps::Step;
use std::sync::Arc;

/// One host's part.
#[derive(Clone)]
pub struct PlannedHost {
    /// Its name in the inventory.
    pub name: HostName,
    /// The way there.
    pub route: Route,
    /// Whether steps that need root get it through sudo.
    pub r#become: bool,
    /// The step, with this host's parameters.
    pub step: Arc<dyn Step>,
}

/// A step on hosts, in inventory order.
#[derive(Clone)]
pub struct Plan {
    /// The step's name in its playbook.
    pub step: String,
    /// The hosts.
    pub hosts: Vec<PlannedHost>,
}
