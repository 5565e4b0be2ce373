//! `chown -R` over a tree that an earlier layer brought.

use super::recursion::{self, Site};
use crate::dockerfile::MOST;
use crate::dockerfile::finding::{Finding, Safety, Severity};
use crate::dockerfile::owners;
use crate::dockerfile::rule::{Case, Rule};

pub(super) static RULE: Rule = Rule {
    name: "recursive-chown",
    codes: &[],
    severity: Severity::Error,
    summary: "chown -R over a tree that an earlier layer brought",
    why: "A layer holds whole files. To change the owner of one, overlay2 first copies the file up into \
          the new layer, so a chown -R reads and writes every file once more, on every build, and the \
          image carries all of them twice. COPY --chown sets the owner while the file is written anyway.",
    before: "COPY . /app\nRUN chown -R rails:rails /app",
    after: "COPY --chown=rails:rails . /app",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    recursion::sites(case, "chown").take(MOST).map(|site| finding(rule, case, &site)).collect()
}

fn finding(rule: &'static Rule, case: &Case<'_>, site: &Site<'_>) -> Finding {
    let found = recursion::finding(rule, case, site);
    if !site.is_tree() {
        return found;
    }
    let planned = owners::plan(&owners::Site {
        case,
        stage: site.stage,
        at: site.at,
        step: site.step,
        change: &site.change,
        paths: &site.paths,
    });
    match planned {
        Ok(edits) => found.fix(Safety::Same, edits),
        Err(reason) => {
            let advice =
                "set the owner where the files come in: COPY --chown, or install them as that user";
            found.advice(format!("{advice}. --fix leaves it: {reason}."))
        }
    }
}
