//! `fleet lint` as its user meets it.

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use support::{Project, repository};

const SLOW: &str =
    "FROM debian:12\n# all of it\nCOPY . /app\nRUN chown -R app:app /app # mine\nUSER app\n";

fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::new("[hosts.web1]\n");
    for (name, text) in files {
        let path = project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    project
}

#[test]
fn what_a_user_sees_of_the_template_is_what_we_looked_at() {
    let project = Project::new("");
    fs::create_dir_all(project.path().join("templates/rails-before")).unwrap();
    let template = "templates/rails-before/Dockerfile.tera";
    fs::copy(repository(template), project.path().join(template)).unwrap();
    let ran = project.run(&["lint", "templates/rails-before"]).code(1);
    assert_eq!(ran.stderr, "");
    for line in ran.stdout.lines() {
        assert!(console_width(line) <= 80, "{line}");
    }
    let page = repository("tests/lint/rails-before.txt");
    if std::env::var_os("FLEET_UPDATE").is_some() {
        fs::write(&page, &ran.stdout).unwrap();
    }
    assert_eq!(
        ran.stdout,
        fs::read_to_string(page).unwrap(),
        "look at it; FLEET_UPDATE=1 keeps it"
    );
}

fn console_width(line: &str) -> usize {
    line.chars().count()
}

#[test]
fn exit_codes_tell_clean_findings_and_unreadable_apart() {
    let project = project(&[("slow/Dockerfile", SLOW), ("clean/Dockerfile", "FROM debian:12\n")]);
    let clean = project.run(&["lint", "clean/Dockerfile"]).code(0).says(&["nothing found"]);
    assert_eq!(clean.stderr, "");
    project.run(&["lint", "slow", "clean"]).code(1).says(&["slow/Dockerfile:4:5", "1 error"]);
    let ran = project.run(&["lint", "slow", "missing"]).code(2);
    assert!(ran.stdout.contains("recursive-chown"), "the other files go on: {}", ran.stdout);
    ran.says(&["no file, folder or app missing"]);
    project.run(&["lint", "inventory"]).code(2).says(&["no Dockerfile in it"]);
    project.run(&["lint"]).code(2);
    project.run(&["lint", "--format", "xml", "slow"]).code(2).says(&["terminal, json, sarif"]);
}

#[test]
fn a_folder_means_every_dockerfile_in_it() {
    let project = project(&[
        ("a/Dockerfile", "FROM a\n"),
        ("a/Dockerfile.dev", "FROM b\n"),
        ("a/deep/web.Dockerfile", "FROM c\n"),
        ("a/Dockerfile.dockerignore", "x\n"),
        ("a/node_modules/x/Dockerfile", "FROM d\n"),
        ("a/.git/Dockerfile", "FROM d\n"),
        ("a/vendor/Dockerfile", "FROM d\n"),
        ("a/target/Dockerfile", "FROM d\n"),
        ("a/notes.txt", "FROM d\n"),
    ]);
    std::os::unix::fs::symlink(".", project.path().join("a/loop")).unwrap();
    project
        .run(&["lint", "a", "--format", "github"])
        .code(1)
        .says(&["file=a/Dockerfile,", "file=a/Dockerfile.dev,", "file=a/deep/web.Dockerfile,"])
        .never_says(&["FROM d", "a/vendor", "a/loop", "node_modules/x", "dockerignore,"]);
}

#[test]
fn the_context_of_a_folder_is_looked_into_and_never_left() {
    let project = project(&[
        ("app/Dockerfile", "FROM a:1\nWORKDIR /app\nCOPY . .\nRUN bin/own\nRUN ../out\nUSER x\n"),
        ("app/bin/own", "#!/bin/sh\n\nchown -R x /app\n"),
        ("app/.git/HEAD", "x\n"),
        ("out", "#!/bin/sh\nchown -R y /app\n"),
    ]);
    project
        .run(&["lint", "app"])
        .code(1)
        .says(&["`chown -R` in bin/own, line 3,", "dockerignore-missing", ".git"])
        .never_says(&["in ../out", "in out"]);
}

