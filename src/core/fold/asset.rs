//! What is known of one asset: its events in the order in which they happened, each judged.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{
    data::Data,
    finding::{Code, Finding},
    identity::{group_order, happened, identity, order_time},
    judge::{Judgement, Standing, judge, order_group},
    known::Tellers,
    past::{Condensed, Past},
    verdict::{Policy, Verdict},
};
use crate::{
    event::Event,
    lifecycle::{Identity, Lifecycle, Node, Order, State},
    time::Timestamp,
};

/// How many events of one asset are kept. When there are more, the older half is condensed into the state
/// that it led to: that is right as it stands, but an event older than it can no longer be placed.
pub const HISTORY_MAX: usize = 10_000;

/// From this many events on, identities are looked up in a set.
const SEEN_FROM: usize = 32;

/// One asset. Make it with its id, then [`step`](super::step) or [`fold`](super::fold) events into it.
///
/// From its first event on it belongs to the lifecycle that the event was judged by, since its state is one of that
/// lifecycle's. Whatever is given the asset and another lifecycle panics and names both. Two lifecycles of the same
/// [`fingerprint`](Lifecycle::fingerprint) are one.
#[derive(Clone, Debug, Default)]
pub struct Asset {
    pub(super) id: Box<str>,
    /// The lifecycle of its events; `None` before there are any.
    lifecycle: Option<Arc<Identity>>,
    policy: Policy,
    pub(super) past: Past,
    pub(super) history: Vec<Entry>,
    pub(super) unjudged: usize,
    pub(super) first_unjudged: usize,
    /// Identities of the history, once it is long.
    #[expect(clippy::box_collection, reason = "most have none, which should take little")]
    pub(super) seen: Option<Box<HashSet<u64>>>,
    /// Deliveries that were heard before.
    pub(super) duplicates: u64,
    /// Events that came after one that happened later.
    pub(super) late: u64,
    pub(super) latest: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) event: Event,
    pub(super) identity: u64,
    pub(super) judgement: Option<Judgement>,
    /// Copies of the event with other content that sort after it.
    pub(super) conflicts: Vec<Event>,
}

/// How an event came.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the store keeps each of them in its own way")]
pub enum Arrival {
    /// It is in the history.
    Added,
    /// It is in the history, before one that came earlier and happened this much later.
    Late(Finding, Duration),
    /// It was there already.
    Duplicate(Finding),
    /// It was there already, with other content.
    Conflict(Finding),
    /// It is older than the history that is kept.
    TooOld(Finding),
}

/// What became of an event that was inserted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inserted {
    /// How it fits in.
    pub arrival: Arrival,
    /// The oldest events were condensed to make room.
    pub condensed: bool,
    /// The findings of those events, which nothing can heal any more.
    pub dropped: Vec<Finding>,
}

/// One event of the history.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HistoryEntry<'a> {
    /// The event.
    pub event: &'a Event,
    /// What it did.
    pub verdict: Verdict,
    /// Where the asset was.
    pub before: Node,
    /// Where it then was.
    pub after: Node,
}

impl Asset {
    /// An asset of which nothing was heard yet.
    pub fn new(id: impl Into<Box<str>>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Such an asset, with another policy on illegal events than [`Policy::Keep`].
    pub fn with_policy(id: impl Into<Box<str>>, policy: Policy) -> Self {
        Self { id: id.into(), policy, ..Self::default() }
    }

    /// The provider's id of the asset.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the asset is: its state and the retries used.
    pub fn node(&self) -> Node {
        self.standing().node
    }

    /// Panics unless the asset may be looked at by this lifecycle.
    #[inline]
    pub(crate) fn check(&self, lifecycle: &Lifecycle) {
        if let Some(own) = &self.lifecycle {
            own.check(&self.id, lifecycle);
        }
    }

    /// The state.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn state<'l>(&self, lifecycle: &'l Lifecycle) -> &'l State {
        self.check(lifecycle);
        lifecycle.state(self.node())
    }

