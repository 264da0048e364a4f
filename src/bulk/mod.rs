//! Many assets at once: deliveries in, the state of every asset and all findings out.
//!
//! - [`Documents`] cuts a stream into deliveries, whatever it is made of.
//! - [`Bulk`] reads them, sorts them by asset and folds each once.
//! - [`Observed`] counts what happened to the assets of one entity.
//!
//! Nothing here opens files: a stream is whatever implements [`std::io::Read`].

mod documents;
mod observed;
mod summary;

use std::collections::HashMap;

#[cfg(feature = "cli")]
pub(crate) use self::observed::stays;
pub use self::{
    documents::{DOCUMENT_LEN_MAX, Document, Documents},
    observed::{Dwell, Observed, ObservedStep},
    summary::{Lateness, Summary},
};
use crate::{
    event::{Delivery, Event, EventError, EventKind, Placed, Reader},
    fold::{Arrival, Asset, Finding, Levels, Policy, Severity, Verdict, happened, overdue},
    lifecycle::{Lifecycle, Node},
    time::Timestamp,
};

/// How many findings about unreadable deliveries are kept where findings were not asked for.
pub const UNREADABLE_KEPT_MAX: usize = 100;

/// A fold over many assets in progress.
#[derive(Debug)]
pub struct Bulk<'c> {
    reader: Reader<'c>,
    policy: Policy,
    levels: Levels,
    as_of: Option<Timestamp>,
    only: Option<(usize, Option<Box<str>>)>,
    keep_findings: bool,
    /// For each lifecycle of the catalog, its assets by id.
    slots: Vec<HashMap<Box<str>, Slot>>,
    findings: Vec<Finding>,
    unreadable: Vec<Finding>,
    summaries: HashMap<Option<&'c str>, Summary>,
    undated: u64,
    latest: Option<Timestamp>,
}

#[derive(Debug)]
struct Slot {
    asset: Asset,
    /// Where the asset would be if every event were taken as it came.
    as_came: Node,
}

/// Everything that was folded.
#[derive(Debug)]
#[non_exhaustive]
pub struct Folded<'c> {
    /// All assets with their lifecycles, by entity and then id.
    pub assets: Vec<(&'c Lifecycle, Asset)>,
    /// All findings in the order of their deliveries; empty unless they were asked for.
    pub findings: Vec<Finding>,
    /// The first of what could not be read or belongs to no asset, whether findings were asked for or not: at
    /// most [`UNREADABLE_KEPT_MAX`].
    pub unreadable: Vec<Finding>,
    /// Counts per provider, by name; those of deliveries that no provider could be told for come last.
    pub summaries: Vec<Summary>,
    /// Events left out since it is not known whether they had happened by the time asked for.
    pub undated: u64,
    /// The latest time at which anything happened or was received, copies included.
    pub latest: Option<Timestamp>,
}

impl<'c> Bulk<'c> {
    /// A fold of what this reader reads.
    pub fn new(reader: Reader<'c>) -> Self {
        let lifecycles = reader.catalog().lifecycles().len();
        Self {
            reader,
            policy: Policy::Keep,
            levels: Levels::default(),
            as_of: None,
            only: None,
            keep_findings: false,
            slots: (0..lifecycles).map(|_| HashMap::new()).collect(),
            findings: Vec::new(),
            unreadable: Vec::new(),
            summaries: HashMap::new(),
            undated: 0,
            latest: None,
        }
    }

    /// What illegal events do to the state.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Changes the severities of findings; those that are allowed are neither kept nor counted.
    #[must_use]
    pub fn with_levels(self, levels: Levels) -> Self {
        Self { levels, ..self }
    }

    /// Folds only what happened until this time, and says what was overdue then.
    #[must_use]
    pub fn as_of(self, time: Timestamp) -> Self {
        Self { as_of: Some(time), ..self }
    }

    /// Keeps the findings, which takes memory for each.
    #[must_use]
    pub fn with_findings(self) -> Self {
        Self { keep_findings: true, ..self }
    }

    /// Folds only the asset of this id, of the entity of this lifecycle.
    #[must_use]
    pub fn only(self, lifecycle: &Lifecycle, id: &str) -> Self {
        // An entity of another catalog matches nothing.
        let index = self.reader.catalog().index(lifecycle.entity()).unwrap_or(usize::MAX);
        Self { only: Some((index, Some(id.into()))), ..self }
    }

    /// Folds only the assets of the entity of this lifecycle.
    #[must_use]
    pub fn only_entity(self, lifecycle: &Lifecycle) -> Self {
        let index = self.reader.catalog().index(lifecycle.entity()).unwrap_or(usize::MAX);
        Self { only: Some((index, None)), ..self }
    }

    /// Takes in one delivery.
    pub fn deliver(&mut self, delivery: &Delivery<'_>) {
        let reading = self.reader.read(delivery);
        let summary = self.summaries.entry(reading.provider).or_default();
        summary.deliveries += 1;
        for error in &reading.errors {
            self.refuse(reading.provider, error, delivery.number);
        }
        for placed in reading.events {
            self.take(reading.provider, placed);
        }
    }

    /// Takes in what stands in the place of a delivery that could not be cut out of its stream.
    pub fn deliver_broken(&mut self, error: &EventError, number: u64) {
        let in_place_of_one = !matches!(error, EventError::BrokenStream { .. });
        self.summaries.entry(None).or_default().deliveries += u64::from(in_place_of_one);
        self.refuse(None, error, number);
    }

