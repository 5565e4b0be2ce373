use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// An app's folder with these files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn rails() -> Template {
    Template::load(Path::new(env!("CARGO_MANIFEST_DIR")), "rails").unwrap()
}

fn scanned(files: &[(&str, &str)]) -> Scan {
    scan(tree(files).path(), &rails()).unwrap()
}

/// Each fact as `name = value  # places`.
fn facts(scan: &Scan) -> Vec<String> {
    let text = table(scan, "shop", "/shop", "rails");
    let vars = text.split("[apps.shop.vars]\n").nth(1).unwrap();
    let plain = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    vars.lines().take_while(|line| !line.is_empty()).map(plain).collect()
}

/// Everything else that is told, as a person reads it.
fn rest(scan: &Scan) -> String {
    let text = table(scan, "shop", "/shop", "rails");
    text.split("To decide")
        .nth(1)
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn lock(gems: &[&str]) -> String {
    let rows: Vec<String> = gems.iter().map(|gem| format!("    {gem} (1.0)\n")).collect();
    let rows = rows.concat();
    format!(
        "GEM\n  remote: https://rubygems.org/\n  specs:\n    bootsnap (1.0)\n    propshaft (1.0)\n    railties (8.0)\n{rows}"
    )
}

type File<'f> = (&'f str, &'f str);

#[test]
fn every_file_is_told_as_the_variables_that_it_means() {
    let sqlite = lock(&["sqlite3"]);
    let cases: &[(&[File<'_>], &[&str])] = &[
        (&[(".ruby-version", "ruby-3.4.5\n")], &["ruby_version = \"3.4.5\" # .ruby-version:1"]),
        (
            &[(".tool-versions", "nodejs 22.1.0\nruby 3.3.6\n")],
            &["ruby_version = \"3.3.6\" # .tool-versions:2"],
        ),
        (
            &[("Gemfile", "ruby file: '.ruby-version'\n"), (".ruby-version", "3.4.5")],
            &[
                "ruby_version = \"3.4.5\" # .ruby-version:1",
                "gem_files = [\".ruby-version\"] # Gemfile:1",
            ],
        ),
        (&[("Gemfile", "source 'x'\nruby \"3.2.2\"\n")], &["ruby_version = \"3.2.2\" # Gemfile:2"]),
        (&[("vendor/cache/rack-3.0.gem", "")], &["gems = \"vendored\" # vendor/cache"]),
        (
            &[("package.json", "{\"engines\":{\"node\":\"20.x\"}}"), ("yarn.lock", "")],
            &[
                "javascript = \"yarn\" # yarn.lock",
                "node_version = \"20-slim\" # package.json (engines.node)",
            ],
        ),
        (
            &[
                ("package.json", "{\"packageManager\":\"pnpm@9.15.0+sha512.abc\"}"),
                ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"),
                (".nvmrc", "lts/jod\n"),
                (".npmrc", ""),
            ],
            &[
                "javascript = \"pnpm\" # pnpm-lock.yaml",
                "node_version = \"jod-slim\" # .nvmrc",
                "pnpm_version = \"9.15.0\" # package.json (packageManager)",
                "node_files = [\".npmrc\"] # .npmrc",
            ],
        ),
        (
            &[("package.json", "{}"), ("pnpm-lock.yaml", "lockfileVersion: '6.0'\n")],
            &[
                "javascript = \"pnpm\" # pnpm-lock.yaml",
                "pnpm_version = \"8\" # pnpm-lock.yaml:1 (lockfileVersion)",
            ],
        ),
        (
            &[("package.json", "{}"), ("bun.lock", "{}"), (".bun-version", "1.1.38\n")],
            &[
                "javascript = \"bun\" # bun.lock",
                "bun_image = \"docker.io/oven/bun:1.1.38\" # .bun-version",
            ],
        ),
        (
            &[(
                "config/database.yml",
                "d: &d\n  adapter: mysql2\nproduction:\n  <<: *d\n  password: <%= x %>\n",
            )],
            &["database = \"mysql\" # config/database.yml:2"],
        ),
        (
            &[(
                "config/database.yml",
                "production:\n  cache:\n    adapter: sqlite3\n  primary:\n    adapter: postgis\n",
            )],
            &["database = \"postgresql\" # config/database.yml:5"],
        ),
        (
            &[
                ("config/database.yml", "production:\n  url: <%= ENV['DATABASE_URL'] %>\n"),
                (
                    "Gemfile.lock",
                    "GEM\n  specs:\n    bootsnap (1)\n    pg (1)\n    propshaft (1)\n    railties (8)\n",
                ),
            ],
            &["database = \"postgresql\" # Gemfile.lock:4 (pg)"],
        ),
        (
            &[(
                "config/deploy.yml",
                "proxy:\n  app_port: 8080\nbuilder:\n  args:\n    GIT_REV: <%= `x` %>\n    RUBY_VERSION: 3\n  secrets:\n    - BUNDLE_GEMS__EXAMPLE__COM\n",
            )],
            &[
                "private_gem_hosts = [\"gems.example.com\"] # config/deploy.yml:8 (builder.secrets)",
                "port = 8080 # config/deploy.yml:2 (proxy.app_port)",
                "build_args = [\"GIT_REV\"] # config/deploy.yml:5 (builder.args)",
            ],
        ),
        (
            &[("Gemfile.lock", "GEM\n  specs:\n    rails (8)\n    sqlite3 (2)\n")],
            &[
                "bootsnap = false # Gemfile.lock (no bootsnap)",
                "assets = false # Gemfile.lock (no asset pipeline)",
            ],
        ),
    ];
    for (files, expected) in cases {
        let mut all = vec![("Gemfile", "gem 'rails'\n"), ("Gemfile.lock", sqlite.as_str())];
        all.extend_from_slice(files);
        assert_eq!(facts(&scanned(&all)), *expected, "{files:?}");
    }
}

#[test]
fn gems_bring_their_packages() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["sqlite3", "nokogiri"], &[]),
        (
            &["image_processing", "ruby-vips", "sqlite3", "mini_magick"],
            &["packages = [\"libvips\"] # Gemfile.lock:8 (ruby-vips)"],
        ),
        (
            &["rmagick", "sqlite3"],
            &[
                "packages = [\"imagemagick\"] # Gemfile.lock:7 (rmagick)",
                "build_packages = [\"libmagickwand-dev\"] # Gemfile.lock:7 (rmagick)",
            ],
        ),
        (
            &["pg", "trilogy"],
            &[
                "database = \"postgresql\" # Gemfile.lock:7 (pg)",
                "packages = [\"libmariadb3\"] # Gemfile.lock:8 (trilogy)",
                "build_packages = [\"default-libmysqlclient-dev\"] # Gemfile.lock:8 (trilogy)",
            ],
        ),
        (&["execjs", "sqlite3"], &["build_packages = [\"nodejs\"] # Gemfile.lock:7 (execjs)"]),
        (&["execjs", "mini_racer", "sqlite3"], &[]),
    ];
    for (gems, expected) in cases {
        let found = facts(&scanned(&[("Gemfile", ""), ("Gemfile.lock", &lock(gems))]));
        assert_eq!(found, *expected, "{gems:?}");
    }
}

