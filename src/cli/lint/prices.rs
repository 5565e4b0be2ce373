//! What the lines of Dockerfiles cost, as far as an image or a benchmark tells.

use crate::cli::args::Global;
use crate::cli::fault::Fault;
use crate::cli::project::Project;
use crate::cli::visit;
use crate::dockerfile::{self, Cost, Dockerfile, Finding};
use crate::record::{Build, BuildEnd, BuiltImage, Scenario};
use crate::ssh::hex;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How many of the newest runs are looked through, and how many benchmarks among them are read.
const RUNS: usize = 50;
const BENCHMARKS: usize = 3;

/// Where prices come from.
#[derive(Debug, Default)]
pub(super) struct Prices {
    image: Option<BuiltImage>,
    /// Cold builds of benchmarks, of whatever Dockerfile.
    builds: Vec<Build>,
}

impl Prices {
    /// Those of the benchmarks that the project's history knows, where there is a project.
    pub(super) fn of_benchmarks(global: &Global) -> Self {
        let builds = Project::open(global).ok().and_then(|project| builds(&project));
        Self { image: None, builds: builds.unwrap_or_default() }
    }

    /// Those of the layers of an image on a host.
    pub(super) async fn of_image(
        mut self,
        global: &Global,
        host: &str,
        image: &str,
        connect: Duration,
    ) -> Result<Self, Fault> {
        let project = Project::open(global)?;
        let hosts = project.select(host, None)?;
        if hosts.len() != 1 {
            return Err(Fault::usage(format!("--host {host} names {} hosts", hosts.len()))
                .hint("name the one that has the image"));
        }
        let visits = visit::visit(&project, global, &hosts, connect).await?;
        for visit in visits {
            let visit = visit.map_err(|problem| Fault::host(host, &problem))?;
            let built = visit.image(image).await.map_err(|problem| Fault::host(host, &problem))?;
            self.image = Some(built);
        }
        Ok(self)
    }

    /// Fills in what findings cost: the seconds of builds of the same bytes, the bytes of the
    /// image that was named, else of the image that those builds made.
    pub(super) fn fill_in(&self, file: &Dockerfile, findings: &mut [Finding]) {
        let sha256 = hex(&Sha256::digest(&file.text.bytes));
        let same: Vec<&Build> =
            self.builds.iter().filter(|build| build.dockerfile_sha256 == sha256).collect();
        dockerfile::price(findings, |finding| {
            let line = u32::try_from(file.text.line(finding.span.start)).ok()?;
            let (milliseconds, mut bytes) = match Build::cost_of_line(&same, line) {
                Some((milliseconds, bytes)) => (Some(milliseconds), bytes),
                None => (None, None),
            };
            if let Some(image) = &self.image {
                bytes = instruction(file, finding).and_then(|text| image.bytes_made_by(&text));
            }
            (milliseconds.is_some() || bytes.is_some()).then_some(Cost { milliseconds, bytes })
        });
    }
}

/// The instruction that a finding is about, as builders show it.
fn instruction(file: &Dockerfile, finding: &Finding) -> Option<String> {
    let all = file.stages.iter().flat_map(|stage| &stage.instructions);
    let found = all.into_iter().find(|i| i.span.contains(&finding.span.start))?;
    Some(file.joined(found))
}

fn builds(project: &Project) -> Option<Vec<Build>> {
    let history = project.history().ok()?;
    let runs = history.runs(RUNS).ok()?;
    let benchmarks = runs.iter().filter(|run| run.verb == "bench");
    let loaded = benchmarks.take(BENCHMARKS).filter_map(|run| history.load(&run.run).ok());
    let builds = loaded.flat_map(|run| run.hosts).flat_map(|host| host.builds);
    let is_measure =
        |build: &Build| build.scenario == Scenario::Cold && build.end == BuildEnd::Built;
    Some(builds.filter(is_measure).collect())
}
