//! The report of files that were moved: how each host ended, what was there, sizes and digests.

use super::document::{Block, Table, Tone};
use super::objects::short;
use super::{View, fleet};
use crate::human;
use crate::record::{Decision, HostRun, Run};

pub(super) fn result(run: &Run, view: &View) -> Vec<Block> {
    let mut blocks = vec![fleet::lead(run)];
    let seen = run.hosts.iter().filter_map(|h| h.decisions.first().map(|d| (h, d)));
    let rows = fleet::group(seen, |(host, file)| row(run, host, file, view));
    if !rows.is_empty() {
        let was = if run.start.verb == "push" { "there" } else { "here" };
        let mut table = Table::new(["host", "outcome", was, "size", "sha256"]);
        table.left = vec![1, 2, 4];
        for (cells, of) in rows {
            let hosts = fleet::fold(of.iter().map(|(host, _)| *host));
            let tone = of.first().map_or(Tone::Plain, |(host, _)| look(host));
            table.row(tone, std::iter::once(hosts).chain(cells));
        }
        blocks.push(Block::Table(table));
    }
    fleet::close(run, &mut blocks);
    blocks
}

fn look(host: &HostRun) -> Tone {
    if host.state().is_good() { Tone::Plain } else { fleet::tone(host.state()) }
}

fn row(run: &Run, host: &HostRun, file: &Decision, view: &View) -> [String; 4] {
    let digest = file.object.names.iter().find(|name| name.starts_with("sha256:"));
    let digest = digest.map_or("unknown", |digest| {
        if view.verbose { digest.trim_start_matches("sha256:") } else { short(digest) }
    });
    let would = run.start.check && host.going().next().is_some();
    let outcome = match run.start.verb.as_str() {
        _ if !would => host.state().as_str(),
        "push" => "would change",
        _ => "would fetch",
    };
    [
        outcome.to_owned(),
        there(run, file).to_owned(),
        file.object.bytes.map_or_else(|| "unknown".to_owned(), human::bytes),
        digest.to_owned(),
    ]
}

/// What stood where the file went.
fn there<'d>(run: &Run, file: &'d Decision) -> &'d str {
    match (run.start.verb.as_str(), file.rule.as_str()) {
        (_, "new") => "nothing",
        (_, "same") => "the same",
        ("push", _) => &file.reason,
        (_, _) => "another",
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Build;
    use super::super::{View, format};
    use crate::record::{Decision, Object, Outcome, Run, Verdict, What};
    use insta::assert_snapshot;

    fn decision(rule: &str, reason: &str, digest: char) -> What {
        let object = Object {
            kind: "file".into(),
            id: "/etc/app.conf".into(),
            names: vec![format!("sha256:{}", digest.to_string().repeat(64))],
            bytes: Some(1_234),
            created: None,
            age_seconds: None,
        };
        let decision = if rule == "same" { Verdict::Stay } else { Verdict::Go };
        let decision = Decision {
            phase: "push".into(),
            object,
            decision,
            rule: rule.into(),
            reason: reason.into(),
        };
        What::Decided { decisions: vec![decision] }
    }

    fn text(run: &Run) -> String {
        let view = View { width: 80, color: false, verbose: false };
        (format("terminal").unwrap().render)(run, &view)
    }

    #[test]
    fn hosts_with_the_same_end_share_a_row() {
        let mut b = Build::new("push", &["web1", "web2", "web3", "web4", "db1"]);
        for host in ["web1", "web2"] {
            b.tell(Some(host), decision("differs", "another content", 'a'));
            b.end(host, Outcome::Changed, None, None);
        }
        b.tell(Some("web3"), decision("same", "content, mode and owner are as wanted", 'a'));
        b.end("web3", Outcome::Ok, None, None);
        b.tell(Some("web4"), decision("new", "no such file yet", 'a'));
        b.end(
            "web4",
            Outcome::Failed,
            None,
            Some(("cat: write error: No space left on device", "make room")),
        );
        b.end(
            "db1",
            Outcome::Refused,
            None,
            Some(("/etc: Permission denied", "do it as root with --become")),
        );
        assert_snapshot!(text(&b.over()), @r#"
        5 hosts of 7, selected by "hetzner": web[1:4],db1

        host      outcome  there              size  sha256
        web[1:2]  changed  another content  1.2 kB  aaaaaaaaaaaa
        web3      ok       the same         1.2 kB  aaaaaaaaaaaa
        web4      failed   nothing          1.2 kB  aaaaaaaaaaaa

        web4 failed: cat: write error: No space left on device (make room)
        db1 refused: /etc: Permission denied (do it as root with --become)

        1 ok · 2 changed · 1 failed · 1 refused · 41.0 s · run 20261124-153012-7f3a
        "#);
    }

    #[test]
    fn a_check_says_what_would_be_done() {
        let mut b = Build::new("pull", &["web1", "web2"]).check();
        b.tell(Some("web1"), decision("new", "not here yet", 'a'));
        b.tell(Some("web2"), decision("same", "the same is here already", 'b'));
        b.end("web1", Outcome::Ok, None, None);
        b.end("web2", Outcome::Ok, None, None);
        assert_snapshot!(text(&b.over()), @r#"
        2 hosts of 4, selected by "hetzner": web[1:2]

        host  outcome      here        size  sha256
        web1  would fetch  nothing   1.2 kB  aaaaaaaaaaaa
        web2  ok           the same  1.2 kB  bbbbbbbbbbbb

        check only: nothing was changed
        2 ok · 41.0 s · run 20261124-153012-7f3a
        "#);
    }
}
