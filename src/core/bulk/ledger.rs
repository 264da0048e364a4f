//! What is counted and noted while assets are folded, whoever folds them.

#[cfg(feature = "fast")]
use super::findings::FindingsMark;
use super::{Findings, Summary, UNREADABLE_KEPT_MAX};
use crate::{
    event::{Event, EventError, Reading},
    fold::{Arrival, Asset, Code, Finding, Levels, Policy, Severity, Verdict, overdue},
    lifecycle::{Catalog, KindId, Lifecycle, Node},
    time::Timestamp,
};

/// What is to be folded, and how.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "made by naming what differs from the default")]
pub struct FoldOptions {
    /// What illegal events do to the state.
    pub policy: Policy,
    /// The severities of findings.
    pub levels: Levels,
    /// Only what happened until then counts.
    pub as_of: Option<Timestamp>,
    /// Whether findings are kept, which takes memory for each.
    pub findings: bool,
}

/// The findings, and the counts by provider.
#[derive(Debug, Default)]
pub(crate) struct Tally<'c> {
    pub(crate) findings: Findings,
    pub(crate) unreadable: Vec<Finding>,
    summaries: Vec<(Option<&'c str>, Summary)>,
    pub(crate) undated: u64,
    pub(crate) latest: Option<Timestamp>,
    #[cfg(feature = "fast")]
    marked: Vec<(Option<&'c str>, Summary)>,
    #[cfg(feature = "fast")]
    marked_at: (u64, Option<Timestamp>, FindingsMark, usize),
}

impl<'c> Tally<'c> {
    /// Where the ledger is, to be gone back to.
    #[cfg(feature = "fast")]
    pub(crate) fn mark(&mut self) {
        self.marked.clone_from(&self.summaries);
        self.marked_at = (self.undated, self.latest, self.findings.mark(), self.unreadable.len());
    }

    #[cfg(feature = "fast")]
    pub(crate) fn go_back(&mut self) {
        self.summaries.clone_from(&self.marked);
        let (undated, latest, findings, unreadable) = &self.marked_at;
        (self.undated, self.latest) = (*undated, *latest);
        self.findings.go_back(findings);
        self.unreadable.truncate(*unreadable);
    }

    /// The counts of a provider.
    #[inline]
    pub(crate) fn summary(&mut self, provider: Option<&'c str>) -> &mut Summary {
        // Names of one provider mostly stand in one place.
        let place = |name: Option<&str>| name.map(|name| (name.as_ptr(), name.len()));
        let is = |name: Option<&str>| place(name) == place(provider) || name == provider;
        let known = self.summaries.iter().position(|(name, _)| is(*name));
        let at = known.unwrap_or_else(|| {
            self.summaries.push((provider, Summary::default()));
            self.summaries.len() - 1
        });
        &mut self.summaries[at].1
    }

    /// Counts a delivery of this provider of which everything is known.
    #[cfg(feature = "fast")]
    #[inline]
    pub(crate) fn deliver(&mut self, provider: Option<&'c str>) {
        let summary = self.summary(provider);
        summary.deliveries += 1;
        summary.readable += 1;
    }

    /// Counts a delivery, of which this was read.
    pub(crate) fn deliver_read(&mut self, reading: &Reading<'c>) {
        let lost = reading.errors.iter().any(EventError::loses_an_event);
        let summary = self.summary(reading.provider);
        summary.deliveries += 1;
        summary.readable += u64::from(!lost || !reading.events.is_empty());
    }

    /// Counts what could not be read; the finding that says so.
    pub(crate) fn refuse(
        &mut self,
        provider: Option<&'c str>,
        error: &EventError,
        number: u64,
    ) -> Finding {
        self.summary(provider).unreadable += u64::from(error.loses_an_event());
        let finding = Finding::unreadable(error, number);
        if self.unreadable.len() < UNREADABLE_KEPT_MAX {
            self.unreadable.push(finding.clone());
        }
        finding
    }

    /// Counts what stands in the place of a delivery that could not be cut out of its stream; the finding that says so,
    /// and when it was found.
    pub(crate) fn refuse_place(&mut self, error: &EventError, number: u64) -> (u64, Finding) {
        let in_place_of_one = !matches!(error, EventError::BrokenStream { .. });
        self.summary(None).deliveries += u64::from(in_place_of_one);
        // A stream breaks off after its last delivery.
        let when = number + u64::from(!in_place_of_one);
        (when, self.refuse(None, error, number))
    }

    /// Notes the times of an event; whether it had happened by the time asked for.
    #[inline]
    pub(crate) fn hear(
        &mut self,
        terms: &FoldOptions,
        time: Option<Timestamp>,
        received_at: Option<Timestamp>,
    ) -> bool {
        if let Some(as_of) = terms.as_of {
            let happened = time.or(received_at);
            self.undated += u64::from(happened.is_none());
            if happened.is_none_or(|happened| happened > as_of) {
                return false;
            }
        }
        self.latest = self.latest.max(time).max(received_at);
        true
    }

    /// Counts findings, and keeps them if they are wanted.
    pub(crate) fn note(
        &mut self,
        terms: &FoldOptions,
        provider: Option<&'c str>,
        when: u64,
        findings: impl IntoIterator<Item = Finding>,
    ) {
        for finding in findings {
            let severity = terms.levels.severity(finding.code);
            self.summary(provider).count(finding.code, severity);
            if terms.findings && severity != Severity::Allowed {
                self.findings.push(when, Finding { severity, ..finding });
            }
        }
    }

    /// Takes over what another one has.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.findings.absorb(other.findings);
        self.unreadable.extend(other.unreadable);
        for (provider, summary) in other.summaries {
            self.summary(provider).add(&summary);
        }
        self.undated += other.undated;
        self.latest = self.latest.max(other.latest);
    }

    /// The counts by the providers' names; what no provider could be told for comes last.
    pub(crate) fn summaries(&mut self) -> Vec<Summary> {
        let mut summaries = std::mem::take(&mut self.summaries);
        summaries.sort_by_key(|(provider, _)| (provider.is_none(), *provider));
        let named = |(provider, summary): (Option<&str>, Summary)| Summary {
            provider: provider.map(str::to_owned),
            ..summary
        };
        summaries.into_iter().map(named).collect()
    }
}

