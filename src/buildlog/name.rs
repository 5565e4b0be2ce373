//! What BuildKit calls a step: `[build 3/7] RUN make`, `[internal] load build context`.
//!
//! The names are made by `prefixCommand` in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go,
//! `WithInternalName` in frontend/dockerui, and the exporters' `Name` methods.

use crate::record::BuildStepKind;

/// A step's place in a stage and the rest of its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name<'n> {
    /// The stage, by name or as `stage-1`; `None` where the file has only one.
    pub(super) stage: Option<&'n str>,
    /// Its number among the stage's layers, from 1, and how many there are.
    pub(super) place: Option<(usize, usize)>,
    /// Whether it comes from the base image's `ONBUILD`.
    pub(super) onbuild: bool,
    /// The instruction, or the whole name.
    pub(super) text: &'n str,
}

impl<'n> Name<'n> {
    pub(super) fn of(title: &'n str) -> Self {
        Self::placed(title).unwrap_or(Self {
            stage: None,
            place: None,
            onbuild: false,
            text: title,
        })
    }

    fn placed(title: &'n str) -> Option<Self> {
        let (head, text) = title.strip_prefix('[')?.split_once("] ")?;
        let mut words = head.split_whitespace().rev();
        let (number, count) = words.next()?.split_once('/')?;
        let place = (number.parse().ok()?, count.parse().ok()?);
        let rest = text.strip_prefix("ONBUILD ");
        // Before the stage there may be a platform, as in `[linux/arm64 build 2/3]`.
        let stage = words.next().filter(|word| !word.contains('/'));
        Some(Self {
            stage,
            place: Some(place),
            onbuild: rest.is_some(),
            text: rest.unwrap_or(text),
        })
    }

    /// The instruction's keyword, in capitals as BuildKit writes it.
    pub(super) fn keyword(&self) -> &str {
        let text = self.text.strip_prefix("LINK ").unwrap_or(self.text);
        text.split_whitespace().next().unwrap_or_default()
    }

    pub(super) fn kind(&self) -> BuildStepKind {
        if self.place.is_some() {
            let pulls = self.keyword() == "FROM";
            return if pulls { BuildStepKind::Pull } else { BuildStepKind::Instruction };
        }
        let of = |beginnings: &[&str]| beginnings.iter().any(|b| self.text.starts_with(b));
        if of(&CONTEXT) {
            BuildStepKind::Context
        } else if of(&PULL) {
            BuildStepKind::Pull
        } else if of(&EXPORT) {
            BuildStepKind::Export
        } else if of(&PREPARATION) {
            BuildStepKind::Preparation
        } else {
            BuildStepKind::Instruction
        }
    }
}

const CONTEXT: [&str; 4] = [
    "[internal] load build context",
    "[internal] load remote build context",
    "[internal] load git source",
    "[context ",
];
const PULL: [&str; 1] = ["docker-image://"];
const EXPORT: [&str; 5] =
    ["exporting ", "importing to ", "loading ", "sending tarball", "preparing layers for inline"];
const PREPARATION: [&str; 4] =
    ["[internal] ", "[auth] ", "resolve image config for ", "importing cache manifest from "];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_every_way_to_write_it() {
        for (title, stage, place, text) in [
            ("[2/5] RUN make", None, Some((2, 5)), "RUN make"),
            ("[stage-1  3/12] COPY a b", Some("stage-1"), Some((3, 12)), "COPY a b"),
            ("[linux/amd64->arm64 build 1/3] FROM x", Some("build"), Some((1, 3)), "FROM x"),
            ("[linux/amd64 1/3] FROM x", None, Some((1, 3)), "FROM x"),
            ("[internal] load .dockerignore", None, None, "[internal] load .dockerignore"),
            ("[a b] c", None, None, "[a b] c"),
            ("[", None, None, "["),
        ] {
            let name = Name::of(title);
            assert_eq!((name.stage, name.place, name.text), (stage, place, text), "{title}");
        }
        assert!(Name::of("[base 2/4] ONBUILD COPY . .").onbuild);
    }

    #[test]
    fn kinds_keep_pull_context_and_export_apart() {
        use BuildStepKind::{Context, Export, Instruction, Preparation, Pull};
        for (title, kind) in [
            ("[build 1/7] FROM docker.io/library/ruby:3.4", Pull),
            ("docker-image://docker.io/docker/dockerfile:1", Pull),
            ("[internal] load build definition from Dockerfile", Preparation),
            ("[internal] load metadata for docker.io/library/ruby:3.4", Preparation),
            ("[internal] preparing inline document", Preparation),
            ("[auth] library/ruby:pull token for registry-1.docker.io", Preparation),
            ("[internal] load build context", Context),
            ("[context assets] load from client", Context),
            ("[2/3] COPY --link . /app", Instruction),
            ("[2/3] LINK COPY --link . /app", Instruction),
            ("exporting to image", Export),
            ("importing to docker", Export),
        ] {
            assert_eq!(Name::of(title).kind(), kind, "{title}");
        }
    }
}
