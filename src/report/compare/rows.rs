//! One row per host, app and scenario that both sides built.

use super::amounts::amounts;
use super::measure::{float, measure};
use super::sides::{Side, is_built};
use super::steps::Names;
use super::{BuildKey, BuildRow, Pair, Verdict, conditions, steps};
use crate::record::Build;

/// The rows, in the order of the after side, without what only tests can say.
pub(super) fn rows(before: &Side<'_>, after: &Side<'_>) -> Vec<BuildRow> {
    let mut names = Names::default();
    let shared = after.keys().iter().filter(|key| !before.builds(key).is_empty());
    shared.map(|key| row(key, before.builds(key), after.builds(key), &mut names)).collect()
}

fn row<'r>(
    key: &BuildKey,
    before: &[&'r Build],
    after: &[&'r Build],
    names: &mut Names<'r>,
) -> BuildRow {
    let built = Pair { before: built(before), after: built(after) };
    let both = !built.before.is_empty() && !built.after.is_empty();
    let wall = |builds: &[&Build]| builds.iter().map(|b| float(b.wall_milliseconds)).collect();
    BuildRow {
        key: key.clone(),
        time: measure(wall(&built.before), wall(&built.after)),
        verdict: Verdict::NotShown,
        reasons: conditions::reasons(&built.before, &built.after),
        order: conditions::order(&built.before, &built.after),
        failed: Pair {
            before: before.len() - built.before.len(),
            after: after.len() - built.after.len(),
        },
        dockerfiles: Pair { before: dockerfiles(before), after: dockerfiles(after) },
        amounts: amounts(&built.before, &built.after),
        // Beside nothing all steps would be new, or gone.
        steps: if both { steps::rows(&built.before, &built.after, names) } else { Vec::new() },
    }
}

fn built<'r>(builds: &[&'r Build]) -> Vec<&'r Build> {
    builds.iter().copied().filter(|build| is_built(build)).collect()
}

/// The names of the Dockerfiles, with the beginning of their digests where one name had several.
fn dockerfiles(builds: &[&Build]) -> Vec<String> {
    let mut files: Vec<(&str, &str)> = Vec::new();
    for build in builds {
        let file = (build.dockerfile.as_str(), build.dockerfile_sha256.as_str());
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let named = |name: &str| files.iter().filter(|(other, _)| *other == name).count();
    let told = files.iter().map(|(name, digest)| match named(name) {
        1 => (*name).to_owned(),
        _ => format!("{name} {}", digest.chars().take(12).collect::<String>()),
    });
    told.collect()
}
