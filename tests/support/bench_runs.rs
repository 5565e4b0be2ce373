//! Runs of `fleet bench` as three engines would give them, before and after a Dockerfile was mended.
//!
//! Used by the library's own tests, by `tests/html` and by `benches/report.rs`.

use fleet::record::{
    Build, BuildEnd, BuildStep, BuildStepKind, BuildStepResult, BuiltImage, Conditions, Disk,
    DiskSample, DockerFacts, Event, Facts, Finding, HostName, Interval, Layer, Metric, Moment,
    Outcome, Run, RunId, RunStarted, Sample, Scenario, Unit, What,
};
use jiff::Timestamp;

const GB: u64 = 1_000_000_000;

/// One line of a Dockerfile and what it costs.
#[derive(Clone, Copy)]
struct Line {
    kind: BuildStepKind,
    stage: &'static str,
    name: &'static str,
    line: u32,
    milliseconds: u64,
    /// Whether a changed source file makes it run again.
    edited: bool,
    layer_bytes: u64,
    after: &'static [usize],
}

const fn step(
    stage: &'static str,
    line: u32,
    name: &'static str,
    milliseconds: u64,
    edited: bool,
    layer_bytes: u64,
    after: &'static [usize],
) -> Line {
    let kind = BuildStepKind::Instruction;
    Line { kind, stage, name, line, milliseconds, edited, layer_bytes, after }
}

const fn other(
    kind: BuildStepKind,
    name: &'static str,
    milliseconds: u64,
    after: &'static [usize],
) -> Line {
    Line { kind, stage: "", name, line: 0, milliseconds, edited: true, layer_bytes: 0, after }
}

/// Everything in one stage, one instruction after the other, owners changed at the end.
const BEFORE: &[Line] = &[
    other(BuildStepKind::Preparation, "load build definition from Dockerfile", 140, &[]),
    other(BuildStepKind::Context, "load build context", 3_200, &[0]),
    other(BuildStepKind::Pull, "docker.io/library/ruby:3.4.5", 14_100, &[0]),
    step("stage-0", 6, "RUN apt-get update", 6_300, false, 21_400_000, &[2]),
    step(
        "stage-0",
        7,
        "RUN apt-get install -y build-essential git libyaml-dev pkg-config libpq-dev postgresql-client nodejs npm libvips",
        58_700,
        false,
        612_000_000,
        &[3],
    ),
    step("stage-0", 9, "RUN groupadd --system --gid 1000 rails", 420, false, 4_900, &[4]),
    step(
        "stage-0",
        10,
        "RUN useradd rails --uid 1000 --gid 1000 --create-home --shell /bin/bash",
        510,
        false,
        9_100,
        &[5],
    ),
    step("stage-0", 12, "WORKDIR /rails", 90, false, 0, &[6]),
    step("stage-0", 15, "COPY Gemfile Gemfile.lock /rails/", 220, false, 12_000, &[7, 1]),
    step("stage-0", 16, "RUN bundle install", 141_000, false, 388_000_000, &[8]),
    step("stage-0", 18, "COPY . /rails", 6_400, true, 246_000_000, &[9]),
    step("stage-0", 19, "COPY public /rails/public", 1_900, true, 31_000_000, &[10]),
    step("stage-0", 20, "RUN npm install", 62_300, true, 231_000_000, &[11]),
    step(
        "stage-0",
        21,
        "RUN bundle exec bootsnap precompile --gemfile app/ lib/",
        11_200,
        true,
        18_000_000,
        &[12],
    ),
    step(
        "stage-0",
        22,
        "RUN SECRET_KEY_BASE_DUMMY=1 SECRET_KEY_BASE=dummy ./bin/rails assets:precompile",
        74_000,
        true,
        64_000_000,
        &[13],
    ),
    step(
        "stage-0",
        24,
        "RUN mkdir -p /rails/tmp/pids /rails/log /rails/storage",
        410,
        true,
        0,
        &[14],
    ),
    step("stage-0", 25, "RUN chmod -R 755 /rails", 118_400, true, 561_000_000, &[15]),
    step("stage-0", 26, "RUN chown -R rails:rails /rails", 176_900, true, 561_000_000, &[16]),
    step("stage-0", 27, "RUN chmod -R 777 /rails/log /rails/tmp", 4_600, true, 2_100_000, &[17]),
    other(BuildStepKind::Export, "exporting to image", 41_800, &[18]),
];

