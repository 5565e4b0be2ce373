//! Runs to render in tests, built from events as the runner emits them.

use crate::record::{
    Action, ActionResult, Decision, Disk, DockerFacts, Event, ExitCode, Facts, Finding, HostName,
    Metric, Moment, Object, Outcome, Output, Problem, Run, RunId, RunStarted, Unit, Verdict, What,
};
use jiff::Timestamp;

pub(super) const GB: u64 = 1_000_000_000;

pub(super) struct Build {
    run: Run,
    second: i64,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_534_212 + second).unwrap()
}

impl Build {
    pub(super) fn new(verb: &str, hosts: &[&str]) -> Self {
        let start = RunStarted {
            run: RunId::from("20261124-153012-7f3a".to_owned()),
            verb: verb.into(),
            selection: "hetzner".into(),
            parameters: vec![("keep".into(), "24h".into())],
            check: false,
            hosts: hosts.iter().map(|h| HostName::new(h).unwrap()).collect(),
            inventory_hosts: hosts.len() + 2,
            fleet: "0.1.0".into(),
            by: "ops@laptop".into(),
            with: serde_json::Value::Null,
            resumes: None,
            process: None,
        };
        Self { run: Run::new(start, at(0)), second: 0 }
    }

    pub(super) fn check(mut self) -> Self {
        self.run.start.check = true;
        self
    }

    pub(super) fn tell(&mut self, host: Option<&str>, what: What) -> &mut Self {
        let host = host.map(|h| HostName::new(h).unwrap());
        self.run.apply(&Event { at: at(self.second), host, what });
        self
    }

    pub(super) fn probe(&mut self, host: &str, version: &str, containerd: bool) -> &mut Self {
        let docker = DockerFacts {
            version: version.into(),
            api: "1.44".into(),
            reached_by: "sudo dial-stdio".into(),
            builder: "buildkit".into(),
            buildx: Some("0.13.1".into()),
            driver: if containerd { "overlayfs" } else { "overlay2" }.into(),
            containerd_store: containerd,
            disk: Some(Disk {
                size_bytes: 80 * GB,
                free_bytes: 41_200_000_000,
                inodes: 5_000_000,
                free_inodes: 4_100_000,
            }),
            ..DockerFacts::default()
        };
        let facts = Facts {
            user: "deploy".into(),
            os: "Debian GNU/Linux 12 (bookworm)".into(),
            kernel: "Linux 6.1.0-18-amd64".into(),
            docker: Some(docker),
            ..Facts::default()
        };
        self.tell(Some(host), What::HostStarted)
            .tell(Some(host), What::Connected { milliseconds: 38 })
            .tell(Some(host), What::Probed { facts: Box::new(facts) })
            .tell(Some(host), What::StepStarted { step: "cleanup".into() })
    }

    pub(super) fn measure(
        &mut self,
        host: &str,
        moment: Moment,
        free: Option<u64>,
        layers: Option<u64>,
    ) -> &mut Self {
        for (name, value) in
            [("disk.size", Some(80 * GB)), ("disk.free", free), ("engine.layers", layers)]
        {
            let metric = Metric { name: name.into(), moment, value, unit: Unit::Bytes };
            self.tell(Some(host), What::Measured { metric });
        }
        self
    }

    pub(super) fn decide(
        &mut self,
        host: &str,
        go: &[u64],
        used: usize,
        young: usize,
    ) -> &mut Self {
        let mut decisions: Vec<Decision> = go
            .iter()
            .enumerate()
            .map(|(i, bytes)| {
                decision(
                    i,
                    Some(*bytes),
                    Verdict::Go,
                    "dangling",
                    "untagged, unused, older than 24 h",
                )
            })
            .collect();
        let stay =
            |i, rule, reason: &str| decision(i, Some(150_000_000), Verdict::Stay, rule, reason);
        decisions.extend(
            (0..used).map(|i| stay(100 + i, "in-use", &format!("used by container app-{i}"))),
        );
        decisions.extend((0..young).map(|i| stay(200 + i, "young", "younger than 24 h")));
        self.tell(Some(host), What::Decided { decisions })
    }

    /// Carries out what was decided, with these results for the first objects and `Done` for the rest.
    pub(super) fn apply(&mut self, host: &str, results: &[Option<ActionResult>]) -> &mut Self {
        let name = HostName::new(host).unwrap();
        let on = self.run.hosts.iter().find(|h| h.host == name).unwrap();
        let action = |verb: &str, d: &Decision| Action {
            number: 0,
            phase: d.phase.clone(),
            verb: verb.into(),
            object: d.object.clone(),
        };
        let stops = |d: &Decision| d.phase == "stop-containers";
        let first = on.going().map(|d| action(if stops(d) { "stop" } else { "remove" }, d));
        let last = on.going().filter(|d| stops(d)).map(|d| action("start", d));
        let mut actions: Vec<Action> = first.chain(last).collect();
        (0..).zip(&mut actions).for_each(|(number, action)| action.number = number);
        self.tell(Some(host), What::Intended { actions: actions.clone() });
        for action in actions {
            let result =
                results.get(action.number as usize).cloned().unwrap_or(Some(ActionResult::Done));
            if let Some(result) = result {
                self.tell(Some(host), What::Settled { action: action.number, result });
            }
        }
        self
    }

    pub(super) fn find(&mut self, host: &str, name: &str, text: &str, hint: &str) -> &mut Self {
        let finding = Finding { name: name.into(), text: text.into(), hint: Some(hint.into()) };
        self.tell(Some(host), What::Found { finding })
    }

    pub(super) fn print(&mut self, host: &str, text: &str) -> &mut Self {
        let output = Output { head: text.into(), bytes: text.len() as u64, ..Output::default() };
        self.tell(Some(host), What::OutputEnded { output })
    }

    pub(super) fn end(
        &mut self,
        host: &str,
        outcome: Outcome,
        status: Option<u32>,
        problem: Option<(&str, &str)>,
    ) -> &mut Self {
        let problem = problem.map(|(reason, hint)| Problem::new(outcome, reason).hint(hint));
        self.tell(Some(host), What::HostEnded { outcome, problem, exit_status: status })
    }

    /// The run while it goes on.
    pub(super) fn going_on(&self) -> Run {
        self.run.clone()
    }

    pub(super) fn over(&mut self) -> Run {
        self.second = 41;
        let exit_code: ExitCode = self.run.hosts_exit_code();
        self.tell(None, What::RunEnded { exit_code });
        self.run.clone()
    }
}

fn decision(i: usize, bytes: Option<u64>, verdict: Verdict, rule: &str, reason: &str) -> Decision {
    Decision {
        phase: "dangling-images".into(),
        object: Object {
            kind: "image".into(),
            id: format!("sha256:{i:064x}").replace("sha256:0000", "sha256:beef"),
            names: Vec::new(),
            bytes,
            created: None,
            age_seconds: Some(3_600 * (i as u64 + 30)),
        },
        decision: verdict,
        rule: rule.into(),
        reason: reason.into(),
    }
}