    /// The flags that are set.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn flags<'l>(&self, lifecycle: &'l Lifecycle) -> Vec<&'l str> {
        self.check(lifecycle);
        lifecycle.flag_names(self.standing().flags)
    }

    pub(crate) fn flag_set(&self) -> u64 {
        self.standing().flags
    }

    /// Distinct events heard.
    pub fn events(&self) -> u64 {
        self.past.events + self.history.len() as u64
    }

    /// When the asset came into its state: the time of the event that led there, or, for a provider that
    /// sends none, when that was received.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn since(&self, lifecycle: &Lifecycle) -> Option<Timestamp> {
        self.check(lifecycle);
        let mut places = (0..self.history.len()).rev();
        match places.find(|at| self.moved_at(lifecycle, *at)) {
            Some(at) => happened(&self.history[at].event),
            None => self.past.known.since,
        }
    }

    /// The kept events, in the order in which they happened.
    pub fn history(&self) -> impl ExactSizeIterator<Item = HistoryEntry<'_>> {
        (0..self.history.len()).map(|at| self.history_entry(at))
    }

    /// Everything there is to say of the asset's events as they now stand, in the order in which they
    /// happened. Duplicates and late events are said by [`step`](super::step) as they come.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn findings(&self, lifecycle: &Lifecycle) -> Vec<Finding> {
        self.check(lifecycle);
        let mut findings: Vec<Finding> = self.condensed_finding(lifecycle).into_iter().collect();
        for at in 0..self.history.len() {
            self.findings_at(lifecycle, at, &mut findings);
        }
        findings
    }

    /// See [`Judgement::is_believed`].
    pub(super) fn believed_at(&self, at: usize) -> bool {
        self.history[at].judgement.is_none_or(|judgement| judgement.is_believed(self.policy))
    }

    /// Whether the event at this place led into another state.
    fn moved_at(&self, lifecycle: &Lifecycle, at: usize) -> bool {
        let judgement = self.history[at].judgement;
        judgement.is_some_and(|judgement| judgement.leaves(lifecycle, self.before(at)))
    }

    /// Takes in what the event at this place says of the asset, data aside.
    pub(super) fn tell(&self, lifecycle: &Lifecycle, at: usize, tellers: &mut Tellers) {
        let Event { status, parent, .. } = &self.history[at].event;
        let says = [status.is_some(), parent.is_some()];
        tellers.add(at, self.moved_at(lifecycle, at), self.believed_at(at), says);
    }

    /// Takes in the data of the event at this place.
    pub(super) fn tell_data(&self, lifecycle: &Lifecycle, at: usize, data: &mut Data<Arc<str>>) {
        if self.believed_at(at) {
            data.merge(lifecycle, self.history[at].event.data.iter().cloned());
        }
    }

    /// When it came into its state, its status word and its parent's id, by the events that say so.
    pub(super) fn told_by(&self, by: &Tellers) -> (Option<Timestamp>, [Option<&str>; 2]) {
        let (known, event) = (&self.past.known, |at: usize| &self.history[at].event);
        let since = by.entered.map_or(known.since, |at| happened(event(at)));
        let status = by.status.map_or(&known.status, |at| &event(at).status);
        let parent = by.parent.map_or(&known.parent, |at| &event(at).parent);
        (since, [status.as_deref(), parent.as_deref()])
    }

    /// The codes of what there is to say of the asset's events; see [`findings`](Self::findings).
    pub(crate) fn codes(&self, lifecycle: &Lifecycle) -> Vec<Code> {
        let mut codes = Vec::new();
        if self.past.events > 0 {
            codes.push(Code::HistoryCondensed);
        }
        for at in 0..self.history.len() {
            self.codes_at(lifecycle, at, &mut codes);
        }
        codes
    }

    pub(super) fn codes_at(&self, lifecycle: &Lifecycle, at: usize, codes: &mut Vec<Code>) {
        let Entry { event, judgement, conflicts, .. } = &self.history[at];
        let Some(judgement) = judgement else { return };
        codes.extend(Code::of_step(judgement.step));
        let received = event.by_receipt && event.received_at.is_some();
        if lifecycle.order() == Order::Time && event.time.is_none() && !received {
            codes.push(Code::BadTime);
        }
        if event.unknown_status {
            codes.push(Code::UnknownStatus);
        }
        if judgement.contradictory {
            codes.push(Code::ContradictoryStatus);
        }
        codes.extend(conflicts.iter().map(|_| Code::ConflictingDuplicate));
    }

    pub(crate) fn history_entry(&self, at: usize) -> HistoryEntry<'_> {
        let Entry { event, judgement, .. } = &self.history[at];
        let before = self.before(at).node;
        let after = judgement.map_or(before, |judgement| judgement.after.node);
        let verdict = Verdict::of(judgement.and_then(|judgement| judgement.step));
        HistoryEntry { event, verdict, before, after }
    }

    /// What there is to say of one event of the history.
    pub fn findings_at(&self, lifecycle: &Lifecycle, at: usize, findings: &mut Vec<Finding>) {
        let Entry { event, judgement, conflicts, .. } = &self.history[at];
        let Some(judgement) = judgement else { return };
        let mut codes = Vec::new();
        self.codes_at(lifecycle, at, &mut codes);
        let (before, after) = (self.before(at).node, judgement.after.node);
        for code in codes.iter().filter(|code| **code != Code::ConflictingDuplicate) {
            findings.push(Finding::of(*code, lifecycle, &self.id, event, before, after));
        }
        let conflicts = conflicts.iter();
        findings
            .extend(conflicts.map(|other| Finding::conflict(lifecycle, &self.id, event, other)));
    }

    /// That events were condensed, where some were.
    pub fn condensed_finding(&self, lifecycle: &Lifecycle) -> Option<Finding> {
        let Condensed { events, last_delivery, .. } = *self.past;
        (events > 0).then(|| Finding::condensed(lifecycle, &self.id, events, last_delivery))
    }

    /// Where an event that was inserted now stands.
    pub(crate) fn position(&self, lifecycle: &Lifecycle, event: &Event) -> usize {
        let at = self.copy_of(lifecycle, event, identity(lifecycle, event));
        at.unwrap_or_else(|| self.history.len().saturating_sub(1))
    }

    /// Puts an event in its place, to be judged by [`settle`](Self::settle).
    pub fn insert(&mut self, lifecycle: &Lifecycle, event: Event) -> Inserted {
        self.insert_into(lifecycle, event, true)
    }

    /// The same, making room for the event only if asked to.
    pub(super) fn insert_into(
        &mut self,
        lifecycle: &Lifecycle,
        mut event: Event,
        makes_room: bool,
    ) -> Inserted {
        self.belong_to(lifecycle);
        let mut inserted =
            Inserted { arrival: Arrival::Added, condensed: false, dropped: Vec::new() };
        let identity = identity(lifecycle, &event);
        if let Some(at) = self.find_copy(lifecycle, &event, identity) {
            self.duplicates += 1;
            let first = self.history[at].event.delivery;
            inserted.arrival = match self.history[at].event.content == event.content {
                true => {
                    let finding = Finding::duplicate(lifecycle, &self.id, &event, first);
                    self.copy(lifecycle, at, event);
                    Arrival::Duplicate(finding)
                }
                false => self.conflict(lifecycle, at, event),
            };
            return inserted;
        }
        if self.was_condensed(lifecycle, &event, identity) {
            self.duplicates += 1;
            let last = self.past.last_delivery;
            let finding = Finding::duplicate(lifecycle, &self.id, &event, last);
            inserted.arrival = Arrival::Duplicate(finding);
            return inserted;
        }
        if makes_room && self.history.len() >= HISTORY_MAX {
            inserted.dropped = self.condense(lifecycle);
            inserted.condensed = true;
        }
        if self.is_too_old(lifecycle, &event) {
            inserted.arrival = Arrival::TooOld(Finding::too_old(lifecycle, &self.id, &event));
            self.late += 1;
            return inserted;
        }
        if let (Some(time), Some(latest)) = (happened(&event), self.latest)
            && lifecycle.order() == Order::Time
            && time < latest
        {
            self.late += 1;
            let by = latest.since(time);
            let finding = Finding::late(lifecycle, &self.id, &event, by);
            inserted.arrival = Arrival::Late(finding, by);
        }
        self.latest = self.latest.max(happened(&event));
        self.share_data(&mut event);
        if let Some(seen) = &mut self.seen {
            seen.insert(identity);
        }
        self.place(lifecycle, Entry { event, identity, judgement: None, conflicts: Vec::new() });
        if self.seen.is_none() {
            self.look_up_anew();
        }
        inserted
    }

    /// Has the whole history judged by the next [`settle`](Self::settle).
    pub(super) fn judge_anew(&mut self) {
        self.history.iter_mut().for_each(|entry| entry.judgement = None);
        (self.unjudged, self.first_unjudged) = (self.history.len(), 0);
        self.look_up_anew();
    }

    /// Makes the set of identities, if the history is long enough for one.
    pub(super) fn look_up_anew(&mut self) {
        self.seen = (self.history.len() >= SEEN_FROM)
            .then(|| Box::new(self.history.iter().map(|entry| entry.identity).collect()));
    }

    /// From now on it belongs to this lifecycle, if it did to none.
    fn belong_to(&mut self, lifecycle: &Lifecycle) {
        match &self.lifecycle {
            Some(_) => self.check(lifecycle),
            None => self.lifecycle = Some(Arc::clone(lifecycle.identity())),
        }
    }

    /// Gives it the past that it was saved with, before it has any events.
    pub(super) fn begin(&mut self, lifecycle: &Lifecycle, past: Condensed) {
        self.belong_to(lifecycle);
        self.latest = past.until;
        *self.past = past;
    }

    /// What becomes of the state if an event is illegal.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Whether the event happened in the past that is no longer kept one by one.
    pub(super) fn is_too_old(&self, lifecycle: &Lifecycle, event: &Event) -> bool {
        lifecycle.order() == Order::Time
            && happened(event)
                .is_some_and(|time| self.past.until.is_some_and(|until| time <= until))
    }

    /// Stores an entry where it belongs by time, after those of the same time.
    pub(super) fn place(&mut self, lifecycle: &Lifecycle, entry: Entry) {
        let time = order_time(&entry.event);
        let in_order = lifecycle.order() == Order::Arrival
            || self.history.last().is_none_or(|last| order_time(&last.event) <= time);
        let at = match in_order {
            true => self.history.len(),
            false => self.history.partition_point(|other| order_time(&other.event) <= time),
        };
        self.history.insert(at, entry);
        self.first_unjudged = self.first_unjudged.min(at);
        self.unjudged += 1;
    }

    /// Judges what was inserted, and what follows it until nothing changes any more. Whatever stands before the place
    /// that it gives back is as it was.
    pub fn settle(&mut self, lifecycle: &Lifecycle) -> usize {
        let ordered = lifecycle.order() == Order::Time;
        let mut start = self.first_unjudged.min(self.history.len());
        while ordered && start > 0 && self.same_time(start - 1, start) {
            start -= 1;
        }
        let first = start;
        let mut standing = self.before(start);
        while start < self.history.len() {
            let mut end = start + 1;
            while ordered && end < self.history.len() && self.same_time(end - 1, end) {
                end += 1;
            }
            let group = &mut self.history[start..end];
            let known = group.last().and_then(|entry| entry.judgement);
            if group.len() > 1 {
                group.sort_by(|a, b| group_order(lifecycle, &a.event, &b.event));
                order_group(lifecycle, self.policy, standing, group, |entry| &entry.event);
            }
            for entry in group {
                self.unjudged -= usize::from(entry.judgement.is_none());
                let Event { kind, says, .. } = &entry.event;
                let judgement = judge(lifecycle, self.policy, standing, kind.known(), *says);
                entry.judgement = Some(judgement);
                standing = judgement.after;
            }
            start = end;
            if self.unjudged == 0 && known.is_some_and(|known| known.after == standing) {
                break;
            }
        }
        self.first_unjudged = self.history.len();
        first
    }

    pub(super) fn same_time(&self, a: usize, b: usize) -> bool {
        let time = |at: usize| self.history.get(at).map(|entry| order_time(&entry.event));
        time(a) == time(b)
    }

    pub(super) fn before(&self, at: usize) -> Standing {
        match at.checked_sub(1).and_then(|before| self.history[before].judgement) {
            Some(judgement) => judgement.after,
            None => self.past.standing,
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.before(self.history.len())
    }

    /// Values that the event before had too are kept once.
    fn share_data(&self, event: &mut Event) {
        let Some(last) = self.history.last() else { return };
        for (field, text) in &mut event.data {
            let known =
                last.event.data.iter().find(|(other, value)| other == field && value == text);
            if let Some((_, value)) = known {
                *text = Arc::clone(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies are found in a set from 32 events on, which has what is kept and no more.
    #[test]
    fn identities_are_those_of_the_history() {
        let media = Lifecycle::builtin("fastpix/media").expect("built in");
        let mut asset = Asset::new("m1");
        for number in 0..=HISTORY_MAX as i64 {
            let event =
                Event::new(media, "video.media.updated").unwrap().with_id(number.to_string());
            asset.insert(media, event.at(Timestamp::from_nanos(number)));
            let long = asset.history.len() >= SEEN_FROM;
            let seen = asset.seen.as_ref().map(|seen| seen.len());
            assert_eq!(seen, long.then_some(asset.history.len()));
            assert_eq!(long, number >= 31);
        }
        assert_eq!(asset.history.len(), 5_001);
    }
}
