//! Sizes of images, layer by layer.

use super::said;
use super::scale::Scale;
use super::shapes::{Class, Shapes};
use crate::human;
use crate::record::{BuiltImage, HostRun};
use crate::report::bench::series::Subject;
use crate::report::fleet;
use maud::{Markup, html};

/// Layers that are named one by one.
const MOST: usize = 10;

pub(super) fn section(subjects: &[Subject<'_, '_>]) -> Option<Markup> {
    let any = subjects.iter().any(|s| !images(s).is_empty());
    any.then(|| html! { @for subject in subjects { (one(subject)) } })
}

/// Images of equal layers, with the hosts that built them.
fn images<'r>(subject: &Subject<'_, 'r>) -> Vec<(&'r BuiltImage, Vec<&'r HostRun>)> {
    let built = subject.series.iter().filter_map(|s| Some((s.host, s.typical()?.image.as_ref()?)));
    fleet::group(built, |(_, image)| (image.bytes, image.layer_count()))
        .into_iter()
        .filter_map(|(_, group)| {
            Some((group.first()?.1, group.iter().map(|(host, _)| *host).collect()))
        })
        .collect()
}

fn one(subject: &Subject<'_, '_>) -> Markup {
    let images = images(subject);
    let scale = Scale::to(images.iter().map(|(image, _)| sum(image).max(image.bytes)));
    html! {
        h3 { (said(subject.app)) small { (said(subject.dockerfile)) } }
        table.fig {
            thead { tr {
                th.h scope="col" { "host" } th.g scope="col" { "layers, the base image's first" }
                th.n scope="col" { "image" } th.n scope="col" { "layers" } th.n scope="col" { "wasted" }
            } }
            tbody { @for (image, hosts) in images.iter().take(MOST) { tr {
                th scope="row" { (said(&names(hosts))) }
                td.g { (stack(image, scale)) }
                td.n { (human::bytes(image.bytes)) }
                td.n { (image.layer_count()) }
                td.n { @match image.wasted_bytes { Some(bytes) => (human::bytes(bytes)), None => span.dim { "not counted" } } }
            } } }
        }
        @if let Some((image, _)) = images.first() { (list(image)) }
    }
}

fn names(hosts: &[&HostRun]) -> String {
    let names = fleet::fold(hosts.iter().copied());
    if names.len() > 28 { human::count(hosts.len(), "host") } else { names }
}

fn sum(image: &BuiltImage) -> u64 {
    image.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.bytes))
}

/// Whether a layer only holds copies with other owners or modes.
fn is_copy(made_by: &str) -> bool {
    ["chown -R", "chmod -R", "chown --recursive", "chmod --recursive"]
        .iter()
        .any(|word| made_by.contains(word))
}

fn stack(image: &BuiltImage, scale: Scale) -> Markup {
    let mut shapes = Shapes::default();
    let mut at = 0_u64;
    for layer in &image.layers {
        let class = if is_copy(&layer.made_by) { Class::Own } else { Class::Run };
        let end = at.saturating_add(layer.bytes);
        shapes.bar(class, scale.x(at), scale.x(end), 1, 10);
        if at > 0 {
            shapes.tick(Class::Gap, scale.x(at), 0, 12);
        }
        at = end;
    }
    shapes.decoration(12, 13)
}

fn list(image: &BuiltImage) -> Markup {
    let mut layers: Vec<_> = image.layers.iter().collect();
    layers.sort_by_key(|layer| std::cmp::Reverse(layer.bytes));
    let scale = Scale::to(layers.iter().map(|layer| layer.bytes));
    let rest = layers.len().saturating_sub(MOST);
    html! {
        table.fig.fall {
            caption.vh { "The largest layers" }
            thead { tr { th.n.tm scope="col" { "size" } th.st scope="col" { "largest layers" } td.g {} } }
            tbody { @for layer in layers.iter().take(MOST) {
                @let copy = is_copy(&layer.made_by);
                tr.own[copy] {
                    td.n.tm { (human::bytes(layer.bytes)) }
                    th.st scope="row" { span.mono { (said(&layer.made_by)) } }
                    td.g { ({
                        let mut shapes = Shapes::default();
                        shapes.bar(if copy { Class::Own } else { Class::Run }, 0, scale.x(layer.bytes), 2, 6);
                        shapes.decoration(10, 12)
                    }) }
                }
            } }
        }
        @if rest > 0 { p.dim { "and " (rest) " smaller ones" } }
    }
}
