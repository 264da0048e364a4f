//! The frame of the page, the health of the providers, and the findings.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    Entity, FindingGroup, Provider, Report,
    explanation::explanation,
    findings::Example,
    plots,
    text::{Outside, anchor, counted, day, duration, grouped, moment, percent, share},
};
use crate::{
    bulk::Summary,
    fold::{Finding, Severity},
};

const STYLE: &str = concat!(include_str!("colors.css"), include_str!("page.css"));
const SCRIPT: &str = include_str!("page.js");
/// Nothing is loaded from anywhere.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
/// The rate at which its bar is full; that of fitness is full at 1.
const RATE_MAX: f64 = 0.2;
/// How many input files are named.
const SOURCES_MAX: usize = 4;

impl Report<'_> {
    /// The page: it needs nothing but itself.
    pub(crate) fn page(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { "Webhook report" }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#providers" { "Skip to the report" }
                    (self.nav())
                    main {
                        (self.lead())
                        (self.providers())
                        (self.findings())
                        (self.entities())
                        (self.assets())
                    }
                    (footer())
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string()
    }

    fn nav(&self) -> Markup {
        html! {
            nav aria-label="Parts of the report" {
                a.home href="#top" { "Webhook report" }
                a href="#providers" { "Providers" }
                a href="#findings" { "Findings" }
                a href="#entities" { "Entities" }
                a href="#assets" { "Assets" }
            }
        }
    }

    fn lead(&self) -> Markup {
        let folded = self.material.folded;
        let total = |of: fn(&Summary) -> u64| folded.summaries.iter().map(of).sum::<u64>() as usize;
        let (apart, counted_in): (Vec<&FindingGroup<'_>>, Vec<_>) =
            self.groups.iter().partition(|group| self.material.is_apart(group.code));
        let count = |severity| {
            let own = counted_in.iter().filter(|group| group.severity == severity);
            own.map(|group| group.count).sum::<usize>()
        };
        let apart = apart.iter().map(|group| group.count).sum::<usize>();
        let overdue: usize = self.entities.iter().map(|entity| entity.overdue.1).sum();
        html! {
            header #top {
                h1 {
                    (headline(count(Severity::Error), count(Severity::Warning)))
                    @if apart > 0 { ", " span.warning { (grouped(apart)) " overdue" } }
                }
                p.facts {
                    (counted(total(|s| s.deliveries), "delivery", "deliveries")) ", "
                    (counted(total(|s| s.events), "distinct event", "distinct events")) " of "
                    (counted(folded.assets.len(), "asset", "assets"))
                    @if let Some((first, last)) = self.period() {
                        ", " (day(first)) @if day(first) != day(last) { " to " (day(last)) }
                    }
                    "; "
                    @if overdue == 0 { "none is overdue" }
                    @else { strong { (counted(overdue, "asset is overdue", "assets are overdue")) } }
                    ". All times are UTC."
                }
                p.dim {
                    @if let Some(as_of) = self.as_of {
                        "As of " (moment(as_of)) ", "
                        @if self.material.as_of.is_some() {
                            "the time that was asked for: what happened later is left out. "
                        } @else {
                            "the latest time in the data; "
                            code { "--as-of TIME" } " takes another. "
                        }
                    }
                    (self.sources())
                }
            }
        }
    }

    fn period(&self) -> Option<(crate::time::Timestamp, crate::time::Timestamp)> {
        let known = || self.providers.iter().filter_map(|provider| provider.activity.period);
        Some((known().map(|(first, _)| first).min()?, known().map(|(_, last)| last).max()?))
    }

    fn sources(&self) -> Markup {
        let names = self.material.sources;
        html! {
            @if !names.is_empty() { "From " }
            @for (at, name) in names.iter().take(SOURCES_MAX).enumerate() {
                @if at > 0 { ", " }
                code { (Outside(name)) }
            }
            @if let Some(more @ 1..) = names.len().checked_sub(SOURCES_MAX) {
                " and " (counted(more, "more file", "more files"))
            }
            @if !names.is_empty() { "." }
        }
    }

    fn providers(&self) -> Markup {
        html! {
            section #providers aria-labelledby="h-providers" {
                h2 #h-providers { "Providers" }
                div.scroll tabindex="0" role="region" aria-label="Rates by provider" {
                    table.rates {
                        thead { tr {
                            th scope="col" { "Provider" }
                            th.n.rate scope="col" { "Fitness" }
                            @for name in ["Duplicate", "Late", "Gap", "Illegal", "Unknown", "Unreadable"] {
                                th.n.rate scope="col" { (name) }
                            }
                            @for name in ["Deliveries", "Events", "Assets"] { th.n scope="col" { (name) } }
                        } }
                        tbody { @for provider in &self.providers { (provider_row(provider)) } }
                    }
                }
                p.note {
                    b { "Fitness" } " is the share of events that were legal as they came. "
                    "Duplicates, copies with other content included, are a share of all that came; late, "
                    "gap, illegal and unknown of the distinct events; unreadable of the deliveries. Bars are full at 20 %. "
                    "A late or missing event may make another one illegal as it came; gap and illegal are "
                    "counted once everything is in its place."
                }
                @for provider in &self.providers { (provider_plots(provider)) }
            }
        }
    }

    fn findings(&self) -> Markup {
        html! {
            section #findings aria-labelledby="h-findings" {
                h2 #h-findings { "Findings" }
                @if self.groups.is_empty() {
                    p { "There is nothing to report: every delivery was read, and every event was legal and in time." }
                } @else {
                    (self.finding_table())
                    @for group in &self.groups { (self.group(group)) }
                }
            }
        }
    }

    fn finding_table(&self) -> Markup {
        let most = self.groups.iter().map(|group| group.count).max().unwrap_or(0);
        html! {
            div.scroll tabindex="0" role="region" aria-label="Findings by code" {
                table {
                    thead { tr {
                        th scope="col" { "Code" } th scope="col" { "Finding" } th scope="col" { "Severity" }
                        th.n scope="col" { "Count" } th.wide aria-hidden="true" {} th.n scope="col" { "Assets" }
                        th scope="col" { "By provider" }
                    } }
                    tbody { @for group in &self.groups {
                        tr {
                            td { a href={ "#" (group.code.code()) } { (group.code.code()) } }
                            td {
                                (group.code.name())
                                @if self.material.is_apart(group.code) { " " small { "not counted above" } }
                            }
                            td { (severity(group.severity)) }
                            td.n { (grouped(group.count)) }
                            td.wide { (plots::bar(share(group.count as u64, most as u64), group.severity.name())) }
                            td.n { (grouped(group.assets)) }
                            td { (by_provider(group)) }
                        }
                    } }
                }
            }
        }
    }

    fn group(&self, group: &FindingGroup<'_>) -> Markup {
        let code = group.code.code();
        let section = (self.material.explanation)(group.code);
        let linked = |target: &str| {
            let target = target.strip_prefix('#')?.split('-').next()?.to_uppercase();
            let found = self.groups.iter().any(|other| other.code.code() == target);
            found.then(|| format!("#{target}"))
        };
        let more = group.more();
        let apart = self.material.is_apart(group.code);
        let command = (self.material.command)(self.as_of.filter(|_| apart));
        let summed_up = group.examples.iter().any(|example| example.count > 1);
        html! {
            article.finding.(group.severity.name()) id=(code) {
                h3 {
                    span.code { (code) } " " (group.code.name()) " "
                    (severity(group.severity)) " "
                    small { "× " (grouped(group.count)) }
                }
                details.means id={ (code) "-means" } {
                    summary { "What it means, and what to do" }
                    div.prose { (explanation(section, &linked)) }
                }
                ol.examples {
                    @for example in &group.examples {
                        (self.example(example, &self.findings.get(example.at)))
                    }
                }
                @if more > 0 || summed_up || apart {
                    p.note {
                        @if more > 0 { (grouped(more)) " more: " }
                        code { (Outside(&command)) } " lists them all"
                    }
                }
            }
        }
    }

    fn example(&self, example: &Example, finding: &Finding) -> Markup {
        let asset = self.ranked.asset_of(example.at);
        let name = || {
            html! {
                @if let Some(entity) = &finding.entity { span.entity { (Outside(entity)) } " " }
                @if let Some(id) = &finding.id { code { (Outside(id)) } }
            }
        };
        html! {
            li {
                span.message { (message(&example.text)) }
                @if example.count > 1 {
                    " " strong.alike title="findings of this event in this state" { "× " (grouped(example.count)) }
                }
                span.where {
                    @if example.count > 1 { "such as " }
                    @match asset.filter(|asset| self.shown.has(*asset)) {
                        Some(asset) => a href={ "#asset-" (asset) } { (name()) },
                        None => (name()),
                    }
                    @if let Some(time) = finding.at { " " (moment(time)) }
                    @if let Some(place) = self.place(finding.delivery, finding.item) { " " (place) }
                }
            }
        }
    }

    /// The file and line of a delivery.
    pub(super) fn place(&self, delivery: u64, item: Option<u32>) -> Option<Markup> {
        let (source, line) = (self.material.place)(delivery)?;
        Some(
            html! { span.place { (Outside(source)) ":" (line) @if let Some(item) = item { "#" (item) } } },
        )
    }

    /// The same without the folder, which is there for whoever points at it.
    pub(super) fn short_place(&self, delivery: u64, item: Option<u32>) -> Option<Markup> {
        let (source, line) = (self.material.place)(delivery)?;
        let name = source.rsplit(['/', '\\']).next().unwrap_or(source);
        Some(
            html! { span.place title=(Outside(source)) { (Outside(name)) ":" (line) @if let Some(item) = item { "#" (item) } } },
        )
    }

    fn entities(&self) -> Markup {
        html! {
            section #entities aria-labelledby="h-entities" {
                h2 #h-entities { "Entities" }
                ul.toc {
                    @for Entity { observed, .. } in &self.entities {
                        @let entity = observed.lifecycle().entity();
                        li {
                            a href={ "#entity-" (anchor(entity)) } { (Outside(entity)) }
                            " " span.dim { (grouped(observed.assets())) }
                        }
                    }
                }
                @for entity in &self.entities { (self.entity(entity)) }
            }
        }
    }
}