    fn refuse(&mut self, provider: Option<&'c str>, error: &EventError, number: u64) {
        let summary = self.summaries.entry(provider).or_default();
        summary.unreadable += u64::from(error.loses_an_event());
        let finding = Finding::unreadable(error, number);
        if self.unreadable.len() < UNREADABLE_KEPT_MAX {
            self.unreadable.push(finding.clone());
        }
        self.note(provider, [finding]);
    }

    fn note(&mut self, provider: Option<&'c str>, findings: impl IntoIterator<Item = Finding>) {
        if self.only.is_some() && provider.is_none() {
            return;
        }
        let summary = self.summaries.entry(provider).or_default();
        for finding in findings {
            let severity = self.levels.severity(finding.code);
            let finding = Finding { severity, ..finding };
            summary.count(finding.code, severity);
            if self.keep_findings && severity != Severity::Allowed {
                self.findings.push(finding);
            }
        }
    }

    fn take(&mut self, provider: Option<&'c str>, placed: Placed<'c>) {
        let Placed { lifecycle, asset, event, index, .. } = placed;
        let other = |(only, id): &(usize, Option<Box<str>>)| {
            *only != index || id.as_ref().is_some_and(|id| **id != *asset)
        };
        if self.only.as_ref().is_some_and(other) || !self.in_time(lifecycle, &event) {
            return;
        }
        self.latest = self.latest.max(event.time).max(event.received_at);
        let policy = self.policy;
        let slot = self.slots[index].entry(asset).or_insert_with_key(|id| Slot {
            asset: Asset::with_policy(id.clone(), policy),
            as_came: Node::NEW,
        });
        let kind = event.kind.clone();
        let inserted = slot.asset.insert(lifecycle, event);
        let mut findings = inserted.dropped;
        let summary = self.summaries.entry(provider).or_default();
        match inserted.arrival {
            Arrival::Duplicate(finding) | Arrival::TooOld(finding) => findings.push(finding),
            Arrival::Conflict(_) => summary.conflicts += 1,
            arrival => {
                summary.events += 1;
                summary.legal_as_came += u64::from(slot.came(lifecycle, &kind));
                if let Arrival::Late(finding, by) = arrival {
                    summary.lateness.add(by);
                    findings.push(finding);
                }
            }
        }
        self.note(provider, findings);
    }

    /// Whether the event had happened by the time asked for.
    fn in_time(&mut self, lifecycle: &Lifecycle, event: &Event) -> bool {
        let Some(as_of) = self.as_of else { return true };
        let time = happened(lifecycle, event);
        self.undated += u64::from(time.is_none());
        time.is_some_and(|time| time <= as_of)
    }

    /// Judges everything and ends the fold.
    pub fn finish(mut self) -> Folded<'c> {
        let catalog = self.reader.catalog();
        let slots = std::mem::take(&mut self.slots);
        let mut assets: Vec<(&'c Lifecycle, Asset)> =
            Vec::with_capacity(slots.iter().map(HashMap::len).sum());
        for (index, slots) in slots.into_iter().enumerate() {
            let lifecycle = catalog.at(index);
            // Boxed while they are sorted: an asset is large, and sorting moves each several times.
            let mut sorted: Vec<Box<Asset>> =
                slots.into_values().map(|slot| Box::new(slot.asset)).collect();
            sorted.sort_unstable_by(|a, b| a.id().cmp(b.id()));
            assets.extend(sorted.into_iter().map(|asset| (lifecycle, *asset)));
        }
        for (lifecycle, asset) in &mut assets {
            asset.settle(lifecycle);
            let provider = catalog.provider(lifecycle.provider()).map(|provider| provider.name());
            let summary = self.summaries.entry(provider).or_default();
            summary.assets += 1;
            let overdue = self.as_of.and_then(|time| overdue(lifecycle, asset, time));
            if self.keep_findings {
                self.note(provider, asset.findings(lifecycle).into_iter().chain(overdue));
            } else {
                for code in asset.codes(lifecycle) {
                    summary.count(code, self.levels.severity(code));
                }
                self.note(provider, overdue);
            }
        }
        self.findings.sort_by_key(|finding| finding.delivery);
        let mut summaries: Vec<_> = self.summaries.into_iter().collect();
        summaries.sort_by_key(|(provider, _)| (provider.is_none(), *provider));
        let named = |(provider, summary): (Option<&str>, Summary)| Summary {
            provider: provider.map(str::to_owned),
            ..summary
        };
        Folded {
            assets,
            findings: self.findings,
            unreadable: self.unreadable,
            summaries: summaries.into_iter().map(named).collect(),
            undated: self.undated,
            latest: self.latest,
        }
    }
}

impl Slot {
    /// Follows an event in the order in which it came; whether that was legal.
    fn came(&mut self, lifecycle: &Lifecycle, kind: &EventKind) -> bool {
        let EventKind::Known(kind) = kind else { return false };
        let ruling = lifecycle.rule(self.as_came, *kind);
        match Verdict::of(Some(ruling.step)) {
            Verdict::Moved | Verdict::Stayed => {
                self.as_came = ruling.next;
                true
            }
            Verdict::Gap => {
                self.as_came = ruling.next;
                false
            }
            _ => false,
        }
    }
}
