//! What may be destroyed, said once more and in other words than the phases use.

use super::*;

/// Everything in the plan that must not be there, with what forbids it.
pub(super) fn broken(survey: &Survey, flags: &Flags, decisions: &[Decision]) -> Vec<String> {
    let gone = |kind: &str| -> BTreeSet<&str> {
        let of_kind = going(decisions).filter(|d| d.object.kind == kind);
        of_kind.filter(|d| d.phase != "stop-containers").map(|d| d.object.id.as_str()).collect()
    };
    let world = World { survey, flags, gone_containers: gone("container") };
    let mut broken = Vec::new();
    for decision in going(decisions) {
        let id = decision.object.id.as_str();
        let forbidden = match (decision.phase.as_str(), decision.object.kind.as_str()) {
            ("stop-containers", "container") => world.stop(id),
            ("stopped-containers", "container") => world.container(id),
            ("dangling-images", "image") => world.untagged(id),
            ("unused-images", "image") => world.image(id),
            ("build-cache", "cache-record") => world.record(id),
            ("volumes", "volume") => world.volume(id),
            ("networks", "network") => world.network(id),
            _ => vec!["a phase that takes no such thing"],
        };
        broken.extend(forbidden.into_iter().map(|why| format!("{}: {why}", line(decision))));
    }
    broken
}

struct World<'s> {
    survey: &'s Survey,
    flags: &'s Flags,
    gone_containers: BTreeSet<&'s str>,
}

