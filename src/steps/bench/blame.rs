//! What the lint finds in a Dockerfile, with what it cost in the builds that were measured.

use crate::dockerfile::{self, Cost, Dockerfile, Unknown};
use crate::human;
use crate::record::{Build, BuildStepKind, BuildStepResult, Finding, Scenario};

/// The most findings that are told of one Dockerfile.
const MOST: usize = 20;

/// Whether no instruction of a build was carried out.
pub(super) fn is_all_cached(build: &Build) -> bool {
    let of = |kind: BuildStepKind| build.steps.iter().filter(move |step| step.kind == kind);
    of(BuildStepKind::Instruction).all(|step| step.result != BuildStepResult::Ran)
}

/// Everything that the lint finds, the dearest first.
pub(super) fn findings(app: &str, name: &str, file: &Dockerfile, builds: &[Build]) -> Vec<Finding> {
    let coldest = builds.iter().map(|build| build.scenario).min().unwrap_or(Scenario::Cold);
    let builds: Vec<&Build> = builds.iter().filter(|b| b.scenario == coldest).collect();
    let mut found = dockerfile::lint(file, &Unknown);
    dockerfile::price(&mut found, |finding| {
        let line = u32::try_from(file.text.line(finding.span.start)).ok()?;
        let (milliseconds, bytes) = Build::cost_of_line(&builds, line)?;
        Some(Cost { milliseconds: Some(milliseconds), bytes })
    });
    found.sort_by_key(|finding| {
        std::cmp::Reverse(finding.cost.and_then(|cost| cost.milliseconds).unwrap_or(0))
    });
    let told = found.iter().take(MOST).map(|finding| {
        let line = file.text.line(finding.span.start);
        let cost = finding.cost.map(|cost| told(cost, coldest)).unwrap_or_default();
        Finding {
            name: format!("lint.{}", finding.rule.name),
            text: format!("{app}, {name} line {line}: {}{cost}", finding.message),
            hint: Some(format!("fleet lint --explain {}", finding.rule.name)),
        }
    });
    told.collect()
}

fn told(cost: Cost, scenario: Scenario) -> String {
    let time = cost.milliseconds.map(human::duration);
    let parts: Vec<String> = time.into_iter().chain(cost.bytes.map(human::bytes)).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(" ({} of a {scenario} build)", parts.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::{Text, parse};
    use crate::record::{
        BuildEnd, BuildStep, BuildStepKind, BuildStepResult, BuiltImage, Conditions, Interval,
        Layer,
    };
    use jiff::Timestamp;

    fn build(milliseconds: u64) -> Build {
        let step = BuildStep {
            kind: BuildStepKind::Instruction,
            stage: None,
            name: "[3/3] RUN chown -R app /app".into(),
            line: Some(3),
            result: BuildStepResult::Ran,
            intervals: vec![Interval { start: 0, end: milliseconds }],
            after: Vec::new(),
            critical: true,
            ownership: true,
        };
        let made_by = "RUN /bin/sh -c chown -R app /app # buildkit".into();
        Build {
            app: "shop".into(),
            scenario: Scenario::Cold,
            dockerfile: "repo".into(),
            dockerfile_sha256: String::new(),
            round: 1,
            conditions: Conditions::default(),
            started: Timestamp::UNIX_EPOCH,
            wall_milliseconds: milliseconds,
            end: BuildEnd::Built,
            steps: vec![step],
            image: Some(BuiltImage {
                layers: vec![Layer { bytes: 5_000_000, made_by }],
                ..BuiltImage::default()
            }),
            cache_growth_bytes: None,
            disk_growth_bytes: None,
            samples: Vec::new(),
        }
    }

    #[test]
    fn a_finding_says_what_its_step_took() {
        let text = b"FROM debian:13\nCOPY . /app\nRUN chown -R app /app\n".to_vec();
        let file = parse(Text::new("Dockerfile", text, false));
        let builds = [build(9_000), build(48_000), build(50_000)];
        let found = findings("shop", "repo", &file, &builds);
        let chown = found.iter().find(|finding| finding.text.contains("chown")).unwrap();
        assert!(chown.text.starts_with("shop, repo line 3: "), "{}", chown.text);
        assert!(chown.text.ends_with("(48.0 s and 5 MB of a cold build)"), "{}", chown.text);
    }
}
