//! Wrong input is shown with its place and the next thing to do, before anything is contacted.

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use support::{Project, Ran};

const HOSTS: &str = "[defaults]\nuser = \"deploy\"\n[hosts.web1]\naddress = \"203.0.113.1\"\ngroups = [\"web\"]\n[hosts.web2]\naddress = \"203.0.113.2\"\ngroups = [\"web\"]\n";

#[test]
fn mistakes_in_the_inventory_have_a_place_and_a_hint() {
    let cases: [(&str, &[&str]); 6] = [
        (
            "[hosts.web1]\nadress = \"203.0.113.1\"\n",
            &["inventory/hosts.toml:2:1", "adress", "address"],
        ),
        ("[hosts.web1]\nport = \"22\"\n", &["inventory/hosts.toml:2:", "port"]),
        ("[hosts.web1]\n[hosts.\"web[1:2]\"]\n", &["inventory/hosts.toml", "web1"]),
        (
            "[groups.a]\nchildren = [\"b\"]\n[groups.b]\nchildren = [\"a\"]\n[hosts.x]\ngroups = [\"a\"]\n",
            &["a", "b"],
        ),
        (
            "[groups.all-web]\nchildren = [\"wbe\"]\n[hosts.x]\ngroups = [\"web\"]\n",
            &["wbe", "web"],
        ),
        ("[hosts.x]\naddress = \"-oProxyCommand=id\"\n", &["inventory/hosts.toml:2:"]),
    ];
    for (text, words) in cases {
        let ran = Project::new(text).run(&["hosts"]).code(2).says(words);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn bad_utf8_and_a_world_writable_file_are_refused() {
    let project = Project::new(HOSTS);
    let file = project.path().join("inventory/hosts.toml");
    fs::write(&file, b"[hosts.a]\naddress = \"\xff\"\n").unwrap();
    project.run(&["hosts"]).code(2).says(&["inventory/hosts.toml:2:12"]);
    fs::write(&file, HOSTS).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    project.run(&["hosts"]).code(2).says(&["chmod"]);
}

#[test]
fn a_selection_that_means_nothing_is_shown_with_the_nearest_name() {
    let project = Project::new(HOSTS);
    project.run(&["ping", "--hosts", "wbe1"]).code(2).says(&["wbe1", "web1"]);
    project.run(&["cleanup", "--hosts", "web:!web"]).code(2).says(&["no hosts matched"]);
    project.run(&["exec", "--hosts", "@failed", "--", "true"]).code(2);
    project.run(&["exec", "--hosts", "~[", "--", "true"]).code(2);
    project.run(&["exec", "--hosts", "web[1-12]", "--", "true"]).code(2).says(&["[1:100]"]);
}

#[test]
fn a_folder_that_is_not_there_is_not_looked_past() {
    let project = Project::new(HOSTS);
    let missing = project.path().join("no/such/folder");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fleet"));
    let output = command.arg("-C").arg(missing).arg("hosts").output().unwrap();
    Ran::of(&output).code(2).says(&["no folder"]);
}

#[test]
fn a_result_that_cannot_be_written_is_told() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Project::new(HOSTS).command(&["hosts", "--json"]).stdout(full).output().unwrap();
    Ran::of(&output).code(9).says(&["standard output: No space left"]);
}

#[test]
fn no_project_at_all_says_how_to_begin() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fleet"));
    let output = command.arg("-C").arg(empty.path()).arg("hosts").output().unwrap();
    Ran::of(&output).code(2).says(&["inventory"]);
}

#[test]
fn a_changing_verb_without_a_terminal_needs_yes_and_contacts_nobody() {
    let project = Project::new(HOSTS);
    let started = std::time::Instant::now();
    project.run(&["cleanup", "--hosts", "all"]).code(6).says(&["--check", "--yes"]);
    assert!(started.elapsed().as_secs() < 5, "it waited for somebody");
    assert!(!project.path().join(".fleet/history.sqlite3").exists(), "a run was begun");
}

