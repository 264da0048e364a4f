//! One event of one asset, borrowed from wherever it was read.

use std::{borrow::Cow, fmt, sync::Arc};

use super::{value::RawValue, wanted::PointerId};
use crate::{
    event::{Event, EventKind, Placed},
    lifecycle::{Catalog, KindId},
    time::Timestamp,
};

/// What happened: a kind of the lifecycle, what a status word makes of it applied; or a name it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactKind<'a> {
    Known(KindId),
    Unknown(&'a str),
}

/// What one payload has in its slots.
pub(crate) trait Values {
    /// The text of a string, unless it has escapes, or of a number.
    fn text(&self, slot: PointerId) -> Option<&str>;
    /// The value as a data field has it.
    fn datum(&self, slot: PointerId) -> DataValue<'_>;
}

/// What a payload says of an asset: the numbers of data fields, and their values.
#[derive(Clone, Copy)]
pub(crate) enum DataValues<'a> {
    /// As they are printed.
    Kept(&'a [(u16, Arc<str>)]),
    /// Where they stand.
    Read(&'a [(u16, PointerId)], &'a dyn Values),
}

/// The value of a data field.
pub(crate) enum DataValue<'a> {
    /// As it is printed.
    Printed(Cow<'a, str>),
    /// As it stands in the payload.
    Written(RawValue<'a>),
}

impl<'a> DataValues<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Kept(values) => values.len(),
            Self::Read(values, _) => values.len(),
        }
    }

    /// The number of a field, and its value.
    #[inline]
    pub(crate) fn at(self, at: usize) -> (u16, DataValue<'a>) {
        match self {
            Self::Kept(values) => (values[at].0, DataValue::Printed(Cow::Borrowed(&values[at].1))),
            Self::Read(values, payload) => (values[at].0, payload.datum(values[at].1)),
        }
    }

    /// The fields with their values as they are printed.
    fn printed(self) -> impl Iterator<Item = (u16, Cow<'a, str>)> {
        (0..self.len()).map(move |at| {
            let (field, value) = self.at(at);
            (field, value.printed())
        })
    }
}

impl<'a> DataValue<'a> {
    /// A text that no other value has, though a value may have several.
    #[inline]
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Printed(text) => text,
            Self::Written(value) => value.text(),
        }
    }

    /// The value as JSON without white space, the members of objects by their names.
    pub(crate) fn printed(self) -> Cow<'a, str> {
        match self {
            Self::Printed(text) => text,
            Self::Written(value) => value.printed(),
        }
    }
}

impl fmt::Debug for DataValues<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.printed()).finish()
    }
}

/// An [`Event`] of one asset that owns nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact<'a> {
    /// The lifecycle's place in the catalog.
    pub(crate) lifecycle: usize,
    pub(crate) asset: &'a str,
    pub(crate) kind: FactKind<'a>,
    /// The name as it came, where the definition has a pattern for it.
    pub(crate) own_name: Option<&'a str>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) time_error: Option<&'a str>,
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) id: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) parent: Option<&'a str>,
    pub(crate) content: u64,
    /// The content is a digest of how the payload is written, not yet that of what it means.
    pub(crate) verbatim: bool,
    pub(crate) delivery: u64,
    pub(crate) item: Option<u32>,
    pub(crate) sequence: Option<u128>,
    /// See [`Event`].
    pub(crate) by_receipt: bool,
    pub(crate) says: Option<u16>,
    pub(crate) unknown_status: bool,
    pub(crate) data: DataValues<'a>,
}

impl<'a> Fact<'a> {
    pub(crate) fn of(placed: &'a Placed<'_>) -> Self {
        let Event { kind, time, time_error, received_at, id, status, parent, .. } = &placed.event;
        Self {
            lifecycle: placed.index,
            asset: &placed.asset,
            kind: match kind {
                EventKind::Known(kind) => FactKind::Known(*kind),
                EventKind::Unknown(name) => FactKind::Unknown(name),
            },
            own_name: placed.event.own_name.as_deref(),
            time: *time,
            time_error: time_error.as_deref(),
            received_at: *received_at,
            id: id.as_deref(),
            status: status.as_deref(),
            parent: parent.as_deref(),
            content: placed.event.content,
            verbatim: false,
            delivery: placed.event.delivery,
            item: placed.event.item,
            sequence: placed.event.sequence,
            by_receipt: placed.event.by_receipt,
            says: placed.event.says,
            unknown_status: placed.event.unknown_status,
            data: DataValues::Kept(&placed.event.data),
        }
    }

    /// The event with its asset, which is of this catalog.
    pub(crate) fn placed<'c>(&self, catalog: &'c Catalog) -> Placed<'c> {
        let (index, lifecycle) = (self.lifecycle, catalog.at(self.lifecycle));
        Placed { lifecycle, asset: self.asset.into(), event: self.event(), index }
    }

    pub(crate) fn event(&self) -> Event {
        Event {
            kind: match self.kind {
                FactKind::Known(kind) => EventKind::Known(kind),
                FactKind::Unknown(name) => EventKind::Unknown(name.into()),
            },
            own_name: self.own_name.map(Box::from),
            time: self.time,
            time_error: self.time_error.map(Box::from),
            received_at: self.received_at,
            id: self.id.map(Box::from),
            status: self.status.map(Box::from),
            parent: self.parent.map(Box::from),
            content: self.content,
            delivery: self.delivery,
            item: self.item,
            sequence: self.sequence,
            by_receipt: self.by_receipt,
            says: self.says,
            unknown_status: self.unknown_status,
            data: self.data.printed().map(|(field, text)| (field, text.into())).collect(),
        }
    }
}
