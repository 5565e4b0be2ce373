//! What a cleanup is asked to do.

use super::PHASES;
use crate::docker::Container;
use crate::steps::ParameterError;
use globset::{Glob, GlobSet, GlobSetBuilder};
use std::path::PathBuf;
use std::time::Duration;

/// Names of the parameters, as playbooks and the command line know them.
pub(super) const NAMES: &[&str] = &[
    "aggressive",
    "anonymous_volumes",
    "backup",
    "bases",
    "containers",
    "deep",
    "images",
    "keep",
    "keep_cache",
    "keep_tags",
    "leave_stopped",
    "max_cache",
    "only",
    "protect",
    "skip",
    "stop",
    "volumes",
];

/// Parameters of a cleanup, checked.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own")]
pub struct Parameters {
    /// Objects younger than this stay.
    pub keep: Duration,
    /// Build cache that was used within this time stays.
    pub keep_cache: Duration,
    /// Bytes of build cache above which the longest unused goes too.
    pub max_cache: Option<u64>,
    /// Whether unused tagged images and all unused build cache go.
    pub aggressive: bool,
    /// The newest tags of each repository that stay even then.
    pub keep_tags: usize,
    /// Containers to stop, until the end of the cleanup.
    pub stop: Vec<Wanted>,
    /// Whether they stay stopped.
    pub leave_stopped: bool,
    /// Containers that may go though they wrote much, by name.
    pub containers: Vec<String>,
    /// Unused images that may go though nothing shows that they can be pulled again.
    pub images: Vec<String>,
    /// Named volumes that may go.
    pub volumes: Vec<String>,
    /// Whether unused volumes go that the engine itself marks as anonymous.
    pub anonymous_volumes: bool,
    /// The folder of this machine that volumes and images are copied to before they go.
    pub backup: Option<PathBuf>,
    /// Images that the templates of apps build on.
    pub bases: Vec<String>,
    /// Whether the whole store is walked to measure it.
    pub deep: bool,
    only: Vec<String>,
    skip: Vec<String>,
    protect: GlobSet,
}

/// Containers that the user means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one of this name.
    Name(String),
    /// Those with this label, and this value where one is given.
    Label(String, Option<String>),
}

impl Wanted {
    /// Whether this container is meant.
    #[must_use]
    pub fn names(&self, container: &Container) -> bool {
        match self {
            Self::Name(name) => container.name == *name,
            Self::Label(label, value) => container
                .labels
                .get(label)
                .is_some_and(|has| value.as_ref().is_none_or(|value| has == value)),
        }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(24 * 3_600),
            keep_cache: Duration::from_secs(24 * 3_600),
            max_cache: None,
            aggressive: false,
            keep_tags: 3,
            stop: Vec::new(),
            leave_stopped: false,
            containers: Vec::new(),
            images: Vec::new(),
            volumes: Vec::new(),
            anonymous_volumes: false,
            backup: None,
            bases: Vec::new(),
            deep: false,
            only: Vec::new(),
            skip: Vec::new(),
            protect: GlobSet::empty(),
        }
    }
}

impl Parameters {
    /// Reads them from a step's table.
    ///
    /// # Errors
    /// When a value has the wrong type or names no phase, with the parameter's name.
    pub fn from_table(with: &toml::Table) -> Result<Self, ParameterError> {
        let default = Self::default();
        Ok(Self {
            keep: time("keep", with)?.unwrap_or(default.keep),
            keep_cache: time("keep_cache", with)?.unwrap_or(default.keep_cache),
            max_cache: size("max_cache", with)?,
            aggressive: flag("aggressive", with)?,
            keep_tags: number("keep_tags", with)?.unwrap_or(default.keep_tags),
            stop: texts("stop", with)?.iter().map(|text| wanted(text)).collect::<Result<_, _>>()?,
            leave_stopped: flag("leave_stopped", with)?,
            containers: texts("containers", with)?,
            images: texts("images", with)?,
            volumes: texts("volumes", with)?,
            anonymous_volumes: flag("anonymous_volumes", with)?,
            backup: text("backup", with)?.map(PathBuf::from),
            bases: texts("bases", with)?,
            deep: flag("deep", with)?,
            only: phases("only", with)?,
            skip: phases("skip", with)?,
            protect: globs(&texts("protect", with)?)?,
        })
    }

    /// Whether a phase of this name runs.
    #[must_use]
    pub fn runs(&self, phase: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == phase);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// Whether a `protect` pattern of the inventory covers one of these names.
    #[must_use]
    pub fn protects<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        names.any(|name| self.protect.is_match(name))
    }
}

fn wrong(key: &str, reason: &str) -> ParameterError {
    ParameterError::new(key, reason)
}

fn text<'w>(key: &str, with: &'w toml::Table) -> Result<Option<&'w str>, ParameterError> {
    let text = |value: &'w toml::Value| value.as_str().ok_or_else(|| wrong(key, "must be a text"));
    with.get(key).map(text).transpose()
}

fn flag(key: &str, with: &toml::Table) -> Result<bool, ParameterError> {
    let flag =
        |value: &toml::Value| value.as_bool().ok_or_else(|| wrong(key, "must be true or false"));
    with.get(key).map_or(Ok(false), flag)
}

