//! Many assets at once: deliveries in, the state of every asset and all findings out.
//!
//! - `compressed` decompresses a stream.
//! - [`Documents`] cuts a stream into deliveries, whatever it is made of.
//! - [`Bulk`] reads them, sorts them by asset and folds each once.
//! - `findings` keeps what it finds, in little memory.
//! - [`Observed`] counts what happened to the assets of one entity.
//!
//! Nothing here opens files: a stream is whatever implements [`std::io::Read`].

pub(crate) mod brackets;
pub(crate) mod chunks;
#[cfg(feature = "compressed")]
mod compressed;
mod documents;
mod findings;
pub(crate) mod id;
pub(crate) mod ledger;
mod observed;
mod summary;

use std::collections::HashMap;

#[cfg(feature = "compressed")]
pub use self::compressed::{BrokenStream, OpenedStream, StreamDamage, decompressed, is_compressed};
use self::ledger::{AssetFold, Tally, provider_of};
pub use self::{
    documents::{DOCUMENT_LEN_MAX, Document, Documents},
    findings::{Findings, STRAY_KEPT_MAX},
    ledger::FoldOptions,
    observed::{Dwell, Observed, ObservedStep, Stay, stays},
    summary::{Lateness, Summary},
};
use crate::{
    event::{Delivery, EventError, Placed, Reader},
    fold::{Asset, Finding, Levels, Policy},
    lifecycle::{Lifecycle, Provider},
    time::Timestamp,
};

/// How many findings about unreadable deliveries are kept where findings were not asked for.
pub const UNREADABLE_KEPT_MAX: usize = 100;

/// Bits of a delivery's number that are its line; those above are its source.
pub const LINE_BITS: u32 = 40;

/// A fold over many assets in progress.
#[derive(Debug)]
pub struct Bulk<'c> {
    pub(crate) reader: Reader<'c>,
    pub(crate) terms: FoldOptions,
    only: Only,
    /// For each lifecycle of the catalog, its assets by id.
    slots: Vec<HashMap<Box<str>, AssetFold>>,
    ledger: Tally<'c>,
}

/// Which assets are folded.
#[derive(Debug, Default)]
struct Only {
    /// Those of these lifecycles; `None` for all.
    lifecycles: Option<Vec<usize>>,
    /// Those whose ids begin like this.
    beginning: Box<str>,
}

impl Only {
    fn is(&self, lifecycle: usize, asset: &str) -> bool {
        asset.starts_with(&*self.beginning)
            && self.lifecycles.as_ref().is_none_or(|own| own.contains(&lifecycle))
    }

    fn is_everything(&self) -> bool {
        self.lifecycles.is_none() && self.beginning.is_empty()
    }
}

