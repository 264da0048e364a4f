//! A delivery as it was received, and what is read of it.

use crate::{
    event::{Delivery, Event, Reader},
    fold::Finding,
    lifecycle::Catalog,
    time::Timestamp,
};

/// A delivery as it was received: authentic, and not looked into yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever receives makes it of all its parts")]
pub struct Incoming {
    /// The source that it came in by.
    pub source: String,
    /// The provider whose definition reads it.
    pub provider: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// The content type, as it was sent.
    pub content_type: Option<String>,
    /// The body; for a GET the query, which is a form.
    pub body: Vec<u8>,
}

/// Where a delivery was stored first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The id of the store.
    pub(super) store: String,
    /// Its number there.
    pub(super) number: i64,
}

/// What became of a delivery that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Its number, in the order in which deliveries were committed.
    pub delivery: u64,
    /// No event could be read from it.
    pub quarantined: bool,
    /// It was imported, and was there already: it was not stored again.
    pub known: bool,
}

impl Receipt {
    /// A delivery with its number.
    pub const fn new(delivery: u64, quarantined: bool) -> Self {
        Self { delivery, quarantined, known: false }
    }
}

/// A delivery, read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) incoming: Incoming,
    /// Where it was stored first, if it is imported from there.
    pub(super) origin: Option<Origin>,
    /// For each event its lifecycle's place in the catalog, and the id of the asset.
    pub(super) events: Vec<(usize, Box<str>, Event)>,
    /// What there is to say of what could not be read.
    pub(super) findings: Vec<Finding>,
}

impl Read {
    pub(super) fn new(catalog: &Catalog, incoming: Incoming) -> Self {
        let received_at = Some(incoming.received_at).filter(|time| time.as_nanos() > 0);
        let mut reader = Reader::new(catalog);
        let reading = reader.read_received(
            &incoming.provider,
            received_at,
            &Delivery::new(&incoming.body, 0),
        );
        let findings = reading.errors.iter().map(|error| Finding::unreadable(error, 0)).collect();
        let placed = reading.events.into_iter();
        let events = placed.map(|placed| (placed.index, placed.asset, placed.event)).collect();
        Self { incoming, origin: None, events, findings }
    }

    /// The same delivery, read anew.
    pub(super) fn again(self, catalog: &Catalog) -> Self {
        Self { origin: self.origin, ..Self::new(catalog, self.incoming) }
    }

    /// Why no event could be read.
    pub(super) fn quarantine(&self) -> Option<String> {
        let unread = self.events.is_empty();
        let reason = self.findings.first().map(|finding| {
            format!("{} {}: {}", finding.code.code(), finding.name, finding.message)
        });
        unread.then(|| reason.unwrap_or_else(|| "it has no events".to_owned()))
    }
}