/// Stages side by side, caches mounted, files copied with their owner.
const AFTER: &[Line] = &[
    other(BuildStepKind::Preparation, "load build definition from Dockerfile", 150, &[]),
    other(BuildStepKind::Context, "load build context", 1_100, &[0]),
    other(BuildStepKind::Pull, "docker.io/library/ruby:3.4.5-slim", 6_200, &[0]),
    step(
        "base",
        9,
        "RUN apt-get update -qq && apt-get install --no-install-recommends -y libvips libpq5 && rm -rf /var/lib/apt/lists",
        17_300,
        false,
        96_000_000,
        &[2],
    ),
    step(
        "build",
        18,
        "RUN apt-get update -qq && apt-get install --no-install-recommends -y build-essential git libyaml-dev",
        24_100,
        false,
        0,
        &[3],
    ),
    step("build", 24, "COPY Gemfile Gemfile.lock ./", 120, false, 0, &[4, 1]),
    step("build", 25, "RUN bundle install --jobs 4", 52_800, false, 0, &[5]),
    step(
        "node",
        32,
        "RUN apt-get update -qq && apt-get install --no-install-recommends -y nodejs npm",
        13_600,
        false,
        0,
        &[3],
    ),
    step("node", 36, "RUN npm ci --prefer-offline", 21_900, false, 0, &[7, 1]),
    step("assets", 41, "COPY . .", 900, true, 0, &[6, 8]),
    step(
        "assets",
        42,
        "RUN bundle exec bootsnap precompile --gemfile app/ lib/",
        3_900,
        true,
        0,
        &[9],
    ),
    step(
        "assets",
        43,
        "RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile",
        19_200,
        true,
        0,
        &[10],
    ),
    step(
        "final",
        48,
        "COPY --from=build --chown=1000:1000 /usr/local/bundle /usr/local/bundle",
        2_100,
        false,
        171_000_000,
        &[6],
    ),
    step(
        "final",
        49,
        "COPY --from=assets --chown=1000:1000 /rails /rails",
        1_700,
        true,
        118_000_000,
        &[11, 12],
    ),
    other(BuildStepKind::Export, "exporting to image", 5_800, &[13]),
];

const BASE_LAYERS: [(u64, &str); 4] = [
    (48_500_000, "# debian.sh --arch 'amd64' out/ 'trixie' '@1756771200'"),
    (
        24_000_000,
        "RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates",
    ),
    (
        64_400_000,
        "RUN /bin/sh -c set -eux; apt-get install -y --no-install-recommends git mercurial openssh-client",
    ),
    (
        41_200_000,
        "RUN /bin/sh -c set -eux; wget -O ruby.tar.xz https://cache.ruby-lang.org/pub/ruby/3.4/ruby-3.4.5.tar.xz",
    ),
];

/// A host and how it builds.
#[derive(Clone, Copy)]
struct Host {
    version: &'static str,
    legacy: bool,
    containerd: bool,
    percent: u64,
    waits: u32,
    raid: Option<&'static str>,
}

const HOSTS: [(&str, Host); 3] = [
    (
        "bookworm",
        Host {
            version: "20.10.24",
            legacy: true,
            containerd: false,
            percent: 107,
            waits: 100,
            raid: Some("md2 resync 12.6%"),
        },
    ),
    (
        "trixie",
        Host {
            version: "26.1.5",
            legacy: false,
            containerd: false,
            percent: 100,
            waits: 84,
            raid: None,
        },
    ),
    (
        "forky",
        Host {
            version: "28.5.2",
            legacy: false,
            containerd: true,
            percent: 82,
            waits: 46,
            raid: None,
        },
    ),
];

