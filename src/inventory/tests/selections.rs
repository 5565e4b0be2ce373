//! Selections over one inventory, as cases.

use super::super::{Inventory, LastRun, Selection};
use super::{drawn, load};
use crate::record::HostName;

fn fleet() -> Inventory {
    load(
        "[hosts.\"web[1:4]\"]\ngroups = ['web', 'eu']\n[hosts.db1]\ngroups = ['db', 'eu']\n\
         [hosts.db2]\ngroups = ['db', 'us']\n[groups.empty]\n[groups.world]\nchildren = ['eu', 'us']\n\
         [apps.shop]\ntemplate = 't'\nhosts = 'web'\n[apps.shop-admin]\ntemplate = 't'\nhosts = 'web'\n\
         [apps.blog]\ntemplate = 't'\nhosts = 'db'\n",
    )
    .unwrap()
}

fn last() -> LastRun {
    let ends = [("web2", "failed"), ("db1", "changed"), ("gone", "failed")];
    ends.map(|(name, end)| (HostName::new(name).unwrap(), end.to_owned())).into()
}

fn chosen(inventory: &Inventory, expression: &str) -> String {
    let selection = match Selection::parse(expression) {
        Ok(selection) => selection,
        Err(error) => return format!("error: {error} | {}", error.advice()),
    };
    match inventory.select(&selection, Some(&last())) {
        Ok(hosts) => hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(" "),
        Err(error) => format!("error: {error} | {}", error.advice()),
    }
}

#[test]
fn hosts() {
    let inventory = fleet();
    let cases = [
        ("all", "web1 web2 web3 web4 db1 db2"),
        ("*", "web1 web2 web3 web4 db1 db2"),
        ("db2,web1,db2", "web1 db2"),
        ("db", "db1 db2"),
        ("world:&db", "db1 db2"),
        ("eu:!web", "db1"),
        ("!web", "db1 db2"),
        ("&db", "db1 db2"),
        ("web*:!web[2:3]", "web1 web4"),
        ("web[3:9]", "web3 web4"),
        ("web[12]", "web1 web2"),
        ("web,db:&eu:!web1", "web2 web3 web4 db1"),
        ("web:!web1,eu", "web2 web3 web4 db1"),
        ("~b[12]$", "web1 web2 db1 db2"),
        ("~^(?:web|db)[12]{1,1}$,web4", "web1 web2 web4 db1 db2"),
        ("@failed", "web2"),
        ("@failed,@changed", "web2 db1"),
        ("web:!@failed", "web1 web3 web4"),
        ("web:!@unreachable", "web1 web2 web3 web4"),
    ];
    for (expression, expected) in cases {
        assert_eq!(chosen(&inventory, expression), expected, "{expression:?}");
    }
}

#[test]
fn mistakes() {
    let inventory = fleet();
    let expressions = [
        "",
        " ",
        "wbe",
        "web1,dbb",
        "x*",
        "em*",
        "~zzz",
        "wex[1:2]",
        "empty",
        "web:&db",
        "@unreachable",
        "@faild",
        "web:!nobody",
        "a:b",
        "web,",
    ];
    let lines: Vec<_> =
        expressions.iter().map(|it| format!("{it:?} -> {}", chosen(&inventory, it))).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn without_a_last_run() {
    let inventory = fleet();
    let error = inventory.select(&Selection::parse("web1,@failed").unwrap(), None).unwrap_err();
    insta::assert_snapshot!(drawn(&error));
}

#[test]
fn not_leaves_out() {
    let inventory = fleet();
    let selection =
        Selection::parse("eu").unwrap().without(Selection::parse("web[2:4],@changed").unwrap());
    let hosts = inventory.select(&selection, Some(&last())).unwrap();
    assert_eq!(hosts.len(), 1);
    assert_eq!(hosts[0].name.as_str(), "web1");
}

#[test]
fn apps() {
    let inventory = fleet();
    let names =
        |expression: &str| match inventory.select_apps(&Selection::parse(expression).unwrap()) {
            Ok(apps) => apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>().join(" "),
            Err(error) => format!("error: {error} | {}", error.advice()),
        };
    assert_eq!(names("all"), "shop shop-admin blog");
    assert_eq!(names("shop*:!shop-admin,blog"), "shop blog");
    assert_eq!(names("bolg"), "error: no app is called `bolg` | did you mean `blog`?");
    assert_eq!(
        names("@failed"),
        "error: `@failed` is an outcome of hosts, not of apps | name hosts or groups"
    );
}
