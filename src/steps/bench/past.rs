//! Builds that already happened, as a builder remembers them: a baseline without a build.
//!
//! `BuildKit` keeps the newest 50 records, and younger ones for 48 h (`history/buildhistory.go`);
//! Docker has it since 24.0, and buildx asks for it since 0.20.

use super::build;
use super::parameters::App;
use crate::buildlog::{Form, Reader};
use crate::dockerfile::{self, Text};
use crate::record::{
    Build, BuildEnd, Conditions, DockerFacts, Finding, Problem, Scenario, Stream, What,
};
use crate::ssh::Program;
use crate::steps::Reached;
use jiff::Timestamp;
use serde::Deserialize;
use std::time::Duration;

/// How long a host may take to list its builds.
const LISTING: Duration = Duration::from_secs(120);

/// How long it may take to print one log.
const PRINTING: Duration = Duration::from_secs(60);

/// Bytes of the list, and of a log.
const LIST: usize = 1 << 20;
const LOG: usize = 32 << 20;

/// A build as buildx lists it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Remembered {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: String,
    created_at: Timestamp,
    completed_at: Option<Timestamp>,
    /// The folder that it was built from, where the host still knows.
    #[serde(skip)]
    context: String,
}

impl Remembered {
    /// Its ID without the builder's name.
    fn id(&self) -> Option<&str> {
        let id = self.reference.rsplit('/').next()?;
        let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (plain && (8..=64).contains(&id.len())).then_some(id)
    }

    /// Whether it built this app: from its checkout, or under its name.
    fn is_of(&self, app: &App) -> bool {
        let context = self.context.trim_matches('/');
        let name = self.name.split('/').next().unwrap_or_default();
        (!context.is_empty() && context == app.path.trim_matches('/')) || name == app.name
    }

    fn milliseconds(&self) -> Option<u64> {
        let span = self.completed_at?.as_millisecond() - self.created_at.as_millisecond();
        u64::try_from(span).ok()
    }
}

/// Whether the engine and buildx can be asked.
fn remembers(facts: &DockerFacts) -> bool {
    let version = facts.buildx.as_deref().unwrap_or_default().trim_start_matches('v');
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    crate::docker::frontend(facts) != "legacy" && (major > 0 || minor >= 20)
}

/// Whether listing its builds can end the engine (moby/buildkit#6598, mended in `BuildKit` 0.29,
/// which Docker has since 29.4; one version later to be sure).
fn can_crash(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < (29, 5)
}

/// Tells of every remembered build of these apps. `even_there` also asks engines that can be ended
/// by it.
pub(super) async fn tell(on: &Reached, apps: &[App], even_there: bool) -> Result<(), Problem> {
    let Some(facts) = on.facts.docker.as_ref().filter(|facts| remembers(facts)) else {
        tell_none(
            on,
            "its builder keeps no history that can be read",
            "Docker 24 and buildx 0.20 do",
        );
        return Ok(());
    };
    if can_crash(&facts.version) && !even_there {
        let text = format!(
            "Docker {} can crash when its builds are listed, so it was not asked",
            facts.version
        );
        tell_none(on, &text, "Docker 29.5 and later are safe; --accept-crash asks all the same");
        return Ok(());
    }
    let listed = ask(on, include_str!("programs/past.sh"), &[], LISTING, LIST).await?;
    let all = read(&String::from_utf8_lossy(&listed));
    let mut some = false;
    for app in apps {
        // The newest come first; reports want them in order of time.
        for (round, past) in (1..).zip(all.iter().rev().filter(|past| past.is_of(app))) {
            if let Some(build) = look(on, facts, app, past, round).await? {
                some = true;
                (on.tell)(What::Built { build: Box::new(build) });
            }
        }
    }
    if some {
        return Ok(());
    }
    tell_none(on, "its builder remembers no build of these apps", "fleet bench builds them");
    Ok(())
}

fn tell_none(on: &Reached, text: &str, hint: &str) {
    let finding =
        Finding { name: "bench.no-past".into(), text: text.into(), hint: Some(hint.into()) };
    (on.tell)(What::Found { finding });
}

async fn ask(
    on: &Reached,
    body: &str,
    variables: &[(&str, &str)],
    patience: Duration,
    limit: usize,
) -> Result<Vec<u8>, Problem> {
    let program = Program { body, variables, root: on.sudo };
    let done = on.connection.run(&program, patience, limit).await;
    done.map(|done| done.stdout).map_err(|e| super::answer::problem(&e, "the build history"))
}

