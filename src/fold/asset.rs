//! What is known of one asset: its events in the order in which they happened, each judged.

use std::{cmp::Ordering, collections::HashSet, sync::Arc, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use super::{
    data::Data,
    finding::{Finding, Severity},
    judge::{Judgement, Standing, judge, order_group},
    verdict::{Policy, Verdict},
};
use crate::{
    event::{Event, EventKind, digest},
    lifecycle::{Lifecycle, Node, Order, State, Step},
    time::Timestamp,
};

/// How many events of one asset are kept. When there are more, the older half is condensed into the state
/// that it led to: that is right as it stands, but an event older than it can no longer be placed.
pub const HISTORY_MAX: usize = 10_000;

/// How many conflicting copies of one event are kept.
const CONFLICTS_MAX: usize = 16;

/// From this many events on, identities are looked up in a set.
const SEEN_FROM: usize = 32;

/// One asset. Make it with its id, then [`step`](super::step) or [`fold`](super::fold) events into it, always
/// by the same lifecycle.
#[derive(Clone, Debug, Default)]
pub struct Asset {
    id: Box<str>,
    policy: Policy,
    past: Past,
    history: Vec<Entry>,
    unjudged: usize,
    first_unjudged: usize,
    seen: Option<Box<HashSet<u64>>>,
    /// Deliveries that were heard before.
    duplicates: u64,
    /// Events that came after one that happened later.
    late: u64,
    latest: Option<Timestamp>,
}

/// The events that are no longer kept one by one.
#[derive(Clone, Debug, Default)]
struct Past {
    events: u64,
    until: Option<Timestamp>,
    standing: Standing,
    since: Option<Timestamp>,
    status: Option<Box<str>>,
    parent: Option<Box<str>>,
    data: Data,
    findings: FindingCounts,
    last_delivery: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    event: Event,
    identity: u64,
    judgement: Option<Judgement>,
    /// Copies of the event with other content that sort after it.
    conflicts: Vec<Event>,
}

/// How an event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Added { late_by: Option<Duration> },
    Duplicate,
    Conflict,
    TooOld,
}

#[derive(Debug)]
pub(crate) struct Inserted {
    pub(crate) arrival: Arrival,
    /// The oldest events were condensed to make room.
    pub(crate) condensed: bool,
    /// The findings of those events, which nothing can heal any more.
    pub(crate) dropped: Vec<Finding>,
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

/// How many findings of each severity there are, duplicates and late events aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FindingCounts {
    /// Errors.
    pub error: u64,
    /// Warnings.
    pub warning: u64,
    /// Infos.
    pub info: u64,
}

/// The key of the asset that another one hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ParentRef {
    /// Its entity.
    pub entity: String,
    /// Its id.
    pub id: String,
}

/// The current state of an asset, as it is printed.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The entity, such as `fastpix/media`.
    pub entity: String,
    /// The asset's id.
    pub id: String,
    /// The state.
    pub state: String,
    /// The provider's last word for where the asset is, as it came.
    pub status: Option<String>,
    /// When it came into the state.
    pub since: Option<Timestamp>,
    /// Nothing more need happen.
    pub rest: bool,
    /// Nothing more may happen.
    pub end: bool,
    /// Distinct events.
    pub events: u64,
    /// Deliveries of events that were heard before.
    pub duplicates: u64,
    /// Events that came after one that happened later.
    pub late: u64,
    /// The flags that are set, as the definition lists them.
    pub flags: Vec<String>,
    /// Retries used.
    pub retries: u8,
    /// The asset that this one hangs on.
    pub parent: Option<ParentRef>,
    /// Findings by severity.
    pub findings: FindingCounts,
    /// Last known values; `None` leaves them out.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_data")]
    pub data: Option<Vec<(String, Arc<str>)>>,
}

