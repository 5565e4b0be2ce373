//! The page of a cleanup: the room it made, and what went in each phase.

use super::page::{Figure, Section};
use super::scale::Scale;
use super::shapes::{Class, Shapes};
use super::{bench::Told, blocks, disk};
use crate::record::{HostRun, Run};
use crate::report::cleanup::{Shown, Stage};
use crate::report::cleanup_phases::{self, PhaseRow};
use crate::report::summary::{self, Amount};
use maud::{Markup, html};

pub(super) fn page(run: &Run) -> Told {
    let hosts: Vec<&HostRun> = run.hosts.iter().filter(|h| !h.decisions.is_empty()).collect();
    let acted = !run.start.check && hosts.iter().any(|h| !h.actions.is_empty());
    let stage = if acted { Stage::Result } else { Stage::Plan };
    let planned = Amount::of(hosts.iter().flat_map(|h| summary::removing(h)));
    let reclaimed = summary::sum(hosts.iter().map(|h| summary::reclaimed(h)));
    let on = crate::human::count(hosts.len(), "host");
    let headline = match stage {
        Stage::Plan => format!("A cleanup would reclaim {} on {on}", planned.size()),
        Stage::Result => {
            let size = reclaimed.size().replace("≥ ", "at least ");
            format!("The cleanup reclaimed {size} on {on}")
        }
    };
    let files = summary::sum(hosts.iter().map(|h| summary::by_file_system(h)));
    let figure = |name: &str, value: String, remark: String| Figure {
        name: name.into(),
        value,
        remark,
        missed: false,
    };
    let mut figures =
        vec![figure("planned", planned.size(), format!("{} objects", planned.objects))];
    if stage == Stage::Result {
        figures.push(figure("reclaimed", reclaimed.size(), "by the engine's count".into()));
        figures.push(figure("came free", files.size(), "by the file system".into()));
    }
    let shown = Shown { hosts: &hosts, stage, leave_stopped: false };
    let rows = cleanup_phases::rows(&shown);
    let part = |id, title, body| Section { id, title, body };
    let sections = [
        disk::section(&run.hosts).map(|body| part("disk", "Room on the disks", body)),
        phases(&rows).map(|body| part("phases", "What went in each phase", body)),
    ];
    Told { headline, lede: Vec::new(), figures, sections: sections.into_iter().flatten().collect() }
}

/// Bytes of each phase.
fn phases(rows: &[PhaseRow]) -> Option<Markup> {
    let scale = Scale::to(rows.iter().map(|row| row.total().bytes));
    (!rows.is_empty()).then(|| {
        html! {
            table.fig {
                thead { tr {
                    th.h scope="col" { "phase" } th.g scope="col" { "bytes" }
                    th.n scope="col" { "size" } th.n scope="col" { "objects" }
                } }
                tbody { @for row in rows { tr {
                    th scope="row" { (blocks::indented(&row.title)) }
                    td.g { ({
                        let mut shapes = Shapes::default();
                        shapes.bar(Class::Run, 0, scale.x(row.total().bytes), 1, 10);
                        shapes.decoration(12, 13)
                    }) }
                    td.n { @if row.sized && row.total().objects > 0 { (row.total().size()) } }
                    td.n { (row.total().objects) }
                } } }
            }
        }
    })
}