/// Between 0 and 99, the same for the same key on every run.
fn jitter(key: &str) -> u64 {
    let hash = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 29)) % 100
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_534_212 + second).unwrap()
}

struct Asked<'a> {
    name: &'a str,
    host: Host,
    app: &'a str,
    scenario: Scenario,
    round: u32,
    mended: bool,
    /// Percent of the usual time.
    size: u64,
}

fn build(asked: &Asked<'_>) -> Build {
    let lines = if asked.mended { AFTER } else { BEFORE };
    let steps = mark_critical(steps(asked, lines));
    let wall = steps.iter().flat_map(|s| &s.intervals).map(|i| i.end).max().unwrap_or(0) + 350;
    let samples = samples(asked, &steps, wall);
    Build {
        app: asked.app.into(),
        scenario: asked.scenario,
        dockerfile: if asked.mended { "rails" } else { "rails-before" }.into(),
        dockerfile_sha256: if asked.mended { "9b" } else { "4e" }.repeat(32),
        round: asked.round,
        conditions: conditions(asked),
        started: at(i64::from(asked.round) * 900),
        wall_milliseconds: wall,
        end: BuildEnd::Built,
        image: Some(image(asked, lines)),
        cache_growth_bytes: Some(if asked.scenario == Scenario::Warm { 0 } else { 1_900_000_000 }),
        disk_growth_bytes: Some(if asked.scenario == Scenario::Warm {
            -4_096
        } else {
            3_100_000_000
        }),
        samples,
        steps,
    }
}

fn conditions(asked: &Asked<'_>) -> Conditions {
    Conditions {
        builder: if asked.host.legacy { "legacy" } else { "buildkit" }.into(),
        engine: asked.host.version.into(),
        buildx: (!asked.host.legacy).then(|| "0.13.1".into()),
        store: if asked.host.containerd { "overlayfs" } else { "overlay2" }.into(),
        log: if asked.host.legacy { "legacy" } else { "rawjson" }.into(),
        processors: 4,
        load: Some(0.4),
        free_bytes: Some(41 * GB),
        commit: Some("5f2c1e9".into()),
    }
}

fn steps(asked: &Asked<'_>, lines: &[Line]) -> Vec<BuildStep> {
    let mut ends: Vec<u64> = Vec::new();
    let mut steps = Vec::new();
    for line in lines {
        let runs = match asked.scenario {
            Scenario::Cold | Scenario::Past => true,
            Scenario::Warm => line.kind != BuildStepKind::Instruction,
            Scenario::Edit => line.edited,
        };
        let cached =
            !runs || (asked.scenario != Scenario::Cold && line.kind == BuildStepKind::Pull);
        let start = if asked.host.legacy {
            ends.last().copied().unwrap_or(0)
        } else {
            line.after.iter().map(|i| ends[*i]).max().unwrap_or(0)
        };
        let took = if cached { 0 } else { cost(asked, line) };
        ends.push(start + took);
        steps.push(BuildStep {
            kind: line.kind,
            stage: (!line.stage.is_empty()).then(|| line.stage.into()),
            name: line.name.into(),
            line: (line.line > 0).then_some(line.line),
            result: if cached { BuildStepResult::Cached } else { BuildStepResult::Ran },
            intervals: vec![Interval { start, end: start + took }],
            after: line.after.iter().map(|i| u32::try_from(*i).unwrap()).collect(),
            critical: false,
            ownership: line.name.contains("chmod -R") || line.name.contains("chown -R"),
        });
    }
    steps
}

fn cost(asked: &Asked<'_>, line: &Line) -> u64 {
    let noise =
        97 + jitter(&format!("{}{}{}{}", asked.name, asked.app, asked.round, line.name)) * 6 / 99;
    let export = line.kind == BuildStepKind::Export && asked.scenario == Scenario::Warm;
    line.milliseconds * asked.host.percent * noise * asked.size
        / if export { 10_000_000 } else { 1_000_000 }
}

