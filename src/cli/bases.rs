//! The images that apps build on: a cleanup must not take them from under the next build.

use super::fault::Fault;
use super::project::Project;
use super::render;
use crate::inventory::Host;
use crate::plan::Renderer;
use std::collections::BTreeSet;

/// Finds the base images of the apps that a host builds.
pub(super) struct Bases<'p> {
    project: &'p Project,
    renderer: Renderer<'p>,
}

impl<'p> Bases<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        Self { project, renderer: Renderer::new(&project.inventory, [], None) }
    }

    /// What the Dockerfiles of a host's apps name after FROM and `COPY --from`.
    ///
    /// # Errors
    /// When a template of one of them cannot be rendered: what it builds on is not known then.
    pub(super) fn of(&mut self, host: &Host) -> Result<BTreeSet<String>, Fault> {
        let mut bases = BTreeSet::new();
        for app in self.project.inventory.apps() {
            let hosts = self.project.inventory.app_hosts(app).map_err(Fault::file)?;
            if !hosts.iter().any(|on| on.name == host.name) {
                continue;
            }
            let files = self
                .renderer
                .render(app, Some(host), None)
                .map_err(|error| render::fault(self.project, error))?;
            let names = files.first().map(|file| named(&file.text)).unwrap_or_default();
            if let Some(open) = names.iter().find(|name| name.contains('$')) {
                let app = &app.name;
                let text = format!("app {app}: what `{open}` stands for is known only to a build");
                return Err(Fault::usage(text).hint(
                    "write the name of the base image into the template, so that it can be kept",
                ));
            }
            bases.extend(names);
        }
        Ok(bases)
    }
}

/// Names after FROM, and in `--from=`; stages of the file itself do no harm among them.
fn named(dockerfile: &str) -> Vec<String> {
    dockerfile
        .lines()
        .flat_map(|line| {
            let mut words = line.split_whitespace();
            let from = words.next().is_some_and(|word| word.eq_ignore_ascii_case("FROM"));
            let base = from.then(|| words.find(|word| !word.starts_with("--"))).flatten();
            let copied = line.split_whitespace().filter_map(|word| word.strip_prefix("--from="));
            base.into_iter().chain(copied).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn bases_are_what_a_build_starts_from_or_copies_from() {
        let text = "# FROM no\nFROM --platform=linux/amd64 ruby:3.4 AS base\nRUN echo FROM x\n\
                    COPY --from=node:22 /usr/local /usr/local\nFROM base\n";
        assert_eq!(named(text), ["ruby:3.4", "node:22", "base"]);
    }
}
