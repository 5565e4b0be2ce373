//! The layers whose values a host's keys come from, lowest first.

use super::groups::Groups;
use super::raw::{Connection, Raw, RawHost};
use super::source::Located;

/// Which layer a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Defaults,
    /// A group, by number.
    Group(usize),
    Host,
}

/// A host's layers: defaults, groups (parents first, equals by name), the host itself.
#[derive(Debug)]
pub(super) struct Layers<'a>(Vec<(Layer, &'a Connection)>);

impl<'a> Layers<'a> {
    /// Stacks a host's layers; `order` is what [`Groups::upwards`] gives for it.
    pub(super) fn stack(raw: &'a Raw, groups: &Groups, order: &[usize], host: &'a RawHost) -> Self {
        let groups = order.iter().filter_map(|group| {
            let table = raw.groups.get(groups.name(*group))?;
            Some((Layer::Group(*group), &table.connection))
        });
        let defaults = std::iter::once((Layer::Defaults, &raw.defaults));
        Self(defaults.chain(groups).chain([(Layer::Host, &host.connection)]).collect())
    }

    /// Every value of a key, lowest first.
    pub(super) fn every<T: 'a>(
        &self,
        key: impl Fn(&'a Connection) -> &'a Option<Located<T>>,
    ) -> impl Iterator<Item = (Layer, &'a Located<T>)> {
        self.0.iter().filter_map(move |(layer, table)| Some((*layer, key(table).as_ref()?)))
    }

    /// The value of a key that covers all others.
    pub(super) fn last<T: 'a>(
        &self,
        key: impl Fn(&'a Connection) -> &'a Option<Located<T>>,
    ) -> Option<&'a Located<T>> {
        self.every(key).last().map(|(_, value)| value)
    }

    /// The layers themselves.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Layer, &'a Connection)> {
        self.0.iter().copied()
    }
}
