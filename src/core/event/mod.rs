//! Events: the fact read from a payload.
//!
//! - [`Event`] is that fact, apart from how it was written.
//! - [`Reader`] turns the body of a delivery into the events of one or more assets, by the pointers of
//!   the definitions; `form` reads bodies that are not JSON, `record` opens recorded deliveries.
//!
//! Whether an event was legal is not known here, nor is the asset that it belongs to: the fold does that.

mod base64;
pub(crate) mod candidates;
pub(crate) mod content;
mod delivery;
mod error;
pub(crate) mod form;
mod found;
pub(crate) mod headers;
mod layer;
mod moment;
pub(crate) mod multipart;
mod payload;
pub mod probe;
pub(crate) mod read;
mod recognise;
pub mod record;
pub(crate) mod sample;

use std::{borrow::Cow, sync::Arc};

#[cfg(feature = "fast")]
pub(crate) use self::layer::may_be_unwrapped;
pub use self::{
    base64::from_base64,
    delivery::{Delivery, Placed, Reading},
    error::{EventError, UnknownKind},
    form::unescaped,
    headers::{Headers, parameter},
    moment::time_of,
    read::Reader,
};
pub(crate) use self::{content::print_inside, error::json_error, payload::outside_digest};
use crate::{
    json::Json,
    lifecycle::{KindId, Lifecycle, Pointer},
    shown::shortened,
    time::Timestamp,
};

/// The longest asset id, event id or event kind, in bytes.
pub const NAME_LEN_MAX: usize = 1024;

/// What an event is: a kind of its lifecycle, or a name that the lifecycle does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A kind of the lifecycle.
    Known(KindId),
    /// A name that the definition does not have, as it came.
    Unknown(Box<str>),
}

impl EventKind {
    /// The kind of the lifecycle, if it is one.
    pub fn known(&self) -> Option<KindId> {
        match self {
            Self::Known(kind) => Some(*kind),
            Self::Unknown(_) => None,
        }
    }
}

/// One fact about one asset, as its provider told it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The name as it came, where the definition has a pattern for it.
    pub(crate) own_name: Option<Box<str>>,
    /// When, by the provider's clock.
    pub time: Option<Timestamp>,
    /// Why there is no time, where the payload has one that cannot be used.
    pub time_error: Option<Box<str>>,
    /// When it was received, where that was recorded: of copies the earliest. It orders an event that has no time, and
    /// is never what makes two deliveries the same.
    pub received_at: Option<Timestamp>,
    /// The provider's id of the event, the same for every delivery of it.
    pub id: Option<Box<str>>,
    /// The provider's word for where the asset is, as it came.
    pub status: Option<Box<str>>,
    /// The id of the asset that this one hangs on.
    pub parent: Option<Box<str>>,
    /// A digest of the payload, delivery attempts aside: equal for equal content.
    pub content: u64,
    /// The caller's number of the delivery (a line, a row); findings give it back.
    pub delivery: u64,
    /// The number of its payload in the delivery, from 1; `None` for the only one.
    pub item: Option<u32>,
    /// What orders events that have one time, or none: those without one come after those that have one.
    pub sequence: Option<u128>,
    /// The definition takes the time of receipt where a payload has none, so that this is nothing to remark.
    pub by_receipt: bool,
    /// The state that the status word maps to.
    pub(crate) says: Option<u16>,
    /// A status word was to decide, and the definition does not have it.
    pub(crate) unknown_status: bool,
    /// Values kept with the asset: index of the data field, and JSON text.
    pub data: Box<[(u16, Arc<str>)]>,
}

impl Event {
    /// An event of this kind with nothing else known of it.
    ///
    /// # Errors
    /// The lifecycle has no such kind. [`Event::unknown`] makes an event of a kind that none is meant to have.
    pub fn new(lifecycle: &Lifecycle, kind: &str) -> Result<Self, UnknownKind> {
        match lifecycle.kind(kind) {
            Some(known) => {
                let event = Self { kind: EventKind::Known(known), ..Self::unknown(kind) };
                Ok(event.named(lifecycle, kind))
            }
            None => Err(UnknownKind::new(lifecycle, kind)),
        }
    }