/// The chain that the whole build waited for, from its last step backwards.
fn mark_critical(mut steps: Vec<BuildStep>) -> Vec<BuildStep> {
    let end = |step: &BuildStep| step.intervals.last().map_or(0, |i| i.end);
    let mut at = steps.len().checked_sub(1);
    while let Some(i) = at {
        steps[i].critical = true;
        at = steps[i].after.iter().map(|a| *a as usize).max_by_key(|a| end(&steps[*a]));
    }
    steps
}

fn samples(asked: &Asked<'_>, steps: &[BuildStep], wall: u64) -> Vec<Sample> {
    let every = (wall / 120).max(2_000);
    (1..=wall / every)
        .map(|i| {
            let at = i * every;
            let busy =
                steps.iter().filter(|s| s.intervals.iter().any(|n| n.start < at && n.end >= at));
            let wait = busy.map(waits).max().unwrap_or(40) * asked.host.waits / 100;
            let noise = u32::try_from(jitter(&format!("{}{at}", asked.name))).unwrap();
            let some = (wait * (80 + noise * 2 / 5) / 100).min(990);
            sample(asked, at, some)
        })
        .collect()
}

fn waits(step: &BuildStep) -> u32 {
    match step.kind {
        _ if step.ownership => 860,
        BuildStepKind::Export => 700,
        BuildStepKind::Pull => 320,
        _ if step.name.contains("install") => 240,
        _ => 90,
    }
}

fn sample(asked: &Asked<'_>, at: u64, some: u32) -> Sample {
    Sample {
        at,
        io_some: Some(some),
        io_full: Some(some * 2 / 3),
        memory_available_bytes: Some(5 * GB),
        load: Some(140 + some / 4),
        disks: vec![DiskSample {
            name: "md2".into(),
            busy: (some + 80).min(1_000),
            await_microseconds: Some(u64::from(some) * 44),
            read_bytes: 4_000_000,
            written_bytes: u64::from(some) * 90_000,
        }],
        raid: asked.host.raid.map(Into::into).into_iter().collect(),
        blocked: if some > 700 {
            vec!["dockerd ext4_sync_file 0::/system.slice/docker.service".into()]
        } else {
            Vec::new()
        },
    }
}

fn image(asked: &Asked<'_>, lines: &[Line]) -> BuiltImage {
    let own = lines
        .iter()
        .filter(|l| l.layer_bytes > 0)
        .map(|l| (l.layer_bytes * asked.size / 100, l.name));
    let layers: Vec<Layer> = BASE_LAYERS
        .into_iter()
        .chain(own)
        .map(|(bytes, made_by)| Layer { bytes, made_by: made_by.into() })
        .collect();
    BuiltImage {
        id: format!("sha256:{}", "3c".repeat(32)),
        bytes: layers.iter().map(|l| l.bytes).sum(),
        wasted_bytes: (!asked.host.containerd).then_some(if asked.mended {
            1_200_000
        } else {
            1_154_000_000
        }),
        layer_count: 0,
        layers,
    }
}

fn start(names: &[String]) -> Run {
    let start = RunStarted {
        run: RunId::from("20261124-153012-7f3a".to_owned()),
        verb: "bench".into(),
        selection: "hetzner".into(),
        parameters: vec![
            ("rounds".into(), "3".into()),
            ("serial".into(), "bookworm,trixie".into()),
        ],
        check: false,
        hosts: names.iter().map(|h| HostName::new(h).unwrap()).collect(),
        inventory_hosts: names.len() + 2,
        fleet: "0.1.0".into(),
        by: "ops@laptop".into(),
        with: serde_json::Value::Null,
        resumes: None,
        process: None,
    };
    Run::new(start, at(0))
}

fn tell(run: &mut Run, second: i64, host: Option<&str>, what: What) {
    let host = host.map(|h| HostName::new(h).unwrap());
    run.apply(&Event { at: at(second), host, what });
}