fn read(text: &str) -> Vec<Remembered> {
    let mut all: Vec<Remembered> = Vec::new();
    let mut read = None;
    for line in text.lines() {
        if let Some(json) = line.strip_prefix("build=") {
            all.extend(read.take());
            read = serde_json::from_str::<Remembered>(json).ok();
        } else if let (Some(context), Some(read)) = (line.strip_prefix("context="), &mut read) {
            context.clone_into(&mut read.context);
        }
    }
    all.extend(read);
    all
}

/// One build with its steps; `None` for one that goes on or whose log is gone.
async fn look(
    on: &Reached,
    facts: &DockerFacts,
    app: &App,
    past: &Remembered,
    round: u32,
) -> Result<Option<Build>, Problem> {
    let (Some(id), Some(wall)) = (past.id(), past.milliseconds()) else { return Ok(None) };
    let body = "BUILDX_BUILDER=default docker -H unix:///var/run/docker.sock buildx history logs --progress rawjson \"$id\" 2>&1\nfinish 0";
    let log = ask(on, body, &[("id", id)], PRINTING, LOG).await?;
    // Which Dockerfile it was is not remembered, so steps have no lines.
    let none = dockerfile::parse(Text::new("Dockerfile", Vec::new(), false));
    let mut reader = Reader::new(Form::RawJson, &none);
    reader.take(Stream::Stderr, 0, &log);
    let heard = reader.finish(wall);
    let end = if past.status.eq_ignore_ascii_case("completed") {
        BuildEnd::Built
    } else {
        BuildEnd::Failed { exit_status: None, lines: heard.tail }
    };
    Ok(Some(Build {
        app: app.name.clone(),
        scenario: Scenario::Past,
        dockerfile: "past".into(),
        dockerfile_sha256: String::new(),
        round,
        conditions: Conditions {
            builder: "buildkit".into(),
            engine: facts.version.clone(),
            buildx: facts.buildx.clone(),
            store: build::store(facts),
            log: Form::RawJson.as_str().into(),
            ..Conditions::default()
        },
        started: past.created_at,
        wall_milliseconds: wall,
        end,
        steps: heard.steps,
        image: None,
        cache_growth_bytes: None,
        disk_growth_bytes: None,
        samples: Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = r#"build={"cached_steps":1,"completed_at":"2026-11-27T04:06:35.131344208Z","completed_steps":13,"created_at":"2026-11-27T04:06:32.816228302Z","name":"shop","ref":"default/default/v6a538bat879j0comt1g82esc","status":"Completed","total_steps":13}
context=srv/shop
build={"created_at":"2026-11-27T04:06:23Z","name":"context/old","ref":"default/default/u5b4uynni6e5l0s7m1x5yx3lv","status":"Running"}
context=
build=not json
build={"created_at":"2026-11-27T04:06:23Z","ref":"x/$(id)"}
"#;

    fn app(name: &str, path: &str) -> App {
        App { name: name.into(), path: path.into(), dockerfiles: Vec::new() }
    }

    #[test]
    fn what_buildx_lists_is_read_and_matched_with_apps() {
        let all = read(LISTED);
        assert_eq!(all.len(), 3);
        assert_eq!((all[0].milliseconds(), all[1].milliseconds()), (Some(2_315), None));
        assert_eq!(all[0].id(), Some("v6a538bat879j0comt1g82esc"));
        assert_eq!(all[2].id(), None, "no ID that a shell could take for more");
        assert!(all[0].is_of(&app("store", "/srv/shop")) && all[0].is_of(&app("shop", "/else")));
        assert!(!all[1].is_of(&app("shop", "/srv/shop")) && all[1].is_of(&app("context", "/x")));
    }

    #[test]
    fn engines_that_a_list_can_end_are_known() {
        for (version, expected) in [
            ("28.5.2+dfsg4", true),
            ("29.4.9", true),
            ("29.5.0", false),
            ("30.0.0", false),
            ("", true),
        ] {
            assert_eq!(can_crash(version), expected, "{version}");
        }
    }

    #[test]
    fn only_a_buildx_that_can_be_asked_is() {
        for (version, buildx, expected) in [
            ("28.5.2", Some("0.29.1"), true),
            ("28.5.2", Some("v0.20.0"), true),
            ("26.1.5", Some("0.13.1"), false),
            ("28.5.2", None, false),
        ] {
            let facts = DockerFacts {
                version: version.into(),
                builder: "buildkit".into(),
                buildx: buildx.map(str::to_owned),
                ..DockerFacts::default()
            };
            assert_eq!(remembers(&facts), expected, "{version} {buildx:?}");
        }
    }
}
