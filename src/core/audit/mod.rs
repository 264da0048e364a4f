//! A table of ids and statuses against the deliveries that it should follow from: which rows are wrong, which delivery
//! explains each, and which rule of a handler makes just these rows.
//!
//! - [`AuditTable`] is what the table says, [`AuditWords`] what its words mean.
//! - [`Audit`] takes in the deliveries in the order in which they came, and has each [`Rule`] follow them too.
//! - [`Audited`] judges the rows: `explain` says which delivery a wrong one comes of, `naming` which rules.
//!
//! Memory is that of the table and of the assets, and time is linear in both: a rule keeps a few words per asset.

mod explain;
mod handler;
mod naming;
mod rows;
mod verdicts;
mod words;

use std::collections::HashMap;

use self::handler::{Followed, News};
pub use self::{
    explain::{AuditReason, Explanation},
    handler::Rule,
    naming::{HandlerNaming, NamedRule},
    rows::{AuditTable, TableRow},
    verdicts::{AuditCounts, Audited, AuditedRow, EntityError, RowVerdict},
    words::{AuditWords, WordMeaning},
};
#[cfg(feature = "fast")]
use crate::lifecycle::Provider;
use crate::{
    bulk::{
        FoldOptions, Summary,
        ledger::{Tally, provider_of},
    },
    event::{Delivery, EventError, Placed, Reader},
    fold::{Arrival, Finding, Policy},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// A table, and the deliveries that are held against it, as they come.
#[derive(Debug)]
pub struct Audit<'c> {
    reader: Reader<'c>,
    terms: FoldOptions,
    table: AuditTable,
    only: Option<usize>,
    /// For each lifecycle of the catalog, its assets by id.
    followed: Vec<HashMap<Box<str>, Followed>>,
    ledger: Tally<'c>,
}

impl<'c> Audit<'c> {
    /// An audit of this table by what this reader reads.
    pub fn new(reader: Reader<'c>, table: AuditTable) -> Self {
        let lifecycles = reader.catalog().lifecycles().len();
        Self {
            reader: reader.without_data(),
            terms: FoldOptions::default(),
            table,
            only: None,
            followed: (0..lifecycles).map(|_| HashMap::new()).collect(),
            ledger: Tally::default(),
        }
    }

    /// What illegal events do to the true state.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { terms: FoldOptions { policy, ..self.terms }, ..self }
    }

    /// Only what happened until this time counts.
    #[must_use]
    pub fn as_of(self, time: Timestamp) -> Self {
        Self { terms: FoldOptions { as_of: Some(time), ..self.terms }, ..self }
    }

    /// The table is about assets of this entity. An entity of another catalog has none.
    #[must_use]
    pub fn only_entity(self, lifecycle: &Lifecycle) -> Self {
        let index = self.reader.catalog().index(lifecycle.entity()).unwrap_or(usize::MAX);
        Self { only: Some(index), ..self }
    }

    /// Takes in one delivery.
    pub fn deliver(&mut self, delivery: &Delivery<'_>) {
        let reading = self.reader.read(delivery);
        self.ledger.deliver_read(&reading);
        for error in &reading.errors {
            self.ledger.refuse(reading.provider, error, delivery.number);
        }
        for placed in reading.events {
            self.place(placed);
        }
    }

    /// Takes in what somebody else read of one delivery of this provider.
    #[cfg(feature = "fast")]
    pub fn take_read(&mut self, provider: &'c Provider, events: Vec<Placed<'c>>) {
        self.ledger.deliver(Some(provider.name()));
        events.into_iter().for_each(|placed| self.place(placed));
    }

    /// What reads the deliveries.
    pub fn reader(&self) -> &Reader<'c> {
        &self.reader
    }

    /// Takes in what stands in the place of a delivery that could not be cut out of its stream.
    pub fn deliver_broken(&mut self, error: &EventError, number: u64) {
        self.ledger.refuse_place(error, number);
    }

    /// Takes in an event that was read already, as the next that came.
    pub fn place(&mut self, placed: Placed<'c>) {
        let Placed { lifecycle, asset, event, index, .. } = placed;
        if self.only.is_some_and(|only| only != index)
            || !self.ledger.hear(&self.terms, event.time, event.received_at)
        {
            return;
        }
        let written = self.table.written(&asset);
        let followed = self.followed[index]
            .entry(asset)
            .or_insert_with_key(|id| Followed::new(id.clone(), self.terms.policy));
        let news = News::of(lifecycle, &event);
        let inserted = followed.asset.insert(lifecycle, event);
        let is_copy = matches!(inserted.arrival, Arrival::Duplicate(_) | Arrival::Conflict(_));
        let is_late = matches!(inserted.arrival, Arrival::Late(..) | Arrival::TooOld(_));
        followed.hear(lifecycle, News { is_copy, ..news }, is_late, written);
    }

    /// Counts per provider of what was read, and the first of what could not be.
    pub fn heard(&mut self) -> (Vec<Summary>, Vec<Finding>) {
        let catalog = self.reader.catalog();
        for (index, followed) in self.followed.iter().enumerate() {
            if !followed.is_empty() {
                let provider = provider_of(catalog, catalog.at(index));
                self.ledger.summary(provider).assets += followed.len() as u64;
            }
        }
        (self.ledger.summaries(), std::mem::take(&mut self.ledger.unreadable))
    }

    /// Events that could not be told to have happened yet by the time asked for.
    pub fn undated(&self) -> u64 {
        self.ledger.undated
    }

    /// Judges the rows by the assets of the entity that they are about.
    ///
    /// # Errors
    /// Which entity that is cannot be told.
    pub fn finish(self, words: &AuditWords) -> Result<Audited<'c>, EntityError> {
        let index = match self.only {
            Some(index) => index,
            None => self.entity()?,
        };
        let catalog = self.reader.catalog();
        if index >= self.followed.len() {
            return Err(EntityError::NoDeliveries);
        }
        let lifecycle = catalog.at(index);
        let mut followed = self.followed;
        let mut assets = std::mem::take(&mut followed[index]);
        assets.values_mut().for_each(|own| {
            own.asset.settle(lifecycle);
        });
        Ok(Audited::new(lifecycle, self.table, assets, words))
    }

    /// The entity of the table's ids: the only one that has any of them, or the only one that there is.
    fn entity(&self) -> Result<usize, EntityError> {
        let catalog = self.reader.catalog();
        let heard = |index: &usize| !self.followed[*index].is_empty();
        let all: Vec<usize> = (0..self.followed.len()).filter(heard).collect();
        let has = |index: usize| {
            let known = self.table.ids().filter(|id| self.followed[index].contains_key(*id));
            (known.count() as u64, index)
        };
        let mut having: Vec<(u64, usize)> = all.iter().map(|index| has(*index)).collect();
        having.retain(|(rows, _)| *rows > 0);
        let named = |index: usize| catalog.at(index).entity().to_owned();
        match (&having[..], &all[..]) {
            ([(_, index)], _) | ([], [index]) => Ok(*index),
            ([], []) => Err(EntityError::NoDeliveries),
            ([], _) => Err(EntityError::NoIdKnown(all.into_iter().map(named).collect())),
            _ => {
                having.sort_by(|a, b| b.cmp(a));
                let having = having.into_iter().map(|(rows, index)| (named(index), rows));
                Err(EntityError::Several(having.collect()))
            }
        }
    }
}
