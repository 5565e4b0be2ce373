//! A file that is copied and given its owner or mode in a later layer.

use super::words;
use crate::dockerfile::edits;
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::ground::{Deed, Kind};
use crate::dockerfile::owners;
use crate::dockerfile::programs::{self, Change};
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::shell::Form;

pub(super) static RULE: Rule = Rule {
    name: "copy-then-chown",
    codes: &[],
    severity: Severity::Warning,
    summary: "a file copied without --chown or --chmod and changed in a later layer",
    why: "The later layer holds the whole file once more, and the image one layer more. COPY --chown and \
          COPY --chmod set the owner and the mode while the file is written anyway.",
    before: "COPY entrypoint.sh /usr/bin/\nRUN chown app:app /usr/bin/entrypoint.sh",
    after: "COPY --chown=app:app entrypoint.sh /usr/bin/",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (stage, ground) in case.grounds.iter().enumerate() {
        for at in 0..ground.folders.len() {
            let steps = ground.runs.get(&at).map_or(&[][..], Vec::as_slice);
            for (number, step) in steps.iter().enumerate() {
                let direct = matches!(step.command.program(), "chown" | "chmod" | "chgrp");
                let Some(change) =
                    programs::change(step, None).filter(|c| direct && !c.is_recursive)
                else {
                    continue;
                };
                let paths: Vec<String> =
                    change.targets.iter().map(|t| ground.path(&step.cwd, &t.value, at)).collect();
                let copies: Vec<Option<&Deed>> = paths
                    .iter()
                    .take(20)
                    .map(|path| copied(&ground.deeds, path, (stage, at), change.program))
                    .collect();
                let Some(copy) = copies.iter().copied().flatten().next() else { continue };
                let place = Place { case, stage, at, number };
                found.push(finding(rule, &place, &change, &copies, copy));
            }
        }
    }
    found
}

struct Place<'p> {
    case: &'p Case<'p>,
    stage: usize,
    at: usize,
    number: usize,
}

/// The `COPY` of this stage that brought exactly this file without its owner or mode.
fn copied<'d>(
    deeds: &'d [Deed],
    path: &str,
    at: (usize, usize),
    program: &str,
) -> Option<&'d Deed> {
    let last = deeds.iter().rev().find(|deed| deed.at < at && deed.path == path)?;
    let Kind::Copied { is_file: true, owner, .. } = &last.kind else { return None };
    (last.at.0 == at.0 && (program == "chmod" || owner.is_none())).then_some(last)
}

fn finding(
    rule: &'static Rule,
    place: &Place<'_>,
    change: &Change<'_>,
    copies: &[Option<&Deed>],
    copy: &Deed,
) -> Finding {
    let Place { case, stage, at, number } = *place;
    let text = &case.file.text;
    let step = &case.grounds[stage].runs[&at][number];
    let shown = words::one_line(text, step.command.span.clone(), 48);
    let what = if change.program == "chmod" { "mode" } else { "owner" };
    let found = Finding::new(
        rule,
        step.command.span.clone(),
        format!("`{shown}` writes a copied file again for its {what}"),
    )
    .label(format!("a second copy of the file, with another {what}"))
    .also(copy.span.clone(), "brings the file");
    let instructions = &case.file.stages[stage].instructions;
    // The old builder does not know `--chmod`.
    let modern = super::cache_mount::is_for_buildkit(case.file);
    let (flag, safety) = match change.program {
        "chmod" if change.spec.chars().all(|c| c.is_ascii_digit()) => {
            let safety = if modern { Safety::Same } else { Safety::Proposal };
            (format!("--chmod={}", change.spec), safety)
        }
        "chmod" if change.spec.ends_with("+x") => {
            let safety = if modern { Safety::Modes } else { Safety::Proposal };
            ("--chmod=755".to_owned(), safety)
        }
        "chmod" => return found.severity(Severity::Note),
        _ => match owners::owner(&change.spec) {
            Ok(owner) => {
                let fits = owners::takes_owner(&instructions[copy.at.1], &owner).is_ok()
                    && owners::has_parent(&case.grounds[stage], &copy.path, copy.at).is_ok();
                let safety = if fits { Safety::Same } else { Safety::Proposal };
                (format!("--chown={owner}"), safety)
            }
            Err(_) => return found,
        },
    };
    let found = if change.program == "chmod" {
        let advice = "COPY --chmod needs BuildKit, the builder of Docker since 23.0";
        let better = "; or set the mode in the repository: git update-index --chmod=+x FILE";
        found.severity(Severity::Note).advice(format!("{advice}{better}"))
    } else {
        found
    };
    // Every target must be one file of one COPY that brings nothing else, and the user must
    // be there already.
    let instruction = &instructions[copy.at.1];
    let alone = copies.len() == change.targets.len()
        && copies.iter().all(|other| other.is_some_and(|o| o.at == copy.at))
        && instruction.copy().is_some_and(|(sources, _)| sources.len() == copies.len());
    let name = if change.program == "chmod" { "chmod" } else { "chown" };
    let between = (copy.at.1 + 1..at).all(|i| instructions[i].script().is_none());
    let form = instructions[at].script().is_some_and(|script| script.form == Form::Shell);
    let plain = case.grounds[stage].runs[&at].iter().all(|s| s.script.is_none());
    let made = case.grounds[stage].runs[&at]
        .iter()
        .take(number)
        .any(|s| matches!(s.command.program(), "useradd" | "adduser" | "groupadd" | "addgroup"));
    let ok = alone && between && form && plain && !made && instruction.flag(name).is_none();
    match edits::drop_command(text, &instructions[at], number).filter(|_| ok) {
        Some(drop) => found.fix(safety, vec![edits::add_flag(text, instruction, &flag), drop]),
        None => found,
    }
}
