//! What is under way to one target: a lane for each asset of which a change is being brought.
//!
//! An asset's next change is sent when it is stored that the one before has arrived: so its numbers never go back,
//! whenever the process is killed. Others go on meanwhile. What waits behind a lane is in the store, so that there is one
//! change in memory for each asset that fails, and no more than [`FAILING_MAX`] of those.
//!
//! Nothing here knows sockets, the store or what time it is.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    store::{Outstanding, TargetProgress},
    time::Timestamp,
};

/// Assets whose change failed; of more nothing is begun.
pub(super) const FAILING_MAX: usize = 64;
/// Changes that have arrived and of which that is not stored yet; of more nothing is begun.
const ARRIVED_MAX: usize = 1_024;
/// The first wait after a failure; each further one is twice as long.
const WAIT: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(300);

/// Entity and id.
pub(super) type AssetKey = Arc<(String, String)>;

#[derive(Debug)]
pub(super) struct Lanes {
    lanes: BTreeMap<AssetKey, Lane>,
    ready: VecDeque<AssetKey>,
    resting: BTreeSet<(Instant, AssetKey)>,
    sending: usize,
    /// Changes that have failed and not arrived yet, whether they rest or are being sent again.
    failing: usize,
    arrived: usize,
    concurrency: usize,
    /// Every change up to this one has a lane, waits behind one, has arrived, or is not for the target.
    after: u64,
    saved_after: u64,
    /// Lanes that have something to be saved.
    changed: bool,
    chance: RandomState,
}

#[derive(Debug)]
struct Lane {
    seq: u64,
    stage: Stage,
    failures: u32,
    failed_at: Option<Timestamp>,
    /// The store has it as outstanding, as it is.
    stored: bool,
    /// The store has it as outstanding, maybe as it was.
    known: bool,
    /// There are later ones of the asset that the store has.
    more: bool,
    /// And later ones that it has not.
    behind: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Ready,
    Sending,
    Resting(Instant),
    Arrived,
    /// Has arrived, and that is being stored.
    Saving,
}

impl Lanes {
    /// Lanes for a target that got to this change, and to these of the changes before.
    pub(super) fn new(concurrency: usize, after: u64, outstanding: Vec<Outstanding>) -> Self {
        let mut lanes = Self {
            lanes: BTreeMap::new(),
            ready: VecDeque::new(),
            resting: BTreeSet::new(),
            sending: 0,
            failing: 0,
            arrived: 0,
            concurrency,
            after,
            saved_after: after,
            changed: false,
            chance: RandomState::new(),
        };
        for change in outstanding {
            lanes.open(change, true);
        }
        lanes
    }

    fn open(&mut self, change: Outstanding, stored: bool) {
        let Outstanding { seq, entity, id, failed_at, more } = change;
        let asset = Arc::new((entity, id));
        let (stage, known, behind) = (Stage::Ready, stored, Vec::new());
        let lane = Lane { seq, stage, failures: 0, failed_at, stored, known, more, behind };
        self.lanes.insert(Arc::clone(&asset), lane);
        self.ready.push_back(asset);
        self.changed |= !stored;
    }

    /// Whether there is room for the next change.
    pub(super) fn has_room(&self) -> bool {
        self.ready.len() + self.sending < self.concurrency
            && self.failing < FAILING_MAX
            && self.arrived < ARRIVED_MAX
    }

    /// Takes the next change, which is after all that it got to.
    pub(super) fn take(&mut self, change: Outstanding) {
        self.after = change.seq;
        let asset = (change.entity, change.id);
        if let Some(lane) = self.lanes.get_mut(&asset) {
            lane.behind.push(change.seq);
            self.changed = true;
            return;
        }
        let (entity, id) = asset;
        self.open(Outstanding { entity, id, ..change }, false);
    }

    /// All changes up to this one were looked at.
    pub(super) fn pass(&mut self, until: u64) {
        self.after = self.after.max(until);
    }

