//! The template on three real engines: the same app built as many teams build it and with the
//! shipped template, and what the two images are.

use super::matrix;
use super::support::{Project, repository};
use super::{engines, inside, project, says};
use std::process::Command;

const HOSTS: [&str; 3] = ["bookworm", "trixie", "forky"];

/// Gives the hosts the base image and the app, where they lack them.
fn apps() -> String {
    let output = Command::new(repository("tests/lab/lab")).arg("apps").output().unwrap();
    assert!(output.status.success(), "lab apps: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(repository("tests/lab/inventory/apps.toml")).unwrap()
}

/// The machine's own Debian mirror, as the lab's hosts have it.
fn mirror(host: &str) -> String {
    says(host, "sed -n 's#^deb [^ ]*\\(https*://[^ ]*\\)/debian/* .*#\\1#p' /etc/apt/sources.list | head -n 1")
        .split_whitespace()
        .last()
        .unwrap_or_default()
        .to_owned()
}

/// An image that goes with the test, and with it what the old builder leaves of its stages.
struct Built {
    host: &'static str,
    tag: String,
    /// The images that were there before.
    before: String,
}

impl Drop for Built {
    fn drop(&mut self) {
        let Self { host, tag, before } = self;
        let before = before.replace('\n', " ");
        inside(
            host,
            &format!(
                "docker rmi -f {tag}; rm -rf /var/tmp/{tag}; for id in $(docker images -q --no-trunc --filter dangling=true); do \
             case '{before}' in *$id*) ;; *) docker rmi -f $id ;; esac; done"
            ),
        );
    }
}

impl Built {
    fn says(&self, script: &str) -> String {
        says(self.host, &script.replace("IMAGE", &self.tag))
    }

    /// What a program prints in a container of the image, as the image's user.
    fn runs(&self, command: &str) -> String {
        let run = "docker run --rm -e SECRET_KEY_BASE_DUMMY=1 --entrypoint sh IMAGE -c";
        self.says(&format!("{run} '{command}'"))
    }

    /// Commands and sizes of its layers, those of the base image left out.
    fn layers(&self) -> Vec<(String, String)> {
        let history = "docker history --no-trunc --format '{{.Size}}\t{{.CreatedBy}}' IMAGE";
        let lines = self.says(history);
        let all = lines.lines().filter_map(|line| line.split_once('\t'));
        let own = all.take_while(|(_, by)| !by.is_empty());
        own.filter(|(size, _)| *size != "0B").map(|(s, by)| (s.into(), by.into())).collect()
    }

    fn bytes(&self) -> u64 {
        self.says("docker image inspect -f '{{.Size}}' IMAGE").parse().unwrap()
    }
}

/// How an image is built: what the command line sets, and what stands before `docker build`.
struct How<'h> {
    name: &'h str,
    args: &'h [&'h str],
    before: &'h str,
}

/// Builds the app of a host's checkout, as its owner committed it, with the template's files.
fn build(project: &Project, host: &'static str, how: &How<'_>) -> Built {
    let tag = format!("fleet-lab-test-{}", how.name);
    let before = says(host, "docker images -aq --no-trunc");
    let built = Built { host, tag, before };
    let files = tempfile::tempdir().unwrap();
    let out = format!("{}/", files.path().display());
    let mirror = format!("apt_mirror={}", mirror(host));
    let render = ["render", "shop", "--for", host, "--set", &mirror, "-o", &out];
    project.run(&[&render[..], how.args].concat()).code(0);

    let checkout = format!(
        "rm -rf /var/tmp/{0} && mkdir /var/tmp/{0} && cd /srv/shop && \
         git -c safe.directory=/srv/shop archive HEAD | tar -x -C /var/tmp/{0}",
        built.tag
    );
    assert!(inside(host, &checkout).status.success(), "{host}: no checkout");
    let into = format!("fleet-lab-{host}:/var/tmp/{}/", built.tag);
    let copied = Command::new("docker").args(["cp", &format!("{out}."), &into]).output().unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let line = format!("cd /var/tmp/{0} && {1} docker build -t {0} . 2>&1", built.tag, how.before);
    let done = inside(host, &line);
    let log = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{host} {}:\n{log}", built.tag);
    built
}

