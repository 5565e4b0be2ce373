//! Plans in files, copies before removal, and containers stopped meanwhile, on a real engine.

use super::{engines, inside, project, says};
use serde_json::Value;
use std::fs;
use std::process::Command;

const HOST: &str = "forky";

/// A container that runs, an idle named volume with a file in it, and an image built here.
const OBJECTS: &str = r"set -e
exec 2>&1
mkdir -p /tmp/plans/root/bin
docker image inspect plans/base:1 >/dev/null 2>&1 || {
  cp /bin/busybox /tmp/plans/root/bin/
  tar -C /tmp/plans/root -c . | docker import - plans/base:1 >/dev/null
}
docker volume create plans-data >/dev/null
echo precious >$(docker volume inspect -f '{{.Mountpoint}}' plans-data)/row
head -c 100000 /dev/urandom >/tmp/plans/noise
tar -C /tmp/plans -c noise | docker import - plans/built:1 >/dev/null
docker rm -f plans-runs >/dev/null 2>&1 || :
docker run -d --name plans-runs plans/base:1 busybox sleep 1000000 >/dev/null
docker create --name plans-old plans/base:1 true >/dev/null 2>&1 || :
echo made";

fn objects() {
    let made = inside(HOST, OBJECTS);
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(said.ends_with("made\n"), "{said}");
}

fn there(kind: &str, name: &str) -> bool {
    inside(HOST, &format!("docker {kind} inspect {name}")).status.success()
}

#[test]
fn a_plan_in_a_file_is_carried_out_and_nothing_else() {
    let _turn = engines();
    objects();
    let project = project("");
    let file = project.path().join("plan.json");
    let name = file.to_str().unwrap();
    let only = ["cleanup", "--hosts", HOST, "--keep", "0", "--only", "stopped-containers"];
    let plan = [&only[..], &["--plan", name]].concat();
    project.run(&plan).code(0).says(&["fleet cleanup --apply"]);
    assert!(there("container", "plans-old"), "a plan changes nothing");
    project.run(&plan).code(2).says(&["exists", "name a file that does not exist yet"]);

    // What came after the plan stays, though it would qualify.
    says(HOST, "docker create --name plans-new plans/base:1 true");
    project.run(&["cleanup", "--apply", name]).code(6).says(&["--yes"]);
    project.run(&["cleanup", "--apply", name, "--yes"]).code(0);
    assert!(!there("container", "plans-old") && there("container", "plans-new"));
    says(HOST, "docker rm plans-new");

    let text = fs::read_to_string(&file).unwrap();
    let edited = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        project.run(&["cleanup", "--apply", name, "--yes"])
    };
    let plan: Value = serde_json::from_str(&text).unwrap();
    let machine = plan["hosts"][0]["machine_id"].as_str().unwrap();
    edited(machine, "0123456789abcdef0123456789abcdef").code(6).says(&["another machine"]);
    let made = plan["made"].as_str().unwrap();
    edited(made, "2026-01-01T00:00:00Z").code(6).says(&["a plan holds for an hour"]);
    let policy = plan["hosts"][0]["policy"].as_str().unwrap();
    edited(policy, "00").code(6).says(&["changed since the plan was made"]);
    edited("fleet.plan/1", "fleet.plan/9").code(2).says(&["fleet.plan/1"]);
    edited("\"going\"", "\"gone\"").code(2).says(&["not a plan of fleet's"]);
}

#[test]
fn what_is_stopped_runs_again_and_is_never_removed() {
    let _turn = engines();
    objects();
    let project = project("");
    let started = || says(HOST, "docker inspect -f '{{.State.StartedAt}}' plans-runs");
    let before = started();
    let stop = ["cleanup", "--hosts", HOST, "--keep", "0", "--only", "2,3", "--stop", "plans-runs"];
    project.run(&[&stop[..], &["--yes"]].concat()).code(0);
    assert_eq!(says(HOST, "docker inspect -f '{{.State.Running}}' plans-runs"), "true");
    assert_ne!(started(), before, "it was stopped meanwhile");
    project.run(&[&stop[..], &["--yes", "--leave-stopped"]].concat()).code(0);
    assert_eq!(says(HOST, "docker inspect -f '{{.State.Running}}' plans-runs"), "false");
    project.run(&["cleanup", "--hosts", HOST, "--yes", "--leave-stopped"]).code(2);
    says(HOST, "docker rm -f plans-runs");
}

#[test]
fn nothing_goes_before_its_copy_is_whole() {
    let _turn = engines();
    objects();
    let project = project("");
    let image = says(HOST, "docker image inspect -f '{{.Id}}' plans/built:1");
    let folder = project.path().join("copies");
    let named = ["--volumes", "plans-data", "--images", "plans/built:1", "--keep-tags", "0"];
    let base = ["cleanup", "--hosts", HOST, "--yes", "--json", "--only", "6,7", "--backup"];

    // A file stands where the folder would be made.
    fs::write(&folder, "").unwrap();
    let in_the_way = [&base[..], &[folder.to_str().unwrap()], &named[..]].concat();
    project.run(&in_the_way).code(3).says(&["backup"]);
    assert!(there("volume", "plans-data") && there("image", "plans/built:1"));

    fs::remove_file(&folder).unwrap();
    let ran = project.run(&in_the_way).code(0);
    assert!(!there("volume", "plans-data") && !there("image", "plans/built:1"));
    let run: Value = serde_json::from_str(&ran.stdout).unwrap();
    let backups = run["hosts"][0]["backups"].as_array().unwrap();
    assert_eq!(backups.len(), 2, "{backups:?}");
    for backup in backups {
        let file = backup["file"].as_str().unwrap();
        let sum = Command::new("sha256sum").arg(file).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        assert!(sum.starts_with(backup["sha256"].as_str().unwrap()), "{sum}");
        if backup["kind"] == "volume" {
            let listed = Command::new("tar").args(["-xOf", file, "./row"]).output().unwrap();
            assert_eq!(listed.stdout, b"precious\n");
        } else {
            let load = format!("docker exec -i fleet-lab-{HOST} docker load <{file}");
            assert!(Command::new("sh").args(["-c", &load]).status().unwrap().success());
        }
    }
    assert_eq!(says(HOST, "docker image inspect -f '{{.Id}}' plans/built:1"), image);
}