fn probe(run: &mut Run, name: &str, host: Host) {
    let docker = DockerFacts {
        version: host.version.into(),
        builder: if host.legacy { "legacy" } else { "buildkit" }.into(),
        driver: if host.containerd { "overlayfs" } else { "overlay2" }.into(),
        containerd_store: host.containerd,
        disk: Some(Disk {
            size_bytes: 80 * GB,
            free_bytes: 41 * GB,
            inodes: 5_000_000,
            free_inodes: 4_100_000,
        }),
        ..DockerFacts::default()
    };
    let facts = Facts { user: "deploy".into(), docker: Some(docker), ..Facts::default() };
    tell(run, 0, Some(name), What::HostStarted);
    tell(run, 0, Some(name), What::Connected { milliseconds: 38 });
    tell(run, 0, Some(name), What::Probed { facts: Box::new(facts) });
    tell(run, 1, Some(name), What::StepStarted { step: "bench".into() });
}

fn measure(run: &mut Run, name: &str, metric: &str, moment: Moment, value: u64) {
    let metric = Metric { name: metric.into(), moment, value: Some(value), unit: Unit::Bytes };
    tell(run, 5_000, Some(name), What::Measured { metric });
}

fn measure_all(run: &mut Run, name: &str, mended: bool) {
    measure(run, name, "disk.size", Moment::Before, 80 * GB);
    measure(run, name, "disk.free", Moment::Before, 41_200_000_000);
    measure(
        run,
        name,
        "disk.free",
        Moment::After,
        if mended { 38_400_000_000 } else { 27_900_000_000 },
    );
    measure(run, name, "cache.bytes", Moment::Before, 2_100_000_000);
    measure(
        run,
        name,
        "cache.bytes",
        Moment::After,
        if mended { 4_100_000_000 } else { 9_700_000_000 },
    );
}

fn end(run: &mut Run, name: &str) {
    tell(
        run,
        5_400,
        Some(name),
        What::HostEnded { outcome: Outcome::Changed, problem: None, exit_status: None },
    );
}

/// Two apps on three hosts, some rounds of each scenario.
fn three(mended: bool, rounds: u32) -> Run {
    let mut run = start(&HOSTS.map(|(name, _)| name.to_owned()));
    for (name, host) in HOSTS {
        probe(&mut run, name, host);
        for (app, size) in [("shop", 100), ("billing", 58)] {
            for scenario in Scenario::ALL {
                for round in 1..=rounds {
                    let asked = Asked { name, host, app, scenario, round, mended, size };
                    let mut one = build(&asked);
                    if !mended
                        && (name, app, scenario, round) == ("trixie", "billing", Scenario::Cold, 2)
                    {
                        fail(&mut one);
                    }
                    tell(&mut run, 60, Some(name), What::Built { build: Box::new(one) });
                }
            }
        }
        measure_all(&mut run, name, mended);
        if !mended {
            let finding = Finding {
                name: "lint.recursive-chown".into(),
                text: "Dockerfile:26 chown -R copies every file below /rails into one more layer"
                    .into(),
                hint: Some("fleet lint shop --fix".into()),
            };
            tell(&mut run, 5_100, Some(name), What::Found { finding });
        }
        end(&mut run, name);
    }
    over(&mut run)
}

fn fail(build: &mut Build) {
    let lines = [
        "An error occurred while installing pg (1.5.9), and Bundler cannot continue.",
        "checking for libpq-fe.h... no",
        "Can't find the 'libpq-fe.h header",
    ];
    build.end = BuildEnd::Failed { exit_status: Some(1), lines: lines.map(Into::into).to_vec() };
    build.image = None;
    for (i, step) in build.steps.iter_mut().enumerate().skip(9) {
        let reason =
            "process \"/bin/sh -c bundle install\" did not complete successfully: exit code: 5";
        step.result = if i == 9 {
            BuildStepResult::Failed { reason: reason.into() }
        } else {
            BuildStepResult::Cut
        };
        if i > 9 {
            step.intervals.clear();
        }
    }
    build.wall_milliseconds = 131_000;
}

fn over(run: &mut Run) -> Run {
    let exit_code = run.hosts_exit_code();
    tell(run, 5_460, None, What::RunEnded { exit_code });
    run.clone()
}

/// Today's Dockerfiles on three hosts; one build fails.
pub(crate) fn before() -> Run {
    three(false, 3)
}

