//! What one event changed of an asset, found at the cost of what it changed: for who keeps assets between events.

use std::sync::Arc;

use super::{
    asset::Asset,
    data::Data,
    finding::{Code, Levels},
    judge::Judgement,
    known::Tellers,
    snapshot::{FindingCounts, Snapshot},
    verdict::Verdict,
};
use crate::{
    digest::KEYS,
    lifecycle::{Lifecycle, Node},
};

/// How one event of a history is judged. Of two that are equal there is the same to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedMark {
    /// The delivery of the copy that counts, and the number of its payload there, 0 for the only one.
    pub place: (u64, u32),
    before: Node,
    judgement: Option<Judgement>,
    /// The deliveries of the copies that conflict with it, summed up.
    conflicts: u64,
}

impl JudgedMark {
    /// What the event did.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.judgement.and_then(|judgement| judgement.step))
    }

    /// Where the asset was before the event.
    pub fn before(&self) -> Node {
        self.before
    }

    /// Where the asset was after it.
    pub fn after(&self) -> Node {
        self.judgement.map_or(self.before, |judgement| judgement.after.node)
    }
}

/// Events between two checkpoints: a late event goes on from the last one before it rather than over all.
const STRIDE: usize = 64;

/// What there is to tell of a history up to some place.
#[derive(Clone, Debug, Default)]
struct Tale {
    by: Tellers,
    data: Data<Arc<str>>,
    findings: FindingCounts,
}

impl Tale {
    fn add(&mut self, lifecycle: &Lifecycle, asset: &Asset, at: usize) {
        asset.tell(lifecycle, at, &mut self.by);
        asset.tell_data(lifecycle, at, &mut self.data);
        let mut codes = Vec::new();
        asset.codes_at(lifecycle, at, &mut codes);
        codes.iter().for_each(|code| self.findings.add(Levels::default().severity(*code), 1));
    }
}

/// What is known of an asset, kept along its history: [`Asset::snapshot`] goes over all of it, this only over what is
/// new. Both give the same.
#[derive(Clone, Debug, Default)]
pub struct SnapshotCache {
    /// Before the first event, after [`STRIDE`] events, and so on.
    kept: Vec<Tale>,
    now: Tale,
    events: usize,
}

impl SnapshotCache {
    /// Follows the asset, of whose history everything before this place is as it was.
    pub fn follow(&mut self, lifecycle: &Lifecycle, asset: &Asset, from: usize) {
        let len = asset.history.len();
        if self.kept.is_empty() || from == 0 {
            self.kept = vec![asset.past_tale()];
            self.now = self.kept[0].clone();
            self.events = 0;
        } else if from < self.events {
            self.kept.truncate(from / STRIDE + 1);
            self.events = (self.kept.len() - 1) * STRIDE;
            self.now = self.kept.last().cloned().unwrap_or_default();
        }
        for at in self.events..len {
            self.now.add(lifecycle, asset, at);
            if (at + 1) % STRIDE == 0 {
                self.kept.push(self.now.clone());
            }
        }
        self.events = len;
    }

    /// The asset as it is printed, its data apart.
    pub fn snapshot<'a>(&'a self, lifecycle: &'a Lifecycle, asset: &'a Asset) -> Snapshot<'a> {
        let (since, [status, parent]) = asset.told_by(&self.now.by);
        let known = Snapshot {
            id: asset.id(),
            status,
            since,
            events: asset.events(),
            duplicates: asset.duplicates,
            late: asset.late,
            findings: self.now.findings,
            ..Snapshot::default()
        };
        Snapshot::of(lifecycle, asset.node(), asset.flag_set(), parent, known)
    }

    /// Last known values, by name.
    pub fn data<'a>(
        &'a self,
        lifecycle: &'a Lifecycle,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let name = |field: u16| &*lifecycle.data()[usize::from(field)].name;
        self.now.data.iter().map(move |(field, value)| (name(field), value))
    }
}

impl Asset {
    /// How one event of the history is judged.
    pub fn mark(&self, at: usize) -> JudgedMark {
        let entry = &self.history[at];
        let conflicts = entry.conflicts.iter();
        JudgedMark {
            place: (entry.event.delivery, entry.event.item.unwrap_or(0)),
            before: self.before(at).node,
            judgement: entry.judgement,
            conflicts: conflicts.fold(0, |sum, other| {
                let place = other.delivery ^ u64::from(other.item.unwrap_or(0)) << 40;
                sum.wrapping_add(place.wrapping_mul(KEYS[0]))
            }),
        }
    }

    /// How many events are kept one by one.
    pub fn kept(&self) -> usize {
        self.history.len()
    }

    /// How many events are kept only in the state that they led to.
    pub fn condensed(&self) -> u64 {
        self.past.events
    }

    fn past_tale(&self) -> Tale {
        let mut findings = FindingCounts::default();
        for (code, count) in &self.past.codes {
            findings.add(Levels::default().severity(*code), *count);
        }
        if self.past.events > 0 {
            findings.add(Levels::default().severity(Code::HistoryCondensed), 1);
        }
        Tale { by: Tellers::default(), data: self.past.known.data.clone(), findings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::Event, fold::HISTORY_MAX, time::Timestamp};

    fn updated(media: &Lifecycle, id: &str, second: i64) -> Event {
        let time = Timestamp::from_nanos(second * 1_000_000_000);
        Event::new(media, "video.media.updated").unwrap().at(time).with_id(id)
    }

    /// What is known is kept along the way, so that a late event need not go over all.
    #[test]
    fn a_late_event_does_not_go_over_all() {
        let media = Lifecycle::builtin("fastpix/media").expect("built in");
        let (mut asset, mut trail) = (Asset::new("m1"), SnapshotCache::default());
        for number in 0..200 {
            asset.insert(media, updated(media, &number.to_string(), 10 * number));
            let from = asset.settle(media);
            trail.follow(media, &asset, from);
        }
        assert_eq!(trail.kept.len(), 1 + 200 / STRIDE);
        asset.insert(media, updated(media, "late", 1_305));
        let from = asset.settle(media);
        assert_eq!(from, 131);
        trail.follow(media, &asset, from);
        assert_eq!((trail.kept.len(), trail.events), (1 + 200 / STRIDE, 201));
    }
    /// As soon as a history is condensed what is told of it begins with what was condensed.
    #[test]
    fn what_is_condensed_is_told() {
        let media = Lifecycle::builtin("fastpix/media").expect("built in");
        let (mut asset, mut trail) = (Asset::new("m1"), SnapshotCache::default());
        let mut condensed = false;
        for number in 0..=HISTORY_MAX as i64 {
            condensed = asset.insert(media, updated(media, &number.to_string(), number)).condensed;
            let from = asset.settle(media);
            trail.follow(media, &asset, if condensed { 0 } else { from });
        }
        assert!(condensed);
        let (mut told, mut whole) = (Vec::new(), Vec::new());
        trail.snapshot(media, &asset).write_json(&mut told);
        asset.snapshot(media, false).write_json(&mut whole);
        assert_eq!(String::from_utf8(told), String::from_utf8(whole));
    }
}
