//! The report: what a folded stream of webhooks says of its providers, as one page of HTML.
//!
//! - [`Report::gather`] takes together what there is to say; `assets` chooses those that get a timeline, and
//!   `findings` the examples.
//! - [`Report::page`] writes it: `page` the frame, `entities` and `timeline` its larger parts, `plots` the
//!   SVG, `explanation` the text on each finding, `text` whatever came from outside.
//!
//! The page needs no network, and the same input gives the same bytes. Deliberately not here: pictures of
//! lifecycles, which come in with the [`Material`], and where deliveries came from.

mod assets;
mod entities;
mod explanation;
mod findings;
mod page;
mod plots;
mod text;
mod timeline;

use self::{
    assets::{Ranked, Shown},
    findings::FindingGroup,
};
use crate::{
    bulk::{Findings, Folded, Observed, Summary},
    fold::{Code, Levels, Severity, happened, overdue},
    lifecycle::{Lifecycle, Order},
    time::Timestamp,
};

/// How many assets are named in a list of the slowest or the overdue.
const LISTED_MAX: usize = 20;

/// What a report is made from.
pub(crate) struct Material<'a> {
    /// What was folded, with its findings; [`add_overdue`] adds to them.
    pub(crate) folded: &'a Folded<'a>,
    /// The severities by which it was folded.
    pub(crate) levels: &'a Levels,
    /// The time asked for; otherwise the latest in the data is taken.
    pub(crate) as_of: Option<Timestamp>,
    /// How many assets get a timeline.
    pub(crate) assets_max: usize,
    /// The files that were read.
    pub(crate) sources: &'a [String],
    /// The file and line of a delivery.
    pub(crate) place: &'a dyn Fn(u64) -> Option<(&'a str, u64)>,
    /// What a finding means, in Markdown.
    pub(crate) explanation: &'a dyn Fn(Code) -> &'a str,
    /// The command that lists the findings; with those of what is overdue at this time, if one is given.
    pub(crate) command: &'a dyn Fn(Option<Timestamp>) -> String,
    /// A picture of what was observed, in HTML that is safe.
    pub(crate) picture: &'a dyn Fn(&Observed<'_>) -> String,
}

/// What there is to say of a folded stream of webhooks.
pub(crate) struct Report<'a> {
    material: &'a Material<'a>,
    /// The time that overdue is measured at.
    as_of: Option<Timestamp>,
    findings: &'a Findings,
    providers: Vec<Provider<'a>>,
    entities: Vec<Entity<'a>>,
    groups: Vec<FindingGroup<'a>>,
    ranked: Ranked,
    shown: Shown,
}

struct Provider<'a> {
    summary: &'a Summary,
    /// Its events have times, so that one can be late.
    timed: bool,
    /// Events without any time.
    undated: usize,
    activity: Activity,
}

/// Events and grave findings over time, in steps of equal length.
#[derive(Default)]
struct Activity {
    begin: i64,
    /// Nanoseconds.
    step: i64,
    events: Vec<u64>,
    /// Findings that are errors or warnings.
    grave: Vec<u64>,
    /// The first and the last event.
    period: Option<(Timestamp, Timestamp)>,
}

struct Entity<'a> {
    observed: Observed<'a>,
    /// The assets that were in a state for the longest, by their indexes, and how many were measured.
    slowest: (Vec<usize>, usize),
    /// The assets that are overdue, longest first, and how many there are.
    overdue: (Vec<usize>, usize),
}

/// Adds the findings of what is overdue at the latest time in the data, where no time was asked for.
pub(crate) fn add_overdue(folded: &mut Folded<'_>, levels: &Levels) {
    let severity = levels.severity(Code::Overdue);
    let Some(now) = folded.latest.filter(|_| severity != Severity::Allowed) else { return };
    let found =
        folded.assets.iter().filter_map(|(lifecycle, asset)| overdue(lifecycle, asset, now));
    folded.findings.extend(found.map(|mut finding| {
        finding.severity = severity;
        finding
    }));
}

impl Material<'_> {
    /// Whether findings of this code count apart: those of what is overdue at a time that nobody asked for are not in
    /// what `check` finds.
    fn is_apart(&self, code: Code) -> bool {
        code == Code::Overdue && self.as_of.is_none()
    }
}

