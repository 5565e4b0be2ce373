//! What a Dockerfile says that its build will do, instruction by instruction.

use super::name::Name;
use crate::dockerfile::{Dockerfile, Instruction};
use std::collections::HashMap;

/// How far from its number an instruction is looked for.
const NEAR: usize = 50;

/// The instructions of a Dockerfile in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) all: Vec<Planned>,
    pub(super) stages: Vec<Stage>,
    names: HashMap<String, usize>,
}

/// A stage.
#[derive(Debug)]
pub(super) struct Stage {
    /// Its name, or else its number.
    pub(super) name: String,
    /// The stage that it begins with.
    pub(super) parent: Option<usize>,
    /// Positions of the instructions that BuildKit counts as layers.
    pub(super) layers: Vec<usize>,
}

/// An instruction.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) line: u32,
    pub(super) keyword: &'static str,
    /// Its stage, from 0; `None` before the first.
    pub(super) stage: Option<usize>,
    /// Its lines joined, blanks folded.
    pub(super) text: String,
    /// The same without quotes and backslashes.
    pub(super) bare: String,
    pub(super) ownership: bool,
    /// Whether here-documents follow, which builders show in their own way.
    pub(super) heredocs: bool,
    /// The stages that it takes files from.
    pub(super) from: Vec<usize>,
    /// Whether it takes files from the context.
    pub(super) context: bool,
}

impl Plan {
    pub(super) fn of(file: &Dockerfile) -> Self {
        let mut plan = Self::default();
        for instruction in &file.globals {
            plan.add(file, instruction, None);
        }
        for (number, stage) in file.stages.iter().enumerate() {
            let name = stage.name.as_ref().map(|name| name.value.clone());
            let (name, parent) = (name.unwrap_or_else(|| number.to_string()), stage.parent);
            plan.stages.push(Stage { name, parent, layers: Vec::new() });
            for instruction in &stage.instructions {
                plan.add(file, instruction, Some(number));
            }
            // A name counts for the stages behind it.
            plan.names.insert(plan.stages[number].name.to_ascii_lowercase(), number);
        }
        plan
    }

    fn add(&mut self, file: &Dockerfile, instruction: &Instruction, stage: Option<usize>) {
        let counts = match instruction.keyword {
            _ if instruction.onbuild => false,
            "RUN" | "COPY" | "ADD" | "WORKDIR" => true,
            "FROM" => {
                let base = instruction.words().first().map(|word| word.value.as_str());
                base != Some("scratch") && stage.is_some_and(|s| self.stages[s].parent.is_none())
            }
            _ => false,
        };
        let from = sources(instruction);
        let context = match instruction.keyword {
            "COPY" | "ADD" => from.is_empty(),
            "RUN" => mounts(instruction).any(|mount| mount == (Some("bind"), None)),
            _ => false,
        };
        if let Some(stage) = stage.filter(|_| counts) {
            self.stages[stage].layers.push(self.all.len());
        }
        let text = fold(&file.joined(instruction));
        let planned = Planned {
            line: u32::try_from(file.text.line(instruction.span.start)).unwrap_or(u32::MAX),
            keyword: if instruction.onbuild { "ONBUILD" } else { instruction.keyword },
            stage,
            bare: squeeze(&text),
            text,
            ownership: !instruction.onbuild && instruction.changes_owners(),
            heredocs: !instruction.heredocs.is_empty(),
            from: from
                .into_iter()
                .filter_map(|name| self.stage(name).filter(|from| Some(*from) < stage))
                .collect(),
            context,
        };
        self.all.push(planned);
    }

    /// A stage by its name, its number, or as `stage-1`.
    fn stage(&self, name: &str) -> Option<usize> {
        let name = name.to_ascii_lowercase();
        let number = || name.strip_prefix("stage-").unwrap_or(&name).parse().ok();
        self.names.get(&name).copied().or_else(number).filter(|at| *at < self.stages.len())
    }

