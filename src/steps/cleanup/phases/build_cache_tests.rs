//! Records in, verdicts out.

use super::*;
use crate::docker::Df;
use jiff::Timestamp;

const NOW: i64 = 1_764_000_000;
const DAY: i64 = 86_400;

/// `id`, days since the last use, what it lies on, its bytes.
fn record(id: &str, days: i64, on: &[&str], size: i64) -> CacheRecord {
    CacheRecord {
        id: id.into(),
        kind: "regular".into(),
        parents: Some(on.iter().map(|p| (*p).to_owned()).collect()),
        size,
        created_at: Timestamp::from_second(NOW - 100 * DAY).ok(),
        last_used_at: Timestamp::from_second(NOW - days * DAY).ok(),
        ..CacheRecord::default()
    }
}

fn survey(build_cache: Vec<CacheRecord>) -> Survey {
    let df = Some(Df { build_cache, ..Df::default() });
    Survey { df, now: Timestamp::from_second(NOW).unwrap(), ..Survey::default() }
}

fn decided(survey: &Survey, with: &str) -> Vec<String> {
    let parameters = Parameters::from_table(&with.parse().unwrap()).unwrap();
    let word = |d: &Decision| if d.decision == crate::record::Verdict::Go { "-" } else { "+" };
    let decisions = decide(survey, &parameters);
    decisions.iter().map(|d| format!("{}{} {}", word(d), d.object.id, d.rule)).collect()
}

#[test]
fn unused_records_go_leaves_first_and_a_parent_only_with_all_its_children() {
    let chain = vec![
        record("root", 9, &[], 1),
        record("mid", 9, &["root"], 1),
        record("leaf", 9, &["mid"], 1),
    ];
    assert_eq!(
        decided(&survey(chain.clone()), ""),
        ["-leaf unused", "-mid unused", "-root unused"]
    );
    let mut fresh = chain;
    fresh.push(record("young", 0, &["root"], 1));
    let mut got = decided(&survey(fresh), "");
    got.sort();
    assert_eq!(got, ["+root parent", "+young young", "-leaf unused", "-mid unused"]);
}

#[test]
fn each_protection_keeps_a_record() {
    let with = |change: fn(&mut CacheRecord)| {
        let mut one = record("r", 3, &[], 1);
        change(&mut one);
        survey(vec![one])
    };
    let in_use = with(|r| r.in_use = true);
    assert_eq!(decided(&in_use, "aggressive = true"), ["+r in-use"]);
    let mount = with(|r| r.kind = "exec.cachemount".into());
    assert_eq!(decided(&mount, ""), ["+r cache-mount"]);
    assert_eq!(decided(&mount, "max_cache = \"0\""), ["+r cache-mount"]);
    assert_eq!(decided(&mount, "aggressive = true"), ["-r unused"]);
    let old_mount = with(|r| {
        r.kind = "exec.cachemount".into();
        r.last_used_at = Timestamp::from_second(NOW - 8 * DAY).ok();
    });
    assert_eq!(decided(&old_mount, ""), ["-r unused"]);
    let mut building = survey(vec![record("r", 3, &[], 1)]);
    building.building = Some("1 build process".into());
    assert_eq!(decided(&building, "aggressive = true"), ["+r building"]);
    assert_eq!(decided(&building, "max_cache = \"0\""), ["+r building"]);
    let undated = with(|r| (r.created_at, r.last_used_at) = (None, None));
    assert_eq!(decided(&undated, ""), ["+r undated"]);
    assert_eq!(decided(&with(|_| ()), "keep_cache = \"4d\""), ["+r young"]);
}

#[test]
fn a_size_takes_the_longest_unused_first_and_what_lies_below_after_it() {
    let records = vec![
        record("a", 0, &[], 10),
        record("base", 0, &[], 10),
        record("top", 0, &["base"], 10),
        CacheRecord {
            last_used_at: Timestamp::from_second(NOW - 60).ok(),
            ..record("old", 0, &[], 10)
        },
    ];
    let survey = survey(records);
    let over = |limit: &str| {
        let mut gone = decided(&survey, &format!("max_cache = \"{limit}\""));
        gone.retain(|line| line.starts_with('-'));
        gone
    };
    assert!(over("40").is_empty());
    assert_eq!(over("30"), ["-old over-limit"]);
    assert_eq!(over("0").len(), 4);
    let order = over("0");
    let at = |id: &str| order.iter().position(|line| line.starts_with(&format!("-{id} ")));
    assert!(at("top") < at("base"), "{order:?}");
}

#[test]
fn records_on_records_that_are_not_there_and_circles_end() {
    let odd = vec![
        record("a", 9, &["b", "b"], 1),
        record("b", 9, &["a"], 1),
        record("c", 9, &["gone"], 1),
    ];
    assert_eq!(decided(&survey(odd), "").len(), 3);
}
