//! One build: the host's own `docker build`, listened to and measured.

use super::answer::Answer;
use super::listen::Listener;
use super::sampler::Sampler;
use super::workshop::{Context, Workshop};
use crate::buildlog::Form;
use crate::door::{Door, Permit};
use crate::record::{
    BuildEnd, Conditions, DockerFacts, Outcome, Problem, Sample, Scenario, Stream,
};
use crate::ssh::{Chunk, Command, ShellError};
use crate::steps::Reached;
use std::time::Duration;

/// What a build is started with.
pub(super) struct Order<'o> {
    /// Sets apart everything of this run on the host.
    pub(super) run: &'o str,
    pub(super) context: &'o Context,
    pub(super) scenario: Scenario,
    /// Sets the cache mounts apart; the same for a cold build and the warm ones after it.
    pub(super) mounts: &'o str,
    pub(super) timeout: Duration,
}

/// How a build ended, before anything is made of its log.
pub(super) struct Ended {
    pub(super) end: BuildEnd,
    pub(super) wall_milliseconds: u64,
    pub(super) image: Option<String>,
    pub(super) free_bytes: Option<u64>,
    pub(super) samples: Vec<Sample>,
    /// When it was over, in seconds of the host's clock.
    pub(super) clock: Option<i64>,
}

/// The form in which the builder of these conditions tells most. buildx has `rawjson` from 0.12
/// on; 0.13 is the first that was tried.
pub(super) fn form(conditions: &Conditions) -> Form {
    if conditions.builder == "legacy" {
        return Form::Legacy;
    }
    let buildx = conditions.buildx.as_deref().unwrap_or_default();
    let mut parts = buildx.trim_start_matches('v').split('.').map_while(|p| p.parse().ok());
    match (parts.next().unwrap_or(0_u32), parts.next().unwrap_or(0_u32)) {
        (0, ..13) => Form::Plain,
        _ => Form::RawJson,
    }
}

/// Names that go into a command line: ours, so plain words.
fn line(form: Form, order: &Order<'_>, folder: &str) -> String {
    let Order { run, context, .. } = order;
    let slot = &context.slot;
    let mut options = vec![format!("--tag fleet-bench/{run}:{slot} --iidfile {folder}/image")];
    options.push(match form {
        Form::Legacy => "--force-rm".to_owned(),
        Form::Plain => "--progress=plain".to_owned(),
        Form::RawJson => "--progress=rawjson".to_owned(),
    });
    if form != Form::Legacy {
        // The frontend puts the namespace before the ID of each cache mount
        // (dockerfile2llb/convert_runmount.go of BuildKit).
        options.push(format!("--build-arg BUILDKIT_CACHE_MOUNT_NS={}", order.mounts));
    }
    if order.scenario == Scenario::Cold {
        options.push("--no-cache".to_owned());
    }
    let options = options.join(" ");
    // The engine that was examined and its own builder, whatever else the account has chosen.
    let buildkit = u8::from(form != Form::Legacy);
    format!(
        "cd {folder}/{slot} || exit 125
         read -r from rest </proc/uptime
         FLEET_BENCH={run} BUILDX_BUILDER=default DOCKER_BUILDKIT={buildkit} \
             docker -H unix:///var/run/docker.sock build {options} .
         code=$?
         read -r to rest </proc/uptime
         printf '%s %s\\n' \"$from\" \"$to\" >{folder}/times
         exit $code"
    )
}

