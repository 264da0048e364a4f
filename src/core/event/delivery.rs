//! What is read, and what it said.

use super::{Event, EventError, Headers};
use crate::lifecycle::{Catalog, Lifecycle};

/// One HTTP request, or one record of it, as it came.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Delivery<'a> {
    /// A payload, or a recorded delivery `{"provider":…,"received_at":…,"body":…}`; a body that is not UTF-8 stands there
    /// as `body_base64`.
    pub body: &'a [u8],
    /// The caller's number of it, given back with every event and finding.
    pub number: u64,
    pub(crate) headers: Option<&'a Headers>,
    pub(crate) query: Option<&'a str>,
}

impl<'a> Delivery<'a> {
    /// A delivery with the caller's number for it.
    pub fn new(body: &'a [u8], number: u64) -> Self {
        Self { body, number, headers: None, query: None }
    }

    /// The same with the headers of its request: definitions may name them. Those of a recorded delivery stand in it.
    #[must_use]
    pub fn with_headers(self, headers: &'a Headers) -> Self {
        Self { headers: Some(headers), ..self }
    }

    /// The same with the query of the address that it came to, what stands behind the `?`.
    #[must_use]
    pub fn with_query(self, query: &'a str) -> Self {
        Self { query: Some(query), ..self }
    }
}

/// What one delivery said.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Reading<'c> {
    /// Who sent it, where that could be told.
    pub provider: Option<&'c str>,
    /// Its events, each of one asset; one delivery may be an event of several entities.
    pub events: Vec<Placed<'c>>,
    /// What could not be read.
    pub errors: Vec<EventError>,
}

/// An event, and the asset that it belongs to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Placed<'c> {
    /// The lifecycle of the asset's entity.
    pub lifecycle: &'c Lifecycle,
    /// The asset's id.
    pub asset: Box<str>,
    /// What happened to it.
    pub event: Event,
    /// The index of the lifecycle in its catalog.
    pub index: usize,
}

impl<'c> Placed<'c> {
    /// An event of the asset of this id; `None` if the catalog does not have the entity.
    pub fn new(catalog: &'c Catalog, entity: &str, asset: &str, event: Event) -> Option<Self> {
        let index = catalog.index(entity)?;
        Some(Self { lifecycle: catalog.at(index), asset: asset.into(), event, index })
    }
}
