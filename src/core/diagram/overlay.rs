//! What really happened, painted on a picture.

use super::{
    picture::{DrawnEdge, Picture, Tone},
    words::{duration, share},
};
use crate::{
    bulk::{Observed, ObservedStep},
    lifecycle::KindId,
    shown::grouped,
};

/// Steps that are not allowed are drawn up to this many, most frequent first; all are counted.
const UNDEFINED_DRAWN_MAX: usize = 12;

/// Paints counts, shares, dwell times, what never happened and what should not have.
pub(super) fn paint(picture: &mut Picture<'_>, observed: &Observed<'_>) {
    let steps = observed.steps();
    let (lifecycle, prefix_len) = (picture.lifecycle, picture.prefix_len);
    let name = |kind: KindId| &lifecycle.kind_label(kind)[prefix_len..];
    let moves = |step: &&ObservedStep| step.defined && step.to.is_some_and(|to| to != step.from);
    let mut left = vec![0; picture.boxes.len()];
    for step in steps.iter().filter(moves) {
        left[step.from] += step.count;
    }
    let most = steps.iter().filter(moves).map(|step| step.count).max().unwrap_or(0);
    for edge in picture.all_edges_mut() {
        let own = steps.iter().filter(|step| {
            step.defined
                && (step.from, step.to) == (edge.from, Some(edge.to))
                && edge.kinds.contains(&step.kind)
        });
        let own: Vec<&ObservedStep> = own.collect();
        paint_edge(edge, &own, left[edge.from], most, &name);
    }
    for state in 0..picture.boxes.len() {
        paint_state(picture, observed, &steps, state, &name);
    }
    add_undefined(picture, &steps, &name);
    take_notes(picture, observed, &steps);
}

fn paint_edge<'n>(
    edge: &mut DrawnEdge,
    steps: &[&ObservedStep],
    left: u64,
    most: u64,
    name: &dyn Fn(KindId) -> &'n str,
) {
    let count: u64 = steps.iter().map(|step| step.count).sum();
    let inferred: u64 = steps.iter().map(|step| step.inferred).sum();
    edge.tone = match (count, inferred) {
        (0, 0) => Tone::Unseen,
        (0, _) => Tone::Inferred,
        _ => Tone::Seen,
    };
    if count > 0 {
        edge.weight = (count as f64).ln_1p() / (most as f64).ln_1p();
    }
    let named = !edge.labels.is_empty();
    for step in steps {
        let mut said = Vec::new();
        if step.count > 0 {
            said.push(format!("{} · {}", grouped(step.count), share(step.count, left)));
        }
        if step.inferred > 0 {
            said.push(format!("{} missed", grouped(step.inferred)));
        }
        let said = said.join(" · ");
        edge.tooltip += &format!("\n{}: {said}", name(step.kind));
        match edge.kinds.iter().position(|kind| *kind == step.kind) {
            Some(at) if named => edge.labels[at] = format!("{} {said}", edge.labels[at]),
            _ => edge.labels = vec![said],
        }
    }
}

fn paint_state<'n>(
    picture: &mut Picture<'_>,
    observed: &Observed<'_>,
    steps: &[ObservedStep],
    state: usize,
    name: &dyn Fn(KindId) -> &'n str,
) {
    let own = &mut picture.boxes[state];
    let population = observed.population(state);
    let touched = population > 0
        || steps
            .iter()
            .any(|step| step.count > 0 && (step.from == state || step.to == Some(state)));
    own.tone = if touched { Tone::Seen } else { Tone::Unseen };
    let mut remarks = Vec::new();
    if population > 0 {
        remarks.push(format!("{} now", grouped(population)));
    }
    if let Some(dwell) = observed.dwell(state) {
        let (p50, p95) = (duration(dwell.p50), duration(dwell.p95));
        remarks.push(format!("p50 {p50} · p95 {p95}"));
        own.tooltip += &format!(
            "\n{} stays: half up to {p50}, 95 % up to {p95}, the longest {}",
            grouped(dwell.stays as u64),
            duration(dwell.max)
        );
    }
    for step in steps.iter().filter(|step| step.from == state && step.count > 0) {
        let count = grouped(step.count);
        match (step.defined, step.mid_life, step.to) {
            (true, _, Some(to)) if to == state => {
                own.tooltip += &format!("\nstayed by {}: {count}", name(step.kind));
            }
            (_, true, _) => {
                own.tooltip += &format!("\nfirst heard of by {}: {count}", name(step.kind));
            }
            (false, _, None) => {
                own.undefined.push(format!("× {} {count}", name(step.kind)));
            }
            _ => {}
        }
    }
    own.remarks = remarks;
}

/// Steps that are not allowed become edges of their own, up to a bound.
fn add_undefined<'n>(
    picture: &mut Picture<'_>,
    steps: &[ObservedStep],
    name: &dyn Fn(KindId) -> &'n str,
) {
    let mut undefined: Vec<&ObservedStep> =
        steps.iter().filter(|step| !step.defined && !step.mid_life && step.to.is_some()).collect();
    undefined.sort_by_key(|step| std::cmp::Reverse(step.count));
    for (at, step) in undefined.into_iter().enumerate() {
        let Some(to) = step.to else { continue };
        let count = grouped(step.count);
        let label = format!("× {} {count}", name(step.kind));
        let target = &picture.boxes[to].name;
        if at >= UNDEFINED_DRAWN_MAX {
            let label = format!("{label} → {target}");
            picture.boxes[step.from].undefined.push(label);
            continue;
        }
        let from = &picture.boxes[step.from].name;
        let tooltip = format!("{from} → {target} is not allowed\n{}: {count}", name(step.kind));
        let same = |edge: &&mut DrawnEdge| {
            (edge.from, edge.to, edge.tone) == (step.from, to, Tone::Undefined)
        };
        match picture.edges.iter_mut().find(same) {
            Some(edge) => edge.labels.push(label),
            None => picture.edges.push(DrawnEdge {
                from: step.from,
                to,
                again: false,
                skips: true,
                kinds: vec![step.kind],
                labels: vec![label],
                tooltip,
                tone: Tone::Undefined,
                weight: 0.3,
            }),
        }
    }
}

fn take_notes(picture: &mut Picture<'_>, observed: &Observed<'_>, steps: &[ObservedStep]) {
    let sum = |of: &dyn Fn(&ObservedStep) -> u64| steps.iter().map(of).sum::<u64>();
    let others = [
        (sum(&|step| step.inferred), "missed"),
        (sum(&|step| if step.defined || step.mid_life { 0 } else { step.count }), "not allowed"),
        (sum(&|step| if step.mid_life { step.count } else { 0 }), "first heard of in mid-life"),
        (observed.unknown(), "of unknown kinds"),
        (observed.condensed(), "condensed and not shown"),
    ];
    let assets = if observed.assets() == 1 { "asset" } else { "assets" };
    let mut told = vec![
        format!("{} {assets}", grouped(observed.assets())),
        format!("{} events", grouped(sum(&|step| step.count) + observed.unknown())),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    told.extend(others.map(|(count, what)| format!("{} {what}", grouped(*count))));
    picture.notes.insert(0, told.join(" · "));
    picture.legend = vec![
        (Tone::Seen, "seen: how often, share of what left the state"),
        (Tone::Unseen, "never seen"),
        (Tone::Inferred, "missed: must have happened, was not heard of"),
        (Tone::Undefined, "not allowed"),
    ];
}