impl Asset {
    /// An asset of which nothing was heard yet.
    pub fn new(id: impl Into<Box<str>>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// The same asset, with another policy on illegal events than [`Policy::Keep`].
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// The provider's id of the asset.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the asset is: its state and the retries used.
    pub fn node(&self) -> Node {
        self.standing().node
    }

    /// The state.
    pub fn state<'l>(&self, lifecycle: &'l Lifecycle) -> &'l State {
        lifecycle.state(self.node())
    }

    /// The flags that are set.
    pub fn flags<'l>(&self, lifecycle: &'l Lifecycle) -> Vec<&'l str> {
        lifecycle.flag_names(self.standing().flags)
    }

    /// Distinct events heard.
    pub fn events(&self) -> u64 {
        self.past.events + self.history.len() as u64
    }

    /// When the asset came into its state: the time of the event that led there, or, for a provider that
    /// sends none, when that was received.
    pub fn since(&self, lifecycle: &Lifecycle) -> Option<Timestamp> {
        let index = lifecycle.state_index(self.node());
        if index == 0 {
            return None;
        }
        let entered = |at: &usize| lifecycle.state_index(self.before(*at).node) != index;
        match (0..self.history.len()).rev().find(entered) {
            Some(at) => happened(lifecycle, &self.history[at].event),
            None => self.past.since,
        }
    }

    /// The kept events, in the order in which they happened.
    pub fn history(&self) -> impl ExactSizeIterator<Item = HistoryEntry<'_>> {
        (0..self.history.len()).map(|at| self.history_entry(at))
    }

    /// Everything there is to say of the asset's events as they now stand, in the order in which they
    /// happened. Duplicates and late events are said by [`step`](super::step) as they come.
    pub fn findings(&self, lifecycle: &Lifecycle) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.condensed_finding(lifecycle).into_iter().collect();
        for at in 0..self.history.len() {
            self.findings_at(lifecycle, at, &mut findings);
        }
        findings
    }

    /// The current state, as it is printed.
    pub fn snapshot(&self, lifecycle: &Lifecycle, with_data: bool) -> Snapshot {
        let state = self.state(lifecycle);
        let last = |of: fn(&Event) -> Option<&str>| {
            self.history.iter().rev().find_map(|entry| of(&entry.event)).map(str::to_owned)
        };
        let status = last(|event| event.status.as_deref());
        let parent = last(|event| event.parent.as_deref());
        let parent = parent.or_else(|| self.past.parent.as_deref().map(str::to_owned));
        Snapshot {
            entity: lifecycle.entity().to_owned(),
            id: self.id.to_string(),
            state: state.name.clone(),
            status: status.or_else(|| self.past.status.as_deref().map(str::to_owned)),
            since: self.since(lifecycle),
            rest: state.rest,
            end: state.end,
            events: self.events(),
            duplicates: self.duplicates,
            late: self.late,
            flags: self.flags(lifecycle).into_iter().map(str::to_owned).collect(),
            retries: lifecycle.retries_used(self.node()),
            parent: parent
                .zip(lifecycle.parent())
                .map(|(id, (entity, _))| ParentRef { entity: entity.to_string(), id }),
            findings: self.finding_counts(lifecycle),
            data: with_data.then(|| self.data(lifecycle)),
        }
    }

    fn data(&self, lifecycle: &Lifecycle) -> Vec<(String, Arc<str>)> {
        let mut data = self.past.data.clone();
        for entry in self.history.iter().filter(|entry| self.believed(entry)) {
            data.merge(lifecycle, &entry.event);
        }
        let named = data.named(lifecycle).into_iter();
        named.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Whether what the payload says of the asset counts: an illegal event changes nothing.
    fn believed(&self, entry: &Entry) -> bool {
        let step = entry.judgement.and_then(|judgement| judgement.step);
        self.policy == Policy::Follow || Verdict::of(step) != Verdict::Illegal
    }

    fn finding_counts(&self, lifecycle: &Lifecycle) -> FindingCounts {
        let mut counts = self.past.findings;
        let mut findings: Vec<Finding> = self.condensed_finding(lifecycle).into_iter().collect();
        for at in 0..self.history.len() {
            if self.remarkable(lifecycle, at) {
                self.findings_at(lifecycle, at, &mut findings);
            }
        }
        counts.add(&findings);
        counts
    }

    /// Whether there is anything to say of an event.
    fn remarkable(&self, lifecycle: &Lifecycle, at: usize) -> bool {
        let Entry { event, judgement, conflicts, .. } = &self.history[at];
        let plain = judgement.is_some_and(|judgement| {
            matches!(judgement.step, Some(Step::Moved | Step::Stayed)) && !judgement.contradictory
        });
        let timeless = lifecycle.order() == Order::Time && event.time.is_none();
        !plain || timeless || event.unknown_status || !conflicts.is_empty()
    }

    pub(crate) fn history_entry(&self, at: usize) -> HistoryEntry<'_> {
        let Entry { event, judgement, .. } = &self.history[at];
        let before = self.before(at).node;
        let after = judgement.map_or(before, |judgement| judgement.after.node);
        let verdict = Verdict::of(judgement.and_then(|judgement| judgement.step));
        HistoryEntry { event, verdict, before, after }
    }

    /// What there is to say of one event of the history.
    pub(crate) fn findings_at(
        &self,
        lifecycle: &Lifecycle,
        at: usize,
        findings: &mut Vec<Finding>,
    ) {
        if !self.remarkable(lifecycle, at) {
            return;
        }
        let Entry { event, judgement, .. } = &self.history[at];
        let Some(judgement) = judgement else { return };
        let before = self.before(at).node;
        findings.extend(Finding::step(lifecycle, &self.id, event, before, judgement.step));
        let (contradictory, after) = (judgement.contradictory, judgement.after.node);
        Finding::of_payload(lifecycle, &self.id, event, contradictory, after, findings);
        self.conflicts_at(lifecycle, at, findings);
    }

    pub(crate) fn conflicts_at(
        &self,
        lifecycle: &Lifecycle,
        at: usize,
        findings: &mut Vec<Finding>,
    ) {
        let Entry { event, conflicts, .. } = &self.history[at];
        let conflicts = conflicts.iter();
        findings
            .extend(conflicts.map(|other| Finding::conflict(lifecycle, &self.id, event, other)));
    }

    pub(crate) fn condensed_finding(&self, lifecycle: &Lifecycle) -> Option<Finding> {
        let Past { events, last_delivery, .. } = self.past;
        (events > 0).then(|| Finding::condensed(lifecycle, &self.id, events, last_delivery))
    }

    /// Where an event that was inserted now stands.
    pub(crate) fn position(&self, lifecycle: &Lifecycle, event: &Event) -> usize {
        let identity = identity(lifecycle, event);
        let same = |entry: &Entry| {
            entry.identity == identity && same_event(lifecycle, &entry.event, event)
        };
        self.history.iter().rposition(same).unwrap_or(self.history.len().saturating_sub(1))
    }

    /// Puts an event in its place, to be judged by [`settle`](Self::settle).
    pub(crate) fn insert(&mut self, lifecycle: &Lifecycle, mut event: Event) -> Inserted {
        let mut inserted =
            Inserted { arrival: Arrival::Duplicate, condensed: false, dropped: Vec::new() };
        let identity = identity(lifecycle, &event);
        if let Some(at) = self.find_copy(lifecycle, &event, identity) {
            self.duplicates += 1;
            if self.history[at].event.content != event.content {
                inserted.arrival = self.conflict(lifecycle, at, event);
            }
            return inserted;
        }
        let ordered = lifecycle.order() == Order::Time;
        if ordered && event.time.is_some() && event.time <= self.past.until {
            inserted.arrival = Arrival::TooOld;
            self.late += 1;
            return inserted;
        }
        if self.history.len() >= HISTORY_MAX {
            inserted.dropped = self.condense(lifecycle);
            inserted.condensed = true;
        }
        let late_by = match (event.time, self.latest) {
            (Some(time), Some(latest)) if ordered && time < latest => Some(latest.since(time)),
            _ => None,
        };
        self.late += u64::from(late_by.is_some());
        self.latest = self.latest.max(event.time);
        self.share_data(&mut event);
        if let Some(seen) = &mut self.seen {
            seen.insert(identity);
        }
        self.place(lifecycle, Entry { event, identity, judgement: None, conflicts: Vec::new() });
        if self.seen.is_none() && self.history.len() >= SEEN_FROM {
            self.seen = Some(Box::new(self.history.iter().map(|entry| entry.identity).collect()));
        }
        inserted.arrival = Arrival::Added { late_by };
        inserted
    }

    fn find_copy(&self, lifecycle: &Lifecycle, event: &Event, identity: u64) -> Option<usize> {
        if by_content(event) && lifecycle.order() == Order::Arrival {
            let last = self.history.last()?;
            let same = by_content(&last.event) && last.event.content == event.content;
            return same.then(|| self.history.len() - 1);
        }
        if self.seen.as_ref().is_some_and(|seen| !seen.contains(&identity)) {
            return None;
        }
        let same = |entry: &Entry| {
            entry.identity == identity && same_event(lifecycle, &entry.event, event)
        };
        self.history.iter().rposition(same)
    }

    /// Takes in a copy of an event with other content. The copy that sorts first counts, whichever came
    /// first.
    fn conflict(&mut self, lifecycle: &Lifecycle, at: usize, event: Event) -> Arrival {
        let entry = &mut self.history[at];
        if entry.conflicts.iter().any(|other| other.content == event.content) {
            return Arrival::Duplicate;
        }
        let replaces = copy_order(lifecycle, &event, &entry.event).is_lt();
        let loser = if replaces { std::mem::replace(&mut entry.event, event) } else { event };
        let place =
            entry.conflicts.partition_point(|other| copy_order(lifecycle, other, &loser).is_lt());
        entry.conflicts.insert(place, loser);
        entry.conflicts.truncate(CONFLICTS_MAX);
        if replaces {
            let mut entry = self.history.remove(at);
            self.unjudged -= usize::from(entry.judgement.take().is_none());
            // What followed it is to be judged again, wherever it goes.
            if let Some(next) = self.history.get_mut(at) {
                self.unjudged += usize::from(next.judgement.take().is_some());
                self.first_unjudged = self.first_unjudged.min(at);
            }
            self.place(lifecycle, entry);
        }
        Arrival::Conflict
    }

    /// Stores an entry where it belongs by time, after those of the same time.
    fn place(&mut self, lifecycle: &Lifecycle, entry: Entry) {
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

    /// Judges what was inserted, and what follows it until nothing changes any more.
    pub(crate) fn settle(&mut self, lifecycle: &Lifecycle) {
        let ordered = lifecycle.order() == Order::Time;
        let mut start = self.first_unjudged.min(self.history.len());
        while ordered && start > 0 && self.same_time(start - 1, start) {
            start -= 1;
        }
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
                let judgement = judge(lifecycle, self.policy, standing, &entry.event);
                entry.judgement = Some(judgement);
                standing = judgement.after;
            }
            start = end;
            if self.unjudged == 0 && known.is_some_and(|known| known.after == standing) {
                break;
            }
        }
        self.first_unjudged = self.history.len();
    }

    fn same_time(&self, a: usize, b: usize) -> bool {
        let time = |at: usize| self.history.get(at).map(|entry| order_time(&entry.event));
        time(a) == time(b)
    }

    fn before(&self, at: usize) -> Standing {
        match at.checked_sub(1).and_then(|before| self.history[before].judgement) {
            Some(judgement) => judgement.after,
            None => self.past.standing,
        }
    }

    fn standing(&self) -> Standing {
        self.before(self.history.len())
    }

    /// Turns the older half of the history into the state that it led to.
    fn condense(&mut self, lifecycle: &Lifecycle) -> Vec<Finding> {
        self.settle(lifecycle);
        let mut cut = self.history.len() / 2;
        while lifecycle.order() == Order::Time
            && cut < self.history.len()
            && self.same_time(cut - 1, cut)
        {
            cut += 1;
        }
        let mut findings = Vec::new();
        for at in 0..cut {
            self.findings_at(lifecycle, at, &mut findings);
        }
        self.past.findings.add(&findings);
        for at in 0..cut {
            let Standing { node, .. } = self.before(at);
            let entry = &self.history[at];
            let after = entry.judgement.map_or(self.past.standing, |judgement| judgement.after);
            if lifecycle.state_index(node) != lifecycle.state_index(after.node) {
                self.past.since = happened(lifecycle, &entry.event);
            }
            if self.believed(entry) {
                self.past.data.merge(lifecycle, &entry.event);
            }
        }
        let standing = self.before(cut);
        for Entry { event, identity, .. } in self.history.drain(..cut) {
            if let Some(seen) = &mut self.seen {
                seen.remove(&identity);
            }
            self.past.until = self.past.until.max(event.time);
            self.past.status = event.status.or(self.past.status.take());
            self.past.parent = event.parent.or(self.past.parent.take());
            self.past.last_delivery = self.past.last_delivery.max(event.delivery);
        }
        self.past.standing = standing;
        self.past.events += cut as u64;
        self.first_unjudged = self.history.len();
        findings
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

impl FindingCounts {
    fn add(&mut self, findings: &[Finding]) {
        for finding in findings {
            match finding.severity {
                Severity::Error => self.error += 1,
                Severity::Warning => self.warning += 1,
                Severity::Info => self.info += 1,
                Severity::Allowed => {}
            }
        }
    }
}

/// When an event happened, as far as anybody knows.
fn happened(lifecycle: &Lifecycle, event: &Event) -> Option<Timestamp> {
    match lifecycle.order() {
        Order::Time => event.time,
        Order::Arrival => event.time.or(event.received_at),
    }
}

/// Events without a time sort last.
fn order_time(event: &Event) -> (bool, Option<Timestamp>) {
    (event.time.is_none(), event.time)
}

/// The order of events of one time: by rank, moving before staying, then by id.
fn group_order(lifecycle: &Lifecycle, a: &Event, b: &Event) -> Ordering {
    let place = |event: &Event| match &event.kind {
        EventKind::Known(kind) => lifecycle.kind_of(*kind).place,
        EventKind::Unknown(_) => (u16::MAX, true),
    };
    place(a).cmp(&place(b)).then_with(|| a.id.cmp(&b.id)).then_with(|| copy_order(lifecycle, a, b))
}

/// The order of copies that conflict: by time, then by what the body says as far as a fold can see it, then
/// by the digest of the whole of it.
fn copy_order(lifecycle: &Lifecycle, a: &Event, b: &Event) -> Ordering {
    order_time(a)
        .cmp(&order_time(b))
        .then_with(|| a.name(lifecycle).cmp(b.name(lifecycle)))
        .then_with(|| a.status.cmp(&b.status))
        .then_with(|| a.data.cmp(&b.data))
        .then_with(|| a.content.cmp(&b.content))
}

/// Neither an id nor a time tells the event from another.
fn by_content(event: &Event) -> bool {
    event.id.is_none() && event.time.is_none()
}

/// What makes two deliveries the same event: the id; without one kind and time; without those the content.
fn same_event(lifecycle: &Lifecycle, a: &Event, b: &Event) -> bool {
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
fn identity(lifecycle: &Lifecycle, event: &Event) -> u64 {
    let digest = match (&event.id, event.time) {
        (Some(id), _) => digest(id.as_bytes()),
        (None, Some(time)) => digest(event.name(lifecycle).as_bytes()) ^ time.as_nanos() as u128,
        (None, None) => event.content,
    };
    digest as u64
}

fn serialize_data<S: Serializer>(
    data: &Option<Vec<(String, Arc<str>)>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let values = data.as_deref().unwrap_or_default();
    let mut map = serializer.serialize_map(Some(values.len()))?;
    for (name, text) in values {
        let value: &RawValue = serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
        map.serialize_entry(name, value)?;
    }
    map.end()
}