    /// Those to be sent now.
    pub(super) fn start(&mut self) -> Vec<(AssetKey, u64)> {
        let mut started = Vec::new();
        while self.sending < self.concurrency {
            let Some(asset) = self.ready.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&asset) else { continue };
            lane.stage = Stage::Sending;
            self.sending += 1;
            started.push((asset, lane.seq));
        }
        started
    }

    /// One that was started is not sent after all, and first in the row.
    pub(super) fn put_back(&mut self, asset: &AssetKey) {
        if let Some(lane) = self.lanes.get_mut(asset) {
            lane.stage = Stage::Ready;
            self.sending -= 1;
            self.ready.push_front(Arc::clone(asset));
        }
    }

    /// The change of this asset that was sent has arrived.
    pub(super) fn arrived(&mut self, asset: &AssetKey) {
        if let Some(lane) = self.lanes.get_mut(asset) {
            lane.stage = Stage::Arrived;
            self.sending -= 1;
            self.failing -= usize::from(lane.failures > 0);
            self.arrived += 1;
            self.changed = true;
        }
    }

    /// It has not, and is to be sent again: after a while that grows, and not before what its receiver asks for. Gives the
    /// number of the change, and when it failed first.
    pub(super) fn failed(
        &mut self,
        asset: &AssetKey,
        now: Instant,
        at: Timestamp,
        wait: Option<Duration>,
    ) -> Option<(u64, Timestamp)> {
        let lane = self.lanes.get_mut(asset)?;
        let doubled = WAIT.saturating_mul(1 << lane.failures.min(16)).min(WAIT_MAX);
        // Between half of it and all of it: those that failed together do not come again together.
        let part = self.chance.hash_one((lane.seq, lane.failures)) % 1_000;
        let own = doubled.mul_f64(0.5 + part as f64 / 2_000.0);
        let due = now + own.max(wait.unwrap_or_default());
        self.failing += usize::from(lane.failures == 0);
        lane.failures += 1;
        self.changed |= lane.failed_at.is_none();
        lane.stored &= lane.failed_at.is_some();
        let failed_at = *lane.failed_at.get_or_insert(at);
        lane.stage = Stage::Resting(due);
        self.resting.insert((due, Arc::clone(asset)));
        self.sending -= 1;
        Some((lane.seq, failed_at))
    }

    /// When one that failed is to be sent again.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.resting.first().map(|(due, _)| *due)
    }

    /// Has those be sent again whose time has come.
    pub(super) fn wake(&mut self, now: Instant) {
        while let Some((due, _)) = self.resting.first()
            && *due <= now
            && let Some((_, asset)) = self.resting.pop_first()
        {
            if let Some(lane) = self.lanes.get_mut(&asset) {
                lane.stage = Stage::Ready;
                self.ready.push_back(asset);
            }
        }
    }

    pub(super) fn failing(&self) -> usize {
        self.failing
    }

    /// Whether something but `after` is to be saved.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// Whether there is anything to be saved.
    pub(super) fn is_ahead(&self) -> bool {
        self.changed || self.after > self.saved_after
    }

    /// What is to be saved. It has to be saved before this is asked again.
    pub(super) fn progress(&mut self) -> TargetProgress {
        let mut progress = TargetProgress { after: self.after, ..TargetProgress::default() };
        for (asset, lane) in &mut self.lanes {
            let (entity, id) = &**asset;
            let one = |seq| Outstanding::new(seq, entity.clone(), id.clone());
            if lane.stage == Stage::Arrived {
                lane.stage = Stage::Saving;
                self.arrived -= 1;
                progress.arrived.extend(lane.known.then(|| one(lane.seq)));
            } else if !lane.stored && lane.stage != Stage::Saving {
                (lane.stored, lane.known) = (true, true);
                let failed_at = lane.failed_at;
                progress.outstanding.push(Outstanding { failed_at, ..one(lane.seq) });
            }
            lane.more |= !lane.behind.is_empty();
            progress.outstanding.extend(lane.behind.drain(..).map(one));
        }
        (self.changed, self.saved_after) = (false, self.after);
        progress
    }

    /// That was saved: what had arrived makes room. Gives the assets of which the store has later changes, which go on by
    /// [`go_on`](Self::go_on).
    pub(super) fn saved(&mut self) -> Vec<(String, String)> {
        let mut more = Vec::new();
        let saving = |lane: &Lane| lane.stage == Stage::Saving;
        for (asset, _) in self.lanes.iter().filter(|(_, lane)| saving(lane) && lane.more) {
            more.push((**asset).clone());
        }
        // What came meanwhile of an asset of which the store has no more is next.
        let mut next = Vec::new();
        self.lanes.retain(|asset, lane| {
            let done = saving(lane) && !lane.more;
            if done && !lane.behind.is_empty() {
                next.push((Arc::clone(asset), std::mem::take(&mut lane.behind)));
            }
            !done
        });
        for (asset, mut behind) in next {
            let (entity, id) = (*asset).clone();
            let first = behind.remove(0);
            self.open(Outstanding::new(first, entity, id), false);
            if let Some(lane) = self.lanes.get_mut(&asset) {
                lane.behind = behind;
            }
        }
        more
    }

    /// Goes on with the next outstanding change of each asset that [`saved`](Self::saved) gave; nothing for one of which
    /// there is none after all.
    pub(super) fn go_on(&mut self, assets: &[(String, String)], next: Vec<Outstanding>) {
        let mut behind: BTreeMap<&(String, String), Vec<u64>> = BTreeMap::new();
        for asset in assets {
            if let Some(lane) = self.lanes.remove(asset) {
                behind.insert(asset, lane.behind);
            }
        }
        for change in next {
            let asset = (change.entity.clone(), change.id.clone());
            let later = behind.remove(&asset);
            self.open(change, true);
            if let (Some(later), Some(lane)) = (later, self.lanes.get_mut(&asset)) {
                lane.behind = later;
            }
        }
        for (asset, mut later) in behind {
            if !later.is_empty() {
                let first = later.remove(0);
                self.open(Outstanding::new(first, asset.0.clone(), asset.1.clone()), false);
                if let Some(lane) = self.lanes.get_mut(asset) {
                    lane.behind = later;
                }
            }
        }
    }

    /// Up to where it got.
    pub(super) fn after(&self) -> u64 {
        self.after
    }
}

#[cfg(test)]
mod tests;
