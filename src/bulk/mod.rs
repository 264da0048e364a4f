//! Many assets at once: deliveries in, the state of every asset and all findings out.
//!
//! - [`Documents`] cuts a stream into deliveries, whatever it is made of.
//! - [`Bulk`] reads them, by `lines` where it may, sorts them by asset and folds each once.
//! - [`Batch`] gives what [`Bulk`] gives, but keeps `records`, which are small, until all has been heard, and then
//!   only the row of each asset: `group` finds the records of each, `lean` folds those with nothing out of the
//!   ordinary, `pile` has the others folded as `Bulk` does, for which `again` may have to read a line a second time, and
//!   `sheet` puts the rows in order, which `printer` prints.
//! - `findings` keeps what both find, in little memory.
//! - [`Observed`] counts what happened to the assets of one entity.
//!
//! Nothing here opens files: a stream is whatever implements [`std::io::Read`].

#[cfg(feature = "cli")]
mod again;
mod batch;
#[cfg(feature = "cli")]
mod blocks;
mod brackets;
mod chunks;
mod documents;
mod findings;
mod group;
mod key;
mod lean;
mod ledger;
#[cfg(feature = "cli")]
mod lines;
mod observed;
mod pile;
mod printer;
mod records;
mod sheet;
mod summary;
#[cfg(all(test, feature = "cli"))]
mod tests;
mod texts;
#[cfg(feature = "cli")]
mod turn;
#[cfg(feature = "cli")]
mod worker;

use std::collections::HashMap;

use self::ledger::{Ledger, Slot, Terms, provider_of};
#[cfg(feature = "cli")]
pub(crate) use self::{
    again::Again,
    blocks::{Block, BlockText, Blocks},
    group::Scratch,
    ledger::Terms as FoldTerms,
    observed::stays,
    pile::{Pile, gather},
    turn::Turn,
    worker::Worker,
};
pub use self::{
    batch::Batch,
    documents::{DOCUMENT_LEN_MAX, Document, Documents},
    findings::{Findings, STRAY_KEPT_MAX},
    observed::{Dwell, Observed, ObservedStep},
    printer::Printer,
    sheet::{Cut, Sheet},
    summary::{Lateness, Summary},
};
#[cfg(feature = "cli")]
use crate::{
    event::Fact,
    scan::{prefetch, prefetch_first},
};
use crate::{
    event::{Delivery, EventError, Placed, Reader},
    fold::{Asset, Finding, Levels, Policy},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// Has an item brought nearer, where there is something that can.
#[cfg(not(feature = "cli"))]
fn prefetch<T>(_item: &T) {}

/// The same for the first of these items.
#[cfg(not(feature = "cli"))]
fn prefetch_first<T>(_items: &[T], _lines: usize) {}

/// How many findings about unreadable deliveries are kept where findings were not asked for.
pub const UNREADABLE_KEPT_MAX: usize = 100;

/// Bits of a delivery's number that are its line; those above are its source.
pub(crate) const LINE_BITS: u32 = 40;

/// A fold over many assets in progress.
#[derive(Debug)]
pub struct Bulk<'c> {
    reader: Reader<'c>,
    terms: Terms,
    only: Option<Only>,
    #[cfg(feature = "cli")]
    lines: Option<Box<lines::Lines<'c>>>,
    /// For each lifecycle of the catalog, its assets by id.
    slots: Vec<HashMap<Box<str>, Slot>>,
    ledger: Ledger<'c>,
}

/// The assets that are folded: those of one lifecycle, or one of them.
#[derive(Debug)]
struct Only {
    lifecycle: usize,
    id: Option<Box<str>>,
}