#[test]
fn the_template_builds_on_every_engine_and_leaves_no_ownership_layer() {
    let _turn = engines();
    let project = project(&apps());
    for host in HOSTS {
        let image = |name: &'static str| {
            build(&project, host, &How { name, args: &["--template", name], before: "" })
        };
        compare(host, &image("rails-before"), &image("rails"));
    }
}

fn compare(host: &str, before: &Built, after: &Built) {
    let version = "./bin/rails runner \"puts Rails.version\"";
    for image in [before, after] {
        let answer = image.runs(version);
        let number = answer.lines().last().unwrap_or_default();
        assert!(number.starts_with(|c: char| c.is_ascii_digit()), "{host} {}: {answer}", image.tag);
        println!("{host} {}: Rails {number}, {} bytes", image.tag, image.bytes());
        for (size, by) in image.layers() {
            println!("  {size:>8}  {}", by.chars().take(110).collect::<String>());
        }
    }
    let slow = |image: &Built| {
        image.layers().iter().any(|(_, by)| by.contains("chown -R") || by.contains("chmod -R"))
    };
    assert!(slow(before) && !slow(after), "{host}");
    assert!(
        after.bytes() < before.bytes() && after.layers().len() < before.layers().len(),
        "{host}"
    );

    // What the app writes to is its own, the log may be written by its group, nothing else was touched.
    assert_eq!(after.runs("id -u; stat -c %u:%a log"), "1000\n1000:775", "{host}");
    let written = "for f in log storage tmp tmp/cache tmp/pids; do touch $f/x || echo no $f; done";
    assert_eq!(after.runs(written), "", "{host}");
    let served = "./bin/rails server -d -b 127.0.0.1 >/dev/null 2>&1; for n in 1 2 3 4 5 6 7 8 9; do sleep 1; \
         ruby -rnet/http -e \"print Net::HTTP.get_response(URI(%q(http://127.0.0.1:3000/up)), {%q(X-Forwarded-Proto) => %q(https)}).code\" 2>/dev/null && break; done";
    assert_eq!(after.runs(served), "200", "{host}");
}

#[test]
fn a_checkout_on_a_host_is_compared_with_what_the_template_makes() {
    let _turn = engines();
    let project = project(&apps());
    let all = ["diff", "--hosts", "hetzner"];
    let ran = project.run(&all).code(0).says(&["bookworm:/srv/shop/Dockerfile", "9 files differ"]);
    assert!(ran.stdout.contains("\n+FROM fleet-lab/rails:stable AS base\n"), "{}", ran.stdout);
    let cached = ran.stdout.lines().filter(|line| line.contains("--mount=type=cache"));
    assert!(cached.count() >= 2, "each host has what its builder understands:\n{}", ran.stdout);
    project.run(&[&all[..], &["--exit-code"]].concat()).code(1);

    // What a stranger put there cannot steer the terminal, and no link is followed.
    let plant = "mkdir -p /srv/planted && cd /srv/planted && printf 'FROM x\\033[2J\\nRUN \\377\\n' >Dockerfile && \
         ln -s /etc/shadow .dockerignore && mkdir bin && head -c 2000000 /dev/zero >bin/docker-entrypoint";
    assert!(inside("trixie", plant).status.success());
    std::fs::write(
        project.path().join("inventory/planted.toml"),
        "[apps.planted]\ntemplate = \"rails\"\nhosts = \"trixie\"\npath = \"/srv/planted\"\n",
    )
    .unwrap();
    let ran = project.run(&["diff", "--apps", "planted", "--hosts", "trixie"]).code(3);
    inside("trixie", "rm -rf /srv/planted");
    ran.says(&["-FROM x\\u{1b}[2J", "-RUN \\xff", "is a symbolic link", "is larger than 1 MB"])
        .never_says(&["root:"]);
}