/// The mended Dockerfiles on the same hosts.
pub(crate) fn after() -> Run {
    three(true, 3)
}

/// Both, with as many rounds as a verdict needs.
pub(crate) fn sides() -> (Run, Run) {
    let mut after = three(true, 7);
    after.start.run = RunId::from("20261125-090000-beef".to_owned());
    (three(false, 7), after)
}

/// One host with one app, built once from cold.
pub(crate) fn single() -> Run {
    let (name, host) = HOSTS[1];
    let mut run = start(&[name.to_owned()]);
    probe(&mut run, name, host);
    let asked = Asked {
        name,
        host,
        app: "shop",
        scenario: Scenario::Cold,
        round: 1,
        mended: false,
        size: 100,
    };
    tell(&mut run, 60, Some(name), What::Built { build: Box::new(build(&asked)) });
    measure_all(&mut run, name, false);
    end(&mut run, name);
    over(&mut run)
}

/// Many hosts and apps, three rounds of every scenario, with samples.
pub(crate) fn many(hosts: usize, apps: usize) -> Run {
    let names: Vec<String> = (1..=hosts).map(|i| format!("web{i}")).collect();
    let mut run = start(&names);
    for (i, name) in names.iter().enumerate() {
        let (_, mut host) = HOSTS[i % 3];
        host.percent = host.percent + jitter(name) / 3 + if i == 12 { 90 } else { 0 };
        probe(&mut run, name, host);
        for a in 0..apps {
            let app = format!("app{}", a + 1);
            for scenario in Scenario::ALL {
                for round in 1..=3 {
                    let size = 40 + jitter(&app);
                    let asked =
                        Asked { name, host, app: &app, scenario, round, mended: a % 3 == 2, size };
                    tell(&mut run, 60, Some(name), What::Built { build: Box::new(build(&asked)) });
                }
            }
        }
        measure_all(&mut run, name, i % 3 == 2);
        end(&mut run, name);
    }
    over(&mut run)
}

/// What a host would say to break out of a page.
pub(crate) const HOSTILE: &str =
    "</script><svg onload=alert(1)>\"'&<b>]]>--><style>=cmd\u{1b}]0;x\u{7}\u{202e}\0";

/// A run in which every text of a host is [`HOSTILE`].
pub(crate) fn hostile() -> Run {
    let mut run = three(false, 3);
    let bad = || HOSTILE.to_owned();
    run.start.selection = bad();
    run.start.parameters = vec![(bad(), bad()), ("serial".into(), bad())];
    for host in &mut run.hosts {
        host.builds.iter_mut().for_each(spoil);
        if let Some(docker) = host.facts.as_mut().and_then(|f| f.docker.as_mut()) {
            docker.version = bad();
            docker.driver = bad();
        }
        host.findings = vec![Finding { name: bad(), text: bad(), hint: Some(bad()) }];
        host.problem = Some(fleet::record::Problem::new(Outcome::Failed, bad()).hint(bad()));
        host.outcome = Some(Outcome::Failed);
    }
    run
}

fn spoil(build: &mut Build) {
    let bad = || HOSTILE.to_owned();
    build.app = bad();
    build.dockerfile = bad();
    build.conditions = Conditions {
        builder: bad(),
        engine: bad(),
        store: bad(),
        log: bad(),
        commit: Some(bad()),
        ..build.conditions.clone()
    };
    if let BuildEnd::Failed { lines, .. } = &mut build.end {
        *lines = vec![bad(); 3];
    }
    for step in &mut build.steps {
        step.name = bad();
        step.stage = Some(bad());
        if matches!(step.result, BuildStepResult::Failed { .. }) {
            step.result = BuildStepResult::Failed { reason: bad() };
        }
    }
    if let Some(image) = &mut build.image {
        image.layers.iter_mut().for_each(|layer| layer.made_by = bad());
    }
    for sample in &mut build.samples {
        sample.raid = vec![bad()];
        sample.blocked = vec![bad()];
        sample.disks.iter_mut().for_each(|disk| disk.name = bad());
    }
}
