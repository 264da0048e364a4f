//! Copies of one event: which of them counts, and when the first of them was received.

use super::{
    asset::{Arrival, Asset},
    finding::Finding,
    identity::{by_content, copy_order, same_content, same_event},
};
use crate::{
    event::Event,
    lifecycle::{Lifecycle, Order},
    time::Timestamp,
};

/// How many conflicting copies of one event are kept.
const CONFLICTS_MAX: usize = 16;

impl Asset {
    pub(super) fn copy_of(
        &self,
        lifecycle: &Lifecycle,
        event: &Event,
        identity: u64,
    ) -> Option<usize> {
        self.history.iter().rposition(|entry| {
            entry.identity == identity && same_event(lifecycle, &entry.event, event)
        })
    }

    pub(super) fn find_copy(
        &self,
        lifecycle: &Lifecycle,
        event: &Event,
        identity: u64,
    ) -> Option<usize> {
        if by_content(event) && lifecycle.order() == Order::Arrival {
            let last = self.history.last()?;
            return same_content(&last.event, event).then(|| self.history.len() - 1);
        }
        if self.seen.as_ref().is_some_and(|seen| !seen.contains(&identity)) {
            return None;
        }
        self.copy_of(lifecycle, event, identity)
    }

    /// Takes in a copy of an event with other content. The copy that sorts first counts, whichever came
    /// first.
    pub(super) fn conflict(&mut self, lifecycle: &Lifecycle, at: usize, event: Event) -> Arrival {
        let placeable = !self.is_too_old(lifecycle, &event);
        let received_at = event.received_at;
        let entry = &mut self.history[at];
        let is_copy = |other: &&mut Event| other.content == event.content;
        if let Some(other) = entry.conflicts.iter_mut().find(is_copy) {
            let finding = Finding::duplicate(lifecycle, &self.id, &event, other.delivery);
            if lifecycle.order() == Order::Time && copy_order(lifecycle, &event, other).is_lt() {
                *other = event;
            }
            self.receive(lifecycle, at, received_at, false);
            return Arrival::Duplicate(finding);
        }
        // Where arrival is all the order there is, the copy that came first counts.
        let replaces = placeable
            && lifecycle.order() == Order::Time
            && copy_order(lifecycle, &event, &entry.event).is_lt();
        let received = entry.event.received_at;
        let loser = if replaces { std::mem::replace(&mut entry.event, event) } else { event };
        let finding = Finding::conflict(lifecycle, &self.id, &entry.event, &loser);
        let place =
            entry.conflicts.partition_point(|other| copy_order(lifecycle, other, &loser).is_lt());
        entry.conflicts.insert(place, loser);
        entry.conflicts.truncate(CONFLICTS_MAX);
        let earlier = if replaces { received } else { received_at };
        self.receive(lifecycle, at, earlier, replaces);
        Arrival::Conflict(finding)
    }

    /// Takes in a copy of an event with the same content: of what differs all the same, delivery attempts, what sorts
    /// first counts.
    pub(super) fn copy(&mut self, lifecycle: &Lifecycle, at: usize, event: Event) {
        let received_at = event.received_at;
        let known = &self.history[at].event;
        if lifecycle.order() == Order::Time
            && copy_order(lifecycle, &event, known).is_lt()
            && !self.is_too_old(lifecycle, &event)
        {
            let known = std::mem::replace(&mut self.history[at].event, event);
            return self.receive(lifecycle, at, known.received_at, true);
        }
        self.receive(lifecycle, at, received_at, false);
    }

    /// Notes when a copy of an event was received: an earlier time than is known moves an event that has none of its own.
    /// One that is another copy than before is moved in any case.
    fn receive(
        &mut self,
        lifecycle: &Lifecycle,
        at: usize,
        received_at: Option<Timestamp>,
        is_other: bool,
    ) {
        let earlier = self.earlier(lifecycle, at, received_at);
        let event = &mut self.history[at].event;
        event.received_at = earlier.or(event.received_at);
        if is_other || earlier.is_some() && event.time.is_none() {
            self.place_anew(lifecycle, at);
        }
    }

    /// The time at which a copy was received, if it is before the one that is known and the event can be placed by it.
    fn earlier(
        &self,
        lifecycle: &Lifecycle,
        at: usize,
        received_at: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let event = &self.history[at].event;
        let earlier = |time: &Timestamp| event.received_at.is_none_or(|known| *time < known);
        let placeable = |time: &Timestamp| {
            lifecycle.order() == Order::Arrival
                || event.time.is_some()
                || self.past.until.is_none_or(|until| *time > until)
        };
        received_at.filter(earlier).filter(placeable)
    }

    /// Puts an event of the history where it now belongs.
    fn place_anew(&mut self, lifecycle: &Lifecycle, at: usize) {
        if lifecycle.order() == Order::Arrival {
            self.first_unjudged = self.first_unjudged.min(at);
            return;
        }
        let mut entry = self.history.remove(at);
        self.unjudged -= usize::from(entry.judgement.take().is_none());
        // Its neighbours are to be judged again: those of its time are another group now.
        for neighbour in [at.checked_sub(1), Some(at)].into_iter().flatten() {
            if let Some(next) = self.history.get_mut(neighbour) {
                self.unjudged += usize::from(next.judgement.take().is_some());
                self.first_unjudged = self.first_unjudged.min(neighbour);
            }
        }
        self.place(lifecycle, entry);
    }
}