/// The reasons whose condition holds.
fn holding<const N: usize>(reasons: [(bool, &'static str); N]) -> Vec<&'static str> {
    reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why).collect()
}

impl World<'_> {
    /// Whether something of this date may be younger than that, as far as anybody knows.
    fn may_be_young(&self, at: Option<Timestamp>, hours: u64) -> bool {
        if hours == 0 {
            return false;
        }
        let limit = i64::try_from(hours).unwrap() * HOUR;
        let is_old =
            at.is_some_and(|t| t.as_second() > 1_363_737_600 && NOW - t.as_second() >= limit);
        !is_old || self.survey.skew_seconds.abs() > 300
    }

    fn staying(&self) -> impl Iterator<Item = &Container> {
        self.survey.containers.iter().filter(|c| !self.gone_containers.contains(c.id.as_str()))
    }

    fn is_meant_to_stop(&self, container: &Container) -> bool {
        self.flags.stop.iter().any(|stop| match stop.strip_prefix("label=") {
            None => container.name == *stop,
            Some("service") => container.labels.contains_key("service"),
            Some(_) => container.labels.get("role").is_some_and(|role| role == "web"),
        })
    }

    fn stop(&self, id: &str) -> Vec<&'static str> {
        let container = self.survey.containers.iter().find(|c| c.id == id).unwrap();
        holding([
            (!self.is_meant_to_stop(container), "nobody named it"),
            (container.state != "running", "it does not run"),
        ])
    }

    fn container(&self, id: &str) -> Vec<&'static str> {
        let it = self.survey.containers.iter().find(|c| c.id == id).unwrap();
        let label = |name: &str| it.labels.get(name).map(String::as_str);
        let over = ["exited", "dead", "created"];
        let group = |c: &Container| {
            ["service", "role", "destination"].map(|name| c.labels.get(name).cloned())
        };
        let newer = self.survey.containers.iter().filter(|c| {
            c.id != it.id
                && over.contains(&c.state.as_str())
                && group(c) == group(it)
                && c.created >= it.created
        });
        let hides = self.survey.volumes.iter().any(|v| {
            let nameless = v.name == HEX
                || v.labels.iter().any(|l| l.contains_key("com.docker.volume.anonymous"));
            it.volumes.contains(&v.name) && nameless && v.holds_data != Some(false)
        });
        let named = self.flags.containers.contains(&it.name);
        holding([
            (!over.contains(&it.state.as_str()), "it is not over"),
            (label("fleet.keep").is_some(), "label fleet.keep"),
            (label("service").is_some() && newer.count() < 5, "Kamal may roll back to it"),
            (label("com.docker.swarm.task.id").is_some(), "of a swarm"),
            (
                label("com.docker.compose.project").is_some()
                    && label("com.docker.compose.oneoff") != Some("True"),
                "of Compose",
            ),
            (it.name.starts_with("buildx_buildkit_"), "a builder"),
            (hides, "an anonymous volume with data"),
            (it.written_bytes.is_none_or(|n| n > 64_000_000) && !named, "wrote much"),
            (self.may_be_young(it.finished.or(it.created), self.flags.keep_hours), "young"),
        ])
    }

    fn is_used(&self, image: &Image) -> bool {
        self.staying().any(|c| c.image_id == image.id || c.image == image.id)
    }

    fn is_protected(&self, image: &Image) -> bool {
        let names = image.tags.iter().chain(&image.digests);
        names.into_iter().any(|name| {
            self.flags.protect.iter().any(|glob| match glob.as_str() {
                "*:stable" => name.ends_with(":stable"),
                "lib/*" => name.starts_with("lib/"),
                _ => name.starts_with("shop@"),
            })
        })
    }

    fn untagged(&self, id: &str) -> Vec<&'static str> {
        let it = self.survey.images.iter().find(|i| i.id == id).unwrap();
        holding([
            (!it.tags.is_empty(), "tagged"),
            (self.is_used(it), "used by a container"),
            (it.labels.contains_key("fleet.keep"), "label fleet.keep"),
            (self.is_protected(it), "a protect pattern"),
            (self.may_be_young(it.created, self.flags.keep_hours), "young"),
        ])
    }

    fn image(&self, id: &str) -> Vec<&'static str> {
        let it = self.survey.images.iter().find(|i| i.id == id).unwrap();
        if it.tags.is_empty() {
            // It goes along with what was built on it, under the conditions of its own phase.
            return self.untagged(id);
        }
        let repository = |tag: &str| tag.split(':').next().unwrap_or_default().to_owned();
        let is_newest = it.tags.iter().any(|tag| {
            let newer = self.survey.images.iter().filter(|other| other.created > it.created);
            let tags = newer.flat_map(|other| &other.tags);
            let ahead = tags.filter(|other| repository(other) == repository(tag)).count();
            let same = self.survey.images.iter().filter(|other| other.created == it.created);
            let before = same
                .flat_map(|other| &other.tags)
                .filter(|other| repository(other) == repository(tag) && *other < tag);
            ahead + before.count() < self.flags.keep_tags
        });
        let service = it.labels.get("service");
        let newer = self.survey.images.iter().filter(|other| {
            other.id != it.id
                && !other.tags.is_empty()
                && other.labels.get("service") == service
                && other.created >= it.created
        });
        let is_kamals = service.is_some()
            && (newer.count() < 5 || it.tags.iter().any(|tag| tag.ends_with(":latest")));
        let whole = |name: &str| match name {
            "blog" => "docker.io/library/blog:latest".to_owned(),
            name if name.contains('/') => name.to_owned(),
            name => format!("docker.io/library/{name}"),
        };
        let among = |list: &[String]| {
            it.tags.iter().any(|tag| list.iter().any(|name| whole(name) == whole(tag)))
        };
        let named = among(&self.flags.images);
        let can_be_pulled = !it.digests.is_empty() && !self.survey.containerd_store;
        holding([
            (!self.flags.aggressive && !named, "nobody asked for it"),
            (self.is_used(it), "used by a container"),
            (it.labels.contains_key("fleet.keep"), "label fleet.keep"),
            (self.is_protected(it), "a protect pattern"),
            (is_newest, "among the newest tags"),
            (is_kamals, "Kamal may roll back to it"),
            (among(&self.flags.bases), "a base image of a template"),
            (self.survey.swarm && !named, "a swarm may start it"),
            (!can_be_pulled && !named, "cannot be had again"),
            (!named && self.may_be_young(it.created, self.flags.keep_hours), "young"),
        ])
    }

    fn record(&self, id: &str) -> Vec<&'static str> {
        let it = self.survey.cache().iter().find(|r| r.id == id).unwrap();
        let used = it.last_used_at.max(it.created_at);
        let is_mount = it.kind == "exec.cachemount";
        let keep = self.flags.keep_cache_hours;
        // Only the age of what a size may not take.
        let young = match (is_mount, self.flags.max_cache) {
            (true, _) => self.may_be_young(used, keep.max(7 * 24)),
            (false, Some(_)) => false,
            (false, None) => self.may_be_young(used, keep),
        };
        holding([
            (it.in_use, "in use"),
            (self.survey.building.is_some(), "a build runs"),
            (young && !self.flags.aggressive, "young"),
        ])
    }

    fn volume(&self, name: &str) -> Vec<&'static str> {
        let it = self.survey.volumes.iter().find(|v| v.name == name).unwrap();
        let label = |name: &str| it.labels.iter().any(|labels| labels.contains_key(name));
        let named = self.flags.volumes.iter().any(|volume| volume == name);
        let marked = label("com.docker.volume.anonymous");
        let changed = it.changed.max(it.created_at.as_ref().and_then(|t| t.parse().ok()));
        let builder = name.strip_suffix("_state").filter(|b| b.starts_with("buildx_buildkit_"));
        let lives = builder.is_some_and(|builder| self.staying().any(|c| c.name == builder));
        let asked = match builder {
            Some(_) => self.flags.aggressive,
            None => marked && self.flags.anonymous_volumes,
        };
        let keep =
            if builder.is_some() { self.flags.keep_cache_hours } else { self.flags.keep_hours };
        holding([
            (self.staying().any(|c| c.volumes.iter().any(|v| v == name)), "mounted"),
            (label("fleet.keep"), "label fleet.keep"),
            (!named && !asked, "nobody asked for it"),
            (!named && lives, "its builder is there"),
            (!named && self.may_be_young(changed, keep), "young"),
        ])
    }

    fn network(&self, id: &str) -> Vec<&'static str> {
        let it = self.survey.networks.iter().find(|n| n.id == id).unwrap();
        let label = |name: &str| it.labels.iter().any(|labels| labels.contains_key(name));
        let predefined = ["bridge", "host", "none", "docker_gwbridge"];
        let used =
            self.staying().any(|c| c.networks.contains(&it.id) || c.networks.contains(&it.name));
        let created = it.created.parse().ok();
        holding([
            (predefined.contains(&it.name.as_str()), "predefined"),
            (used, "a container refers to it"),
            (label("fleet.keep"), "label fleet.keep"),
            (label("com.docker.compose.project"), "declared by Compose"),
            (it.name == "kamal", "Kamal's"),
            (
                label("com.docker.stack.namespace") || it.scope == "swarm" || it.ingress,
                "of a swarm",
            ),
            (it.config_only, "a pattern"),
            (self.may_be_young(created, self.flags.keep_hours), "young"),
        ])
    }
}
