//! Which deliveries are the same event, and which event comes first.

use std::cmp::Ordering;

use crate::{
    event::{Event, EventKind, digest},
    lifecycle::{Lifecycle, Order},
    time::Timestamp,
};

/// When an event happened, as far as anybody knows.
pub fn happened(lifecycle: &Lifecycle, event: &Event) -> Option<Timestamp> {
    happened_at(lifecycle, event.time, event.received_at)
}

/// [`happened`] for an event of this time that was received then.
pub(crate) fn happened_at(
    lifecycle: &Lifecycle,
    time: Option<Timestamp>,
    received_at: Option<Timestamp>,
) -> Option<Timestamp> {
    match lifecycle.order() {
        Order::Time => time,
        Order::Arrival => time.or(received_at),
    }
}

/// Events without a time sort last.
pub(super) fn order_time(event: &Event) -> (bool, Option<Timestamp>) {
    (event.time.is_none(), event.time)
}

/// The order of events of one time: by rank, moving before staying, then by id.
pub(super) fn group_order(lifecycle: &Lifecycle, a: &Event, b: &Event) -> Ordering {
    let place = |event: &Event| match &event.kind {
        EventKind::Known(kind) => lifecycle.kind_of(*kind).place,
        EventKind::Unknown(_) => (u16::MAX, true),
    };
    place(a).cmp(&place(b)).then_with(|| a.id.cmp(&b.id)).then_with(|| copy_order(lifecycle, a, b))
}

/// The order of copies that conflict: by time, then by what the body says as far as a fold can see it, then
/// by the digest of the whole of it. Data comes after all that is read without data too, so that leaving it
/// out changes nothing else.
pub(super) fn copy_order(lifecycle: &Lifecycle, a: &Event, b: &Event) -> Ordering {
    order_time(a)
        .cmp(&order_time(b))
        .then_with(|| a.name(lifecycle).cmp(b.name(lifecycle)))
        .then_with(|| a.status.cmp(&b.status))
        .then_with(|| a.parent.cmp(&b.parent))
        .then_with(|| a.time_error.cmp(&b.time_error))
        .then_with(|| a.data.cmp(&b.data))
        .then_with(|| a.content.cmp(&b.content))
}

/// Neither an id nor a time tells the event from another.
pub(super) fn by_content(event: &Event) -> bool {
    event.id.is_none() && event.time.is_none()
}

/// What makes two deliveries the same event: the id; without one kind and time; without those the content.
pub(super) fn same_event(lifecycle: &Lifecycle, a: &Event, b: &Event) -> bool {
    match (&a.id, &b.id) {
        (Some(a), Some(b)) => a == b,
        (None, None) => match (a.time, b.time) {
            (Some(x), Some(y)) => x == y && a.name(lifecycle) == b.name(lifecycle),
            (None, None) => a.content == b.content,
            _ => false,
        },
        _ => false,
    }
}

/// A digest that is equal for equal events.
pub(super) fn identity(lifecycle: &Lifecycle, event: &Event) -> u64 {
    match (&event.id, event.time) {
        (Some(id), _) => digest(id.as_bytes()),
        (None, Some(time)) => digest(event.name(lifecycle).as_bytes()) ^ time.as_nanos() as u64,
        (None, None) => event.content,
    }
}