#[test]
fn fixes_are_written_atomically_and_touch_nothing_else() {
    let project = project(&[("Dockerfile", SLOW)]);
    let path = project.path().join("Dockerfile");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    project
        .run(&["lint", "--fix", "Dockerfile"])
        .code(0)
        .says(&["mended Dockerfile:4 recursive-chown"]);
    let expected = "FROM debian:12\n# all of it\nCOPY --chown=app:app . /app\nRUN chown app:app /app # mine\nUSER app\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let names: Vec<_> =
        fs::read_dir(project.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains(".fleet-")), "{names:?}");
    project.run(&["lint", "--fix", "Dockerfile"]).code(0).never_says(&["mended"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}

#[test]
fn modes_change_only_when_that_is_asked_for() {
    let text = "FROM a:1\nCOPY . /app\nRUN chmod -R 755 /app\nRUN chmod 777 /x\nUSER x\n";
    let project = project(&[("Dockerfile", text)]);
    let path = project.path().join("Dockerfile");
    project.run(&["lint", "--fix", "Dockerfile"]).code(1);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    project.run(&["lint", "--fix=modes", "Dockerfile"]).code(0);
    let expected = "FROM a:1\nCOPY . /app\nRUN chmod 775 /x\nUSER x\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    project.run(&["lint", "--fix=all", "Dockerfile"]).code(2);
}

#[test]
fn an_app_stands_for_its_rendered_template() {
    let project = project(&[
        (
            "templates/t/Dockerfile.tera",
            "FROM {{ base }}\nCOPY . /app\nRUN chown -R a:a /app\nUSER a\n",
        ),
        (
            "inventory/apps.toml",
            "[apps.shop]\ntemplate = \"t\"\nhosts = \"web1\"\nvars = { base = \"ruby:3.4\" }\n",
        ),
    ]);
    project
        .run(&["lint", "shop"])
        .code(1)
        .says(&["shop (templates/t rendered):3:5", "recursive-chown"]);
    project.run(&["lint", "--fix", "shop"]).code(2).says(&["--fix writes files only", "hint:"]);
    project.run(&["lint", "shpo"]).code(2).says(&["did you mean the app shop?"]);
    // What lies there comes before an app of that name.
    fs::write(project.path().join("shop"), "FROM a:1\n").unwrap();
    project.run(&["lint", "shop"]).code(0);
}

#[test]
fn mistakes_have_their_place_and_the_rest_goes_on() {
    let bad = "FROM a:1\nRNU x\nCOPY . /app\nRUN chown -R a:a /app\nUSER a\n";
    let project = project(&[("Dockerfile", bad), ("x.Dockerfile", "")]);
    project.run(&["lint", "Dockerfile", "x.Dockerfile"]).code(1).says(&[
        "Dockerfile:2:1",
        "did you mean RUN?",
        "Dockerfile:4:5",
        "at least one FROM",
    ]);
    fs::write(
        project.path().join("Dockerfile"),
        b"FROM a:1\nRUN \xff\x1b[2J\nUSER a\nFOO \x1b[1m\n",
    )
    .unwrap();
    project.run(&["lint", "Dockerfile"]).code(1).never_says(&["\u{1b}"]);
}

#[test]
fn secrets_are_not_repeated() {
    let text = "FROM a:1\nENV API_TOKEN=hunter22 B=c\nCMD [\"x\"]\n";
    let project = project(&[("Dockerfile", text)]);
    for format in ["terminal", "json", "sarif", "github"] {
        project
            .run(&["lint", "Dockerfile", "--format", format])
            .code(1)
            .says(&["API_TOKEN"])
            .never_says(&["hunter22"]);
    }
}

#[test]
fn the_formats_for_programs_hold_the_same() {
    let project = project(&[("Dockerfile", SLOW)]);
    let json = project.run(&["lint", "Dockerfile", "--format", "json"]).code(1).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let finding = &json["files"][0]["findings"][0];
    assert_eq!(json["schema"], "fleet.lint/1");
    assert_eq!(finding["rule"], "recursive-chown");
    assert_eq!((&finding["at"]["line"], &finding["at"]["column"]), (&4.into(), &5.into()));
    assert_eq!(finding["fix"]["changes"][0]["after"][0], "COPY --chown=app:app . /app");
    let sarif = project.run(&["lint", "Dockerfile", "--format", "sarif"]).code(1).stdout;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "recursive-chown");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.len() > 10);
    let github = project.run(&["lint", "Dockerfile", "--format", "github"]).code(1).stdout;
    assert!(
        github
            .starts_with("::error file=Dockerfile,line=4,col=5,endLine=4,title=recursive-chown::")
    );
}

#[test]
fn rules_are_listed_and_explained_without_a_project() {
    let project = project(&[]);
    let listed = project.run(&["lint", "--list"]).code(0);
    assert!(listed.stdout.lines().all(|line| console_width(line) <= 80), "{}", listed.stdout);
    assert!(listed.stdout.contains("recursive-chown") && listed.stdout.contains("DL3007"));
    for name in ["recursive-chown", "DL3007", "dl3002"] {
        project.run(&["lint", "--explain", name]).code(0).says(&["Instead of", "fleet ignore="]);
    }
    project
        .run(&["lint", "--explain", "recursive-chwon"])
        .code(2)
        .says(&["did you mean recursive-chown?"]);
    let page = project.run(&["lint", "--list", "--markdown"]).code(0).stdout;
    assert_eq!(page, fs::read_to_string(repository("docs/lint.md")).unwrap());
}
