//! What a benchmark is asked to do, as playbooks and the command line write it.

use crate::record::Scenario;
use crate::steps::ParameterError;
use serde::Deserialize;
use std::time::Duration;

/// Builds of each scenario when nothing else is said.
const RUNS: u32 = 5;

/// How long one build may take when nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(1_800);

/// The most builds of one scenario.
const MOST_RUNS: u32 = 100;

/// All parameters, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters {
    pub(super) apps: Vec<App>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) runs: u32,
    pub(super) timeout: Duration,
    /// Whether the host shares its machine with others, so that their builds take turns.
    pub(super) serial: bool,
    /// Whether builds that already happened are read instead.
    pub(super) from_history: bool,
    /// Whether engines are asked for past builds that can be ended by it.
    pub(super) accept_crash: bool,
}

/// An app and the Dockerfiles that it is built with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct App {
    pub(super) name: String,
    /// Its checkout on the host.
    pub(super) path: String,
    /// Built in turns; empty for the one of the checkout.
    #[serde(default)]
    pub(super) dockerfiles: Vec<Dockerfile>,
}

/// A Dockerfile by its name, with the files that take its checkout's place.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dockerfile {
    pub(super) name: String,
    /// One per set of builders; none where the checkout's own files stand.
    #[serde(default)]
    pub(super) forms: Vec<Form>,
}

/// Files as builders of some frontends need them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    /// The frontends, as the probe names them; empty for every one.
    #[serde(default)]
    pub(super) frontends: Vec<String>,
    pub(super) files: Vec<File>,
}

/// A file of the context.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    #[serde(default)]
    pub(super) executable: bool,
}

