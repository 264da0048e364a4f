use std::sync::Arc;

use super::{EventKind, Placed};
use crate::{lifecycle::KindId, time::Timestamp};

/// One event of one asset, borrowed from wherever it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact<'a> {
    /// The lifecycle's index in the catalog.
    pub(crate) index: usize,
    /// The asset's id.
    pub(crate) asset: &'a str,
    /// The kind, or the name that the lifecycle does not have.
    pub(crate) kind: Result<KindId, &'a str>,
    /// The other fields are those of [`Event`](super::Event).
    pub(crate) time: Option<Timestamp>,
    pub(crate) time_error: Option<&'a str>,
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) id: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) parent: Option<&'a str>,
    pub(crate) content: u64,
    pub(crate) delivery: u64,
    pub(crate) says: Option<u16>,
    pub(crate) unknown_status: bool,
    pub(crate) data: &'a [(u16, Arc<str>)],
}

impl<'a> Fact<'a> {
    pub(crate) fn of(placed: &'a Placed<'_>) -> Self {
        let Placed { asset, event, index, .. } = placed;
        Self {
            index: *index,
            asset,
            kind: match &event.kind {
                EventKind::Known(kind) => Ok(*kind),
                EventKind::Unknown(name) => Err(name),
            },
            time: event.time,
            time_error: event.time_error.as_deref(),
            received_at: event.received_at,
            id: event.id.as_deref(),
            status: event.status.as_deref(),
            parent: event.parent.as_deref(),
            content: event.content,
            delivery: event.delivery,
            says: event.says,
            unknown_status: event.unknown_status,
            data: &event.data,
        }
    }
}
