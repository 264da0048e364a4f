//! One delivery at a time, read by its tokens.

use super::read::{Fact, FastReader};
use crate::{
    bulk::{Bulk, Folded},
    event::{Delivery, EventError, Placed},
    lifecycle::{Catalog, Provider},
    scan::{Level, Scanner},
};

/// A [`Bulk`] that reads most deliveries by their tokens: it folds the same, and sooner.
#[derive(Debug)]
pub struct Lines<'c> {
    bulk: Bulk<'c>,
    catalog: &'c Catalog,
    scanner: Scanner,
    quick: FastReader<'c>,
}

impl<'c> From<Bulk<'c>> for Lines<'c> {
    fn from(bulk: Bulk<'c>) -> Self {
        let catalog = bulk.reader.catalog();
        let quick = FastReader::new(&bulk.reader);
        Self { bulk, catalog, scanner: Scanner::new(Level::detect()), quick }
    }
}

impl<'c> Lines<'c> {
    /// As [`Bulk::deliver`].
    pub fn deliver(&mut self, delivery: &Delivery<'_>) {
        match self.read(delivery) {
            Some((provider, events)) => self.bulk.take_read(provider, events),
            None => self.bulk.deliver(delivery),
        }
    }

    /// As [`Bulk::deliver_broken`].
    pub fn deliver_broken(&mut self, error: &EventError, number: u64) {
        self.bulk.deliver_broken(error, number);
    }

    /// As [`Bulk::finish`].
    pub fn finish(self) -> Folded<'c> {
        self.bulk.finish()
    }

    /// Who sent a delivery, and those of its events that are wanted; `None` if the general reader must read it.
    fn read(&mut self, delivery: &Delivery<'_>) -> Option<(&'c Provider, Vec<Placed<'c>>)> {
        if memchr::memchr(b'\n', delivery.body).is_some() {
            return None;
        }
        let Self { bulk, catalog, scanner, quick } = self;
        let (mut provider, mut events) = (None, Vec::new());
        scanner.scan(delivery.body, |line| {
            provider = quick.read(&line, delivery.number, &mut |fact: &Fact<'_>| {
                if bulk.wants(fact.lifecycle, fact.asset) {
                    events.push(fact.placed(catalog));
                }
            });
        });
        Some((provider?, events))
    }
}
