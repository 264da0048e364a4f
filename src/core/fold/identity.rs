//! Which deliveries are the same event, and which event comes first.

use std::cmp::Ordering;

use crate::{
    digest::KEYS,
    event::{Event, EventKind, digest},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// When an event happened, as far as anybody knows.
pub fn happened(event: &Event) -> Option<Timestamp> {
    event.time.or(event.received_at)
}

/// What orders an event: its time, or else when it was received; what has neither sorts last.
pub(super) fn order_time(event: &Event) -> (bool, Option<Timestamp>) {
    let time = happened(event);
    (time.is_none(), time)
}

/// By its own time, which an event may lack.
fn own_time(event: &Event) -> (bool, Option<Timestamp>) {
    (event.time.is_none(), event.time)
}

/// What orders the events of one time that have one; the others come after them.
pub(super) fn order_sequence(event: &Event) -> (bool, Option<u128>) {
    (event.sequence.is_none(), event.sequence)
}

/// The order of events of one time: by sequence, then by rank, moving before staying, then by id.
pub(super) fn group_order(lifecycle: &Lifecycle, a: &Event, b: &Event) -> Ordering {
    let place = |event: &Event| match &event.kind {
        EventKind::Known(kind) => lifecycle.kind_of(*kind).place,
        EventKind::Unknown(_) => (u16::MAX, true),
    };
    let by_sequence = order_sequence(a).cmp(&order_sequence(b));
    let by_place = || place(a).cmp(&place(b));
    by_sequence
        .then_with(by_place)
        .then_with(|| a.id.cmp(&b.id))
        .then_with(|| copy_order(lifecycle, a, b))
}

/// The order of copies that conflict: by time, then by what the body says as far as a fold can see it, then
/// by the digest of the whole of it. Data comes after all that is read without data too, so that leaving it
/// out changes nothing else.
pub(super) fn copy_order(lifecycle: &Lifecycle, a: &Event, b: &Event) -> Ordering {
    own_time(a)
        .cmp(&own_time(b))
        .then_with(|| a.name(lifecycle).cmp(b.name(lifecycle)))
        .then_with(|| a.kind.known().cmp(&b.kind.known()))
        .then_with(|| order_sequence(a).cmp(&order_sequence(b)))
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

/// Whether nothing but their content tells two events apart, and that is the same: copies where they follow each other.
pub(super) fn same_content(a: &Event, b: &Event) -> bool {
    by_content(a) && by_content(b) && a.content == b.content
}

/// What makes two deliveries the same event: the id; without one the kind, a word that decides included, with time and
/// sequence; without a time the content. When they were received never does.
pub(super) fn same_event(lifecycle: &Lifecycle, a: &Event, b: &Event) -> bool {
    match (&a.id, &b.id) {
        (Some(a), Some(b)) => a == b,
        (None, None) => match (a.time, b.time) {
            (Some(x), Some(y)) => {
                let kind = a.kind == b.kind && a.name(lifecycle) == b.name(lifecycle);
                x == y && kind && a.sequence == b.sequence
            }
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
        (None, Some(time)) => {
            let kind = event.kind.known().map_or(u64::MAX, |kind| kind.0.into());
            // None is no number: of bounded assets digests alone are compared.
            let other = event.sequence.map_or(0x5eed_0f0a_b5e4_7ced, |sequence| {
                (sequence as u64) ^ ((sequence >> 64) as u64).rotate_left(7)
            });
            let kind = (kind ^ other).wrapping_mul(KEYS[0]);
            digest(event.name(lifecycle).as_bytes()) ^ time.as_nanos() as u64 ^ kind
        }
        (None, None) => event.content,
    }
}