fn headline(errors: usize, warnings: usize) -> Markup {
    let errors_text = counted(errors, "error", "errors");
    let warnings_text = counted(warnings, "warning", "warnings");
    html! {
        @match (errors, warnings) {
            (0, 0) => "No errors and no warnings",
            (0, _) => { span.warning { (warnings_text) } ", no errors" }
            (_, 0) => { span.error { (errors_text) } ", no warnings" }
            _ => { span.error { (errors_text) } ", " span.warning { (warnings_text) } }
        }
    }
}

fn provider_name(summary: &Summary) -> Markup {
    html! {
        @match &summary.provider {
            Some(name) => (Outside(name)),
            None => i { "not recognised" },
        }
    }
}

fn provider_row(provider: &Provider<'_>) -> Markup {
    let s = provider.summary;
    let copies = s.duplicates + s.conflicts;
    let rates = [
        (copies, s.events + copies, "info", true),
        (s.late, s.events, "late", provider.timed || s.provider.is_none()),
        (s.gaps, s.events, "warning", true),
        (s.illegal, s.events, "error", true),
        (s.unknown, s.events, "warning", true),
        (s.unreadable, s.deliveries, "error", true),
    ];
    html! {
        tr {
            th scope="row" { (provider_name(s)) }
            @if s.events > 0 {
                td.n.rate {
                    strong { (percent(s.legal_as_came, s.events)) }
                    (plots::bar(share(s.legal_as_came, s.events), "good"))
                }
            } @else { td.n.rate.none { "–" } }
            @for (part, whole, class, known) in rates {
                @if !known {
                    td.n.rate.none title="the provider sends no times" { "not known" }
                } @else if part == 0 {
                    td.n.rate.none { @if whole == 0 { "–" } @else { "0" } }
                } @else {
                    td.n.rate title={ (grouped(part)) " of " (grouped(whole)) } {
                        (percent(part, whole))
                        (plots::bar((share(part, whole) / RATE_MAX).min(1.0), class))
                        small { (grouped(part)) }
                    }
                }
            }
            @for count in [s.deliveries, s.events, s.assets] { td.n { (grouped(count)) } }
        }
    }
}

