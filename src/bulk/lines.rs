//! Deliveries that are lines of their own, read by their tokens.

use crate::{
    event::{Delivery, Fact, Placed, Quick, Reader},
    lifecycle::{Catalog, Provider},
    scan::{Level, Scanner},
};

/// Reads most deliveries as a [`Reader`] does, and faster.
#[derive(Debug)]
pub(super) struct Lines<'c> {
    catalog: &'c Catalog,
    scanner: Scanner,
    quick: Quick<'c>,
}

impl<'c> Lines<'c> {
    /// What reads as this reader does.
    pub(super) fn new(reader: &Reader<'c>) -> Self {
        let scanner = Scanner::new(Level::detect());
        Self { catalog: reader.catalog(), scanner, quick: Quick::new(reader) }
    }

    /// Who sent a delivery, and those of its events that are wanted; `None` if the reader must read it.
    pub(super) fn read(
        &mut self,
        delivery: &Delivery<'_>,
        is_wanted: impl Fn(&Fact<'_>) -> bool,
    ) -> Option<(&'c Provider, Vec<Placed<'c>>)> {
        if memchr::memchr(b'\n', delivery.body).is_some() {
            return None;
        }
        let Self { catalog, scanner, quick } = self;
        let (mut provider, mut events) = (None, Vec::new());
        scanner.scan(delivery.body, |line| {
            provider = quick.read(&line, delivery.number, &mut |fact: &Fact<'_>| {
                if is_wanted(fact) {
                    events.push(fact.placed(catalog));
                }
            });
        });
        Some((provider?, events))
    }
}
