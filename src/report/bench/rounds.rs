//! Every build on its own, for those who want to see it all.

use super::series::Series;
use super::{measures, signed_bytes, time};
use crate::human;
use crate::record::BuildEnd;
use crate::report::document::{Table, Tone};

pub(in crate::report) fn table(all: &[Series<'_>]) -> Table {
    let mut table =
        Table::new(["build", "host", "round", "time", "critical step", "I/O", "image", "end"]);
    table.left = vec![1, 7];
    for series in all {
        for build in &series.builds {
            let show =
                |n: Option<i64>, show: fn(i64) -> String| n.map_or_else(|| "–".to_owned(), show);
            let (tone, end) = match &build.end {
                BuildEnd::Built => (Tone::Plain, "built"),
                BuildEnd::Failed { .. } => (Tone::Bad, "failed"),
                BuildEnd::TimedOut => (Tone::Bad, "timed out"),
            };
            let cells = [
                format!("{} {}", series.app, series.scenario),
                series.host.host.to_string(),
                build.round.to_string(),
                human::duration(build.wall_milliseconds),
                show(measures::ownership(build), time),
                show(measures::stalled(build), super::detail::per_mille),
                show(measures::image_bytes(build), signed_bytes),
                end.to_owned(),
            ];
            table.row(tone, cells);
        }
    }
    table
}