/// Everything that was folded.
#[derive(Debug)]
#[non_exhaustive]
pub struct Folded<'c> {
    /// All assets with their lifecycles, by entity and then id.
    pub assets: Vec<(&'c Lifecycle, Asset)>,
    /// All findings in the order of their deliveries; empty unless they were asked for.
    pub findings: Findings,
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
            terms: FoldOptions::default(),
            only: Only::default(),
            slots: (0..lifecycles).map(|_| HashMap::new()).collect(),
            ledger: Tally::default(),
        }
    }

    /// What illegal events do to the state.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { terms: FoldOptions { policy, ..self.terms }, ..self }
    }

    /// Changes the severities of findings; those that are allowed are neither kept nor counted.
    #[must_use]
    pub fn with_levels(self, levels: Levels) -> Self {
        Self { terms: FoldOptions { levels, ..self.terms }, ..self }
    }

    /// Folds only what happened until this time, and says what was overdue then.
    #[must_use]
    pub fn as_of(self, time: Timestamp) -> Self {
        Self { terms: FoldOptions { as_of: Some(time), ..self.terms }, ..self }
    }

    /// Keeps the findings, which takes memory for each.
    #[must_use]
    pub fn with_findings(self) -> Self {
        Self { terms: FoldOptions { findings: true, ..self.terms }, ..self }
    }

    /// Folds only the assets of the entities of these lifecycles.
    #[must_use]
    pub fn only_entities(mut self, lifecycles: &[&Lifecycle]) -> Self {
        // An entity of another catalog matches nothing.
        let index = |own: &&Lifecycle| self.reader.catalog().index(own.entity());
        self.only.lifecycles = Some(lifecycles.iter().filter_map(index).collect());
        self
    }

    /// Folds only the assets whose ids begin like this.
    #[must_use]
    pub fn only_beginning(mut self, beginning: &str) -> Self {
        self.only.beginning = beginning.into();
        self
    }

    /// Takes in one delivery.
    pub fn deliver(&mut self, delivery: &Delivery<'_>) {
        #[cfg(all(test, feature = "fast"))]
        crate::marks::hit("delivery by values");
        let reading = self.reader.read(delivery);
        self.ledger.deliver_read(&reading);
        for error in &reading.errors {
            self.refuse(reading.provider, error, delivery.number);
        }
        for placed in reading.events {
            self.take(reading.provider, placed);
        }
    }

    /// Takes in what stands in the place of a delivery that could not be cut out of its stream.
    pub fn deliver_broken(&mut self, error: &EventError, number: u64) {
        let (when, finding) = self.ledger.refuse_place(error, number);
        if self.only.is_everything() {
            self.ledger.note(&self.terms, None, when, [finding]);
        }
    }

    /// Takes in an event that was read already.
    pub fn place(&mut self, placed: Placed<'c>) {
        let provider = provider_of(self.reader.catalog(), placed.lifecycle);
        self.take(provider, placed);
    }

    /// Whether events of this asset, of the lifecycle of this index, are folded.
    #[cfg(feature = "fast")]
    pub(crate) fn wants(&self, lifecycle: usize, asset: &str) -> bool {
        self.only.is(lifecycle, asset)
    }

    /// Takes in what somebody else read of one delivery of this provider.
    #[cfg(feature = "fast")]
    pub(crate) fn take_read(&mut self, provider: &'c Provider, events: Vec<Placed<'c>>) {
        #[cfg(test)]
        crate::marks::hit("delivery by tokens");
        self.ledger.deliver(Some(provider.name()));
        events.into_iter().for_each(|placed| self.take(Some(provider.name()), placed));
    }

    fn refuse(&mut self, provider: Option<&'c str>, error: &EventError, number: u64) {
        let finding = self.ledger.refuse(provider, error, number);
        if self.only.is_everything() || provider.is_some() {
            self.ledger.note(&self.terms, provider, number, [finding]);
        }
    }

    fn take(&mut self, provider: Option<&'c str>, placed: Placed<'c>) {
        let Placed { lifecycle, asset, event, index, .. } = placed;
        if !self.only.is(index, &asset)
            || !self.ledger.hear(&self.terms, event.time, event.received_at)
        {
            return;
        }
        let policy = self.terms.policy;
        let slot = self.slots[index]
            .entry(asset)
            .or_insert_with_key(|id| AssetFold::new(id.clone(), policy));
        slot.take(lifecycle, event, &self.terms, provider, &mut self.ledger);
    }

    /// Judges everything and ends the fold.
    pub fn finish(mut self) -> Folded<'c> {
        let catalog = self.reader.catalog();
        let slots = std::mem::take(&mut self.slots);
        let mut assets: Vec<(&'c Lifecycle, Asset)> =
            Vec::with_capacity(slots.iter().map(HashMap::len).sum());
        for (index, slots) in slots.into_iter().enumerate() {
            let lifecycle = catalog.at(index);
            let provider = provider_of(catalog, lifecycle);
            // Boxed while they are sorted: an asset is large, and sorting moves each several times.
            let mut sorted: Vec<Box<AssetFold>> = slots.into_values().map(Box::new).collect();
            sorted.sort_unstable_by(|a, b| a.asset.id().cmp(b.asset.id()));
            for mut slot in sorted {
                slot.settle(lifecycle, &self.terms, provider, &mut self.ledger);
                assets.push((lifecycle, slot.asset));
            }
        }
        let mut ledger = self.ledger;
        ledger.findings.sort();
        Folded {
            assets,
            summaries: ledger.summaries(),
            unreadable: std::mem::take(&mut ledger.unreadable),
            undated: ledger.undated,
            latest: ledger.latest,
            findings: ledger.findings,
        }
    }
}
