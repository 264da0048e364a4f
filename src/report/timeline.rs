//! The assets: search, and what happened to each, event by event.

use std::collections::{BTreeMap, HashSet};

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::{
    Report,
    page::message,
    text::{Outside, counted, duration, grouped, moment, visible},
};
use crate::{
    fold::{Asset, Code, HistoryEntry, Severity, happened},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// How many events of one asset are shown at the least, first and last; in between only those of which there
/// is something to say.
const FIRST: usize = 12;
const LAST: usize = 28;
/// How many events with something to say are shown in between, and how many remarks on what is not in the history.
const NOTED_MAX: usize = 40;
/// How many deliveries of the same event are named.
const COPIES_MAX: usize = 4;

/// The assets of one entity that have no timeline in the page: their ids, and for each the index of its state.
#[derive(Serialize)]
struct Others<'a> {
    entity: &'a str,
    states: Vec<&'a str>,
    ids: Vec<std::borrow::Cow<'a, str>>,
    at: Vec<usize>,
}

impl Report<'_> {
    pub(super) fn assets(&self) -> Markup {
        let (all, shown) = (self.material.folded.assets.len(), self.shown.assets.len());
        let named = self.shown.others.len();
        html! {
            section #assets aria-labelledby="h-assets" {
                h2 #h-assets { "Assets" }
                @if shown < all {
                    p {
                        strong { (grouped(shown)) " of " (counted(all, "asset has its", "assets have their")) " timeline here" }
                        ": the worst first, and those that are named above; for the others: "
                        code { "mediafold timeline ENTITY ID FILE…" } ". "
                        @if named == all - shown { "The search knows the others too." }
                        @else { "The search knows " (grouped(named)) " of the others too." }
                    }
                } @else if all > 0 {
                    p { "All " (counted(all, "asset", "assets")) ", the worst first." }
                }
                search.search hidden {
                    label for="find" { "Search assets" }
                    input #find type="search" placeholder="id, entity, state or finding" autocomplete="off" spellcheck="false" aria-describedby="found";
                    output #found for="find" {}
                }
                div #timelines { @for at in &self.shown.assets { (self.asset(*at)) } }
                ul #others hidden {}
                @if named > 0 {
                    script #index type="application/json" { (PreEscaped(self.others())) }
                }
            }
        }
    }

    /// The assets without a timeline, as JSON that may stand in a page.
    fn others(&self) -> String {
        let mut entities: Vec<Others<'_>> = Vec::new();
        for at in &self.shown.others {
            let (lifecycle, asset) = &self.material.folded.assets[*at];
            let (id, state) = (visible(asset.id()), lifecycle.state_index(asset.node()));
            match entities.last_mut().filter(|last| last.entity == lifecycle.entity()) {
                Some(last) => {
                    last.ids.push(id);
                    last.at.push(state);
                }
                None => entities.push(Others {
                    entity: lifecycle.entity(),
                    states: lifecycle.states().iter().map(|state| state.name.as_str()).collect(),
                    ids: vec![id],
                    at: vec![state],
                }),
            }
        }
        // Text and numbers only: writing them does not fail.
        let json = serde_json::to_string(&entities).unwrap_or_default();
        // An element of script ends at `</`.
        json.replace('<', "\\u003c")
    }

    fn asset(&self, at: usize) -> Markup {
        let (lifecycle, asset) = &self.material.folded.assets[at];
        let facts = &self.ranked.facts[at];
        let state = asset.state(lifecycle);
        let mut codes: BTreeMap<Code, (Severity, usize)> = BTreeMap::new();
        for said in facts.findings.iter().map(|at| self.findings.said(*at)) {
            codes.entry(said.code).or_insert((said.severity, 0)).1 += 1;
        }
        let names: Vec<&str> = codes.keys().map(|code| code.name()).collect();
        html! {
            details.asset id={ "asset-" (at) } {
                summary data-find=(names.join(" ")) {
                    span.entity { (Outside(lifecycle.entity())) } " "
                    code.id { (Outside(asset.id())) } " "
                    span.state.error[state.error] { (Outside(&state.name)) } " "
                    span.chips { (chips(&codes)) }
                    @if let Some(stay) = facts.slowest {
                        span.stay { (duration(stay.time)) " in " (Outside(&lifecycle.states()[stay.state].name)) }
                    }
                    span.count { (counted(asset.events() as usize, "event", "events")) }
                }
                div.scroll tabindex="0" role="region" aria-label="Timeline" {
                    (self.timeline(lifecycle, asset, &facts.findings))
                }
            }
        }
    }

    /// The events of an asset, each with its findings, whose indexes are given.
    fn timeline(&self, lifecycle: &Lifecycle, asset: &Asset, findings: &[usize]) -> Markup {
        let by_delivery = self.findings.by_delivery(findings.iter().copied());
        let about = |entry: &HistoryEntry<'_>| {
            by_delivery.get(&entry.event.delivery).map(Vec::as_slice).unwrap_or_default()
        };
        let is_grave = |at: &usize| self.findings.said(*at).severity >= Severity::Warning;
        let kept = kept(asset.history().map(|entry| about(&entry).iter().any(is_grave)));
        let mut before = None;
        let mut rows = Vec::new();
        let mut skipped = 0;
        for (entry, kept) in asset.history().zip(kept) {
            let time = happened(entry.event);
            if kept {
                let row = self.row(lifecycle, &entry, time.zip(before), about(&entry));
                rows.push((std::mem::take(&mut skipped), row));
            } else {
                skipped += 1;
            }
            before = time.or(before);
        }
        let past = asset.events() - asset.history().len() as u64;
        let there: HashSet<u64> = asset.history().map(|entry| entry.event.delivery).collect();
        let is_of_none = |at: &&usize| !there.contains(&self.findings.about(**at));
        let rest: Vec<usize> = findings.iter().filter(is_of_none).copied().collect();
        html! {
            table.timeline {
                thead { tr {
                    th scope="col" { "Time" } th.n scope="col" { "After" } th scope="col" { "Event" } th scope="col" { "Verdict" }
                    th scope="col" { "State" } th scope="col" { "Delivery" } th scope="col" { "Remarks" }
                } }
                tbody {
                    @if past > 0 { (omitted(past as usize, "the oldest, are not kept one by one")) }
                    @for (skipped, row) in &rows {
                        @if *skipped > 0 { (omitted(*skipped, "of which there is little to say, are left out")) }
                        (row)
                    }
                }
            }
            @if !rest.is_empty() {
                ul.remarks {
                    @for at in rest.iter().take(NOTED_MAX) { li { (self.remark(*at)) } }
                    @if rest.len() > NOTED_MAX { li.dim { (grouped(rest.len() - NOTED_MAX)) " more" } }
                }
            }
        }
    }

    fn row(
        &self,
        lifecycle: &Lifecycle,
        entry: &HistoryEntry<'_>,
        times: Option<(Timestamp, Timestamp)>,
        remarks: &[usize],
    ) -> Markup {
        let HistoryEntry { event, verdict, .. } = entry;
        let [before, after] =
            [entry.before, entry.after].map(|node| lifecycle.state(node).name.as_str());
        let is_copy = |at: &usize| self.findings.said(*at).code == Code::Duplicate;
        let (copies, remarks): (Vec<usize>, Vec<usize>) =
            remarks.iter().partition(|at| is_copy(at));
        html! {
            tr.(verdict.name().to_lowercase()) {
                td.time {
                    @match (event.time, event.received_at) {
                        (Some(time), _) => (moment(time)),
                        (None, Some(time)) => { (moment(time)) " " span.dim { "received" } }
                        (None, None) => span.dim { "–" },
                    }
                }
                td.n.dim { @if let Some((time, before)) = times { (duration(time.since(before))) } }
                td { code { (Outside(&event.label(lifecycle))) } }
                td { span.verdict { (verdict.name()) } }
                td {
                    @if before == after { span.dim { (Outside(after)) } }
                    @else { span.dim { (Outside(before)) " → " } (Outside(after)) }
                }
                td { @if let Some(place) = self.short_place(event.delivery, event.item) { (place) } }
                td.remark {
                    @for at in remarks { div { (self.remark(at)) } }
                    @if !copies.is_empty() { div { (self.copies(&copies)) } }
                }
            }
        }
    }

    fn remark(&self, at: usize) -> Markup {
        let finding = self.findings.get(at);
        html! {
            a.tag.(finding.severity.name()) href={ "#" (finding.code.code()) } title=(finding.name) { (finding.code.code()) }
            " " (message(&finding.message))
            @if finding.repeats.is_some() && let Some(place) = self.short_place(finding.delivery, finding.item) {
                " " (place)
            }
        }
    }

    fn copies(&self, copies: &[usize]) -> Markup {
        html! {
            a.tag.info href={ "#" (Code::Duplicate.code()) } { (Code::Duplicate.code()) }
            " came again" @if copies.len() > 1 { " " (counted(copies.len(), "time", "times")) } ": "
            @for (number, at) in copies.iter().take(COPIES_MAX).enumerate() {
                @if number > 0 { ", " }
                @let again = self.findings.get(*at);
                @if let Some(place) = self.short_place(again.delivery, again.item) { (place) }
            }
            @if copies.len() > COPIES_MAX { ", …" }
        }
    }
}

/// Which events of a history are shown, by whether there is something to say of them.
fn kept(noted: impl Iterator<Item = bool>) -> Vec<bool> {
    let noted: Vec<bool> = noted.collect();
    if noted.len() <= FIRST + LAST + NOTED_MAX {
        return vec![true; noted.len()];
    }
    let between = FIRST..noted.len() - LAST;
    let mut left = NOTED_MAX;
    let keep = noted.into_iter().enumerate().map(|(at, noted)| {
        if !between.contains(&at) {
            return true;
        }
        let keep = noted && left > 0;
        left -= usize::from(keep);
        keep
    });
    keep.collect()
}

fn omitted(events: usize, why: &str) -> Markup {
    html! { tr.omitted { td colspan="7" { (counted(events, "event", "events")) ", " (why) } } }
}

/// A mark for each code that was found, with its count.
fn chips(codes: &BTreeMap<Code, (Severity, usize)>) -> Markup {
    html! {
        @for (code, (level, count)) in codes {
            span.tag.(level.name()) title=(code.name()) {
                (code.code()) @if *count > 1 { "\u{a0}×" (grouped(*count)) }
            } " "
        }
    }
}