impl Dockerfile {
    /// The files for a builder of this frontend; `None` where no form fits it.
    pub(super) fn files(&self, frontend: &str) -> Option<&[File]> {
        if self.forms.is_empty() {
            return Some(&[]);
        }
        let fits = |form: &&Form| {
            form.frontends.is_empty() || form.frontends.iter().any(|known| known == frontend)
        };
        self.forms.iter().find(fits).map(|form| form.files.as_slice())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    apps: Vec<App>,
    scenarios: Option<Vec<Scenario>>,
    runs: Option<u32>,
    timeout: Option<String>,
    #[serde(default)]
    serial: bool,
    #[serde(default)]
    from_history: bool,
    #[serde(default)]
    accept_crash: bool,
    /// For reports only.
    #[serde(default, rename = "label")]
    _label: Option<String>,
    #[serde(default, rename = "fail_over")]
    _fail_over: Option<String>,
}

impl Parameters {
    /// # Errors
    /// Names the parameter that cannot be used.
    pub(super) fn from_table(with: &toml::Table) -> Result<Self, ParameterError> {
        let raw: Raw = with.clone().try_into().map_err(|error: toml::de::Error| {
            ParameterError::new("bench", error.message().to_owned())
        })?;
        let timeout = raw.timeout.map_or(Ok(TIMEOUT), |text| {
            crate::human::parse_duration(&text)
                .map_err(|reason| ParameterError::new("timeout", reason))
        })?;
        if timeout < Duration::from_secs(1) {
            return Err(ParameterError::new("timeout", "a build needs a second at least"));
        }
        let runs = raw.runs.unwrap_or(RUNS);
        if !(1..=MOST_RUNS).contains(&runs) {
            return Err(ParameterError::new("runs", format!("must be 1 to {MOST_RUNS}")));
        }
        let mut scenarios = raw.scenarios.unwrap_or_else(|| vec![Scenario::Cold]);
        scenarios.sort_unstable();
        scenarios.dedup();
        if scenarios.is_empty() || scenarios.contains(&Scenario::Past) {
            return Err(ParameterError::new("scenarios", "name one of cold, warm, edit"));
        }
        Ok(Self {
            apps: apps(raw.apps)?,
            scenarios,
            runs,
            timeout,
            serial: raw.serial,
            from_history: raw.from_history,
            accept_crash: raw.accept_crash,
        })
    }
}

fn apps(mut apps: Vec<App>) -> Result<Vec<App>, ParameterError> {
    if apps.is_empty() {
        return Err(ParameterError::new("apps", "at least one app is needed"));
    }
    for app in &mut apps {
        if !app.path.starts_with('/') || app.path.contains(char::is_control) {
            let reason = format!("{}: its path must be absolute", app.name);
            return Err(ParameterError::new("apps", reason));
        }
        if app.dockerfiles.is_empty() {
            app.dockerfiles.push(Dockerfile { name: "repo".into(), forms: Vec::new() });
        }
        let files = app.dockerfiles.iter().flat_map(|d| &d.forms).flat_map(|form| &form.files);
        let nul = files.clone().any(|file| file.text.contains('\0'));
        if nul {
            return Err(ParameterError::new("apps", format!("{}: a NUL byte in a file", app.name)));
        }
        if let Some(file) = files.into_iter().find(|file| !is_inside(&file.path)) {
            let reason = format!("{}: `{}` leads out of the context", app.name, file.path);
            return Err(ParameterError::new("apps", reason));
        }
    }
    Ok(apps)
}

fn is_inside(path: &str) -> bool {
    !path.contains(char::is_control)
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Parameters, ParameterError> {
        Parameters::from_table(&text.parse().unwrap())
    }

    #[test]
    fn the_checkout_as_it_is_is_built_cold_five_times() {
        let read = read("apps = [{ name = \"shop\", path = \"/srv/shop\" }]").unwrap();
        assert_eq!((read.runs, read.scenarios.as_slice()), (5, [Scenario::Cold].as_slice()));
        assert_eq!(read.apps[0].dockerfiles[0].files("legacy"), Some([].as_slice()));
    }

    #[test]
    fn each_builder_gets_the_form_made_for_it() {
        let text = r#"
            scenarios = ["edit", "cold", "edit"]
            [[apps]]
            name = "shop"
            path = "/srv/shop"
            [[apps.dockerfiles]]
            name = "rails"
            forms = [
              { frontends = ["legacy"], files = [{ path = "Dockerfile", text = "old" }] },
              { frontends = ["1.4", "1.7"], files = [{ path = "Dockerfile", text = "new" }] },
            ]"#;
        let read = read(text).unwrap();
        assert_eq!(read.scenarios, [Scenario::Cold, Scenario::Edit]);
        let text = |frontend| {
            read.apps[0].dockerfiles[0].files(frontend).map(|files| files[0].text.as_str())
        };
        assert_eq!((text("legacy"), text("1.7"), text("1.2")), (Some("old"), Some("new"), None));
    }

    #[test]
    fn mistakes_are_named() {
        let app = "apps = [{ name = \"a\", path = \"/a\" }]\n";
        for (text, parameter) in [
            ("apps = []", "apps"),
            ("runs = 1", "bench"),
            ("apps = [{ name = \"a\", path = \"srv\" }]", "apps"),
            (&format!("{app}runs = 0"), "runs"),
            (&format!("{app}timeout = \"soon\""), "timeout"),
            (&format!("{app}scenarios = []"), "scenarios"),
            (&format!("{app}scenarios = [\"hot\"]"), "bench"),
            (&format!("{app}scenarios = [\"past\"]"), "scenarios"),
            (&format!("{app}bogus = 1"), "bench"),
        ] {
            assert_eq!(read(text).unwrap_err().parameter, parameter, "{text}");
        }
        for path in ["../x", "/etc/passwd", "a//b", "a/./b", "-rf", "a\nb"] {
            let file = format!("{{ path = {path:?}, text = \"\" }}");
            let text = format!(
                "apps = [{{ name = \"a\", path = \"/a\", dockerfiles = [{{ name = \"x\", forms = [{{ files = [{file}] }}] }}] }}]"
            );
            assert_eq!(read(&text).unwrap_err().parameter, "apps", "{path}");
        }
    }
}
