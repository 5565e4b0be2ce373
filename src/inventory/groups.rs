//! Groups: which holds which, in what order their values cover each other, and no circles.

use super::check::{self, Fault};
use super::error::Draft;
use super::raw::{Raw, RawGroup};
use super::source::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Every group that is defined, by number in alphabetical order.
#[derive(Debug, Default)]
pub(super) struct Groups {
    names: Vec<String>,
    numbers: BTreeMap<String, usize>,
    parents: Vec<Vec<usize>>,
    /// How many groups stand above, on the longest way up.
    depth: Vec<usize>,
}

/// A `children` entry: parent, child, and where it is written.
type Link = (usize, usize, Place);

impl Groups {
    /// Takes in all groups: those with a table, and those that only hosts name. `complete`
    /// says that every file could be read, so that what is not there is truly unknown.
    pub(super) fn build(raw: &Raw, complete: bool, drafts: &mut Vec<Draft>) -> Self {
        let by_hosts =
            raw.hosts.iter().flat_map(|host| &host.groups).map(|group| group.value.clone());
        let sorted: BTreeSet<String> = raw.groups.keys().cloned().chain(by_hosts).collect();
        let names: Vec<String> = sorted.into_iter().collect();
        let numbers = names.iter().cloned().zip(0..).collect();
        let parents = vec![Vec::new(); names.len()];
        let depth = vec![0; names.len()];
        let mut groups = Self { names, numbers, parents, depth };
        let links = groups.links(&raw.groups, complete, drafts);
        for (parent, child, _) in &links {
            groups.parents[*child].push(*parent);
        }
        let left = groups.measure(&links);
        groups.circles(&left, &links, drafts);
        groups
    }

    fn links(
        &self,
        raw: &BTreeMap<String, RawGroup>,
        complete: bool,
        drafts: &mut Vec<Draft>,
    ) -> Vec<Link> {
        let mut links = Vec::new();
        for (name, group) in raw {
            for child in &group.children {
                match (self.number(name), self.number(&child.value)) {
                    (Some(parent), Some(number)) => links.push((parent, number, child.place)),
                    _ if complete => drafts.push(self.unknown(&child.value, child.place)),
                    _ => {}
                }
            }
        }
        links
    }

    fn unknown(&self, name: &str, place: Place) -> Draft {
        let help = match check::nearest(name, self.names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add [groups.{name}], or name it in a host's `groups`"),
        };
        Draft::at(place, Fault::new(format!("unknown group `{name}`"), help))
    }

    /// Sets the depths from the top down. Gives which groups could not be reached: those in a
    /// circle and below one.
    fn measure(&mut self, links: &[Link]) -> Vec<bool> {
        let mut children = vec![Vec::new(); self.names.len()];
        let mut waiting = vec![0_usize; self.names.len()];
        for (parent, child, _) in links {
            children[*parent].push(*child);
            waiting[*child] += 1;
        }
        let mut ready: Vec<usize> = (0..self.names.len()).filter(|at| waiting[*at] == 0).collect();
        let mut left = vec![true; self.names.len()];
        while let Some(parent) = ready.pop() {
            left[parent] = false;
            for child in &children[parent] {
                self.depth[*child] = self.depth[*child].max(self.depth[parent] + 1);
                waiting[*child] -= 1;
                if waiting[*child] == 0 {
                    ready.push(*child);
                }
            }
        }
        left
    }

    /// Notes the circles among the groups that were left, each once.
    fn circles(&self, left: &[bool], links: &[Link], drafts: &mut Vec<Draft>) {
        let mut walked_by = vec![usize::MAX; self.names.len()];
        for start in (0..self.names.len()).filter(|at| left[*at]) {
            let mut way = Vec::new();
            let mut at = start;
            while walked_by[at] == usize::MAX {
                walked_by[at] = start;
                way.push(at);
                // Whatever is left has a parent that is left too.
                at = self.parents[at].iter().copied().find(|parent| left[*parent]).unwrap_or(at);
            }
            if walked_by[at] == start {
                let first = way.iter().position(|step| *step == at).unwrap_or(0);
                drafts.push(self.circle(&way[first..], links));
            }
        }
    }

    /// Tells a circle, given upwards, from its alphabetically first group down.
    fn circle(&self, upwards: &[usize], links: &[Link]) -> Draft {
        let mut down: Vec<usize> = upwards.iter().rev().copied().collect();
        let first =
            down.iter().enumerate().min_by_key(|(_, group)| **group).map_or(0, |(at, _)| at);
        down.rotate_left(first);
        down.push(down[0]);
        let names: Vec<&str> = down.iter().map(|group| self.names[*group].as_str()).collect();
        let fault = Fault::new(
            format!("groups go in a circle: {}", names.join(" → ")),
            "a group cannot hold itself; remove one of these from `children`",
        );
        let mut places = down.windows(2).filter_map(|step| {
            links.iter().find(|link| (link.0, link.1) == (step[0], step[1])).map(|link| link.2)
        });
        let Some(place) = places.next() else {
            return Draft::about(std::path::Path::new(""), fault);
        };
        places.fold(Draft::at(place, fault), |draft, place| draft.also(place, "it goes on here"))
    }

    /// The group's number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The group's name.
    pub(super) fn name(&self, number: usize) -> &str {
        &self.names[number]
    }

    /// Every group's name, sorted.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// These groups and all above them, in the order in which values cover each other: parents
    /// first, equals by name.
    pub(super) fn upwards(&self, direct: &[usize]) -> Vec<usize> {
        let mut all = BTreeSet::new();
        let mut open = direct.to_vec();
        while let Some(group) = open.pop() {
            if all.insert(group) {
                open.extend(&self.parents[group]);
            }
        }
        let mut order: Vec<usize> = all.into_iter().collect();
        order.sort_by_key(|group| (self.depth[*group], *group));
        order
    }
}