/// Runs a build to its end, whatever that is.
///
/// # Errors
/// When it did not begin, or its end is not known.
pub(super) async fn build(
    on: &Reached,
    door: &Door,
    workshop: &Workshop,
    order: &Order<'_>,
    listener: &mut Listener,
    _permit: &Permit,
) -> Result<Ended, Problem> {
    let text = line(listener.form(), order, &workshop.folder);
    let command = Command { line: &text, sudo: on.sudo, deadline: order.timeout };
    let sampler = Sampler::start(on, order.timeout).await;
    listener.begin();
    let ended = on
        .connection
        .command(
            &command,
            |chunk| match chunk {
                Chunk::Stdout(bytes) => listener.take(Stream::Stdout, &bytes),
                Chunk::Stderr(bytes) => listener.take(Stream::Stderr, &bytes),
            },
            || Box::pin(std::future::ready(())),
            door.asked_to_stop(),
        )
        .await;
    let samples = match sampler {
        Some(sampler) => sampler.stop().await,
        None => Vec::new(),
    };
    let end = match ended {
        Ok(ended) if ended.code == 0 => BuildEnd::Built,
        Ok(ended) => {
            BuildEnd::Failed { exit_status: Some(u32::from(ended.code)), lines: Vec::new() }
        }
        Err(ShellError::Timeout(_)) => BuildEnd::TimedOut,
        Err(ShellError::Stopped) => {
            return Err(Problem::new(Outcome::Interrupted, "stopped by the user"));
        }
        Err(error) => return Err(super::answer::problem(&error, "docker build")),
    };
    let root = root_dir(on);
    let left = workshop.run(include_str!("programs/after.sh"), &[("root", root)]).await?;
    Ok(Ended { samples, ..read(end, &left, listener.elapsed()) })
}

/// The engine's data root.
pub(super) fn root_dir(on: &Reached) -> &str {
    on.facts.docker.as_ref().map_or("/var/lib/docker", |docker| docker.root_dir.as_str())
}

/// The name of the engine's image store.
pub(super) fn store(facts: &DockerFacts) -> String {
    let containerd = if facts.containerd_store { "containerd " } else { "" };
    format!("{containerd}{}", facts.driver)
}

fn read(end: BuildEnd, left: &Answer, elapsed: u64) -> Ended {
    let id = |text: &&str| {
        let hex = text.trim_start_matches("sha256:");
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())
    };
    Ended {
        image: left.get("image").filter(id).map(str::to_owned),
        free_bytes: left.number("free"),
        samples: Vec::new(),
        clock: left.get("clock").and_then(|clock| clock.parse().ok()),
        wall_milliseconds: left.get("times").and_then(span).unwrap_or(elapsed),
        end,
    }
}

/// Milliseconds between two readings of `/proc/uptime`, which has hundredths of a second.
fn span(times: &str) -> Option<u64> {
    let hundredths = |text: &str| -> Option<u64> {
        let (seconds, rest) = text.split_once('.')?;
        if rest.len() != 2 {
            return None;
        }
        seconds.parse::<u64>().ok()?.checked_mul(100)?.checked_add(rest.parse().ok()?)
    };
    let (from, to) = times.split_once(' ')?;
    hundredths(to)?.checked_sub(hundredths(from)?)?.checked_mul(10)
}

/// What the host is like before a build, and its clock in seconds.
pub(super) async fn before(
    workshop: &Workshop,
    conditions: &mut Conditions,
    root: &str,
) -> Result<Option<i64>, Problem> {
    let answer = workshop.run(include_str!("programs/before.sh"), &[("root", root)]).await?;
    conditions.load = answer.get("load").and_then(|load| load.parse().ok());
    conditions.free_bytes = answer.number("free");
    Ok(answer.get("clock").and_then(|clock| clock.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_from_the_builder() {
        let of = |builder: &str, buildx: Option<&str>| {
            super::form(&Conditions {
                builder: builder.into(),
                buildx: buildx.map(str::to_owned),
                ..Conditions::default()
            })
        };
        assert_eq!(of("legacy", Some("0.13.1")), Form::Legacy);
        assert_eq!(of("buildkit", None), Form::Plain);
        assert_eq!(of("buildkit", Some("0.11.2")), Form::Plain);
        assert_eq!(of("buildkit", Some("0.13.1")), Form::RawJson);
        assert_eq!(of("buildkit", Some("v1.0.0")), Form::RawJson);
    }

    #[test]
    fn the_wall_is_the_hosts_own_and_nothing_strange_is_believed() {
        for (times, expected) in [
            ("100.10 103.25", Some(3_150)),
            ("100.10 100.10", Some(0)),
            ("103.25 100.10", None),
            ("1 2", None),
            ("", None),
            ("9999999999999999999.00 2.00", None),
        ] {
            assert_eq!(span(times), expected, "{times}");
        }
        let left = Answer::from_text("times=1.00 2.00\nimage=sha256:$(id)\nfree=7");
        let ended = read(BuildEnd::Built, &left, 9);
        assert_eq!(
            (ended.wall_milliseconds, ended.image, ended.free_bytes),
            (1_000, None, Some(7))
        );
    }
}