#[test]
fn the_builder_of_each_host_decides_what_is_used() {
    let _turn = engines();
    let project = project(&apps());
    let render = |hosts: &str| project.run(&["render", "shop", "--for", hosts]).code(0).stdout;
    assert!(!render("bookworm").contains("--mount"), "the legacy builder knows no mounts");
    assert!(render("trixie").contains("--link") && render("forky").contains("--link"));
    assert_eq!(render("hetzner"), render("bookworm"), "what all of them understand");
    let pinned = ["render", "shop", "--for", "bookworm", "--set", "frontend=1.4"];
    project.run(&pinned).code(0).says(&["frontend 1.4 is set, but bookworm builds with legacy"]);
}

/// Variants whose sources a build in the lab can reach: where, the builder, what is set, and what
/// must hold in a container.
const REACHABLE: &[(&str, &str, &[&str], &str)] = &[
    ("trixie", "", &["code_owner=root"], "touch log/x tmp/cache/x && ! touch app/x"),
    ("bookworm", "", &["code_owner=root"], "touch log/x tmp/cache/x && ! touch app/x"),
    ("forky", "", &["code_owner=root"], "touch log/x tmp/cache/x && ! touch app/x"),
    ("bookworm", "DOCKER_BUILDKIT=1", &["frontend=1.2"], "test -e public/assets"),
    (
        "trixie",
        "",
        &["assets=false", "bootsnap=false", "entrypoint=false", "prepare_database=false"],
        "touch log/x && test ! -e public/assets",
    ),
    (
        "bookworm",
        "",
        &["assets=false", "bootsnap=false", "jemalloc=false", "database=none", "yjit=false"],
        "touch storage/x && test -z \"$LD_PRELOAD\"",
    ),
    (
        "trixie",
        "",
        &[
            "database=postgresql",
            "packages=tzdata,less",
            "build_packages=file",
            "port=80",
            "health_check=/up",
            "command=bundle,exec,puma",
            "env={ A = \"a \\\"b\\\" $c\", B = \"\" }",
            "labels={ \"org.example.team\" = \"shop\" }",
            "build_env={ BUILT = \"yes\" }",
            "build_args=GIT_REVISION",
            "base_instructions=ENV LANG=C.UTF-8",
            "build_instructions=RUN test \"$BUILT\" = yes && echo made >made",
            "final_instructions=RUN echo final >/final",
            "last_instructions=RUN test -e app && echo last >/last",
        ],
        "psql --version && command -v less && test \"$A\" = \"a \\\"b\\\" \\$c\" -a \"$PORT\" = 80 -a -e /final -a -e /last -a -e made",
    ),
    (
        "forky",
        "",
        &["database=mysql", "thruster=true", "workdir=/srv/app", "uid=1234", "gid=1234"],
        "command -v mysql mariadb | head -n 1 && test \"$(pwd) $(id -u)\" = \"/srv/app 1234\" && touch log/x",
    ),
];

#[test]
fn every_variant_that_can_be_built_here_is_and_the_others_are_listed() {
    let _turn = engines();
    let project = project(&apps());
    let mut rest = matrix::values();
    for (host, before, set, check) in REACHABLE {
        let args: Vec<&str> = set.iter().flat_map(|set| ["--set", set]).collect();
        let built = build(&project, host, &How { name: "variant", args: &args, before });
        let script = format!("{check} && ./bin/rails runner \"puts :runs\"");
        std::fs::write(project.path().join("check"), script).unwrap();
        let program = Command::new("docker")
            .args(["exec", "-i", &format!("fleet-lab-{host}"), "docker", "run", "--rm", "-i"])
            .args(["-e", "SECRET_KEY_BASE_DUMMY=1", "--entrypoint", "sh", &built.tag])
            .stdin(std::fs::File::open(project.path().join("check")).unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&program.stdout);
        let complained = String::from_utf8_lossy(&program.stderr);
        assert!(said.ends_with("runs\n"), "{host} {set:?}: {said}{complained}");
        println!("built on {host} {before}: {}", set.join(" "));
        rest.retain(|value| !set.contains(&value.replace('"', "").replace(" = ", "=").as_str()));
    }
    println!("not built here beyond the defaults: {}", rest.join(", "));
}
