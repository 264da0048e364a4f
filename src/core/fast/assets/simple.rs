//! The fold of an asset with nothing out of the ordinary, straight from its records.
//!
//! It judges as [`Asset`](crate::Asset) does, and gives up on whatever it cannot be sure of: events of one time,
//! copies that conflict, times that are not known, histories too long to be kept.

use std::time::Duration;

use super::{FoldContext, group::GroupEntry};
use crate::{
    bulk::{
        id::{Arena, IdEncoding, PackedId, text_of},
        ledger::ArrivalOrder,
    },
    fast::compact::{NO_STATUS, NO_TIME, Partition, mixed},
    fold::{Code, HISTORY_MAX, Policy, Standing, Tellers, judge},
    lifecycle::{Lifecycle, Order},
    time::Timestamp,
};

/// From this many events on, ids are compared in order.
const PAIRS_MAX: usize = 16;

/// What is known of an ordinary asset.
#[derive(Debug, Default)]
pub(crate) struct SimpleFold {
    pub(crate) standing: Standing,
    pub(crate) since: Option<Timestamp>,
    pub(crate) events: u32,
    pub(crate) duplicates: u32,
    pub(crate) legal_as_came: u32,
    pub(crate) status: u32,
    /// The entry that says what the asset hangs on.
    pub(crate) parent: Option<usize>,
    /// The entries whose data counts, as they happened.
    pub(crate) said: Vec<usize>,
    /// How late the late events were.
    pub(crate) late: Vec<Duration>,
    pub(crate) codes: Vec<Code>,
    /// The distinct events as they came, and as they happened.
    came: Vec<u32>,
    happened: Vec<u32>,
    ids: Vec<[u64; 2]>,
}