/// The provider whose counts an asset of this lifecycle is in.
pub(crate) fn provider_of<'c>(catalog: &'c Catalog, lifecycle: &Lifecycle) -> Option<&'c str> {
    catalog.provider(lifecycle.provider()).map(|provider| provider.name())
}

/// An asset that is folded event by event.
#[derive(Debug)]
pub(crate) struct AssetFold {
    pub(crate) asset: Asset,
    as_came: ArrivalOrder,
}

impl AssetFold {
    pub(crate) fn new(id: Box<str>, policy: Policy) -> Self {
        Self { asset: Asset::with_policy(id, policy), as_came: ArrivalOrder::default() }
    }

    /// Takes in an event.
    pub(crate) fn take<'c>(
        &mut self,
        lifecycle: &Lifecycle,
        event: Event,
        terms: &FoldOptions,
        provider: Option<&'c str>,
        ledger: &mut Tally<'c>,
    ) {
        let (kind, delivery) = (event.kind.known(), event.delivery);
        let inserted = self.asset.insert(lifecycle, event);
        let mut findings = inserted.dropped;
        let summary = ledger.summary(provider);
        match inserted.arrival {
            Arrival::Duplicate(finding) | Arrival::TooOld(finding) => findings.push(finding),
            Arrival::Conflict(_) => summary.conflicts += 1,
            arrival => {
                summary.events += 1;
                summary.legal_as_came += u64::from(self.as_came.step(lifecycle, kind));
                if let Arrival::Late(finding, by) = arrival {
                    summary.lateness.add(by);
                    findings.push(finding);
                }
            }
        }
        ledger.note(terms, provider, delivery, findings);
    }

    /// Judges everything that was taken in; whether the asset is overdue.
    pub(crate) fn settle<'c>(
        &mut self,
        lifecycle: &Lifecycle,
        terms: &FoldOptions,
        provider: Option<&'c str>,
        ledger: &mut Tally<'c>,
    ) -> Option<Code> {
        let asset = &mut self.asset;
        asset.settle(lifecycle);
        ledger.summary(provider).assets += 1;
        let overdue = terms.as_of.and_then(|time| overdue(lifecycle, asset, time));
        let code = overdue.as_ref().map(|finding| finding.code);
        if terms.findings {
            let findings = asset.findings(lifecycle).into_iter().chain(overdue);
            ledger.note(terms, provider, u64::MAX, findings);
        } else {
            for code in asset.codes(lifecycle) {
                ledger.summary(provider).count(code, terms.levels.severity(code));
            }
            ledger.note(terms, provider, u64::MAX, overdue);
        }
        code
    }
}

/// Where an asset would be if every event were taken as it came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ArrivalOrder(Node);

impl ArrivalOrder {
    /// Follows an event; whether that was legal.
    #[inline]
    pub(crate) fn step(&mut self, lifecycle: &Lifecycle, kind: Option<KindId>) -> bool {
        let Some(kind) = kind else { return false };
        let ruling = lifecycle.rule(self.0, kind);
        match Verdict::of(Some(ruling.step)) {
            Verdict::Moved | Verdict::Stayed => {
                self.0 = ruling.next;
                true
            }
            Verdict::Gap => {
                self.0 = ruling.next;
                false
            }
            _ => false,
        }
    }
}
