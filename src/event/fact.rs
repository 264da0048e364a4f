//! One event of one asset, borrowed from wherever it was read.

use std::{fmt, sync::Arc};

use super::{Event, EventKind, Placed};
use crate::{lifecycle::KindId, time::Timestamp};

/// What happened: a kind of the lifecycle, what a status word makes of it applied; or a name it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactKind<'a> {
    Known(KindId),
    Unknown(&'a str),
}

/// What a payload says of an asset: the numbers of data fields, and their values as JSON.
#[derive(Clone, Copy)]
pub(crate) enum Said<'a> {
    Kept(&'a [(u16, Arc<str>)]),
    #[cfg(feature = "cli")]
    Read(&'a [(u16, std::borrow::Cow<'a, str>)]),
}

impl<'a> Said<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Kept(values) => values.len(),
            #[cfg(feature = "cli")]
            Self::Read(values) => values.len(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (u16, &'a str)> + Clone {
        (0..self.len()).map(move |at| match self {
            Self::Kept(values) => (values[at].0, &*values[at].1),
            #[cfg(feature = "cli")]
            Self::Read(values) => (values[at].0, &*values[at].1),
        })
    }
}

impl fmt::Debug for Said<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

/// An [`Event`] of one asset that owns nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact<'a> {
    /// The lifecycle's place in the catalog.
    pub(crate) lifecycle: usize,
    pub(crate) asset: &'a str,
    pub(crate) kind: FactKind<'a>,
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
    pub(crate) says: Option<u16>,
    pub(crate) unknown_status: bool,
    pub(crate) data: Said<'a>,
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
            time: *time,
            time_error: time_error.as_deref(),
            received_at: *received_at,
            id: id.as_deref(),
            status: status.as_deref(),
            parent: parent.as_deref(),
            content: placed.event.content,
            verbatim: false,
            delivery: placed.event.delivery,
            says: placed.event.says,
            unknown_status: placed.event.unknown_status,
            data: Said::Kept(&placed.event.data),
        }
    }

    pub(crate) fn event(&self) -> Event {
        Event {
            kind: match self.kind {
                FactKind::Known(kind) => EventKind::Known(kind),
                FactKind::Unknown(name) => EventKind::Unknown(name.into()),
            },
            time: self.time,
            time_error: self.time_error.map(Box::from),
            received_at: self.received_at,
            id: self.id.map(Box::from),
            status: self.status.map(Box::from),
            parent: self.parent.map(Box::from),
            content: self.content,
            delivery: self.delivery,
            says: self.says,
            unknown_status: self.unknown_status,
            data: self.data.iter().map(|(field, text)| (field, text.into())).collect(),
        }
    }
}