    /// The stage that a step's name speaks of.
    pub(super) fn stage_of(&self, name: &Name<'_>) -> Option<usize> {
        name.place?;
        match name.stage {
            Some(stage) => self.stage(stage),
            None => (self.stages.len() == 1).then_some(0),
        }
    }

    /// The instruction that a step carries out.
    ///
    /// BuildKit numbers a stage's layers in order, after those that `ONBUILD` of the base image
    /// adds behind the `FROM`. But `WORKDIR /` has no step of its own, and Docker 20.10 counts
    /// without `ONBUILD`. So the number says where to look first, and the text decides; where
    /// variables may hide the likeness, the number does.
    pub(super) fn instruction(&self, name: &Name<'_>) -> Option<usize> {
        let layers = &self.stages[self.stage_of(name)?].layers;
        let (number, count) = name.place.filter(|_| !name.onbuild)?;
        let first = number.checked_sub(1)?;
        let begins = layers.first().is_some_and(|at| self.all[*at].keyword == "FROM");
        let extra = if first == 0 && begins { 0 } else { count.saturating_sub(layers.len()) };
        let expected = first.saturating_sub(extra);
        let from = expected.saturating_sub(NEAR).min(layers.len());
        let mut near: Vec<usize> = (from..layers.len()).take(2 * NEAR).collect();
        near.sort_by_key(|at| at.abs_diff(expected));
        let says = near.into_iter().find(|at| self.all[layers[*at]].says(name.text));
        let numbered = || {
            let at = *layers.get(expected)?;
            let (planned, hides) = (&self.all[at], self.all[at].bare.contains('$'));
            (planned.keyword == name.keyword() && hides).then_some(at)
        };
        says.map(|at| layers[at]).or_else(numbered)
    }
}

impl Planned {
    /// Whether a builder's text can be this instruction with its variables filled in.
    pub(super) fn says(&self, text: &str) -> bool {
        let text = squeeze(text.strip_prefix("LINK ").unwrap_or(text));
        let cut = text.strip_suffix("...");
        if self.keyword == "FROM" {
            // The builder shows the image's full name.
            return text.starts_with("FROM ");
        }
        let mut pieces = literals(&self.bare).into_iter();
        let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
            return cut.is_some_and(|cut| self.bare.starts_with(cut));
        };
        let mut last = "";
        for piece in pieces {
            let Some(at) = rest.find(piece) else { return cut.is_some() };
            rest = &rest[at + piece.len()..];
            last = piece;
        }
        // What stands behind the last variable ends the text.
        self.heredocs || rest.is_empty() || text.ends_with(last) && self.bare.contains('$')
    }
}

/// The parts of a text between its variables.
fn literals(text: &str) -> Vec<&str> {
    let mut parts = text.split('$');
    let mut literals: Vec<&str> = parts.next().into_iter().collect();
    for part in parts {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let behind = match part.strip_prefix('{') {
            // Braces can stand in each other, as in `${A:-${B}}`.
            Some(inner) => {
                inner.split_once('}').map_or("", |(_, behind)| behind.trim_start_matches('}'))
            }
            None => part.trim_start_matches(is_name),
        };
        literals.push(behind);
    }
    literals
}

/// Text without quotes and backslashes, its blanks folded: builders take the first away here
/// and there, and keep the second as they stand in the file.
pub(super) fn squeeze(text: &str) -> String {
    fold(&text.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect::<String>())
}

/// Text with its blanks folded, bounded.
fn fold(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    super::noted::cut(&line, super::noted::LONGEST_NAME).to_owned()
}

/// The names of stages or images that an instruction takes files from.
fn sources(instruction: &Instruction) -> Vec<&str> {
    match instruction.keyword {
        "COPY" => instruction.flag("from").into_iter().collect(),
        "RUN" => mounts(instruction).filter_map(|(_, from)| from).collect(),
        _ => Vec::new(),
    }
}

