//! One entity: its picture, its states with the dwell in them, its steps, and its assets that hang.

use std::time::Duration;

use maud::{Markup, PreEscaped, html};

use super::{
    Entity, Report,
    plots::{self, Scale},
    text::{Outside, anchor, counted, duration, grouped, moment, percent, share},
};
use crate::{
    bulk::{Observed, ObservedStep},
    lifecycle::{Lifecycle, State},
};

impl Report<'_> {
    pub(super) fn entity(&self, entity: &Entity<'_>) -> Markup {
        let observed = &entity.observed;
        let lifecycle = observed.lifecycle();
        let id = format!("entity-{}", anchor(lifecycle.entity()));
        html! {
            article.entity id=(id) {
                h3 {
                    (Outside(lifecycle.entity())) " "
                    small { (Outside(lifecycle.title())) ", " (counted(observed.assets() as usize, "asset", "assets")) }
                }
                @if let Some(source) = web_address(lifecycle) {
                    p.note { "Documented at " a href=(source) rel="noopener noreferrer" { (Outside(source)) } }
                }
                div.picture tabindex="0" role="region" aria-label="What was observed" {
                    (PreEscaped((self.material.picture)(observed)))
                }
                (states(observed))
                (steps(observed))
                (self.slow(entity))
            }
        }
    }

    /// The assets that were slow, and those that are overdue.
    fn slow(&self, entity: &Entity<'_>) -> Markup {
        let states = entity.observed.lifecycle().states();
        let (slowest, measured) = &entity.slowest;
        let (overdue, late) = &entity.overdue;
        let facts = |at: usize| &self.ranked.facts[at];
        html! {
            @if *late > 0 {
                details.list open {
                    summary { (counted(*late, "asset is overdue", "assets are overdue")) }
                    div.scroll tabindex="0" role="region" aria-label="Overdue assets" {
                        table {
                            thead { tr {
                                th scope="col" { "Asset" } th scope="col" { "State" } th scope="col" { "Since" }
                                th.n scope="col" { "Longer than normal by" }
                            } }
                            tbody { @for at in overdue {
                                @let (lifecycle, asset) = &self.material.folded.assets[*at];
                                tr {
                                    td { (self.asset_link(*at)) }
                                    td { (Outside(&asset.state(lifecycle).name)) }
                                    td.when { @if let Some(since) = asset.since(lifecycle) { (moment(since)) } }
                                    td.n.over { @if let Some(over) = facts(*at).overdue { (duration(over)) } }
                                }
                            } }
                        }
                    }
                    (left_out(*late, overdue.len()))
                }
            }
            @if *measured > 0 {
                details.list open[*late == 0] {
                    summary { "Slowest: the longest in a state where more was to come" }
                    div.scroll tabindex="0" role="region" aria-label="Slowest assets" {
                        table {
                            thead { tr {
                                th scope="col" { "Asset" } th scope="col" { "State" } th scope="col" {}
                                th.n scope="col" { "For" }
                            } }
                            tbody { @for at in slowest { @if let Some(stay) = facts(*at).slowest {
                                tr {
                                    td { (self.asset_link(*at)) }
                                    td { (Outside(&states[stay.state].name)) }
                                    td.dim { @if stay.now { "still there" } }
                                    td.n { (duration(stay.time)) }
                                }
                            } } }
                        }
                    }
                    (left_out(*measured, slowest.len()))
                }
            }
        }
    }

    /// The id of an asset, as a link to its timeline if it has one.
    fn asset_link(&self, at: usize) -> Markup {
        let id = self.material.folded.assets[at].1.id();
        html! {
            @if self.shown.has(at) {
                a href={ "#asset-" (at) } { code { (Outside(id)) } }
            } @else { code { (Outside(id)) } }
        }
    }
}

fn left_out(all: usize, listed: usize) -> Markup {
    html! { @if all > listed { p.note { (grouped(all - listed)) " more are not listed" } } }
}

/// Where the lifecycle is documented, if a browser may go there.
fn web_address(lifecycle: &Lifecycle) -> Option<&str> {
    let web = |source: &&str| source.starts_with("https://") || source.starts_with("http://");
    lifecycle.source().filter(web)
}