fn number(key: &str, with: &toml::Table) -> Result<Option<usize>, ParameterError> {
    let number = |value: &toml::Value| {
        let number = value.as_integer().and_then(|n| usize::try_from(n).ok());
        number.ok_or_else(|| wrong(key, "must be a number such as 3"))
    };
    with.get(key).map(number).transpose()
}

fn time(key: &str, with: &toml::Table) -> Result<Option<Duration>, ParameterError> {
    let Some(value) = with.get(key) else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| wrong(key, "must be a text such as \"24h\""))?;
    crate::human::parse_duration(text).map(Some).map_err(|reason| ParameterError::new(key, reason))
}

fn size(key: &str, with: &toml::Table) -> Result<Option<u64>, ParameterError> {
    let Some(value) = with.get(key) else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| wrong(key, "must be a text such as \"5GB\""))?;
    crate::human::parse_bytes(text).map(Some).map_err(|reason| ParameterError::new(key, reason))
}

/// `NAME`, `label=KEY` or `label=KEY=VALUE`.
fn wanted(text: &str) -> Result<Wanted, ParameterError> {
    let wanted = match text.strip_prefix("label=") {
        None => Wanted::Name(text.to_owned()),
        Some(label) => match label.split_once('=') {
            None => Wanted::Label(label.to_owned(), None),
            Some((label, value)) => Wanted::Label(label.to_owned(), Some(value.to_owned())),
        },
    };
    match &wanted {
        Wanted::Name(name) | Wanted::Label(name, _) if name.is_empty() => {
            Err(wrong("stop", "must name a container, or label=KEY or label=KEY=VALUE"))
        }
        _ => Ok(wanted),
    }
}

fn texts(key: &str, with: &toml::Table) -> Result<Vec<String>, ParameterError> {
    let wrong = || ParameterError::new(key, "must be a list of texts");
    match with.get(key) {
        None => Ok(Vec::new()),
        Some(toml::Value::Array(list)) => {
            list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn phases(key: &str, with: &toml::Table) -> Result<Vec<String>, ParameterError> {
    let mut names = texts(key, with)?;
    for name in &mut names {
        if let Some(phase) = PHASES.iter().find(|phase| phase.number.to_string() == *name) {
            phase.name.clone_into(name);
        }
        if !PHASES.iter().any(|phase| phase.name == *name) {
            let known: Vec<_> = PHASES.iter().map(|phase| phase.name).collect();
            return Err(ParameterError {
                parameter: key.to_owned(),
                reason: format!("no phase is called \"{}\"", crate::human::escape(name)),
                hint: Some(format!("phases: {}", known.join(", "))),
            });
        }
    }
    Ok(names)
}

fn globs(patterns: &[String]) -> Result<GlobSet, ParameterError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = Glob::new(pattern).map_err(|e| ParameterError::new("protect", e.to_string()))?;
        set.add(glob);
    }
    set.build().map_err(|e| ParameterError::new("protect", e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Parameters, ParameterError> {
        Parameters::from_table(&text.parse::<toml::Table>().unwrap())
    }

    #[test]
    fn phases_are_chosen_by_only_and_skip() {
        let all = read("").unwrap();
        assert!(PHASES.iter().all(|phase| all.runs(phase.name)));
        let only = read("only = [\"dangling-images\"]").unwrap();
        assert!(only.runs("dangling-images") && !only.runs("report"));
        let skip = read("skip = [\"4\"]").unwrap();
        assert!(!skip.runs("dangling-images") && skip.runs("measure"));
    }

    #[test]
    fn containers_to_stop_are_named_or_labelled() {
        let stop = read("stop = [\"web\", \"label=tier\", \"label=app=shop\"]").unwrap().stop;
        let container = |name: &str, label: Option<(&str, &str)>| Container {
            name: name.into(),
            labels: label.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            ..Container::default()
        };
        let cases = [
            ("web", None, [true, false, false]),
            ("web-2", Some(("tier", "front")), [false, true, false]),
            ("x", Some(("app", "shop")), [false, false, true]),
            ("x", Some(("app", "blog")), [false, false, false]),
        ];
        for (name, label, want) in cases {
            let got: Vec<_> = stop.iter().map(|w| w.names(&container(name, label))).collect();
            assert_eq!(got, want, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (text, parameter) in [
            ("keep = \"soon\"", "keep"),
            ("keep = 24", "keep"),
            ("keep_cache = \"x\"", "keep_cache"),
            ("max_cache = \"many\"", "max_cache"),
            ("aggressive = \"yes\"", "aggressive"),
            ("keep_tags = -1", "keep_tags"),
            ("stop = [\"label=\"]", "stop"),
            ("stop = [\"\"]", "stop"),
            ("volumes = \"data\"", "volumes"),
            ("only = [\"dangling\"]", "only"),
            ("skip = \"measure\"", "skip"),
            ("protect = [\"a[\"]", "protect"),
        ] {
            assert_eq!(read(text).unwrap_err().parameter, parameter, "{text}");
        }
    }
}