impl Only {
    fn is(&self, lifecycle: usize, asset: &str) -> bool {
        self.lifecycle == lifecycle && self.id.as_ref().is_none_or(|id| **id == *asset)
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
            terms: Terms::default(),
            only: None,
            #[cfg(feature = "cli")]
            lines: None,
            slots: (0..lifecycles).map(|_| HashMap::new()).collect(),
            ledger: Ledger::default(),
        }
    }

    /// What illegal events do to the state.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { terms: Terms { policy, ..self.terms }, ..self }
    }

    /// Changes the severities of findings; those that are allowed are neither kept nor counted.
    #[must_use]
    pub fn with_levels(self, levels: Levels) -> Self {
        Self { terms: Terms { levels, ..self.terms }, ..self }
    }

    /// Folds only what happened until this time, and says what was overdue then.
    #[must_use]
    pub fn as_of(self, time: Timestamp) -> Self {
        Self { terms: Terms { as_of: Some(time), ..self.terms }, ..self }
    }

    /// Keeps the findings, which takes memory for each.
    #[must_use]
    pub fn with_findings(self) -> Self {
        Self { terms: Terms { findings: true, ..self.terms }, ..self }
    }

    /// Folds only the asset of this id, of the entity of this lifecycle.
    #[must_use]
    pub fn only(self, lifecycle: &Lifecycle, id: &str) -> Self {
        self.only_those(lifecycle, Some(id.into()))
    }

    /// Folds only the assets of the entity of this lifecycle.
    #[must_use]
    pub fn only_entity(self, lifecycle: &Lifecycle) -> Self {
        self.only_those(lifecycle, None)
    }

    fn only_those(self, lifecycle: &Lifecycle, id: Option<Box<str>>) -> Self {
        // An entity of another catalog matches nothing.
        let index = self.reader.catalog().index(lifecycle.entity()).unwrap_or(usize::MAX);
        Self { only: Some(Only { lifecycle: index, id }), ..self }
    }

    /// Reads most deliveries by their tokens: nothing but the time it takes changes.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn quickly(self) -> Self {
        Self { lines: Some(Box::new(lines::Lines::new(&self.reader))), ..self }
    }

    /// Takes in one delivery.
    pub fn deliver(&mut self, delivery: &Delivery<'_>) {
        #[cfg(feature = "cli")]
        if let Some(lines) = &mut self.lines {
            let only = self.only.as_ref();
            let is_wanted =
                |fact: &Fact<'_>| only.is_none_or(|it| it.is(fact.lifecycle, fact.asset));
            if let Some((provider, events)) = lines.read(delivery, is_wanted) {
                #[cfg(test)]
                crate::marks::hit("delivery by tokens");
                self.ledger.deliver(Some(provider.name()));
                events.into_iter().for_each(|placed| self.take(Some(provider.name()), placed));
                return;
            }
        }
        #[cfg(all(test, feature = "cli"))]
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
        if self.only.is_none() {
            self.ledger.note(&self.terms, None, when, [finding]);
        }
    }

    /// Takes in an event that was read already.
    #[doc(hidden)]
    pub fn place(&mut self, placed: Placed<'c>) {
        let provider = provider_of(self.reader.catalog(), placed.lifecycle);
        self.take(provider, placed);
    }

    fn refuse(&mut self, provider: Option<&'c str>, error: &EventError, number: u64) {
        let finding = self.ledger.refuse(provider, error, number);
        if self.only.is_none() || provider.is_some() {
            self.ledger.note(&self.terms, provider, number, [finding]);
        }
    }

    fn take(&mut self, provider: Option<&'c str>, placed: Placed<'c>) {
        let Placed { lifecycle, asset, event, index, .. } = placed;
        if self.only.as_ref().is_some_and(|only| !only.is(index, &asset))
            || !self.ledger.hear(&self.terms, event.time, event.received_at)
        {
            return;
        }
        let policy = self.terms.policy;
        let slot =
            self.slots[index].entry(asset).or_insert_with_key(|id| Slot::new(id.clone(), policy));
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
            let mut sorted: Vec<Box<Slot>> = slots.into_values().map(Box::new).collect();
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
