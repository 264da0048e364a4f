//! One delivery at a time, read by its tokens.

use super::read::{Fact, FastReader};
use crate::{
    bulk::{Bulk, Folded},
    event::{Delivery, EventError, Placed, Reader},
    lifecycle::{Catalog, Provider},
    scan::{Level, Scanner},
};

/// Reads most deliveries by their tokens: what it reads is what the general reader reads.
#[derive(Debug)]
pub struct LineReader<'c> {
    catalog: &'c Catalog,
    scanner: Scanner,
    quick: FastReader<'c>,
}

impl<'c> LineReader<'c> {
    /// What this reader reads, sooner.
    pub fn new(reader: &Reader<'c>) -> Self {
        let scanner = Scanner::new(Level::detect());
        Self { catalog: reader.catalog(), scanner, quick: FastReader::new(reader) }
    }

    /// Who sent a delivery, and those of its events whose lifecycle, by its index, and asset are wanted; `None` if the
    /// general reader must read it.
    pub fn read(
        &mut self,
        delivery: &Delivery<'_>,
        wants: impl Fn(usize, &str) -> bool,
    ) -> Option<(&'c Provider, Vec<Placed<'c>>)> {
        if memchr::memchr(b'\n', delivery.body).is_some() {
            return None;
        }
        let Self { catalog, scanner, quick } = self;
        let (mut provider, mut events) = (None, Vec::new());
        scanner.scan(delivery.body, |line| {
            provider = quick.read(&line, delivery.number, &mut |fact: &Fact<'_>| {
                if wants(fact.lifecycle, fact.asset) {
                    events.push(fact.placed(catalog));
                }
            });
        });
        Some((provider?, events))
    }
}

/// A [`Bulk`] that reads most deliveries by their tokens: it folds the same, and sooner.
#[derive(Debug)]
pub struct Lines<'c> {
    bulk: Bulk<'c>,
    reader: LineReader<'c>,
}

impl<'c> From<Bulk<'c>> for Lines<'c> {
    fn from(bulk: Bulk<'c>) -> Self {
        let reader = LineReader::new(&bulk.reader);
        Self { bulk, reader }
    }
}

impl<'c> Lines<'c> {
    /// As [`Bulk::deliver`].
    pub fn deliver(&mut self, delivery: &Delivery<'_>) {
        let Self { bulk, reader } = self;
        match reader.read(delivery, |lifecycle, asset| bulk.wants(lifecycle, asset)) {
            Some((provider, events)) => bulk.take_read(provider, events),
            None => bulk.deliver(delivery),
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
}
