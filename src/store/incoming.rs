//! A delivery as it was received, and what is read of it.

use std::collections::BTreeMap;

use crate::{
    event::{Delivery, Event, Headers, Reader, parameter},
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
    /// Of its headers those that definitions name; no others are kept.
    pub headers: Headers,
    /// Of the address's query the parameters that definitions name, as they came.
    pub query: Option<String>,
    /// The body; for a GET the query, which is a form.
    pub body: Vec<u8>,
}

impl Incoming {
    fn delivery(&self) -> Delivery<'_> {
        let delivery = Delivery::new(&self.body, 0).with_headers(&self.headers);
        match &self.query {
            Some(query) => delivery.with_query(query),
            None => delivery,
        }
    }
}

/// What definitions name beside bodies: all that is kept of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    headers: Vec<String>,
    parameters: Vec<String>,
}

impl Named {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let (headers, parameters) = (catalog.named_headers(), catalog.named_parameters());
        Self { headers: owned(headers), parameters: owned(parameters) }
    }

    /// The headers and the parameters that are kept, in words; `None` if there are none.
    pub(crate) fn listed(&self) -> Option<String> {
        let headers = self.headers.iter().map(|name| format!("@{name}"));
        let parameters = self.parameters.iter().map(|name| format!("?{name}"));
        let all: Vec<String> = headers.chain(parameters).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// Of these headers those that are named; of a repeated one the first.
    pub(crate) fn headers<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    ) -> Headers {
        let mut kept = BTreeMap::new();
        for (name, value) in headers {
            if let Some(own) = self.headers.iter().find(|own| own.eq_ignore_ascii_case(name)) {
                kept.entry(&**own).or_insert(value);
            }
        }
        kept.into_iter().collect()
    }

    /// Of this query the parameters that are named, as they came.
    pub(crate) fn query(&self, query: &str) -> Option<String> {
        let is_named =
            |pair: &&str| self.parameters.iter().any(|name| parameter(pair, name).is_some());
        let kept: Vec<&str> = query.split('&').filter(is_named).collect();
        (!kept.is_empty()).then(|| kept.join("&"))
    }
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
        let reader = Reader::new(catalog);
        let reading = reader.read_received(&incoming.provider, received_at, &incoming.delivery());
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
