//! Whether a build runs, by the best evidence that was there.

use super::answers::Answers;
use crate::docker::Docker;
use crate::record::DockerFacts;

/// What the program that asks the machine counted, the surest first, and its name for people.
const EVIDENCE: [(&str, &str); 3] = [
    ("builds_history", "build history"),
    ("builds_processes", "build processes"),
    ("builds_containers", "build containers"),
];

/// How many builds run, and the evidence: the surest that saw one, or, where none did, all
/// that was looked at.
pub(super) fn running(answers: &Answers) -> (u64, String) {
    let counts: Vec<(u64, &str)> = EVIDENCE
        .iter()
        .filter_map(|(key, name)| Some((answers.get(key).parse().ok()?, *name)))
        .collect();
    match counts.iter().find(|(count, _)| *count > 0) {
        Some((count, name)) => (*count, (*name).to_owned()),
        None => (0, counts.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")),
    }
}

/// Looks for a build in the build cache, where nothing else has seen one: a step that runs uses
/// its records. Engines below API 1.42 count all volumes when they are asked, so they are not.
pub(super) async fn look_at_cache(docker: &Docker, facts: &mut DockerFacts) {
    let asked = facts.running_builds > 0 || facts.running_builds_by.contains(EVIDENCE[0].1);
    if asked || facts.builder != "buildkit" || docker.minor() < 42 {
        return;
    }
    let Ok(records) = docker.cache_records().await else { return };
    if records.iter().any(|record| record.in_use) {
        (facts.running_builds, facts.running_builds_by) = (1, IN_USE.to_owned());
    } else {
        let looked_at = [facts.running_builds_by.as_str(), IN_USE];
        let looked_at: Vec<&str> = looked_at.into_iter().filter(|by| !by.is_empty()).collect();
        facts.running_builds_by = looked_at.join(", ");
    }
}

/// The name for people of the evidence in the cache.
const IN_USE: &str = "build cache in use";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_evidence_counts_and_the_looked_at_is_named() {
        let cases = [
            ("builds_history=2\nbuilds_processes=1\nbuilds_containers=0", 2, "build history"),
            ("builds_history=0\nbuilds_processes=1\nbuilds_containers=3", 1, "build processes"),
            ("builds_processes=0\nbuilds_containers=3", 3, "build containers"),
            ("builds_history=0\nbuilds_processes=0", 0, "build history, build processes"),
            ("builds_history=x\nbuilds_processes=-1", 0, ""),
        ];
        for (text, count, by) in cases {
            assert_eq!(running(&Answers::read(text.as_bytes())), (count, by.to_owned()), "{text}");
        }
    }
    #[test]
    fn only_what_asks_for_a_build_is_counted() {
        let program = include_str!("../programs/probe.sh");
        let from = program.find("asks=").unwrap();
        let lines: Vec<&str> = program[from..].lines().take(5).collect();
        let script = format!(
            "ps() {{ printf '%s\\n' \"$seen\"; }}\np() {{ echo \"$2\"; }}\n{}",
            lines.join("\n")
        );
        let count = |seen: &str| {
            let mut sh = std::process::Command::new("/bin/sh");
            let out = sh.args(["-c", &script]).env("seen", seen).output().unwrap();
            String::from_utf8(out.stdout).unwrap().trim().parse::<u32>().unwrap()
        };
        let one = [
            "docker build -t shop .",
            "/usr/bin/docker -H unix:///x --debug build .",
            "docker buildx build --push .",
            "docker buildx --builder mine bake",
            "docker image build .",
            "docker compose -f a.yml -p shop build web",
            "docker-compose build",
            // The plug-in does the work of the command that started it.
            "docker build .\n/usr/libexec/docker/cli-plugins/docker-buildx buildx build .",
        ];
        for seen in one {
            assert_eq!(count(seen), 1, "{seen}");
        }
        let none = [
            "docker exec web yarn build",
            "docker run shop build",
            "docker ps",
            "vi docker build",
            "docker buildx du",
            "sudo docker build .",
            "docker builder prune",
        ];
        for seen in none {
            assert_eq!(count(seen), 0, "{seen}");
        }
        assert_eq!(count(&one.join("\n")), 7);
    }
}