/// Kind and source of each `--mount`; without a kind it is a bind mount.
fn mounts(instruction: &Instruction) -> impl Iterator<Item = (Option<&str>, Option<&str>)> {
    instruction.flags.iter().filter(|flag| flag.name == "mount").map(|flag| {
        let part = |name: &str| {
            let parts = flag.value.split(',').filter_map(|part| part.trim().split_once('='));
            parts
                .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
                .next_back()
        };
        (part("type").or(Some("bind")), part("from"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::{Text, parse};

    fn plan(text: &str) -> Plan {
        Plan::of(&parse(Text::new("Dockerfile", text.into(), false)))
    }

    #[test]
    fn instructions_that_change_owners_are_known() {
        for (instruction, ownership) in [
            ("RUN chown -R a:b /app", true),
            ("RUN mkdir /x && chmod 755 /x", true),
            ("RUN [\"chgrp\", \"app\", \"/x\"]", true),
            ("RUN find /x -type f -exec chmod 644 {} +", true),
            ("RUN find /x | xargs chown a", true),
            ("RUN --mount=type=cache,target=/c sudo setfacl -R -m u:a:rx /x", true),
            ("RUN <<E\nset -e\nchown a /x\nE", true),
            ("COPY --chown=a:b . /app", false),
            ("RUN echo chown", false),
            ("ONBUILD RUN chown a /x", false),
            ("USER chown", false),
        ] {
            let plan = plan(&format!("FROM x\n{instruction}\n"));
            assert_eq!(plan.all[1].ownership, ownership, "{instruction}");
        }
    }

    #[test]
    fn steps_find_their_instructions_behind_variables() {
        let file = "ARG V=1\nFROM ruby:$V AS base\nWORKDIR /\nENV A=x\nRUN gem install \"b:$A\" \\\n  # why\n  && true\n\
                    FROM base\nWORKDIR /a\nCOPY --from=base /x ${A:-${B}}/y\nRUN echo \\$HOME 's/$/x/'\nRUN a\nRUN a\n";
        let plan = plan(file);
        for (title, line) in [
            ("[base 1/3] FROM docker.io/library/ruby:1@sha256:00", Some(2)),
            // `WORKDIR /` has no step, so that the numbers behind it are one less.
            ("[base 2/3] RUN gem install \"b:x\"   && true", Some(5)),
            ("[base 2/3] RUN gem uninstall \"b:x\"", None),
            ("[stage-1 1/5] WORKDIR /a", Some(9)),
            ("[stage-1 2/5] COPY --from=base /x x/y", Some(10)),
            ("[stage-1 3/5] RUN echo $HOME 's/$/x/'", Some(11)),
            ("[stage-1 4/5] RUN a", Some(12)),
            ("[stage-1 5/5] RUN a", Some(13)),
            ("[linux/arm64 stage-1 5/5] RUN a", Some(13)),
            ("[stage-1 6/6] ONBUILD RUN a", None),
            ("[other 1/2] RUN a", None),
            ("[stage-7 1/2] RUN a", None),
            ("[internal] load build context", None),
        ] {
            let found = plan.instruction(&Name::of(title)).map(|at| plan.all[at].line);
            assert_eq!(found, line, "{title}");
        }
    }

    #[test]
    fn files_come_from_stages_and_from_the_context() {
        let plan = plan(
            "FROM a AS one\nFROM b\nCOPY --from=one x y\nCOPY --from=0 x y\nCOPY --from=nginx x y\nCOPY . .\n\
             RUN --mount=type=bind,from=one,target=/o --mount=target=/c true\nRUN --mount=type=cache,target=/c true\nCOPY --from=1 x y\n",
        );
        let seen: Vec<_> = plan.all[2..].iter().map(|p| (p.from.as_slice(), p.context)).collect();
        let own: &[usize] = &[0];
        assert_eq!(
            seen,
            [
                (own, false),
                (own, false),
                (&[], false),
                (&[], true),
                (own, true),
                (&[], false),
                (&[], false)
            ]
        );
    }
}