const DOCKERFILE: &str = "\
# syntax=docker/dockerfile:1
ARG RUBY_VERSION=3.4.5
FROM registry.docker.com/library/ruby:$RUBY_VERSION-slim-bookworm AS base
WORKDIR /app
RUN apt-get update -qq && \\
    apt-get install --no-install-recommends -y curl libjemalloc2 libvips -t bookworm postgresql-client && \\
    rm -rf /var/lib/apt/lists
FROM base AS build
RUN apt-get update -qq && apt-get install -y build-essential git libpq-dev node-gyp libmagickwand-dev
COPY . .
FROM base
RUN groupadd --system --gid 2000 deploy && useradd deploy --uid 2000 --gid 2000
USER deploy
ENTRYPOINT [\"/app/bin/docker-entrypoint\"]
EXPOSE 8080/tcp
CMD [\"bundle\", \"exec\", \"puma\"]
";

#[test]
fn a_dockerfile_tells_what_gems_do_not() {
    let pg = lock(&["pg"]);
    let files = [("Gemfile", ""), ("Gemfile.lock", &pg), ("Dockerfile", DOCKERFILE)];
    let expected = [
        "ruby_version = \"3.4.5\" # Dockerfile:3",
        "variant = \"slim-bookworm\" # Dockerfile:3",
        "database = \"postgresql\" # Gemfile.lock:7 (pg)",
        "packages = [\"curl\", \"libvips\"] # Dockerfile:5",
        "build_packages = [\"node-gyp\", \"libmagickwand-dev\"] # Dockerfile:9",
        "user = \"deploy\" # Dockerfile:13",
        "uid = 2000 # Dockerfile:12",
        "gid = 2000 # Dockerfile:12",
        "workdir = \"/app\" # Dockerfile:4",
        "port = 8080 # Dockerfile:15",
        "command = [\"bundle\", \"exec\", \"puma\"] # Dockerfile:16",
    ];
    assert_eq!(facts(&scanned(&files)), expected);
}

#[test]
fn what_cannot_be_told_is_left_to_decide() {
    let cases: &[(&[File<'_>], &[&str])] = &[
        (
            &[(".ruby-version", "jruby-9.4\n")],
            &["# .ruby-version:1: decide ruby_version: `jruby-9.4`"],
        ),
        (&[("Gemfile", "ruby '~> 3.4.1'")], &["# ruby_version = \"3.4\" # Gemfile:1: decide"]),
        (
            &[(".ruby-version", "3.4.5"), ("Gemfile", "ruby '3.3.1'")],
            &["# ruby_version = \"3.3.1\" # Gemfile:1: .ruby-version:1 says otherwise"],
        ),
        (&[("package.json", "{}")], &["# javascript = \"npm\" # package.json: decide"]),
        (
            &[("package.json", "{}"), ("yarn.lock", ""), ("bun.lock", "")],
            &["# javascript = \"bun\" # bun.lock: decide: yarn.lock"],
        ),
        (
            &[(
                "Gemfile.lock",
                "GEM\n  remote: https://gems.example.com/\n  specs:\n    pg (1)\nPLATFORMS\n  arm64-darwin\n",
            )],
            &[
                "# private_gem_hosts = [\"gems.example.com\"] # Gemfile.lock:2: decide",
                "Gemfile.lock:5: names no Linux: bundle lock --add-platform x86_64-linux",
                "rails is not among the gems",
            ],
        ),
        (
            &[("Dockerfile", "FROM acme/base:1\nRUN echo\n")],
            &[
                "# base_image = \"acme/base:1\" # Dockerfile:1: decide",
                "Dockerfile (no USER): runs as root now",
            ],
        ),
        (
            &[("Dockerfile", "FROM ruby:3.4-alpine\nCMD exec puma -C $X\nEXPOSE 80 443\n")],
            &[
                "Dockerfile:1: builds on Alpine",
                "# command = [\"sh\", \"-c\", \"exec puma -C $X\"] # Dockerfile:2: decide",
                "Dockerfile:3: decide port: it exposes 80 443",
            ],
        ),
        (
            &[("config/routes.rb", "get \"up\" => \"rails/health#show\"\n")],
            &["# health_check = \"/up\" # config/routes.rb:1: decide"],
        ),
        (
            &[(
                "config/deploy.yml",
                "image: acme/shop\nproxy:\n  ssl: true\nbuilder:\n  arch: amd64\n  remote: ssh://docker@build1\n",
            )],
            &[
                "# port = 80 # config/deploy.yml:3 (proxy): decide: Kamal's proxy asks at this port",
                "# platform = \"linux/amd64\" # config/deploy.yml:5 (builder.arch): decide",
                "Kamal pushes docker.io/acme/shop",
                "Kamal builds on ssh://docker@build1",
            ],
        ),
        (
            &[("bin/docker-entrypoint", "#!/bin/bash\nexec \"$@\"\n")],
            &["bin/docker-entrypoint: the template's takes its place"],
        ),
    ];
    for (files, expected) in cases {
        let mut all = vec![("Gemfile", "")];
        all.extend_from_slice(files);
        let told = rest(&scanned(&all));
        for words in *expected {
            assert!(told.contains(words), "{words}\n{told}");
        }
    }
}

#[test]
fn the_name_is_kamals_or_the_modules_or_the_folders() {
    let deploy = (
        "config/deploy.yml",
        "service: shop-web\nservers:\n  web:\n    hosts: [203.0.113.1]\n  job:\n    - 203.0.113.2: tag\n",
    );
    let module = ("config/application.rb", "module MyShop\n");
    let scan = scanned(&[deploy, module]);
    assert_eq!(scan.name.0, "shop-web");
    assert_eq!(scan.servers.unwrap().0, ["203.0.113.1", "203.0.113.2"]);
    assert_eq!(scanned(&[module]).name.0, "my_shop");
    let hostile = ("config/deploy.yml", "service: \"a]\\nb\"\n");
    assert_eq!(scanned(&[hostile, module]).name.0, "my_shop");
    assert!(is_name(&scanned(&[("Gemfile", "")]).name.0));
}

#[test]
fn broken_files_are_named_and_the_rest_is_told() {
    let scan = scanned(&[
        ("Gemfile", ""),
        ("Gemfile.lock", &lock(&["pg"])),
        ("package.json", "{\n  nonsense"),
        ("yarn.lock", ""),
        ("config/database.yml", "production: [\n"),
        ("config/deploy.yml", "service: <%= x\n"),
        ("Dockerfile", "FROM ruby:3.4.5-slim\nNONSENSE\nUSER 2000\n"),
    ]);
    let problems: Vec<_> = scan.problems.iter().map(ToString::to_string).collect();
    let begin = [
        "config/database.yml:",
        "package.json:2:3: is not JSON",
        "config/deploy.yml:1: `<%`",
        "Dockerfile:2:",
    ];
    assert_eq!(problems.len(), begin.len(), "{problems:?}");
    for (problem, begin) in problems.iter().zip(begin) {
        assert!(problem.starts_with(begin), "{problems:?}");
    }
    assert_eq!(
        facts(&scan)[..3],
        [
            "ruby_version = \"3.4.5\" # Dockerfile:1",
            "javascript = \"yarn\" # yarn.lock",
            "database = \"postgresql\" # Gemfile.lock:7 (pg)",
        ]
    );
}

#[test]
fn nothing_outside_of_the_folder_is_read_and_nothing_without_limit() {
    let outside = tree(&[("secret", "ruby-3.3.3\n")]);
    let app = tree(&[
        ("Gemfile", ""),
        ("config/deploy.yml", "builder:\n  dockerfile: ../../secret\n"),
        ("v", "3.4.5"),
    ]);
    symlink(outside.path().join("secret"), app.path().join(".ruby-version")).unwrap();
    symlink(outside.path(), app.path().join("vendor")).unwrap();
    symlink("v", app.path().join(".node-version")).unwrap();
    fs::write(app.path().join("package.json"), vec![b' '; (4 << 20) + 1]).unwrap();
    fs::write(app.path().join("yarn.lock"), "").unwrap();
    fs::write(app.path().join("Gemfile.lock"), b"GEM\n\xff").unwrap();
    let pipe = app.path().join(".tool-versions");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let scan = scan(app.path(), &rails()).unwrap();
    let mut problems: Vec<_> = scan.problems.iter().map(ToString::to_string).collect();
    problems.sort();
    assert_eq!(
        problems,
        [
            "../../secret: leads out of the app's folder",
            ".ruby-version: is a link that leads out of the app's folder",
            ".tool-versions: is not a plain file",
            "Gemfile.lock:2: is not UTF-8",
            "package.json: is larger than 4 MB",
        ]
    );
    assert!(facts(&scan).is_empty(), "{:?}", facts(&scan));
}

#[test]
fn a_list_without_end_is_cut_and_still_fits() {
    use std::fmt::Write as _;
    let mut text = String::from("FROM ruby:3.4\nUSER 1000\nRUN apt-get install");
    (0..500).for_each(|n| write!(text, " package{n}").unwrap());
    (0..500).for_each(|n| write!(text, "\nRUN apt-get install \"P{n}\"").unwrap());
    let scan = scanned(&[("Gemfile", ""), ("Dockerfile", &text)]);
    let packages = scan.facts.iter().find(|fact| fact.variable == "packages").unwrap();
    assert_eq!(packages.value.as_array().unwrap().len(), 100);
    assert_eq!(scan.open.len(), 200);
}

#[test]
fn what_is_no_app_is_said_to_be_none() {
    let empty = tempfile::tempdir().unwrap();
    let error = scan(empty.path(), &rails()).unwrap_err();
    assert!(matches!(error, ScanError::NoApp(_)) && error.to_string().contains("no Rails app"));
    let error = scan(&empty.path().join("gone"), &rails()).unwrap_err();
    assert!(matches!(error, ScanError::Folder { .. }), "{error}");
}

/// Files that readers look at.
const FILES: [&str; 12] = [
    ".ruby-version",
    ".tool-versions",
    "Gemfile",
    "Gemfile.lock",
    "package.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "config/database.yml",
    "config/deploy.yml",
    "config/routes.rb",
    "config/application.rb",
    "Dockerfile",
];

/// Pieces that readers look for.
const PIECES: [&str; 40] = [
    "\n",
    " ",
    "  ",
    "    ",
    "\"",
    "'",
    "#",
    ":",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "<%=",
    "%>",
    "<<: *a",
    "&a",
    "\u{1b}[2J",
    "\u{202e}",
    "${",
    "$X",
    "GEM\n",
    "remote: ",
    "ruby ",
    "gem ",
    "ruby-3.4",
    "production:\n",
    "adapter: ",
    "service: ",
    "servers:\n",
    "builder:\n",
    "args:\n",
    "module ",
    "FROM ruby:3-",
    "RUN apt-get install ",
    "USER ",
    "EXPOSE ",
    "CMD ",
    "rails/health#show",
    "\u{feff}",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        2 => "[a-zA-Z0-9._/@=-]{1,12}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_make_a_table_that_loads_and_renders(
        files in prop::collection::vec(
            (prop::sample::select(&FILES[..]), prop::collection::vec(piece(), 0..40)), 0..8)
    ) {
        let app = tree(&[("Gemfile", ""), ("config/x", "")]);
        for (path, pieces) in &files {
            fs::write(app.path().join(path), pieces.concat()).unwrap();
        }
        let template = rails();
        let scan = scan(app.path(), &template).unwrap();
        let text = table(&scan, &scan.name.0, "/shop", "rails");
        let unsafe_char = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
        prop_assert!(!text.contains(unsafe_char), "{text:?}");
        prop_assert!(!json(&scan, &scan.name.0, "/shop", "rails").contains(unsafe_char));
        let toml: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        let vars = toml["apps"][&scan.name.0]["vars"].as_table().unwrap().clone();
        let values = template.check(&vars.into_iter().collect()).unwrap_or_else(|faults| panic!("{faults:?}\n{text}"));
        template.render("shop", &values).unwrap();
    }
}