fn provider_plots(provider: &Provider<'_>) -> Markup {
    let s = provider.summary;
    let late: u64 = s.lateness.ranges().map(|(_, count)| count).sum();
    html! {
        @if s.provider.is_some() && s.events > 0 {
            article.provider {
                h3 { (provider_name(s)) }
                div.plots {
                    figure {
                        figcaption { "Events over time" }
                        @if provider.activity.events.is_empty() {
                            p.note { "The provider sends no times, and none were recorded." }
                        } @else {
                            (plots::activity(&provider.activity))
                            @if provider.undated > 0 {
                                p.note { "Without " (counted(provider.undated, "event", "events")) " of which no time is known." }
                            }
                        }
                    }
                    figure {
                        figcaption { "Lateness: how long after an event that happened later" }
                        @if !provider.timed {
                            p.note { "Not known: the provider sends no times, so the order in which events came is the order there is." }
                        } @else if late == 0 {
                            p.note { "No event was late." }
                        } @else {
                            (plots::lateness(&s.lateness))
                            p.note {
                                (percent(late, s.events)) " of the events were late, by "
                                (duration(s.lateness.longest())) " at most."
                            }
                        }
                    }
                }
            }
        }
    }
}

fn by_provider(group: &FindingGroup<'_>) -> Markup {
    html! {
        @for (at, (provider, count)) in group.providers.iter().enumerate() {
            @if at > 0 { ", " }
            (Outside(provider.unwrap_or("not recognised"))) " " (grouped(*count))
        }
    }
}

pub(super) fn severity(severity: Severity) -> Markup {
    html! { span.tag.(severity.name()) { (severity.name()) } }
}

/// A finding's message: what stands between backquotes is code.
pub(super) fn message(text: &str) -> Markup {
    let paired = text.matches('`').count().is_multiple_of(2);
    html! {
        @if paired {
            @for (at, part) in text.split('`').enumerate() {
                @if at % 2 == 1 { code { (Outside(part)) } } @else { (Outside(part)) }
            }
        } @else { (Outside(text)) }
    }
}

fn footer() -> Markup {
    html! {
        footer {
            p {
                "Made by mediafold " (env!("CARGO_PKG_VERSION")) " from the deliveries alone; the same deliveries give the same page. "
                "Of one asset: " code { "mediafold timeline ENTITY ID FILE…" } ". Of one finding: "
                code { "mediafold explain CODE" } "."
            }
        }
    }
}
