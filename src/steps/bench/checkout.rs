//! What a host says of the checkouts that are to be built, and whether they can be.

use super::answer::Answer;
use super::parameters::App;
use crate::human;
use crate::record::{Outcome, Problem};

/// Bytes that a build needs at least beside what the tree itself takes.
const ROOM: u64 = 2 << 30;

/// The tree lies in the context, is sent to the engine, copied into an image, and often once more.
const COPIES: u64 = 4;

/// A checkout that can be built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Checkout {
    /// Its commit, with `+` behind it where its files differ.
    pub(super) commit: String,
    /// Bytes of the files in its commit.
    pub(super) bytes: u64,
}

/// What the host answered: one checkout per app, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) processors: u32,
    pub(super) checkouts: Vec<Checkout>,
}

/// Reads the answer.
///
/// # Errors
/// When an app cannot be built there: the reason for the first, and how many others.
pub(super) fn judge(answer: &Answer, apps: &[App]) -> Result<Looked, Problem> {
    if let Some(tool) = answer.get("lacks") {
        let tool = human::excerpt(tool.as_bytes(), 40);
        return Err(Problem::new(Outcome::Refused, format!("no {tool} on the host"))
            .hint(format!("install it: apt-get install {}", package(&tool))));
    }
    let mut checkouts = Vec::new();
    for (at, app) in apps.iter().enumerate() {
        checkouts.push(checkout(answer, at, app)?);
    }
    let largest = checkouts.iter().map(|c| c.bytes).max().unwrap_or(0);
    let needed = ROOM + COPIES * largest;
    for (key, place) in [("free", "for Docker's data"), ("here", "in /var/tmp")] {
        let needed = if key == "here" { 2 * largest + (64 << 20) } else { needed };
        let free = answer.number(key).unwrap_or(0);
        if free < needed {
            let text = format!(
                "too little room {place}: {} free, {} needed",
                human::bytes(free),
                human::bytes(needed)
            );
            return Err(Problem::new(Outcome::Refused, text).hint("make room: fleet cleanup"));
        }
    }
    let processors = answer.number("processors").and_then(|n| u32::try_from(n).ok());
    Ok(Looked { processors: processors.unwrap_or(0), checkouts })
}

fn checkout(answer: &Answer, at: usize, app: &App) -> Result<Checkout, Problem> {
    let get = |key: &str| answer.get(&format!("{key}.{at}"));
    let (name, path) = (&app.name, &app.path);
    let refused = |text: String| Problem::new(Outcome::Refused, text);
    let fix = format!("clone it there, or correct `path` of the app {name} in the inventory");
    match get("state").unwrap_or_default() {
        "ready" => {}
        "absent" => return Err(refused(format!("{name}: no checkout at {path}")).hint(fix)),
        "nogit" => return Err(refused(format!("{name}: {path} is not a git checkout")).hint(fix)),
        "empty" => return Err(refused(format!("{name}: {path} has no commit yet"))),
        _ => {
            return Err(refused(format!("{name}: git cannot read {path} as its owner"))
                .hint("set become = true for the host, so that it is read as whoever owns it"));
        }
    }
    if get("dockerfile").is_none() && app.dockerfiles.iter().any(|d| d.forms.is_empty()) {
        return Err(refused(format!("{name}: no Dockerfile in the commit at {path}"))
            .hint("build a template instead: --dockerfile rails"));
    }
    let commit = get("commit").unwrap_or_default();
    if commit.len() < 40 || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(refused(format!("{name}: git gave no commit for {path}")));
    }
    let mark = if get("dirty").is_some() { "+" } else { "" };
    let bytes = answer.number(&format!("bytes.{at}")).unwrap_or(0);
    Ok(Checkout { commit: format!("{commit}{mark}"), bytes })
}

/// The Debian package of a program.
fn package(tool: &str) -> &str {
    match tool {
        "setpriv" => "util-linux",
        "awk" => "mawk",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::bench::parameters::Dockerfile;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn app() -> App {
        let dockerfiles = vec![Dockerfile { name: "repo".into(), forms: Vec::new() }];
        App { name: "shop".into(), path: "/srv/shop".into(), dockerfiles }
    }

    fn look(text: &str) -> Result<Looked, String> {
        judge(&Answer::from_text(text), &[app()]).map_err(|problem| {
            assert_eq!(problem.outcome, Outcome::Refused);
            problem.reason
        })
    }

    #[test]
    fn a_checkout_with_room_is_built_and_its_changes_are_told() {
        let good = format!(
            "processors=2\nfree=90000000000\nhere=90000000000\nstate.0=ready\ncommit.0={COMMIT}\ndirty.0=1\nbytes.0=5000\ndockerfile.0=1"
        );
        let checkouts = vec![Checkout { commit: format!("{COMMIT}+"), bytes: 5_000 }];
        assert_eq!(look(&good), Ok(Looked { processors: 2, checkouts }));
    }

    #[test]
    fn what_cannot_be_built_is_refused_with_its_reason() {
        let ready = format!("state.0=ready\ncommit.0={COMMIT}\nbytes.0=1000000000\n");
        for (text, reason) in [
            ("state.0=absent", "shop: no checkout at /srv/shop"),
            ("state.0=nogit", "shop: /srv/shop is not a git checkout"),
            ("state.0=empty", "shop: /srv/shop has no commit yet"),
            ("state.0=foreign", "shop: git cannot read /srv/shop as its owner"),
            ("", "shop: git cannot read /srv/shop as its owner"),
            ("lacks=git\nstate.0=foreign", "no git on the host"),
            (&ready, "shop: no Dockerfile in the commit at /srv/shop"),
            (
                &format!("{ready}dockerfile.0=1\nfree=1000000000\nhere=90000000000"),
                "too little room for Docker's data: 1 GB free, 6.1 GB needed",
            ),
            (
                &format!("{ready}dockerfile.0=1\nfree=90000000000\nhere=1000"),
                "too little room in /var/tmp: 1 kB free, 2.1 GB needed",
            ),
            (
                "state.0=ready\ncommit.0=; rm\ndockerfile.0=1",
                "shop: git gave no commit for /srv/shop",
            ),
        ] {
            assert_eq!(look(text), Err(reason.to_owned()), "{text}");
        }
    }
}