impl SimpleFold {
    /// Folds the events of an asset, unless there is something out of the ordinary. `alike` tells whether two records of
    /// copies say the same.
    pub(crate) fn fold(
        &mut self,
        lifecycle: &Lifecycle,
        policy: Policy,
        part: &[Partition],
        entries: &[GroupEntry<'_>],
        alike: impl Fn(&GroupEntry<'_>, &GroupEntry<'_>) -> bool,
    ) -> bool {
        if entries.len() >= HISTORY_MAX || entries.iter().any(|entry| entry.shape.whole) {
            return false;
        }
        self.late.clear();
        self.codes.clear();
        self.came.clear();
        self.happened.clear();
        let ordinary = match lifecycle.order() {
            Order::Time => self.by_time(entries, alike),
            Order::Arrival => self.by_arrival(part, entries),
        };
        if !ordinary {
            return false;
        }
        self.events = self.came.len() as u32;
        self.duplicates = (entries.len() - self.came.len()) as u32;
        self.legal_as_came = 0;
        let (mut came, mut latest) = (ArrivalOrder::default(), None);
        for at in &self.came {
            let entry = &entries[*at as usize];
            self.legal_as_came += u32::from(came.step(lifecycle, Some(entry.shape.kind)));
            if let (Some(latest), Order::Time) = (latest, lifecycle.order())
                && entry.record.time < latest
            {
                let latest = Timestamp::from_nanos(latest);
                self.late.push(latest.since(Timestamp::from_nanos(entry.record.time)));
            }
            latest = latest.max(Some(entry.record.time));
        }
        self.judge(lifecycle, policy, part, entries);
        true
    }

    /// Puts events in the order of their times; `false` if more than times is needed.
    fn by_time(
        &mut self,
        entries: &[GroupEntry<'_>],
        alike: impl Fn(&GroupEntry<'_>, &GroupEntry<'_>) -> bool,
    ) -> bool {
        if entries.iter().any(|entry| entry.record.time == NO_TIME) {
            return false;
        }
        let time = |at: u32| entries[at as usize].record.time;
        self.came.extend(0..entries.len() as u32);
        if entries.is_sorted_by(|a, b| a.record.time < b.record.time) {
            self.happened.extend(&self.came);
            return self.is_distinct(entries);
        }
        self.happened.extend(&self.came);
        self.happened.sort_by_key(|at| time(*at));
        // Of one time there may be copies of one event.
        let same = |a: &u32, b: &u32| time(*a) == time(*b);
        let copies = self.happened.chunk_by(same).all(|group| {
            let first = &entries[group[0] as usize];
            { group[1..].iter().map(|at| &entries[*at as usize]) }
                .all(|copy| is_copy(first, copy) && alike(first, copy))
        });
        if !copies {
            return false;
        }
        self.happened.dedup_by(|a, b| same(a, b));
        if self.happened.len() < entries.len() {
            self.came.clear();
            self.came.extend(&self.happened);
            self.came.sort_unstable();
        }
        self.is_distinct(entries)
    }

    /// Whether events of different times have different ids.
    fn is_distinct(&mut self, entries: &[GroupEntry<'_>]) -> bool {
        let id = |at: &u32| {
            let entry = &entries[*at as usize];
            let long = entry.shape.event == IdEncoding::Long;
            [entry.record.event[0], if long { 0 } else { entry.record.event[1] }]
        };
        let has_id = |at: &&u32| entries[**at as usize].shape.event != IdEncoding::None;
        if self.came.len() <= PAIRS_MAX {
            let came = &self.came;
            return (1..came.len()).all(|at| {
                let own = id(&came[at]);
                !has_id(&&came[at]) || came[..at].iter().all(|other| id(other) != own)
            });
        }
        self.ids.clear();
        self.ids.extend(self.came.iter().filter(has_id).map(id));
        self.ids.sort_unstable();
        self.ids.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// Leaves out what is the same as the event before it; `false` if there are ids or times, or a copy that was
    /// received before.
    fn by_arrival(&mut self, part: &[Partition], entries: &[GroupEntry<'_>]) -> bool {
        let received = |entry: &GroupEntry<'_>| {
            let place = 2 * usize::from(entry.shape.parent != IdEncoding::None);
            entry.shape.received.then(|| entry.word(part, place) as i64)
        };
        let mut last: Option<(u64, &GroupEntry<'_>)> = None;
        for (at, entry) in (0..).zip(entries) {
            let GroupEntry { record, shape, .. } = entry;
            if shape.event != IdEncoding::None || record.time != NO_TIME {
                return false;
            }
            match last.filter(|(content, _)| *content == record.content) {
                None => {
                    self.came.push(at);
                    last = Some((record.content, entry));
                }
                // Of copies the earliest time of receipt counts.
                Some((_, first)) => {
                    let earlier = |own: i64| received(first).is_none_or(|first| own < first);
                    if received(entry).is_some_and(earlier) || shape.kind != first.shape.kind {
                        return false;
                    }
                }
            }
        }
        self.happened.extend(&self.came);
        true
    }

    fn judge(
        &mut self,
        lifecycle: &Lifecycle,
        policy: Policy,
        part: &[Partition],
        entries: &[GroupEntry<'_>],
    ) {
        self.standing = Standing::default();
        self.said.clear();
        let mut by = Tellers::default();
        for at in &self.happened {
            let at = *at as usize;
            let shape = entries[at].shape;
            let before = self.standing;
            let judgement = judge(lifecycle, policy, before, Some(shape.kind), shape.says);
            self.standing = judgement.after;
            self.codes.extend(Code::of_step(judgement.step));
            if shape.unknown_status {
                self.codes.push(Code::UnknownStatus);
            }
            if judgement.contradictory {
                self.codes.push(Code::ContradictoryStatus);
            }
            let believed = judgement.is_believed(policy);
            let says = [shape.status != NO_STATUS, shape.parent != IdEncoding::None];
            by.add(at, judgement.leaves(lifecycle, before), believed, says);
            if believed && shape.values > 0 {
                self.said.push(at);
            }
        }
        self.parent = by.parent;
        self.status = by.status.map_or(NO_STATUS, |at| entries[at].shape.status);
        self.since = by.entered.and_then(|at| {
            let GroupEntry { record, shape, .. } = &entries[at];
            let received =
                || entries[at].word(part, 2 * usize::from(shape.parent != IdEncoding::None));
            match record.time {
                NO_TIME if shape.received => Some(Timestamp::from_nanos(received() as i64)),
                NO_TIME => None,
                time => Some(Timestamp::from_nanos(time)),
            }
        });
    }
}

impl FoldContext<'_> {
    /// Whether the same was read from two copies of an event: of their content delivery attempts are no part.
    pub(super) fn are_alike(
        &self,
        part: &[Partition],
        a: &GroupEntry<'_>,
        b: &GroupEntry<'_>,
    ) -> bool {
        let status = |entry: &GroupEntry<'_>| self.statuses.get(entry.shape.status as usize);
        let parent = |entry: &GroupEntry<'_>| match entry.shape.parent {
            IdEncoding::None => PackedId::default(),
            form => PackedId { form, words: [entry.word(part, 0), entry.word(part, 1)] }
                .in_arena(u64::from(entry.at.worker)),
        };
        let nothing = Arena::default();
        let same = |((field, one), (other, two)): ((u16, u64), (u16, u64))| {
            field == other
                && (one == two || text_of(&self.arenas, one) == text_of(&self.arenas, two))
        };
        (a.shape.status == b.shape.status || status(a) == status(b))
            && parent(a).is(parent(b), self.arenas(&nothing))
            && a.shape.values == b.shape.values
            && a.values(part).zip(b.values(part)).all(same)
    }
}

/// The entries of an asset of which only a digest of how their payload is written is known, and which may be copies of
/// others that are written in another way.
pub(crate) fn doubtful(entries: &[GroupEntry<'_>]) -> Vec<usize> {
    let written = (0..entries.len()).filter(|at| entries[*at].shape.verbatim);
    if entries.iter().any(|entry| entry.shape.whole) {
        return written.collect();
    }
    // Equal for copies.
    let identity = |GroupEntry { record, shape, .. }: &GroupEntry<'_>| match shape.event {
        IdEncoding::None => record.time as u64 ^ mixed(shape.kind.0.into()),
        form => PackedId { form, words: record.event }.digest(),
    };
    let mut copies: Vec<(u64, usize)> = written.map(|at| (identity(&entries[at]), at)).collect();
    if copies.is_empty() {
        return Vec::new();
    }
    let others = (0..entries.len()).filter(|at| !entries[*at].shape.verbatim);
    copies.extend(others.map(|at| (identity(&entries[at]), at)));
    copies.sort_unstable();
    let content = |(_, at): &(u64, usize)| {
        let GroupEntry { record, shape, .. } = &entries[*at];
        (shape.verbatim, record.content)
    };
    let doubtful = copies
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|copies| copies[1..].iter().any(|copy| content(copy) != content(&copies[0])));
    let doubtful = doubtful.flatten().map(|(_, at)| *at);
    doubtful.filter(|at| entries[*at].shape.verbatim).collect()
}

/// Whether two events of one time are copies of the same, with the same content.
fn is_copy(a: &GroupEntry<'_>, b: &GroupEntry<'_>) -> bool {
    let same = match (a.shape.event, b.shape.event) {
        // Whether long ids are equal is not told by the records alone.
        (IdEncoding::Long, _) | (_, IdEncoding::Long) => false,
        (IdEncoding::None, IdEncoding::None) => true,
        (one, other) => one == other && a.record.event == b.record.event,
    };
    same && a.shape.kind == b.shape.kind
        && a.shape.verbatim == b.shape.verbatim
        && a.record.content == b.record.content
}