impl<'a> Report<'a> {
    /// Takes together what the page says.
    pub(crate) fn gather(material: &'a Material<'a>) -> Self {
        let folded = material.folded;
        let as_of = material.as_of.or(folded.latest);
        let findings = &folded.findings;
        let ranked = Ranked::new(material, as_of);
        let groups = findings::groups(findings, &ranked);
        let entities = entities_of(material, &ranked);
        let cited = groups.iter().flat_map(|group| &group.examples);
        let cited = cited.filter_map(|example| ranked.asset_of(example.at));
        let listed =
            entities.iter().flat_map(|entity| entity.slowest.0.iter().chain(&entity.overdue.0));
        let shown = Shown::choose(material, &ranked, cited.chain(listed.copied()));
        let providers = folded.summaries.iter().map(|it| provider_of(folded, it)).collect();
        Self { material, as_of, findings, providers, entities, groups, ranked, shown }
    }
}

fn entities_of<'a>(material: &Material<'a>, ranked: &Ranked) -> Vec<Entity<'a>> {
    let assets = &material.folded.assets;
    let mut entities = Vec::new();
    let mut start = 0;
    while let Some((lifecycle, _)) = assets.get(start) {
        let same = |(other, _): &(&Lifecycle, _)| other.entity() == lifecycle.entity();
        let len = assets[start..].iter().take_while(|asset| same(asset)).count();
        let own = start..start + len;
        let mut observed = Observed::new(lifecycle);
        for (_, asset) in &assets[own.clone()] {
            observed.add(asset);
        }
        let longest = |of: &dyn Fn(usize) -> Option<std::time::Duration>| {
            let mut found: Vec<_> = own.clone().filter_map(|at| Some((of(at)?, at))).collect();
            found.sort_by_key(|(time, at)| (std::cmp::Reverse(*time), *at));
            let first = found.iter().take(LISTED_MAX).map(|(_, at)| *at).collect();
            (first, found.len())
        };
        entities.push(Entity {
            observed,
            slowest: longest(&|at| ranked.facts[at].slowest.map(|stay| stay.time)),
            overdue: longest(&|at| ranked.facts[at].overdue),
        });
        start += len;
    }
    entities
}

fn provider_of<'a>(folded: &Folded<'_>, summary: &'a Summary) -> Provider<'a> {
    let own = |entity: &str| {
        let name = summary.provider.as_deref();
        name.is_some() && entity.split_once('/').map(|(provider, _)| provider) == name
    };
    let assets = || folded.assets.iter().filter(|(lifecycle, _)| own(lifecycle.entity()));
    let times =
        assets().flat_map(|(_, asset)| asset.history().filter_map(|entry| happened(entry.event)));
    let times: Vec<Timestamp> = times.collect();
    let events: usize = assets().map(|(_, asset)| asset.history().len()).sum();
    let findings = &folded.findings;
    let grave = (0..findings.len()).filter(|at| {
        let said = findings.said(*at);
        said.severity >= Severity::Warning && said.entity.as_deref().is_some_and(own)
    });
    Provider {
        summary,
        timed: assets().any(|(lifecycle, _)| lifecycle.order() == Order::Time),
        undated: events - times.len(),
        activity: Activity::new(&times, grave.filter_map(|at| findings.get(at).at)),
    }
}

impl Activity {
    /// The most steps that are told apart.
    const STEPS_MAX: i64 = 72;

    fn new(times: &[Timestamp], grave: impl Iterator<Item = Timestamp>) -> Self {
        const SECONDS: [i64; 12] =
            [1, 10, 60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800, 2_592_000, 31_536_000];
        const BILLION: i64 = 1_000_000_000;
        let nanos = || times.iter().map(|time| time.as_nanos());
        let period = times.iter().min().copied().zip(times.iter().max().copied());
        let Some((first, last)) = period.map(|(first, last)| (first.as_nanos(), last.as_nanos()))
        else {
            return Self::default();
        };
        let fits = |step: &i64| last.div_euclid(*step) - first.div_euclid(*step) < Self::STEPS_MAX;
        let mut steps = SECONDS.iter().map(|seconds| seconds * BILLION);
        let step = steps.find(fits).unwrap_or((last - first) / Self::STEPS_MAX + 1);
        let begin = first.div_euclid(step) * step;
        let len = usize::try_from((last - begin) / step).unwrap_or(0) + 1;
        let count = |times: &mut dyn Iterator<Item = i64>| {
            let mut counts = vec![0; len];
            for time in times {
                let at = usize::try_from((time - begin).div_euclid(step)).unwrap_or(0);
                counts[at.min(len - 1)] += 1;
            }
            counts
        };
        let events = count(&mut nanos());
        let grave = count(&mut grave.map(Timestamp::as_nanos));
        Self { begin, step, events, grave, period }
    }
}