fn states(observed: &Observed<'_>) -> Markup {
    let states = observed.lifecycle().states();
    let normal = |state: &State| state.dwell.map(|dwell| dwell.as_nanos() as u64);
    let seen = |at: &usize| observed.population(*at) > 0 || observed.dwell(*at).is_some();
    let rows: Vec<usize> = (0..states.len()).filter(seen).collect();
    let times = rows.iter().flat_map(|at| {
        let dwell = observed.dwell(*at);
        let dwell = dwell.into_iter().flat_map(|dwell| [dwell.p50, dwell.max]);
        dwell.chain(normal(&states[*at]))
    });
    let scale = Scale::new(times);
    let unseen = states.len() - 1 - rows.iter().filter(|at| **at > 0).count();
    html! {
        div.scroll tabindex="0" role="region" aria-label="States and the time spent in them" {
            table.states {
                thead { tr {
                    th scope="col" { "State" } th scope="col" {} th.n scope="col" { "Now" } th.wide aria-hidden="true" {}
                    th.n scope="col" { "Stays" } th.n scope="col" { "Half up to" } th.n scope="col" { "95 % up to" }
                    th.n scope="col" { "Longest" } th.n scope="col" { "Normal" } th.scale aria-hidden="true" { "half, 95 %, longest │ normal" }
                } }
                tbody { @for at in rows {
                    @let (state, now, dwell) = (&states[at], observed.population(at), observed.dwell(at));
                    tr {
                        th scope="row" title=(Outside(&state.summary)) { (Outside(&state.name)) }
                        td { (kinds(state)) }
                        td.n { (grouped(now)) }
                        td.wide { @if now > 0 { (plots::bar(share(now, observed.assets()), if state.error { "error" } else { "event" })) } }
                        @match dwell {
                            Some(dwell) => {
                                td.n { (grouped(dwell.stays)) }
                                @for time in [dwell.p50, dwell.p95, dwell.max] {
                                    td.n.over[normal(state).is_some_and(|normal| time > normal)] { (duration(Duration::from_nanos(time))) }
                                }
                            }
                            None => @for _ in 0..4 { td.n.none { "–" } }
                        }
                        td.n { @match normal(state) { Some(time) => (duration(Duration::from_nanos(time))), None => span.dim { "–" } } }
                        td.scale { @if dwell.is_some() || normal(state).is_some() { (plots::dwell(&scale, dwell, normal(state))) } }
                    }
                } }
            }
        }
        @if unseen > 0 {
            p.note { (counted(unseen, "state", "states")) " of the definition, where no asset is or was seen to stay: not listed." }
        }
    }
}

fn kinds(state: &State) -> Markup {
    let kinds = [(state.end, "end"), (state.rest, "rest"), (state.error, "error")];
    html! {
        @for (is, name) in kinds { @if is { span.kind.(name) { (name) } " " } }
    }
}

fn steps(observed: &Observed<'_>) -> Markup {
    let steps = observed.steps();
    let total: u64 = steps.iter().map(|step| step.count).sum();
    let count = |kept: fn(&ObservedStep) -> bool| steps.iter().filter(|step| kept(step)).count();
    let undefined = count(|step| !step.defined && !step.mid_life);
    let inferred: u64 = steps.iter().map(|step| step.inferred).sum();
    html! {
        details.steps {
            summary {
                (counted(steps.len(), "step", "steps")) " were taken"
                @if undefined > 0 { ", " span.error { (grouped(undefined)) " of them not in the definition" } }
                @if inferred > 0 { ", " span.warning { (counted(inferred as usize, "event is missing", "events are missing")) } }
            }
            div.scroll tabindex="0" role="region" aria-label="Steps" {
                table {
                    thead { tr {
                        th scope="col" { "From" } th scope="col" { "Event" } th scope="col" { "To" }
                        th.n scope="col" { "Count" } th.n scope="col" { "Share" } th.n scope="col" { "Missing" } th scope="col" {}
                    } }
                    tbody { @for step in &steps { (step_row(observed, step, total)) } }
                }
            }
            @if observed.unknown() > 0 {
                p.note { (counted(observed.unknown() as usize, "event", "events")) " of kinds that the definition does not have: not among the steps." }
            }
            @if observed.condensed() > 0 {
                p.note { (counted(observed.condensed() as usize, "event", "events")) " of assets with too many to keep them all: not among the steps." }
            }
        }
    }
}

fn step_row(observed: &Observed<'_>, step: &ObservedStep, total: u64) -> Markup {
    let states = observed.lifecycle().states();
    html! {
        tr.undefined[!step.defined && !step.mid_life] {
            td { (Outside(&states[step.from].name)) }
            td { code { (Outside(observed.lifecycle().kind_label(step.kind))) } }
            td {
                @match step.to {
                    Some(to) if to == step.from => span.dim { "stays" },
                    Some(to) => (Outside(&states[to].name)),
                    None => span.dim { "–" },
                }
            }
            td.n { (grouped(step.count)) }
            td.n { (percent(step.count, total)) }
            td.n { @if step.inferred > 0 { span.warning { (grouped(step.inferred)) } } }
            td {
                @if step.mid_life { span.tag.info { "first heard of" } }
                @else if !step.defined { span.tag.error { "not defined" } }
            }
        }
    }
}