    /// An event of a kind that its lifecycle does not have, with nothing else known of it.
    pub fn unknown(kind: &str) -> Self {
        Self {
            kind: EventKind::Unknown(kind.into()),
            own_name: None,
            time: None,
            time_error: None,
            received_at: None,
            id: None,
            status: None,
            parent: None,
            content: digest(kind.as_bytes()),
            delivery: 0,
            item: None,
            sequence: None,
            by_receipt: false,
            says: None,
            unknown_status: false,
            data: Box::default(),
        }
    }

    /// The same event, at this time.
    #[must_use]
    pub fn at(self, time: Timestamp) -> Self {
        Self { time: Some(time), ..self }
    }

    /// The same event, with this id.
    #[must_use]
    pub fn with_id(self, id: impl Into<Box<str>>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// The same event, from this delivery.
    #[must_use]
    pub fn from_delivery(self, delivery: u64) -> Self {
        Self { delivery, ..self }
    }

    /// Where it is among deliveries: the number of its delivery, and that of its payload in it, 0 for the only one.
    pub fn place(&self) -> (u64, u32) {
        (self.delivery, self.item.unwrap_or(0))
    }

    /// An event of which these parts were kept: what the status word makes of its kind is found out anew.
    pub fn recalled(
        lifecycle: &Lifecycle,
        kind: &str,
        branch: usize,
        status: Option<String>,
    ) -> Self {
        let mut event = Self::new(lifecycle, kind).unwrap_or_else(|_| Self::unknown(kind));
        let known = event.kind.known().map(|kind| lifecycle.branch_at(kind, branch));
        event.kind = known.map_or(event.kind, EventKind::Known);
        if let (Some(id), Some(word)) = (known, status) {
            read::take_status(lifecycle, id, word, &mut event);
        }
        event
    }

    /// The name of its kind, and beside it the status word, as it came, where one is to decide.
    pub fn label<'a>(&'a self, lifecycle: &'a Lifecycle) -> Cow<'a, str> {
        let EventKind::Known(kind) = self.kind else { return self.name(lifecycle).into() };
        let about = lifecycle.kind_of(kind);
        let word = self.status.as_deref().filter(|_| !about.status.is_empty());
        match word {
            None if self.own_name.is_none() => lifecycle.kind_label(kind).into(),
            None => match &about.when {
                Some(when) => format!("{} ({when})", self.name(lifecycle)).into(),
                None => self.name(lifecycle).into(),
            },
            Some(word) => {
                let when = about.when.as_ref().map(|when| format!("{when}, ")).unwrap_or_default();
                format!("{} ({when}{})", self.name(lifecycle), shortened(word)).into()
            }
        }
    }

    /// Takes into its content what was read outside of its payload.
    fn take_outside(&mut self, found: Option<(&Pointer, &Json<'_>, payload::Distance)>) {
        if let Some((at, value, distance)) = found
            && distance > payload::Distance::Inside
        {
            let outside = outside_digest(at.as_str(), &value.to_string());
            self.content = self.content.wrapping_add(outside);
        }
    }

    /// The name of its kind: the definition's spelling where it has one.
    pub fn name<'a>(&'a self, lifecycle: &'a Lifecycle) -> &'a str {
        match &self.kind {
            EventKind::Known(kind) => {
                self.own_name.as_deref().unwrap_or_else(|| lifecycle.kind_name(*kind))
            }
            EventKind::Unknown(name) => name,
        }
    }

    /// The same event with the name that it came by, which is kept where the definition has a pattern for it.
    pub fn named(self, lifecycle: &Lifecycle, name: &str) -> Self {
        let is_pattern = |kind| lifecycle.kind_of(kind).is_pattern;
        let own_name = self.kind.known().filter(|kind| is_pattern(*kind)).map(|_| name.into());
        Self { own_name, ..self }
    }
}

/// The digest of a name.
pub fn digest(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}