#[test]
fn wrong_flags_and_parameters_are_usage_errors() {
    let project = Project::new(HOSTS);
    for args in [
        &["cleanup", "--hosts", "all", "--yes", "--keep", "soon"][..],
        &["cleanup", "--hosts", "all", "--yes", "--only", "dangling"],
        &["cleanup", "--hosts", "all", "--yes", "--batch", "0"],
        &["cleanup", "--hosts", "all", "--yes", "--max-fail", "x"],
        &["exec", "--hosts", "all"],
        &["ping", "--forks", "0"],
        &["fly"],
    ] {
        project.run(args).code(2);
    }
    project.run(&["cleanup", "--hosts", "all", "--yes", "--only", "dangling"]).says(&[
        "phases: measure, stop-containers, stopped-containers, dangling-images, build-cache",
    ]);
}

#[test]
fn key_files_are_checked_before_any_connection() {
    let project = Project::new(&format!(
        "{HOSTS}[hosts.web3]\naddress = \"203.0.113.3\"\nidentity_file = \"key\"\n"
    ));
    project.run(&["ping", "--hosts", "web3"]).code(2).says(&["key", "identity_file"]);
    fs::write(project.path().join("key"), "no key").unwrap();
    fs::set_permissions(project.path().join("key"), fs::Permissions::from_mode(0o644)).unwrap();
    project.run(&["ping", "--hosts", "web3"]).code(2).says(&["chmod 600"]);
    fs::set_permissions(project.path().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    project.run(&["ping", "--hosts", "web3"]).code(2);
}

#[test]
fn an_encrypted_key_without_a_terminal_says_what_to_do() {
    let project = Project::new(
        "[hosts.a]\naddress = \"203.0.113.3\"\nuser = \"u\"\nidentity_file = \"key\"\n",
    );
    let key = project.path().join("key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "secret-passphrase", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(made.success());
    project
        .run(&["ping"])
        .code(2)
        .says(&["encrypted", "ssh-add"])
        .never_says(&["secret-passphrase"]);
}

#[test]
fn hosts_are_listed_explained_and_given_as_json() {
    let project = Project::new(HOSTS);
    let listed = project.run(&["hosts"]).code(0);
    assert!(listed.stdout.contains("deploy@203.0.113.1") && listed.stdout.contains("web2"));
    assert_eq!(listed.stderr, "");
    project
        .run(&["hosts", "web1", "--explain"])
        .code(0)
        .says(&["inventory/hosts.toml:2 (defaults)"]);
    let json = project.run(&["hosts", "--json"]).code(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema"], "fleet.hosts/1");
    assert_eq!(value["hosts"][0]["user"], "deploy");
}

#[test]
fn help_version_completions_and_manual_go_to_standard_output() {
    let project = Project::new(HOSTS);
    for args in [
        &["--help"][..],
        &["--version"],
        &["cleanup", "--help"],
        &["completions", "bash"],
        &["completions", "fish"],
        &["man"],
    ] {
        let ran = project.run(args).code(0);
        assert!(!ran.stdout.is_empty());
        assert_eq!(ran.stderr, "");
    }
    project.run(&["cleanup", "--help"]).says(&[
        "dangling-images",
        "--check",
        "--batch",
        "--max-fail",
    ]);
}

#[test]
fn an_empty_history_is_no_error_and_an_unknown_run_is() {
    let project = Project::new(HOSTS);
    project.run(&["history"]).code(0);
    project.run(&["report"]).code(2);
    project.run(&["history", "show", "nonsense"]).code(2);
}

#[test]
fn a_damaged_history_is_named_and_nothing_is_contacted() {
    let project = Project::new(HOSTS);
    let folder = project.path().join(".fleet");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let file = folder.join("history.sqlite3");
    fs::write(&file, vec![0x55; 8192]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    project.run(&["ping"]).code(9).says(&["history.sqlite3"]);
}

const APPS: &str = "[hosts.web1]\n[hosts.web2]\n[apps.shop]\ntemplate = \"rails\"\nhosts = \"all\"\nrepo = \"shop\"\nvars = { ruby_version = \"3.4.5\", packages = [\"libvips\"] }\n";

#[test]
fn mistakes_in_variables_name_file_line_and_app() {
    let cases: [(&str, &str, &[&str]); 5] = [
        ("port = 80", "port = \"x\"", &["inventory/hosts.toml:7:", "app `shop`", "a whole number"]),
        (
            "port = 80",
            "prot = 80",
            &["inventory/hosts.toml:7:", "app `shop`", "did you mean `port`"],
        ),
        ("port = 80", "ruby_version = 3.4", &["inventory/hosts.toml:7:", "\"3.4\""]),
        ("port = 80", "packages = [\"a;id\"]", &["inventory/hosts.toml:7:", "`a;id`"]),
        ("rails", "reils", &["app shop", "there is no such template", "rails"]),
    ];
    let good = APPS.replace("ruby_version = \"3.4.5\", packages = [\"libvips\"]", "port = 80");
    Project::new(&good).run(&["render", "shop"]).code(0);
    for (from, to, words) in cases {
        let ran =
            Project::new(&good.replace(from, to)).run(&["render", "shop"]).code(2).says(words);
        assert_eq!(ran.stdout, "");
    }
    let group = "[groups.web]\nvars = { port = true }\n";
    let on_group =
        APPS.replace("[hosts.web1]", &format!("{group}[hosts.web1]\ngroups = [\"web\"]"));
    Project::new(&on_group.replace("\"all\"", "\"web1\"")).run(&["diff"]).code(2).says(&[
        "inventory/hosts.toml:2:",
        "app `shop`",
        "`port` must be a whole number",
    ]);
}

#[test]
fn what_the_command_line_sets_covers_all_and_its_mistakes_are_named() {
    let project = Project::new(APPS);
    let ran = project.run(&["render", "shop", "--set", "ruby_version=3.3"]).code(0);
    assert!(ran.stdout.contains("ruby:3.3-slim") && ran.stdout.contains("libvips"));
    assert_eq!(ran.stderr, "");
    for (set, word) in [
        ("port=x", "--set port: `x` is not a whole number"),
        ("prot=80", "did you mean `port`?"),
        ("database=oracle", "write one of: none, sqlite"),
        ("port", "KEY=VALUE"),
    ] {
        project.run(&["render", "shop", "--set", set]).code(2).says(&[word]);
    }
    project.run(&["render", "shpo"]).code(2).says(&["shop"]);
}

#[test]
fn hosts_that_do_not_agree_must_be_chosen_from() {
    let text = APPS.replace("[hosts.web1]", "[hosts.web1]\nvars = { jemalloc = false }");
    let project = Project::new(&text);
    project.run(&["render", "shop"]).code(2).says(&["`jemalloc`", "web1 and web2", "--for HOST"]);
    project.run(&["render", "shop", "--set", "jemalloc=true"]).code(0);
}

#[test]
fn files_are_written_whole_and_never_over_what_differs() {
    let project = Project::new(APPS);
    let shop = project.path().join("shop");
    let into = format!("{}/", shop.display());
    let render = ["render", "shop", "-o", &into];
    project.run(&render).code(0).says(&["wrote", "bin/docker-entrypoint"]);
    let program = fs::metadata(shop.join("bin/docker-entrypoint")).unwrap();
    assert_ne!(program.permissions().mode() & 0o111, 0);
    project.run(&["render", "shop", "-o", "shop"]).code(0).says(&["unchanged"]);
    fs::write(shop.join("Dockerfile"), "FROM mine\n").unwrap();
    fs::remove_file(shop.join(".dockerignore")).unwrap();
    project.run(&render).code(2).says(&["Dockerfile differs", "--force"]);
    assert_eq!(fs::read_to_string(shop.join("Dockerfile")).unwrap(), "FROM mine\n");
    assert!(!shop.join(".dockerignore").exists(), "nothing is written when one differs");
    project.run(&[&render[..], &["--force"]].concat()).code(0).says(&["overwrote"]);
    let left: Vec<_> = fs::read_dir(&shop).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    fs::remove_file(shop.join("Dockerfile")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", shop.join("Dockerfile")).unwrap();
    project.run(&[&render[..], &["--force"]].concat()).code(2).says(&["not a plain file"]);
}

#[test]
fn a_repository_is_compared_with_what_the_template_makes() {
    let project = Project::new(APPS);
    project.run(&["diff"]).code(3).says(&["no folder"]);
    let shop = project.path().join("shop");
    fs::create_dir(&shop).unwrap();
    let ran =
        project.run(&["diff"]).code(0).says(&["3 files differ, 0 as rendered", "--- /dev/null"]);
    assert!(ran.stdout.contains("\n+FROM docker.io/library/ruby:3.4.5-slim AS base\n"));
    project.run(&["diff", "--exit-code"]).code(1);
    project.run(&["render", "shop", "-o", shop.to_str().unwrap()]).code(0);
    let same = project.run(&["diff", "--exit-code"]).code(0);
    assert_eq!(same.stdout, "");
    let other = ["diff", "--set", "ruby_version=3.3", "--color", "always"];
    project.run(&other).code(0).says(&["\u{1b}[32m+FROM docker.io/library/ruby:3.3-slim AS base"]);
    project.run(&["diff", "--hosts", "web1"]).code(2).says(&["has no `path`"]);
}

#[test]
fn apps_are_listed_explained_and_given_as_json() {
    let project = Project::new(
        &APPS.replace("web2]", "web2]\n[apps.old]\ntemplate = \"gone\"\nhosts = \"web1\""),
    );
    let listed = project.run(&["apps"]).code(0).says(&["shop", "rails 1.0.0", "web[1:2]"]);
    assert!(listed.stdout.contains("gone (broken)") && listed.stderr.is_empty());
    project
        .run(&["apps", "shop", "--explain"])
        .code(0)
        .says(&["vars.ruby_version = \"3.4.5\" (inventory/hosts.toml:10 (app shop))"]);
    let json = project.run(&["apps", "--json"]).code(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema"], "fleet.apps/1");
    assert_eq!(value["apps"][1]["template_version"], "1.0.0");
    assert!(value["apps"][0]["template_problem"].is_string());
}

#[test]
fn a_benchmark_that_cannot_be_is_refused_before_anything_is_contacted() {
    let project = Project::new(HOSTS);
    let apps = "[apps.shop]\ntemplate = \"rails\"\nhosts = \"web\"\npath = \"/srv/shop\"\n\
        [apps.lost]\ntemplate = \"rails\"\nhosts = \"web\"\n";
    fs::write(project.path().join("inventory/apps.toml"), apps).unwrap();
    for (args, words) in [
        (&["--apps", "shpo"][..], &["shpo", "shop"][..]),
        (&["--apps", "lost"], &["app lost has no checkout", "`path`"]),
        (&["--apps", "shop", "--runs", "0"], &["--runs"]),
        (&["--apps", "shop", "--scenario", "cold,hot"], &["cold, warm or edit"]),
        (&["--apps", "shop", "--label", "a b"], &["--label"]),
        (&["--apps", "shop", "--label", "last"], &["always means the last run"]),
        (&["--apps", "shop", "--dockerfile", "no/such"], &["no/such"]),
        (&["--apps", "shop", "--dockerfile", "rials"], &["rials"]),
        (&["--apps", "shop", "--interleave", "rails,rails"], &["rails twice"]),
        (&["--apps", "shop", "--interleave", "rails", "--dockerfile", "repo"], &["--dockerfile"]),
        (&["--apps", "shop", "--hosts", "web3"], &["web3"]),
    ] {
        let ran = project.run(&[&["bench"], args].concat()).code(2).says(words);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    let other = format!("{HOSTS}[hosts.db1]\naddress = \"203.0.113.3\"\n");
    fs::write(project.path().join("inventory/hosts.toml"), other).unwrap();
    let ran = project.run(&["bench", "--apps", "shop", "--hosts", "db1"]);
    ran.code(2).says(&["none of these hosts builds shop", "fleet apps"]);
}

/// Files of an app as `rails new` makes them, with what a scan finds in them.
const SHOP: [(&str, &str); 7] = [
    (".ruby-version", "ruby-3.4.5\n"),
    ("Gemfile", "source \"https://rubygems.org\"\nruby file: \".ruby-version\"\ngem \"rails\"\n"),
    (
        "Gemfile.lock",
        "GEM\n  remote: https://rubygems.org/\n  specs:\n    bootsnap (1.18.4)\n    pg (1.5.9)\n    propshaft (1.1.0)\n    rails (8.0.1)\n    ruby-vips (2.2.2)\n\nPLATFORMS\n  x86_64-linux\n",
    ),
    (
        "config/application.rb",
        "module Shop\n  class Application < Rails::Application\n  end\nend\n",
    ),
    (
        "config/database.yml",
        "default: &default\n  adapter: postgresql\n  pool: <%= ENV.fetch(\"P\") { 5 } %>\nproduction:\n  <<: *default\n",
    ),
    (
        "config/routes.rb",
        "Rails.application.routes.draw do\n  get \"up\" => \"rails/health#show\"\nend\n",
    ),
    ("config/deploy.yml", "service: shop\nservers:\n  - 203.0.113.10\nproxy:\n  app_port: 8080\n"),
];

fn write_shop(folder: &std::path::Path) {
    for (path, text) in SHOP {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn a_scanned_app_is_written_loaded_and_rendered() {
    let project = Project::new(HOSTS);
    let shop = project.path().join("shop");
    write_shop(&shop);
    let ran = project.run(&["app", "scan", "shop"]).code(0).says(&[
        "[apps.shop] # config/deploy.yml:1 (service)",
        "it runs on 203.0.113.10",
        "ruby_version = \"3.4.5\" # .ruby-version:1",
        "gem_files = [\".ruby-version\"] # Gemfile:2",
        "database = \"postgresql\" # config/database.yml:2",
        "packages = [\"libvips\"] # Gemfile.lock:8 (ruby-vips)",
        "port = 8080 # config/deploy.yml:5 (proxy.app_port)",
        "# health_check = \"/up\"",
    ]);
    assert_eq!(ran.stderr, "");
    let write = ["app", "scan", "shop", "-o", "inventory/shop.toml"];
    assert_eq!(project.run(&write).code(0).says(&["wrote"]).stdout, "");
    let written = fs::read_to_string(project.path().join("inventory/shop.toml")).unwrap();
    assert_eq!(written, ran.stdout);
    project.run(&write).code(2).says(&["inventory/shop.toml: File exists", "nothing was written"]);
    let rendered = project.run(&["render", "shop"]).code(0);
    for words in [
        "ruby:3.4.5-slim",
        "postgresql-client libvips",
        "COPY --link --chown=1000:1000 .ruby-version",
        "EXPOSE 8080",
    ] {
        assert!(rendered.stdout.contains(words), "{words}\n{}", rendered.stdout);
    }
    project.run(&["diff"]).code(0).says(&["Dockerfile (shop, rendered)"]);
}

#[test]
fn a_scan_is_given_as_json_under_any_good_name() {
    let project = Project::new(HOSTS);
    write_shop(&project.path().join("shop"));
    fs::write(project.path().join("shop/config/database.yml"), "production: [\n").unwrap();
    let ran = project.run(&["app", "scan", "shop", "--json", "--name", "store"]).code(0);
    assert!(ran.stderr.starts_with("warning: config/database.yml:"), "{}", ran.stderr);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&value["schema"], &value["name"]), (&"fleet.app-scan/1".into(), &"store".into()));
    assert_eq!(value["vars"]["database"], "postgresql");
    assert_eq!(value["facts"][0]["from"][0]["file"], ".ruby-version");
    assert_eq!(value["problems"][0]["file"], "config/database.yml");
    project.run(&["app", "scan", "shop", "--name", "a b"]).code(2).says(&["cannot name an app"]);
}

#[test]
fn a_folder_without_an_app_says_what_to_name() {
    let project = Project::new(HOSTS);
    for (path, words) in [
        ("gone", &["gone: No such file", "the folder of the app's checkout"][..]),
        (
            "inventory/hosts.toml",
            &["hosts.toml: not a directory", "the folder of the app's checkout"],
        ),
        ("inventory", &["no Rails app", "the folder that holds the app's Gemfile"]),
    ] {
        assert_eq!(project.run(&["app", "scan", path]).code(2).says(words).stdout, "");
    }
    project.run(&["app", "scan", "--help"]).code(0).says(&["fleet app scan ../shop", "--json"]);
}
