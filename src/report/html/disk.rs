//! Room on each host's disk, before and after.

use super::said;
use super::scale::Scale;
use super::shapes::{Class, Shapes};
use crate::human;
use crate::record::{HostRun, Moment};
use crate::report::summary;
use maud::{Markup, html};

/// The rows of hosts of which size and free bytes are known.
pub(super) fn section(hosts: &[HostRun]) -> Option<Markup> {
    let known: Vec<_> = hosts.iter().filter_map(|h| Some((h, room(h)?))).collect();
    if known.is_empty() {
        return None;
    }
    let cache = known.iter().any(|(h, _)| cache(h).is_some());
    Some(html! {
        (key(known.iter().any(|(_, room)| room.2 > room.1)))
        table.fig {
            thead { tr {
                th.h scope="col" { "host" } th.g scope="col" { "used of the disk" }
                th.n scope="col" { "free before" } th.n scope="col" { "after" } th.n.wide scope="col" { "of" }
                @if cache { th.n.r scope="col" { "build cache" } }
            } }
            tbody { @for (host, (size, before, after)) in &known { tr {
                th scope="row" { (said(host.host.as_str())) }
                td.g { (bar(*size, *before, *after)) }
                td.n { (human::bytes(*before)) } td.n { (human::bytes(*after)) }
                td.n.wide.dim { (human::bytes(*size)) }
                @if cache { td.n.r { @if let Some((before, after)) = self::cache(host) {
                    (human::bytes(before)) " → " (human::bytes(after))
                } } }
            } } }
        }
    })
}

fn key(gained: bool) -> Markup {
    html! {
        p.keyline {
            (Shapes::key(Class::Run, 2, "used"))
            @if gained { (Shapes::key(Class::OffOwn, 2, "came free")) }
            @else { (Shapes::key(Class::Own, 2, "used more afterwards")) }
        }
    }
}

/// Size, and free bytes before and after, in bytes.
fn room(host: &HostRun) -> Option<(u64, u64, u64)> {
    let (size, before) = summary::disk(host);
    Some((size.filter(|n| *n > 0)?, before?, summary::metric(host, "disk.free", Moment::After)?))
}

fn cache(host: &HostRun) -> Option<(u64, u64)> {
    let at = |moment| summary::metric(host, "cache.bytes", moment);
    Some((at(Moment::Before)?, at(Moment::After)?))
}

fn bar(size: u64, before: u64, after: u64) -> Markup {
    let scale = Scale::to([size]);
    let used = |free: u64| scale.x(size.saturating_sub(free));
    let (less, more) = (used(before).min(used(after)), used(before).max(used(after)));
    let mut shapes = Shapes::default();
    shapes.bar(Class::Run, 0, less, 1, 10);
    if more > less {
        shapes.bar(if after > before { Class::OffOwn } else { Class::Own }, less, more, 1, 10);
    }
    shapes.tick(Class::Grid, 1_000, 0, 12);
    shapes.decoration(12, 13)
}
